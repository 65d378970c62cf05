"""The policies shipped with the code. Package data, read once; a policy of one's own is passed in by the caller."""

from functools import cache
from importlib.resources import files

import yaml

from streams.core.policy import Policy
from streams.core.rulebook import Rulebook
from streams.core.tables import Tables, to_tables


def parse(text: str) -> Policy:
    """The policy in a YAML document.

    Raises:
        yaml.YAMLError: not YAML.
        pydantic.ValidationError: with every fault and its path.
    """
    return Policy.model_validate(yaml.safe_load(text))


@cache
def default_policy() -> Policy:
    """The default policy."""
    return parse(files("streams.core.policies").joinpath("default.yaml").read_text())


@cache
def default_tables() -> Tables:
    """The same as arrays, for accounts of no segment that it says anything of."""
    return to_tables(default_policy())


@cache
def default_rules() -> Rulebook:
    """The same, always in force."""
    return Rulebook.of(default_policy())
