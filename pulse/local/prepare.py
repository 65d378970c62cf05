"""`python -m pulse.local.prepare`: topics and tables brought to their declared state before the readers start.

Its `ready` line carries `stored`, how many events the warehouse remembers. A process of its own, so that the supervisor
stays small and answers signals at once.
"""

import sys

from consumers.clickhouse.errors import WarehouseError
from consumers.clickhouse.migrate import apply as migrate
from consumers.clickhouse.rates import write_rates
from consumers.runtime.clickhouse import ClickHouse
from pulse import logs, topics
from pulse.errors import PulseError
from pulse.exit_codes import ExitCode
from pulse.local import lifeline
from pulse.local.child import say_ready
from pulse.local.replay import count_stored
from pulse.policies.in_force import policy_in_force
from pulse.policies.topic import bring_policies_back
from pulse.settings import load
from schemas.broker import Broker


def main() -> int:
    """Apply the topics and the migrations of the settings."""
    settings = load(["logs", "broker", "clickhouse"])
    logs.configure(settings.part(logs.LogSettings), "prepare")
    lifeline.watch()
    clickhouse = settings.part(ClickHouse)
    try:
        topics.apply(settings.part(Broker))
        migrate(clickhouse)
        if settings.part(Broker).embedded:
            bring_policies_back(clickhouse, settings.part(Broker))
        policy = policy_in_force()
        write_rates(clickhouse, policy.currencies.rates, policy.name)
    except (PulseError, WarehouseError) as error:
        sys.stderr.write(f"{error}\n")
        return int(error.exit_code if isinstance(error, PulseError) else ExitCode.FAILED)
    say_ready(stored=count_stored(clickhouse))
    return 0


if __name__ == "__main__":
    sys.exit(main())
