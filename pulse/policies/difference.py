"""What differs between two policies, path by path."""

import json
from typing import Final, NamedTuple

from pulse.policies.table import flat, half_life
from streams.core.policy import Policy

ABSENT: Final = "as for everybody"


class Difference(NamedTuple):
    """One value that is not the same in both; ABSENT where one of them says nothing of it for a segment."""

    path: str
    old: object
    new: object

    def told(self) -> str:
        """In one line."""
        return f"{self.path}: {_words(self.path, self.old)} → {_words(self.path, self.new)}"


def differences(old: Policy, new: Policy) -> list[Difference]:
    """Everything that differs, in the order of the document; none where both say the same."""
    before, after = flat(old), flat(new)
    pairs = ((path, before.get(path, ABSENT), after.get(path, ABSENT)) for path in dict.fromkeys((*before, *after)))
    return [Difference(path, old_value, new_value) for path, old_value, new_value in pairs if old_value != new_value]


def same_name(old: Policy, new: Policy) -> bool:
    """Whether two policies that differ go by one name, so that no snapshot says which of them it is of."""
    return old != new and old.name == new.name


def _words(path: str, value: object) -> str:
    if path.endswith(".half_life_d") and (value is None or isinstance(value, float)):
        return half_life(value)
    if value is ABSENT:
        return ABSENT
    if isinstance(value, float):
        return f"{value:g}"
    return json.dumps(value, ensure_ascii=False)
