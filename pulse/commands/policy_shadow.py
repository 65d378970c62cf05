"""`pulse policy shadow`: try a policy out beside the one in force, and see what it would change."""

import json
import sys
from typing import Annotated

import typer
from rich.console import Console

from consumers.runtime.clickhouse import ClickHouse
from pulse.commands.policy_release import Who, author_of, chosen, known_releases, now_utc, perform
from pulse.commands.shadow_report import show_report
from pulse.policies.reading import DEFAULT
from pulse.policies.releasing import shadow_ended, shadowing
from pulse.policies.shadowed import report_of, to_json
from pulse.settings import load
from pulse.warehouse import reached
from schemas.topics import SHADOW

_FILE_OR_NAME = f"A policy file, `{DEFAULT}`, or the name and version of one released before, such as default/2."
File = Annotated[str | None, typer.Argument(metavar="FILE|NAME", help=_FILE_OR_NAME, show_default=False)]
Stop = Annotated[bool, typer.Option("--stop", help="End the trial that is going on.")]
Report = Annotated[bool, typer.Option("--report", help="Show, by manager, what the policy tried out would change.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why: it stands in the history.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def shadow(
    policy: File = None,
    *,
    stop: Stop = False,
    report: Report = False,
    reason: Reason = "no reason given",
    author: Who = None,
    as_json: AsJson = False,
) -> None:
    """Try a policy out: workers judge by it as well, and nobody is told, paged or moved by it.

    One at a time: another takes its place. What it would change is on `account.shadow`, in the warehouse and on the
    console; --report prints it. Exit code 2 when it cannot be: its version is taken, or its half-lives, dimensions or
    currency rates differ; 3 when the broker or the warehouse is away.
    """
    if (policy is not None) + stop + report != 1:
        raise typer.BadParameter("say one of: a policy to try out, --stop, --report", param_hint="FILE|NAME")
    if report:
        _report(as_json=as_json)
        return
    broker, known = known_releases(SHADOW)
    by, now = author_of(author, reason), now_utc()
    plan = shadow_ended(known, by, now) if policy is None else shadowing(known, chosen(policy, known), by, now)
    perform(broker, plan, yes=True, as_json=as_json)


def _report(*, as_json: bool) -> None:
    with reached(load(["clickhouse"]).part(ClickHouse)) as client:
        found = report_of(client)
    if as_json:
        sys.stdout.write(json.dumps(to_json(found), ensure_ascii=False) + "\n")
    else:
        show_report(found, Console())
