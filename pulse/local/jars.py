"""Apache Kafka's jars, brought by Maven once and kept in a cache folder.

Kafka is on no Python registry; its jars are on Maven Central. What is fetched is named by `deploy/kafka/pom.xml`, which
the wheel carries as package data. Starting Kafka is `pulse/local/kafka.py`'s business.
"""

import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from pulse.errors import Missing

JAVA_MINIMUM: Final = 17
_ADVICE: Final = "Without it the embedded broker is there: leave out --kafka"


def default_cache() -> Path:
    """Where fetched jars are kept: PULSE_CACHE, else ~/.cache/account-pulse."""
    return Path(os.environ.get("PULSE_CACHE") or Path.home() / ".cache" / "account-pulse")


def java() -> str:
    """The path of a Java that is new enough.

    Raises:
        Missing: there is none.
    """
    found = shutil.which("java", path=_java_path())
    if found is None:
        raise Missing(f"Java {JAVA_MINIMUM} or newer is needed for a real Kafka and none is on the PATH. {_ADVICE}.")
    version = _major(subprocess.run([found, "-version"], capture_output=True, text=True, check=False).stderr)
    if version < JAVA_MINIMUM:
        raise Missing(f"Java {JAVA_MINIMUM} or newer is needed for a real Kafka; {found} is {version}. {_ADVICE}.")
    return found


def jars(cache: Path) -> list[Path]:
    """Kafka's jars by name, fetched with Maven if the cache does not hold them yet.

    Raises:
        Missing: Maven is not installed, or could not fetch them; the message carries what it said.
    """
    folder = cache / f"kafka-{_fingerprint()}"
    if not folder.is_dir():
        with _locked(cache):
            if not folder.is_dir():
                _fetch(folder)
    return sorted(folder.glob("*.jar"))


def _fetch(folder: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise Missing(f"Maven (`mvn`) is needed once to fetch Apache Kafka and is not on the PATH. {_ADVICE}.")
    partial = folder.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    with as_file(_pom()) as pom:
        ran = subprocess.run(
            [maven, "-q", "-B", "-f", str(pom), "dependency:copy-dependencies", "-DincludeScope=runtime",
             f"-DoutputDirectory={partial}"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    if ran.returncode != 0 or not partial.is_dir():
        said = "\n".join((ran.stdout + ran.stderr).strip().splitlines()[:12])
        raise Missing(f"Maven could not fetch Apache Kafka. {_ADVICE}. It said:\n{said}")
    partial.rename(folder)


def _pom() -> Traversable:
    packaged = files("pulse.local") / "kafka-pom.xml"
    return packaged if packaged.is_file() else Path(__file__).parents[2] / "deploy" / "kafka" / "pom.xml"


def _fingerprint() -> str:
    return blake2b(_pom().read_bytes(), digest_size=6).hexdigest()


def _java_path() -> str | None:
    home = os.environ.get("JAVA_HOME")
    return os.pathsep.join([f"{home}/bin", os.environ.get("PATH", "")]) if home else None


def _major(said: str) -> int:
    """The feature number in what `java -version` prints; 0 when it prints none.

    >>> _major('openjdk version "17.0.15" 2025-04-15'), _major('java version "1.8.0_381"')
    (17, 8)
    """
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    return int(found.group(1)) if found else 0


@contextmanager
def _locked(cache: Path) -> Iterator[None]:
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "fetch.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
