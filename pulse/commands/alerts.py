"""`pulse alerts`: how an alert looks over a channel, and whether a manager's channels work."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from consumers.delivery.channels.offered import channels
from consumers.delivery.channels.slack_threads import Threads
from consumers.delivery.decisions import Notification
from consumers.delivery.preview import Preview, preview, preview_roll_up
from consumers.delivery.sample_alerts import OWNER, STEPS, sample_manager, sample_step
from consumers.delivery.sample_roll_up import sample_roll_up
from consumers.delivery.settings import DeliverySettings
from consumers.delivery.trying import contacts_to_try, try_out
from consumers.runtime.wording import LANGUAGES
from consumers.runtime.wording.catalogues import locale_of
from pulse.commands.clocks import CLOCKS
from pulse.exit_codes import ExitCode
from pulse.managers import managers_of
from pulse.settings import load
from schemas.alerts import AlertKind, StepKind
from schemas.broker import Broker
from schemas.deliveries import DeliveryReceipt, Outcome
from schemas.events.managers import ContactKind
from schemas.ids import ManagerId

app = typer.Typer(
    help="Look at an alert as people get it, and try out a manager's channels.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_ADDRESSES = {ContactKind.EMAIL: "manager@example.test", ContactKind.SLACK: "C0123456789"}

Kind = Annotated[AlertKind, typer.Option(help="Which kind of alert.")]
Lang = Annotated[str, typer.Option(help=f"The reader's language or locale: {', '.join(LANGUAGES)}, de_AT, …")]
Channel = Annotated[ContactKind, typer.Option(help="Over which channel.")]
Step = Annotated[StepKind, typer.Option(help="opened, escalated or resolved.")]
Out = Annotated[
    Path | None,
    typer.Option(help="Write it to a file, by its suffix: a mail as .eml, .html or .txt, the rest as .json or .txt."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Manager = Annotated[str, typer.Argument(metavar="MANAGER", help="The manager's id, such as M-07.")]
OneChannel = Annotated[ContactKind | None, typer.Option("--channel", help="Only this one of the profile's channels.")]


@app.command("preview")
def show(
    *,
    kind: Kind = AlertKind.BAND_DROPPED,
    lang: Lang = "en",
    channel: Channel = ContactKind.EMAIL,
    step: Step = StepKind.OPENED,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Show a sample alert of any kind, in any language, as it is sent over a channel. Nothing is sent.

    Links are those of the settings in force (`delivery.console_url`). Exit code 2 for a language, a step or a kind of
    file that there is not.
    """
    if step not in STEPS:
        raise typer.BadParameter(f"people are told of {', '.join(STEPS)}", param_hint="--step")
    locale = _locale(lang)
    settings = load(["delivery"]).part(DeliverySettings)
    address = _ADDRESSES.get(channel, "example")
    told = sample_step(kind, CLOCKS.wall(), step)
    profile = sample_manager(locale, channel, address)
    made = preview(Notification(told, OWNER, profile, channel, address), settings)
    if out is not None:
        _write(made, out, channel)
    if as_json:
        files = {suffix: content.decode() for suffix, content in made.files.items()}
        _print({"kind": kind, "language": lang, "channel": channel, "step": step, "headline": made.headline, **files})
    elif out is None:
        sys.stdout.write(made.text.rstrip("\n") + "\n")


@app.command("preview-roll-up")
def show_roll_up(*, lang: Lang = "en", out: Out = None) -> None:
    """Show a sample of the roll-up that whoever leads others gets, in any language. Nothing is sent."""
    locale = _locale(lang)
    settings = load(["delivery"]).part(DeliverySettings)
    made = preview_roll_up(sample_roll_up(locale, CLOCKS.wall(), _ADDRESSES[ContactKind.EMAIL]), settings)
    if out is not None:
        _write(made, out, ContactKind.EMAIL)
    else:
        sys.stdout.write(made.text.rstrip("\n") + "\n")


def _locale(lang: str) -> str:
    if lang.replace("-", "_").partition("_")[0] not in (*LANGUAGES, "no", "nn"):
        raise typer.BadParameter(f"there are {', '.join(LANGUAGES)}, with or without a region", param_hint="--lang")
    return str(locale_of(lang))


@app.command("test")
def send(
    manager: Manager, *, channel: OneChannel = None, kind: Kind = AlertKind.BAND_DROPPED, as_json: AsJson = False
) -> None:
    """Send one message, marked as a test, over each channel of a manager's profile, and say what came of it.

    Delivery's settings are used, and delivery need not run. Nothing is retried and no receipt is written to the log.
    Exit code 0 when every message was taken on, 1 when one was not or there is no such manager or channel, 3 without a
    broker.
    """
    settings = load(["broker", "delivery"])
    profile = managers_of(settings.part(Broker), CLOCKS.wall()).find(ManagerId(manager))
    if profile is None:
        _fail(f"there is no manager {manager}: no profile of that id is on account.managers")
    contacts = contacts_to_try(profile, channel)
    if not contacts:
        _fail(f"{manager} has no {channel.value if channel else 'channel that is sent to'} in the profile")
    offered = channels(settings.part(DeliverySettings), CLOCKS.wall, Threads())
    owner = ManagerId(manager)
    try:
        receipts = try_out(
            sample_step(kind, CLOCKS.wall(), owner=owner), (owner, profile), contacts, offered, CLOCKS.wall
        )
    finally:
        for made in offered.values():
            made.close()
    for receipt in receipts:
        _tell(receipt, as_json=as_json)
    if any(receipt.outcome is not Outcome.DELIVERED for receipt in receipts):
        raise typer.Exit(ExitCode.FAILED)


def _write(made: Preview, out: Path, channel: ContactKind) -> None:
    content = made.files.get(out.suffix)
    if content is None:
        suffixes = ", ".join(made.files)
        raise typer.BadParameter(f"{channel.value} is written to {suffixes}, not to {out.name}", param_hint="--out")
    try:
        out.write_bytes(content)
    except OSError as error:
        raise typer.BadParameter(f"{out} cannot be written ({error.strerror})", param_hint="--out") from None
    sys.stderr.write(f"written to {out}\n")


def _tell(receipt: DeliveryReceipt, *, as_json: bool) -> None:
    if as_json:
        _print({"test": True, **receipt.model_dump(mode="json", exclude_none=True)})
        return
    channel = receipt.channel.value if receipt.channel else "none"
    sys.stdout.write(f"{channel}: {receipt.outcome.value} ({receipt.reason.value}) {receipt.detail}\n")


def _print(told: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")


def _fail(text: str) -> NoReturn:
    sys.stderr.write(text + "\n")
    raise typer.Exit(ExitCode.FAILED)
