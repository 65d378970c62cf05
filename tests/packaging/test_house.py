"""What the house promises about itself: targets, locked requirements, links, sizes."""

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
TARGETS: Final = (
    "demo",
    "test",
    "check",
    "lint",
    "lock",
    "messages",
    "bench",
    "fuzz",
    "torture",
    "torture-guards",
    "clean",
)
DOCUMENTS: Final = (
    "README.md ARCHITECTURE.md GLOSSARY.md DECISIONS.md CHANGELOG.md CONTRIBUTING.md docs/README.md".split()
)
LOCKED: Final = ("runtime.txt", "build.txt", "fit.txt", "dev.txt")
LONGEST_MODULE: Final = 400


def test_bare_make_explains_every_target() -> None:
    printed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    explained = {line.split()[1] for line in printed.splitlines() if line.startswith("make ")}
    assert explained >= set(TARGETS)


@pytest.mark.parametrize("name", LOCKED)
def test_locked_requirements_have_hashes_and_name_no_address(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text()
    assert "://" not in text
    assert not re.search(r"^(-|--)(i|f|index-url|find-links|extra-index-url)\b", text, re.MULTILINE)
    pins = re.findall(r"^[a-z0-9].*?==[^\n]*", text, re.MULTILINE)
    assert [pin for pin in pins if not pin.endswith("\\")] == []


def test_everything_that_is_asked_for_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    locked = set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / "requirements" / "runtime.txt").read_text(), re.MULTILINE))
    wanted = {re.split(r"[\[<>=]", line)[0].lower() for line in project["project"]["dependencies"]}
    assert wanted - {name.partition("[")[0] for name in locked} == set()


def test_what_fits_models_is_no_part_of_what_runs() -> None:
    names = [{pin.partition("==")[0] for pin in _pins(name)} for name in ("runtime.txt", "fit.txt", "dev.txt")]
    assert [{"scikit-learn", "scipy"} & part for part in names] == [set(), *[{"scikit-learn", "scipy"}] * 2]


def test_what_is_locked_for_running_is_locked_alike_for_fitting_and_developing() -> None:
    runtime, fit, dev = (_pins(name) for name in ("runtime.txt", "fit.txt", "dev.txt"))
    assert runtime - fit == set()
    assert fit - dev == set()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_link_in_a_document_leads_somewhere(name: str) -> None:
    document = ROOT / name
    targets = re.findall(r"\]\(([^)#]+)\)", document.read_text(encoding="utf-8"))
    missing = [target for target in targets if "://" not in target and not (document.parent / target).exists()]
    assert missing == []


def test_no_module_is_too_long_to_be_read_in_one_go() -> None:
    folders = ("schemas", "streams", "consumers", "pulse", "benchmarks", "tests")
    modules = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    assert [str(path) for path in modules if len(path.read_text().splitlines()) > LONGEST_MODULE] == []


def _pins(name: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9][^\s\\]*)", (ROOT / "requirements" / name).read_text(), re.MULTILINE))
