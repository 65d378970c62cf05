"""The built wheel runs without the checkout: code, commands and package data are all in it."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

CHECKOUT: Final = Path(__file__).parents[2]
PACKAGES: Final = ("schemas", "streams", "consumers", "pulse")
COMMANDS: Final = (
    "up demo gateway worker sink deliver console warehouse topics migrate import emit simulate explain doctor schema "
    "policy alerts"
).split()
BORROWED: Final = "locked-packages.pth"

IMPORT_EVERYTHING: Final = """
import importlib, pkgutil
for package in {packages}:
    found = importlib.import_module(package)
    for module in pkgutil.walk_packages(found.__path__, package + "."):
        if not module.name.endswith(".__main__"):
            importlib.import_module(module.name)
    print(found.__file__)
"""


@dataclass(frozen=True)
class Installed:
    """The wheel, and the environment it alone is installed in; dependencies are borrowed, the checkout is not."""

    wheel: Path
    bin: Path
    folder: Path

    def run(self, *command: str) -> str:
        """What the command prints; fails with its errors when it fails."""
        done = subprocess.run(
            command, cwd=self.folder, env=self._environment(), capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def _environment(self) -> Mapping[str, str]:
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PULSE", "VIRTUAL"))
        }
        return kept | {"PATH": f"{self.bin}:{os.environ['PATH']}", "COLUMNS": "120", "NO_COLOR": "1"}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("elsewhere")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=CHECKOUT, check=True, capture_output=True, timeout=120)
    (wheel,) = folder.glob("*.whl")
    home = folder / "venv"
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*install, str(wheel)], check=True, capture_output=True, timeout=120)
    (site,) = (home / "lib").glob("python*/site-packages")
    # A path file adds the folder and does not read the path files in it, so the editable checkout stays out.
    (site / BORROWED).write_text(sysconfig.get_path("purelib") + "\n")
    return Installed(wheel, home / "bin", folder)


def test_every_file_of_the_packages_is_in_the_wheel(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as archive:
        packed = set(archive.namelist())
    present = {str(path.relative_to(CHECKOUT)) for package in PACKAGES for path in _files(CHECKOUT / package)}
    assert present - packed == set()


def test_the_licence_and_what_the_code_reads_from_files_are_in_the_wheel(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as archive:
        packed = archive.namelist()
    for name in (
        "LICENSE",
        "kafka-pom.xml",
        "cdnow/mapping.yaml",
        "CDNOW_master.txt.gz",
        "py.typed",
        ".sql",
        ".yaml",
        ".html",
        "de/LC_MESSAGES/wording.po",
        ".css",
        ".js",
    ):
        assert any(path.endswith(name) for path in packed), name


def test_nothing_but_the_packages_is_installed(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as archive:
        tops = {name.split("/", 1)[0] for name in archive.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)


def test_every_module_can_be_imported_from_the_wheel(installed: Installed) -> None:
    printed = installed.run("python", "-W", "ignore", "-c", IMPORT_EVERYTHING.format(packages=PACKAGES))
    assert len(printed.split()) == len(PACKAGES)
    assert str(CHECKOUT) not in printed


def test_the_command_lists_everything_it_can_do(installed: Installed) -> None:
    help_text = installed.run("pulse", "--help")
    assert [command for command in COMMANDS if command not in help_text.split()] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(installed: Installed, command: str) -> None:
    assert "Usage: pulse " + command in installed.run("pulse", command, "--help")


def test_the_catalogue_comes_out_of_the_wheel(installed: Installed) -> None:
    installed.run("pulse", "schema", "export", "catalogue")
    published = {path.relative_to(installed.folder / "catalogue") for path in _files(installed.folder / "catalogue")}
    committed = CHECKOUT / "docs" / "schemas"
    assert published == {path.relative_to(committed) for path in _files(committed)}


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
