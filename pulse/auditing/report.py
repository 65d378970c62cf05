"""What an audit found, for people and for programs."""

from collections.abc import Iterator
from dataclasses import asdict
from math import isnan
from typing import Any, Final

from pulse.auditing.run import Account, Audit

TOLD: Final = 50
"""So many accounts that differ are told to people; JSON has all."""
_VALUES: Final = 4


def to_lines(audit: Audit) -> Iterator[str]:
    """Accounts that differ with causes; the last line says how many were compared and how many differ."""
    for account in audit.differing[:TOLD]:
        yield from _of_account(account)
    if len(audit.differing) > TOLD:
        yield f"... and {len(audit.differing) - TOLD:,} more; --json names all"
    yield audit.in_words()


def _of_account(account: Account) -> Iterator[str]:
    yield account.account
    yield from (f"  {difference.in_words()}" for difference in account.differences[:_VALUES])
    if len(account.differences) > _VALUES:
        yield f"  ... and {len(account.differences) - _VALUES} more values"
    yield from (f"  {finding.in_words()}" for finding in account.findings)


def to_json(audit: Audit) -> dict[str, Any]:
    """The same as one object; a value that is not there is null."""
    return {
        "accounts_compared": audit.compared,
        "accounts_differing": len(audit.differing),
        "facts": audit.facts,
        "differing": [
            {
                "account": account.account,
                "differences": [
                    {
                        **asdict(difference),
                        "values": [None if isnan(value) else value for value in difference.values],
                    }
                    for difference in account.differences
                ],
                "causes": [asdict(finding) for finding in account.findings],
            }
            for account in audit.differing
        ],
    }
