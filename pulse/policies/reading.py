"""Reads a policy file and says everything that is wrong with it at once, each fault with its path and its line."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError

from pulse.documents import doubled_keys, line_of
from pulse.policies.errors import PolicyFault, PolicyFaults
from pulse.policies.findings import found_in
from streams.core.policies import default_policy
from streams.core.policy import Policy

DEFAULT: Final = "default"
"""The name that stands for the policy shipped with the code, wherever a file may be named."""
MAX_BYTES: Final = 1024 * 1024


def policy_named(name: str) -> Policy:
    """The policy in the file of this name, or the one shipped.

    Raises:
        PolicyFaults: everything wrong with the file.
    """
    return default_policy() if name == DEFAULT else read_policy(Path(name))


def read_policy(path: Path) -> Policy:
    """The policy in a file.

    Raises:
        PolicyFaults: everything wrong with it.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise PolicyFaults(str(path), [PolicyFault("", None, f"more than {MAX_BYTES} bytes are no policy")])
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise PolicyFaults(str(path), [PolicyFault("", None, f"cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError as error:
        raise PolicyFaults(str(path), [PolicyFault("", None, f"byte {error.start} is not UTF-8")]) from None
    return parse_policy(text, str(path))


def parse_policy(text: str, name: str = "policy") -> Policy:
    """The policy written in `text`; `name` is what messages call it.

    Raises:
        PolicyFaults: everything wrong with it.
    """
    root, document = _loaded(text, name)
    faults = list(_doubled(root))
    try:
        policy = Policy.model_validate(document)
    except ValidationError as error:
        faults += [_placed(root, path, said) for path, said in found_in(document, error)]
        raise PolicyFaults(name, faults) from None
    if faults:
        raise PolicyFaults(name, faults)
    return policy


def _loaded(text: str, name: str) -> tuple[yaml.Node | None, Any]:
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader), yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise PolicyFaults(name, [_not_yaml(error)]) from None
    except (ValueError, RecursionError) as error:  # a date that is none; lists in lists without end
        raise PolicyFaults(name, [PolicyFault("", None, f"not YAML that can be read: {error}")]) from None


def _not_yaml(error: yaml.YAMLError) -> PolicyFault:
    mark = getattr(error, "problem_mark", None)
    parts = [part for part in (getattr(error, "context", None), getattr(error, "problem", None)) if part]
    said = " ".join((", ".join(parts) or str(error)).split())
    return PolicyFault("", None if mark is None else mark.line + 1, f"not YAML: {said}")


def _doubled(root: yaml.Node | None) -> Iterator[PolicyFault]:
    for path, line, before in doubled_keys(root):
        said = f"given twice, first in line {before}; only one of them can count"
        yield PolicyFault(".".join(map(str, path)), line, said)


def _placed(root: yaml.Node | None, path: tuple[int | str, ...], said: str) -> PolicyFault:
    return PolicyFault(".".join(map(str, path)), line_of(root, path), said)
