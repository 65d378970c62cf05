import subprocess
import sys

import pytest

from benchmarks.__main__ import main


def test_without_maven_it_says_what_is_needed_and_ends() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "engine", "--quick"],
        env={"PATH": "/nowhere"}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode != 0
    assert "Maven" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_contender_nobody_knows_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["engine", "--only", "storm"])
    assert "faust_documented" in capsys.readouterr().err
