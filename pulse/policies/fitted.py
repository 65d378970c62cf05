"""A policy file with a fitted model of silence in it."""

from pulse.policies.reading import parse_policy
from pulse.policies.splicing import with_section
from streams.core.policy import Policy
from streams.core.silence.document import SilenceModel


def with_model(text: str, policy: Policy, model: SilenceModel) -> str:
    """The text of `policy` with the model as its section `silence.purchases`, one version up.

    Raises:
        PolicyFaults: the two do not go together.
    """
    versioned = with_section(text, ("version",), policy.version + 1)
    spliced = with_section(versioned, ("silence", "purchases"), model.model_dump(mode="json"))
    parse_policy(spliced)
    return spliced
