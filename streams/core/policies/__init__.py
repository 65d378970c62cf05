"""The policies shipped with the code. Package data, read once; a policy of one's own is passed in by the caller."""

from functools import cache
from importlib.resources import files

import yaml

from streams.core.policy import Policy, Tables, to_tables


def parse(text: str) -> Policy:
    """The policy in a YAML document.

    Raises:
        yaml.YAMLError: not YAML.
        pydantic.ValidationError: with every fault and its path.
    """
    return Policy.model_validate(yaml.safe_load(text))


@cache
def default_tables() -> Tables:
    """The default policy as arrays."""
    return to_tables(parse(files("streams.core.policies").joinpath("default.yaml").read_text()))
