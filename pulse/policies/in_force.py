"""The policy that a command goes by: one named by the user, else the one the worker is told to use."""

from pulse.policies.reading import DEFAULT, policy_named
from pulse.settings import load
from streams.core.policy import Policy
from streams.worker.settings import WorkerSettings


def policy_in_force(name: str | None = None) -> Policy:
    """The policy in the file `name` (`default` is the one shipped), else that of the setting worker.policy_file.

    Raises:
        PolicyFaults: everything wrong with the file.
        SettingsFault: the worker's settings do not hold.
    """
    chosen = name or load(["worker"]).part(WorkerSettings).policy_file
    return policy_named(str(chosen or DEFAULT))
