"""When we last reached out to an account, as columns: the latest moments of it, and how many contacts of each stand.

Of all moments ever told of, by a contact or by its withdrawal, the latest few are kept, each with its contacts told
less those taken back. Which few they are does not hang on the order of telling, and a moment among them has been among
them since it first was told of, so that its count misses nothing. What is taken back leaves its moment in its place,
with 0: where all that are kept are taken back, an older contact is forgotten.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from streams.core.policy import Floats, Ints

CONTACTS_KEPT: Final = 4
"""How many moments are kept."""
_NONE: Final = float("-inf")
_MOST: Final = np.iinfo(np.int16).max


class Contacts(NamedTuple):
    """Views of rows, latest first: `at: float64[accounts, K]` epoch seconds, -inf an empty place;
    `facts: int16[accounts, K]`.
    """

    at: Floats
    facts: npt.NDArray[np.int16]

    def newest(self) -> Floats:
        """When each account was last reached out to, as far as that stands, float64[accounts]; -inf for never."""
        found: Floats = np.where(self.facts > 0, self.at, _NONE).max(axis=1)
        return found


def contacts_in(rows: npt.NDArray[np.void]) -> Contacts:
    """Those of a partition's rows."""
    return Contacts(rows["reached_out_at"], rows["reached_out"])


def enter(contacts: Contacts, rows: Ints, at: Floats, sign: Ints) -> None:
    """Enter n contacts: whose, when, and 1, or -1 for one taken back."""
    owner, place = np.unique(rows, return_inverse=True)
    kept = np.repeat(np.arange(len(owner)), CONTACTS_KEPT)
    place, at = np.concatenate((kept, place)), np.concatenate((contacts.at[owner].ravel(), at))
    facts = np.concatenate((contacts.facts[owner].ravel(), sign))
    order = np.lexsort((-at, place))
    place, at = place[order], at[order]
    begin = np.flatnonzero(np.append(True, (place[1:] != place[:-1]) | (at[1:] != at[:-1])))
    facts = np.clip(np.add.reduceat(facts[order], begin), -_MOST, _MOST)
    place, at = place[begin], at[begin]
    nth = np.arange(len(place)) - np.searchsorted(place, place)
    few = nth < CONTACTS_KEPT
    latest = Contacts(np.full((len(owner), CONTACTS_KEPT), _NONE), np.zeros((len(owner), CONTACTS_KEPT), np.int16))
    latest.at[place[few], nth[few]], latest.facts[place[few], nth[few]] = at[few], facts[few]
    contacts.at[owner], contacts.facts[owner] = latest
