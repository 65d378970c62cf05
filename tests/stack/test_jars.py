"""A real Kafka needs Java and, once, Maven: what is missing is said, and what to do without."""

from pathlib import Path

import pytest

from pulse.errors import Missing
from pulse.local import jars


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with nothing on it but what the test puts there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    return folder


def program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_a_missing_java_is_named_and_the_way_without_it(bin_folder: Path) -> None:
    with pytest.raises(Missing, match=r"Java 17 or newer .* none is on the PATH.*leave out --kafka"):
        jars.java()


def test_an_old_java_is_named_with_its_version(bin_folder: Path) -> None:
    program(bin_folder / "java", """echo 'openjdk version "11.0.2" 2019-01-15' >&2""")
    with pytest.raises(Missing, match="is 11"):
        jars.java()


def test_java_home_goes_before_the_path(bin_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = bin_folder.parent / "jdk"
    (home / "bin").mkdir(parents=True)
    program(home / "bin" / "java", """echo 'openjdk version "21.0.1" 2023-10-17' >&2""")
    program(bin_folder / "java", """echo 'openjdk version "11.0.2" 2019-01-15' >&2""")
    monkeypatch.setenv("JAVA_HOME", str(home))
    assert jars.java() == str(home / "bin" / "java")


def test_a_missing_maven_is_named(bin_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(Missing, match="Maven"):
        jars.jars(tmp_path / "cache")


def test_what_maven_says_is_told_and_nothing_half_fetched_is_kept(bin_folder: Path, tmp_path: Path) -> None:
    program(bin_folder / "mvn", "echo 'no route to the repository'; exit 1")
    with pytest.raises(Missing, match="no route to the repository"):
        jars.jars(tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("kafka-*"))


def test_jars_are_fetched_once(bin_folder: Path, tmp_path: Path) -> None:
    fetch = 'for word in "$@"; do case $word in -DoutputDirectory=*) folder=${word#*=};; esac; done'
    program(bin_folder / "mvn", f'{fetch}\n/bin/mkdir -p "$folder" && echo > "$folder/kafka.jar"')
    first = jars.jars(tmp_path / "cache")
    (bin_folder / "mvn").unlink()
    assert jars.jars(tmp_path / "cache") == first
    assert [path.name for path in first] == ["kafka.jar"]
