"""Words for the labels of a page: bands, roles, states, segments, families of events. Pure.

Sentences and the names of signals come from `consumers.runtime.wording`, which mails use too.

An unknown name is shown as it is, with blanks: a newer worker must not break the page.
"""

from collections.abc import Mapping
from typing import Final

from consumers.runtime.wording import Reader
from consumers.runtime.wording.marks import C_, N_

BANDS: Final = {
    "healthy": C_("label", "Healthy"),
    "watch": C_("label", "Watch"),
    "at_risk": C_("label", "At risk"),
    "critical": C_("label", "Critical"),
    "none": C_("label", "No signal"),
    "": C_("label", "No signal"),
}
BANDS_INSIDE: Final = {
    "healthy": N_("healthy"),
    "watch": N_("watch"),
    "at_risk": N_("at risk"),
    "critical": N_("critical"),
    "none": N_("without signal"),
}
"""The same in the middle of a sentence."""
SEGMENTS: Final = {"strategic": N_("Strategic"), "mid": N_("Mid-size"), "long_tail": N_("Long tail")}
ROLES: Final = {
    "assistant": N_("Assistant"),
    "associate": N_("Associate"),
    "account_manager": N_("Account manager"),
    "lead": N_("Lead"),
    "director": N_("Director"),
    "vice_president": N_("Vice president"),
}
ROLE_GROUPS: Final = {
    "assistant": N_("Assistants"),
    "associate": N_("Associates"),
    "account_manager": N_("Account managers"),
    "lead": N_("Leads"),
    "director": N_("Directors"),
    "vice_president": N_("Vice presidents"),
}
STATES: Final = {
    "open": C_("alert", "Open"),
    "acknowledged": C_("alert", "Acknowledged"),
    "snoozed": C_("alert", "Snoozed"),
    "resolved": C_("alert", "Resolved"),
    "retracted": C_("alert", "Withdrawn"),
    "historic": C_("alert", "Historic"),
}
PARENT_STATES: Final = {
    "parent_unknown": N_("an account that we do not know yet, so it counts for no group"),
    "parent_cycle": N_("which belongs to this account in turn: until a profile is mended it counts for no group"),
    "parent_too_deep": N_("more than 32 levels down, so it counts for no group"),
}
FAMILIES: Final = {
    "interaction": C_("event", "Contact"),
    "purchase": C_("event", "Purchase"),
    "complaint": C_("event", "Complaint"),
    "alert": C_("event", "Action"),
    "health": C_("event", "Action"),
    "account": C_("event", "Profile"),
    "fact": C_("event", "Correction"),
}


def phrase(reader: Reader, words: Mapping[str, str], name: str | None) -> str:
    """The words for a name.

    >>> from consumers.runtime.wording import reader_of
    >>> english = reader_of("en", "UTC")
    >>> phrase(english, STATES, "retracted"), phrase(english, STATES, "brand_new_state")
    ('Withdrawn', 'Brand new state')
    """
    known = words.get(name or "")
    return reader.text(known) if known else (name or "").replace("_", " ").capitalize()
