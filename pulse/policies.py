"""Policies from files, for commands: one named by the user, else the one the worker is told to use."""

from pathlib import Path

import yaml
from pydantic import ValidationError

from pulse.errors import PulseError
from pulse.exit_codes import ExitCode
from pulse.settings import load
from streams.core.policies import default_tables, parse
from streams.core.policy import Tables, to_tables
from streams.worker.settings import WorkerSettings


class PolicyFault(PulseError):
    """A policy file that cannot be read or does not hold; the message has every fault."""

    exit_code = ExitCode.USAGE


def policy_in_force(path: Path | None) -> Tables:
    """The policy in `path`, else in the setting worker.policy_file, else the one shipped.

    Raises:
        PolicyFault: the file cannot be read, or is no policy.
        SettingsFault: the worker's settings do not hold.
    """
    chosen = path or load(["worker"]).part(WorkerSettings).policy_file
    return default_tables() if chosen is None else read_policy(chosen)


def read_policy(path: Path) -> Tables:
    """The policy in a file.

    Raises:
        PolicyFault: the file cannot be read, or is no policy.
    """
    try:
        return to_tables(parse(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise PolicyFault(f"{path} cannot be read as YAML: {error}") from error
    except ValidationError as error:
        faults = (f"  {'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise PolicyFault(f"{path} is no policy:\n" + "\n".join(faults)) from error
