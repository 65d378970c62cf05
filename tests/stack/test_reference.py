"""The reference pages say what the code says. Renew them with `python -m pulse.reference docs`."""

from pathlib import Path

import pytest

from pulse.reference import pages
from pulse.settings import SECTIONS, model_of
from schemas.catalogue import MODELS

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", ["events.md", "metrics.md", "policy.md", "settings.md", "tables.md"])
def test_a_committed_page_is_current(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == pages()[name]


def test_every_setting_says_what_it_means() -> None:
    lines = [line for line in pages()["settings.md"].splitlines() if line.startswith("| `")]
    assert [line for line in lines if line.endswith("|  |")] == []
    assert len(lines) >= sum(len(model_of(name).model_fields) for name in SECTIONS)


def test_every_event_type_has_its_heading() -> None:
    headings = {line.removeprefix("## ") for line in pages()["events.md"].splitlines() if line.startswith("## ")}
    assert headings >= set(MODELS)


def test_every_metric_and_every_table_says_what_it_means() -> None:
    for name in ("metrics.md", "tables.md"):
        rows = [line for line in pages()[name].splitlines() if line.startswith("| `")]
        assert len(rows) > 20
        assert [row for row in rows if row.endswith("|  |")] == []
