"""English words for the labels of a page: bands, roles, states, families of events. Pure.

Sentences and the names of signals come from `consumers.runtime.wording`, which mails use too.

An unknown name is shown as it is, with blanks: a newer worker must not break the page.
"""

from collections.abc import Mapping
from typing import Final

BANDS: Final = {
    "healthy": "Healthy",
    "watch": "Watch",
    "at_risk": "At risk",
    "critical": "Critical",
    "none": "No signal",
    "": "No signal",
}
SEGMENTS: Final = {"strategic": "Strategic", "mid": "Mid-size", "long_tail": "Long tail"}
ROLES: Final = {
    "assistant": "Assistant",
    "associate": "Associate",
    "account_manager": "Account manager",
    "lead": "Lead",
    "director": "Director",
    "vice_president": "Vice president",
}
STATES: Final = {
    "open": "Open",
    "acknowledged": "Acknowledged",
    "snoozed": "Snoozed",
    "resolved": "Resolved",
    "retracted": "Withdrawn",
}
PARENT_STATES: Final = {
    "parent_unknown": "an account that we do not know yet, so it counts for no group",
    "parent_cycle": "which belongs to this account in turn: until a profile is mended it counts for no group",
    "parent_too_deep": "more than 32 levels down, so it counts for no group",
}
FAMILIES: Final = {
    "interaction": "Contact",
    "purchase": "Purchase",
    "complaint": "Complaint",
    "alert": "Action",
    "health": "Action",
    "account": "Profile",
    "fact": "Correction",
}


def phrase(words: Mapping[str, str], name: str | None) -> str:
    """The words for a name.

    >>> phrase(STATES, "retracted"), phrase(STATES, "brand_new_state")
    ('Withdrawn', 'Brand new state')
    """
    plain = name or ""
    return words.get(plain) or plain.replace("_", " ").capitalize()
