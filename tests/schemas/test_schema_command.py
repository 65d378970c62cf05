"""`pulse schema export` writes the catalogue and, with --check, says when a copy is stale."""

from pathlib import Path

from typer.testing import CliRunner

from pulse.commands.schema import app


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, result.output


def test_an_export_is_current(tmp_path: Path) -> None:
    folder = str(tmp_path / "made")
    assert run("export", folder)[0] == 0
    assert run("export", "--check", folder)[0] == 0


def test_a_stale_or_missing_copy_is_named(tmp_path: Path) -> None:
    run("export", str(tmp_path))
    (tmp_path / "asyncapi.json").write_text("{}")
    (tmp_path / "events" / "alert.rated.v1.json").unlink()
    code, output = run("export", "--check", str(tmp_path))
    assert code == 1
    assert "asyncapi.json" in output
    assert "alert.rated.v1.json" in output
