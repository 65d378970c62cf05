"""When an account was last reached out to: the latest moments, the same in any order and batches."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streams.core.reaching import CONTACTS_KEPT, Contacts, enter

TOLD = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9), st.sampled_from((1, 1, -1))), max_size=30)
ACCOUNTS = 3


def entered(told: list[tuple[int, int, int]], cuts: list[int]) -> Contacts:
    """What is kept after batches that end at `cuts`."""
    contacts = Contacts(np.full((ACCOUNTS, CONTACTS_KEPT), -np.inf), np.zeros((ACCOUNTS, CONTACTS_KEPT), np.int16))
    for begin, end in zip([0, *cuts], [*cuts, len(told)], strict=True):
        batch = np.array(told[begin:end], np.int64).reshape(-1, 3)
        if len(batch):
            enter(contacts, batch[:, 0], batch[:, 1].astype(np.float64), batch[:, 2])
    return contacts


@given(st.data(), TOLD)
def test_the_latest_moments_are_kept_with_what_stands_of_each_in_any_order_and_batches(
    data: st.DataObject, told: list[tuple[int, int, int]]
) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(told)), max_size=4)))
    found = entered(data.draw(st.permutations(told)), cuts)
    for account in range(ACCOUNTS):
        count: Counter[int] = Counter()
        for _, at, sign in (one for one in told if one[0] == account):
            count[at] += sign
        latest = sorted(count, reverse=True)[:CONTACTS_KEPT]
        assert found.at[account, : len(latest)].tolist() == latest
        assert found.facts[account].tolist()[: len(latest)] == [count[at] for at in latest]
        assert found.newest()[account] == max((at for at in latest if count[at] > 0), default=-np.inf)
