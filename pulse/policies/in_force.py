"""The policy that a command goes by: one named by the user, else the one the worker is told to use."""

from pulse.policies.reading import DEFAULT, policy_named
from pulse.settings import load
from streams.core.policy import Tables, to_tables
from streams.worker.settings import WorkerSettings


def tables_in_force(name: str | None = None) -> Tables:
    """The policy in the file `name` (`default` is the one shipped), else that of the setting worker.policy_file.

    Raises:
        PolicyFaults: everything wrong with the file.
        SettingsFault: the worker's settings do not hold.
    """
    chosen = name or load(["worker"]).part(WorkerSettings).policy_file
    return to_tables(policy_named(str(chosen or DEFAULT)))
