"""What a message says, whatever it looks like: words, facts with their labels, and the pages it links to."""

from collections.abc import Iterator
from dataclasses import dataclass

from consumers.delivery.channels.links import Links
from consumers.delivery.decisions import Notification
from consumers.runtime.wording import AlertWords, Reader, one_line, reader_of
from consumers.runtime.wording.marks import N_


@dataclass(frozen=True, slots=True)
class Message:
    """One notification in its recipient's words. Plain text: who puts it into markup escapes it."""

    notification: Notification
    words: AlertWords
    account_link: str
    act_link: str

    @property
    def reader(self) -> Reader:
        """Who reads it."""
        return self.words.reader

    @property
    def headline(self) -> str:
        """One line; that of a test says so first."""
        headline = one_line(self.words.headline)
        if not self.notification.test:
            return headline
        return self.reader.text(N_("Test: %(headline)s")) % {"headline": headline}

    @property
    def note(self) -> str:
        """What must be known before the rest, mostly nothing."""
        if not self.notification.test:
            return ""
        return self.reader.text(N_("This is a test. Nothing has happened, and nothing needs to be done."))

    @property
    def why_you(self) -> str:
        """Why this person is told."""
        account = {"account": self.words.account}
        if self.notification.test:
            return self.reader.text(N_("You get this message because somebody tried out this channel."))
        if self.notification.recipient == self.words.step.owner:
            return self.reader.text(N_("You get this message because you own the account %(account)s.")) % account
        text = N_("You get this message because you were told of this alert on %(account)s.")
        return self.reader.text(text) % account

    @property
    def open_label(self) -> str:
        """What the link to the account says."""
        return self.reader.text(N_("Open the account"))

    @property
    def act_label(self) -> str:
        """What the link to the page with buttons says."""
        return self.reader.text(N_("Acknowledge, snooze or rate"))

    @property
    def suggested(self) -> str:
        """The next step with its label, empty where nothing is left to do."""
        words = self.words.suggestion
        return f"{self.reader.text(N_('Suggested next step'))}: {words}" if words else ""

    def facts(self) -> Iterator[tuple[str, str]]:
        """Label and value of what is worth knowing at a glance. Values are of our own making: times, money, a trade."""
        yield self.reader.text(N_("When")), self.words.moment
        if self.words.value_at_risk:
            yield self.reader.text(N_("Value at risk")), self.words.value_at_risk
        yield self.reader.text(N_("Calls for")), self.words.role

    def moved(self) -> list[str]:
        """What moved the score, a line each, under a heading; nothing where nothing did."""
        parts = self.words.parts()
        lines = [f"{part.points}  {part.label}{f' ({part.when})' if part.when else ''}" for part in parts]
        return [f"{self.reader.text(N_('What moved the score'))}:", *lines] if lines else []

    def plain(self) -> str:
        """All of it as plain text, a headline aside."""
        facts = "\n".join(f"{label}: {value}" for label, value in self.facts())
        links = [f"{self.open_label}: {self.account_link}"]
        links += [f"{self.act_label}: {self.act_link}"] if self.act_link else []
        paragraphs = (self.note, self.words.reason, self.suggested, facts, "\n".join(self.moved()), "\n".join(links))
        return "\n\n".join(filter(None, (*paragraphs, self.why_you)))


def message_of(notification: Notification, links: Links) -> Message:
    """The message of a notification."""
    profile = notification.profile
    words = AlertWords(reader_of(profile.locale, profile.time_zone), notification.step)
    return Message(notification, words, links.account(notification.step), links.act(notification))
