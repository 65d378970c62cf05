"""Settings: read once, all faults together, secrets from files, each process only what it needs."""

from pathlib import Path

import pytest

from consumers.console.settings import ConsoleSettings
from consumers.delivery.settings import DeliverySettings
from pulse.errors import SettingsFault
from pulse.local.settings import StackSettings
from pulse.settings import SECTIONS, load, model_of
from schemas.broker import Broker
from streams.gateway.settings import GatewaySettings

LONG = "0123456789abcdef0123456789abcdef"
KEY = "whsec_" + "QUFB" * 8


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings file, no running stack."""
    monkeypatch.chdir(tmp_path)


def test_every_fault_is_told_at_once_with_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "pulse.yaml"
    file.write_text("broker: {partitions: none}\nconsole: {port: 70000, colour: red}\ngatway: {port: 1}\n")
    monkeypatch.setenv("PULSE_STACK__KAFKA", "perhaps")
    monkeypatch.setenv("PULSE_WRKER__X", "1")
    with pytest.raises(SettingsFault) as raised:
        load(["broker", "console", "stack"])
    told = "\n".join(raised.value.faults)
    for path in ("broker.partitions", "console.port", "console.colour", "console.secret", "stack.kafka", "gatway"):
        assert path in told
    assert "PULSE_WRKER__X" in told
    assert "expected a real Apache Kafka instead of the in-memory broker" in told


def test_the_environment_wins_over_the_file_key_by_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pulse.yaml").write_text("broker: {bootstrap: 'kafka:9092', partitions: 12}\n")
    monkeypatch.setenv("PULSE_BROKER__BOOTSTRAP", "elsewhere:9092")
    broker = load(["broker"]).part(Broker)
    assert (broker.bootstrap, broker.partitions) == ("elsewhere:9092", 12)


def test_a_secret_can_stand_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text(LONG + "\n")
    monkeypatch.setenv("PULSE_CONSOLE__SECRET_FILE", str(tmp_path / "secret"))
    assert load(["console"]).part(ConsoleSettings).secret.get_secret_value() == LONG


def test_a_secret_of_a_section_that_stands_under_a_name_can_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(KEY + "\n")
    hook = f"{{url: 'https://hooks.example.test', keys_file: {tmp_path / 'keys'}}}"
    (tmp_path / "pulse.yaml").write_text(f"delivery: {{targets: {{webhooks: {{crm: {hook}}}}}}}\n")
    delivery = load(["delivery"]).part(DeliverySettings)
    assert delivery.targets.webhooks["crm"].keys.get_secret_value() == KEY
    assert KEY not in repr(delivery)


def test_a_secret_of_digits_stays_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULSE_CONSOLE__SECRET", "1" * 40)
    assert load(["console"]).part(ConsoleSettings).secret.get_secret_value() == "1" * 40


def test_a_secret_file_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULSE_CONSOLE__SECRET_FILE", "/nowhere/secret")
    with pytest.raises(SettingsFault, match=r"console\.secret_file: /nowhere/secret cannot be read"):
        load(["console"])


def test_a_secret_and_its_file_in_one_place_are_a_fault(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(LONG)
    (tmp_path / "pulse.yaml").write_text(f"console: {{secret: {LONG}, secret_file: {tmp_path / 'secret'}}}\n")
    with pytest.raises(SettingsFault, match="give either secret or secret_file, not both"):
        load(["console"])


def test_no_fault_repeats_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULSE_CONSOLE__SECRET", "hunter2")
    with pytest.raises(SettingsFault) as raised:
        load(["console"])
    assert "hunter2" not in str(raised.value)


def test_a_process_needs_no_secret_of_another() -> None:
    load(["gateway"]).part(GatewaySettings)


def test_a_file_that_is_not_yaml_is_a_fault_and_not_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "pulse.yaml").write_text("broker: [unclosed\n")
    with pytest.raises(SettingsFault, match=r"pulse\.yaml: not YAML"):
        load(["broker"])


def test_a_named_file_that_is_missing_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(SettingsFault, match=r"other\.yaml: cannot be read"):
        load(["broker"], tmp_path / "other.yaml")


@pytest.mark.parametrize("name", SECTIONS)
def test_every_setting_says_what_it_is_for(name: str) -> None:
    for key, field in model_of(name).model_fields.items():
        nested = field.annotation is not None and hasattr(field.annotation, "model_fields")
        assert field.description or nested, f"{name}.{key}"


def test_the_default_data_folder_is_that_of_the_running_stack() -> None:
    assert load(["stack"]).part(StackSettings).data == Path("var/pulse")
