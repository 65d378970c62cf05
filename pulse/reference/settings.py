"""docs/settings.md: every setting with its type, default and meaning."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, get_args, get_origin

from pydantic import BaseModel, SecretBytes, SecretStr
from pydantic.fields import FieldInfo

from pulse.environment import PREFIX
from pulse.reference.markdown import Row, table
from pulse.reference.types import words
from pulse.settings import SECTIONS, model_of

_HEAD: Final = f"""# Settings

Read from `pulse.yaml` (or the file named by `{PREFIX}CONFIG` or `--config`), one section a process or service, and
from the environment as `{PREFIX}<SECTION>__<KEY>`, which wins. A secret can stand in a file: `<key>_file` names it. All
faults are reported together. `pulse settings show` prints what is in force, `pulse settings check` whether it holds.

Written from the code by `python -m pulse.reference docs`.
"""


def settings_page() -> str:
    """The page."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield _HEAD
    for name in SECTIONS:
        yield f"## {name}\n"
        yield from table(("key", "type", "default", "meaning"), _rows(model_of(name), ""))


def _rows(model: type[BaseModel], prefix: str) -> Iterator[Row]:
    for name, field in model.model_fields.items():
        inner = _section_in(field.annotation)
        named = get_origin(field.annotation) is dict
        if inner is None or named:
            yield f"`{prefix}{name}`", words(field), _default(field), field.description or ""
        if inner is not None:
            yield from _rows(inner, f"{prefix}{name}.{'<name>.' if named else ''}")


def _section_in(annotation: object) -> type[BaseModel] | None:
    """The section that this is, or that stands here under names."""
    inner = get_args(annotation)[-1] if get_origin(annotation) is dict else annotation
    return inner if isinstance(inner, type) and issubclass(inner, BaseModel) else None


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    value: Any = field.get_default(call_default_factory=True, validated_data={})
    if value is None:
        return "none"
    if isinstance(value, SecretStr | SecretBytes):
        return "set" if value.get_secret_value() else "empty"
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g} s"
    return f"`{value if isinstance(value, str | Path) else json.dumps(value, default=str)}`"
