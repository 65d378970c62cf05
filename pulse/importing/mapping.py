"""Reads a mapping document and checks it as a whole: every fault is told at once, each with its line.

No input file is touched here.
"""

from pathlib import Path

import yaml
from pydantic import ValidationError

from pulse.documents import line_of
from pulse.importing.checks import cross_check
from pulse.importing.document import Mapping
from pulse.importing.errors import MappingFault, MappingFaults


def load_mapping(path: Path) -> Mapping:
    """The mapping in the file at `path`.

    Raises:
        MappingFaults: everything wrong with it.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MappingFaults(path.name, [MappingFault("", None, f"cannot be read: {error}")]) from error
    return parse_mapping(text, path.name)


def parse_mapping(text: str, name: str = "mapping") -> Mapping:
    """The mapping written in `text`; `name` is what messages call it.

    Raises:
        MappingFaults: everything wrong with it.
    """
    try:
        root, document = yaml.compose(text, Loader=yaml.SafeLoader), yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = None if mark is None else mark.line + 1
        raise MappingFaults(name, [MappingFault("", line, f"is not YAML: {error}")]) from error
    return _checked(document, root, name)


def _checked(document: object, root: yaml.Node | None, name: str) -> Mapping:
    try:
        mapping = Mapping.model_validate(document)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        raise MappingFaults(name, [_fault(root, item["loc"], item["msg"]) for item in found]) from error
    faults = [_fault(root, path, message) for path, message in cross_check(mapping)]
    if faults:
        raise MappingFaults(name, faults)
    return mapping


def _fault(root: yaml.Node | None, loc: tuple[int | str, ...], message: str) -> MappingFault:
    steps = tuple(step for step in loc if step not in ("fixed_width", "csv"))
    return MappingFault(".".join(map(str, steps)), line_of(root, steps), message)
