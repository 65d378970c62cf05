"""`pulse policy promote`, `rollback`, `history`: which policy counts from when on."""

import getpass
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from pulse.commands.clocks import CLOCKS
from pulse.exit_codes import ExitCode
from pulse.policies.in_force import policy_in_force
from pulse.policies.reading import DEFAULT, policy_named
from pulse.policies.releasing import Author, NotReleased, Plan, named, promotion, rollback
from pulse.policies.topic import releases, write
from pulse.settings import load
from schemas.broker import Broker
from schemas.policies import PolicyRelease
from schemas.topics import Topic
from streams.core.policy import Policy
from streams.core.releases import Releases

_FILE_OR_NAME = f"A policy file, `{DEFAULT}`, or the name and version of one released before, such as default/2."
Chosen = Annotated[str, typer.Argument(metavar="FILE|NAME", help=_FILE_OR_NAME)]
From = Annotated[
    str | None,
    typer.Option("--from", metavar="TIME", help="Event time with a zone, such as 2026-03-01T08:00Z; else in 30 s."),
]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why: it stands in the history.")]
Who = Annotated[str | None, typer.Option("--author", metavar="NAME", help="Who decides; else the user of the system.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def promote(
    policy: Chosen, *, reason: Reason, from_: From = None, author: Who = None, yes: Yes = False, as_json: AsJson = False
) -> None:
    """Put a policy in force from a moment of event time on, at least 30 s ahead, for all workers at once.

    Scores that move say so in a part of their own; no alert opens or ends for it. The same policy again changes
    nothing. Exit code 2 when it cannot be: its version is taken, its half-lives differ, or the moment has passed.
    """
    broker, known = known_releases()
    plan = promotion(known, chosen(policy, known), _time(from_), author_of(author, reason), now_utc())
    perform(broker, plan, yes=yes, as_json=as_json)


def roll_back(*, reason: Reason, author: Who = None, yes: Yes = False, as_json: AsJson = False) -> None:
    """Put the policy before the last promotion in force again; one that lies ahead is called off."""
    broker, known = known_releases()
    perform(broker, rollback(known, author_of(author, reason), now_utc()), yes=yes, as_json=as_json)


def history(*, as_json: AsJson = False) -> None:
    """Which policies came into force, or were tried out, when, by whom and why; oldest first."""
    _, known = known_releases()
    now = now_utc()
    if as_json:
        _print({"base": known.base.name, "releases": [_told(one) for one in known.history]})
        return
    typer.echo(f"{'from the start':<22}{known.base.name:<16}what workers start with")
    for one in known.history:
        ahead = "  (ahead)" if one.in_force_from > now else ""
        moment = one.in_force_from.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        typer.echo(f"{moment:<22}{one.policy:<16}{one.kind.value:<14}{one.author}: {one.reason}{ahead}")


def perform(broker: Broker, plan: Plan, *, yes: bool, as_json: bool) -> None:
    """Say what a plan means, write it once somebody agreed (`yes`: without asking), and print what was written."""
    if not as_json:
        for change in plan.changes:
            typer.echo(change.told())
        typer.echo(plan.said)
    if plan.release is not None:
        if not yes:
            _ask(as_json=as_json)
        write(broker, [plan.release])
    if as_json:
        changes = [change._asdict() for change in plan.changes]
        written = None if plan.release is None else _told(plan.release)
        _print({"written": written, "said": plan.said, "differences": changes})


def _ask(*, as_json: bool) -> None:
    if as_json or not sys.stdin.isatty():
        raise NotReleased("nobody to ask here: say --yes")
    if not typer.confirm("Write this?"):
        typer.echo("nothing was written")
        raise typer.Exit(ExitCode.FAILED)


def known_releases(*needs: Topic) -> tuple[Broker, Releases]:
    """The broker of the settings and what it knows of policies; `needs` are topics that must be there besides."""
    broker = load(["broker"]).part(Broker)
    return broker, releases(broker, policy_in_force(), needs)


def chosen(name: str, known: Releases) -> Policy:
    """The policy in a file, else the one released under that name."""
    found = None if Path(name).exists() else named(known, name)
    return found or policy_named(name)


def author_of(name: str | None, reason: str) -> Author:
    """Who decides, and why."""
    return Author(name or getpass.getuser(), reason)


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise typer.BadParameter("expected a time with a zone, such as 2026-03-01T08:00Z", param_hint="--from")
    return moment.astimezone(UTC)


def now_utc() -> datetime:
    """The clock."""
    return CLOCKS.wall().astimezone(UTC)


def _told(release: PolicyRelease) -> dict[str, Any]:
    return release.model_dump(mode="json", exclude={"document"})


def _print(found: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
