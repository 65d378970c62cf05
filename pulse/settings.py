"""Settings of every process: read once from a YAML file and the environment, validated, frozen, handed in.

Each room declares its own section as a model; here they are only named and composed. A section is read from
`pulse.yaml` (or PULSE_CONFIG, or --config) and from PULSE_<SECTION>__<KEY>, the environment winning; below both lies
what a running local stack says of itself. Every secret has a twin `<key>_file` naming a file that holds it. A process
reads the sections it needs, so that one shared file needs no secrets of others. Nothing outside `pulse` may read the
environment.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final, TypeVar, get_args, get_origin

import yaml
from pydantic import BaseModel, SecretBytes, SecretStr, ValidationError, create_model
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict, SettingsError

from pulse.environment import CONFIG, PREFIX
from pulse.errors import SettingsFault
from pulse.local.running import DEFAULT_DATA, find

M = TypeVar("M", bound=BaseModel)
Raw = dict[str, Any]

DEFAULT_FILE: Final = Path("pulse.yaml")
SECTIONS: Final = {
    "broker": "schemas.broker:Broker",
    "clickhouse": "consumers.runtime.clickhouse:ClickHouse",
    "gateway": "streams.gateway.settings:GatewaySettings",
    "worker": "streams.worker.settings:WorkerSettings",
    "sink": "consumers.clickhouse.settings:SinkSettings",
    "warehouse": "consumers.clickhouse.settings:WarehouseSettings",
    "delivery": "consumers.delivery.settings:DeliverySettings",
    "console": "consumers.console.settings:ConsoleSettings",
    "sender": "pulse.sending.settings:SenderSettings",
    "stack": "pulse.local.settings:StackSettings",
    "logs": "pulse.logs:LogSettings",
}
NOT_SECTIONS: Final = frozenset({"config", "cache", "data", "require", "chromium", "lifeline_fd"})
"""Names behind the prefix that mean something else than a section."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The sections that were asked for, each by its model."""

    parts: Mapping[type[BaseModel], BaseModel]

    def part(self, model: type[M]) -> M:
        """The section of this model."""
        found = self.parts[model]
        if not isinstance(found, model):
            raise TypeError(f"{model.__name__} is another class than the one that was loaded")
        return found


def load(names: Iterable[str], config: Path | None = None) -> Settings:
    """The named sections.

    Raises:
        SettingsFault: with every fault of every section named.
    """
    models = {name: model_of(name) for name in names}
    faults: list[str] = []
    given = _merged(_from_file(config, faults), _from_environment({"stack": model_of("stack"), **models}, faults))
    raw = _merged(_from_running_stack(given), given)
    parts: dict[type[BaseModel], BaseModel] = {}
    for name, model in models.items():
        part = _section(name, model, raw.get(name), faults)
        if part is not None:
            parts[model] = part
    if faults:
        raise SettingsFault(faults)
    return Settings(parts)


def model_of(name: str) -> type[BaseModel]:
    """The model of a section."""
    module, _, attribute = SECTIONS[name].partition(":")
    found: object = getattr(import_module(module), attribute)
    if not (isinstance(found, type) and issubclass(found, BaseModel)):
        raise TypeError(f"{SECTIONS[name]} is no pydantic model")
    return found


def _from_file(config: Path | None, faults: list[str]) -> Raw:
    path = config or _named_file()
    if path is None:
        return {}
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError) as error:
        faults.append(f"{path}: cannot be read ({getattr(error, 'strerror', None) or 'not UTF-8'})")
        return {}
    except yaml.YAMLError as error:
        faults.append(f"{path}: not YAML ({str(error).replace(chr(10), ' ')})")
        return {}
    if not isinstance(raw, dict):
        faults.append(f"{path}: expected a mapping of sections")
        return {}
    faults += [_unknown(str(name), f" in {path}") for name in raw if name not in SECTIONS]
    return {str(name): value for name, value in raw.items() if value is not None}


def _from_running_stack(given: Raw) -> Raw:
    """Where the processes of the local stack on the same data folder are; nothing when none runs."""
    stack = given.get("stack")
    data = stack.get("data") if isinstance(stack, dict) else None
    running = find(Path(str(data)) if data else DEFAULT_DATA)
    return {} if running is None else dict(running.settings)


def _named_file() -> Path | None:
    named = os.environ.get(CONFIG)
    if named:
        return Path(named)
    return DEFAULT_FILE if DEFAULT_FILE.exists() else None


def _from_environment(models: Mapping[str, type[BaseModel]], faults: list[str]) -> Raw:
    for variable in os.environ:
        if variable.upper().startswith(PREFIX):
            name = variable[len(PREFIX) :].lower().split("__")[0]
            if name not in SECTIONS and name not in NOT_SECTIONS:
                faults.append(_unknown(name, f" (environment: {variable})"))
    fields: dict[str, Any] = {name: (model | None, None) for name, model in models.items()}
    sections = create_model("Sections", __base__=_Environment, **fields)
    try:
        return dict(EnvSettingsSource(sections)())
    except SettingsError as error:
        faults.append(f"environment: {error}")
        return {}


class _Environment(BaseSettings):
    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", env_ignore_empty=True)


def _section(name: str, model: type[BaseModel], raw: object, faults: list[str]) -> BaseModel | None:
    if raw is None:
        raw = {}
    if not isinstance(raw, dict):
        faults.append(f"{name}: expected a mapping of settings")
        return None
    before = len(faults)
    filled = _with_files(name, model, raw, faults)
    try:
        found = model.model_validate(filled)
    except ValidationError as error:
        faults += _told(name, model, error)
        return None
    return found if len(faults) == before else None


def _with_files(path: str, model: type[BaseModel], raw: Raw, faults: list[str]) -> Raw:
    """`raw` with every `<secret>_file` replaced by what the file holds (the line's end taken off)."""
    filled = dict(raw)
    for key, field in model.model_fields.items():
        if key in filled:
            filled[key] = _within(f"{path}.{key}", field, filled[key], faults)
        twin = f"{key}_file"
        if _is_secret(field) and twin in filled and twin not in model.model_fields:
            file = Path(str(filled.pop(twin)))
            if filled.get(key) is not None:
                faults.append(f"{path}.{twin}: give either {key} or {twin}, not both")
            try:
                filled[key] = file.read_text(encoding="utf-8").rstrip("\r\n")
            except (OSError, UnicodeDecodeError) as error:
                faults.append(f"{path}.{twin}: {file} cannot be read ({getattr(error, 'strerror', 'not UTF-8')})")
    return filled


def _within(path: str, field: FieldInfo, value: object, faults: list[str]) -> object:
    """A value with the secrets of the section it is, or of each section it holds by name, read from their files."""
    nested = _nested(field)
    if nested is None or not isinstance(value, dict):
        return value
    if get_origin(field.annotation) is not dict:
        return _with_files(path, nested, value, faults)
    return {
        name: _with_files(f"{path}.{name}", nested, one, faults) if isinstance(one, dict) else one
        for name, one in value.items()
    }


def _told(name: str, model: type[BaseModel], error: ValidationError) -> Iterator[str]:
    for item in error.errors(include_url=False, include_input=False):
        path = ".".join([name, *(str(step) for step in item["loc"])])
        field = model.model_fields.get(str(item["loc"][0])) if item["loc"] else None
        if item["type"] == "extra_forbidden":
            yield f"{path}: unknown; known are {', '.join(sorted(model.model_fields))}"
        elif item["type"] == "missing":
            yield f"{path}: missing; expected {_meaning(field)}{_or_twin(path, field)}"
        else:
            yield f"{path}: {item['msg']}; expected {_meaning(field)}"


def _meaning(field: FieldInfo | None) -> str:
    return (field.description if field is not None else None) or "what the section's model says"


def _or_twin(path: str, field: FieldInfo | None) -> str:
    variable = PREFIX + path.replace(".", "__").upper()
    twin = f" or {path}_file ({variable}_FILE)" if field is not None and _is_secret(field) else ""
    return f". Set {path} ({variable}){twin}"


def _unknown(name: str, where: str) -> str:
    return f"{name}: unknown section{where}; known are {', '.join(SECTIONS)}"


def _is_secret(field: FieldInfo) -> bool:
    return any(kind in (SecretStr, SecretBytes) for kind in (field.annotation, *get_args(field.annotation)))


def _nested(field: FieldInfo) -> type[BaseModel] | None:
    for kind in (field.annotation, *get_args(field.annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None


def _merged(low: Raw, high: Raw) -> Raw:
    """`high` laid over `low`, mapping by mapping; a secret and its `_file` twin stand for one another.

    >>> _merged({"a": {"x": 1, "y": 2}}, {"a": {"y": 3}, "b": {}})
    {'a': {'x': 1, 'y': 3}, 'b': {}}
    >>> _merged({"secret": "old"}, {"secret_file": "/run/secret"})
    {'secret_file': '/run/secret'}
    """
    hidden = {f"{key}_file" for key in high} | {key.removesuffix("_file") for key in high if key.endswith("_file")}
    merged = {key: value for key, value in low.items() if key not in hidden}
    for key, value in high.items():
        below = merged.get(key)
        merged[key] = _merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged
