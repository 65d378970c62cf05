"""What peers need and the product does not, made once and kept in the cache: a virtual environment, a Java program.

Each is built into a folder named for what it is built from, and used only once it is whole.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Final

from pulse.errors import Missing
from pulse.local import jars

KAFKA_STREAMS: Final = Path(__file__).parent / "peers" / "kafka-streams"
_SAID_LINES: Final = 12


def python_with(package: str, version: str) -> Path:
    """The Python of a virtual environment that holds exactly this package and what it needs.

    Raises:
        Missing: it could not be installed.
    """

    def build(folder: Path) -> None:
        _run([sys.executable, "-m", "venv", str(folder)], f"no virtual environment for {package}")
        pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "-q"]
        _run([*pip, f"{package}=={version}"], f"pip could not install {package} {version}")

    return _kept(f"{package}-{version}-py{sys.version_info[0]}{sys.version_info[1]}", build) / "bin" / "python"


def kafka_streams_jars() -> list[Path]:
    """The Kafka Streams peer, built with Maven, and the jars it needs.

    Raises:
        Missing: Maven is not there, or could not build it.
    """

    def build(folder: Path) -> None:
        pom = KAFKA_STREAMS / "pom.xml"
        argv = ["mvn", "-q", "-B", "-f", str(pom), f"-Doutput={folder}", "package"]
        _run(argv, "Maven could not build the Kafka Streams peer (a JDK is needed, not only a JRE)")

    folder = _kept(f"kafka-streams-{_fingerprint(_sources())}", build)
    return sorted([*folder.glob("*.jar"), *(folder / "lib").glob("*.jar")])


def _sources() -> Iterator[Path]:
    yield KAFKA_STREAMS / "pom.xml"
    yield from sorted((KAFKA_STREAMS / "src").rglob("*.java"))


def _kept(name: str, build: Callable[[Path], None]) -> Path:
    folder = jars.default_cache() / "benchmarks" / name
    whole = folder / "whole"
    if not whole.exists():
        # In place, not renamed afterwards: a virtual environment knows its own path.
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        build(folder)
        whole.touch()
    return folder


def _run(argv: Sequence[str], failed: str) -> None:
    try:
        ran = subprocess.run(argv, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise Missing(f"{failed}: `{argv[0]}` is not on the PATH") from None
    if ran.returncode != 0:
        said = "\n".join((ran.stdout + ran.stderr).strip().splitlines()[-_SAID_LINES:])
        raise Missing(f"{failed}. It said:\n{said}")


def _fingerprint(files: Iterator[Path]) -> str:
    digest = blake2b(digest_size=6)
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()
