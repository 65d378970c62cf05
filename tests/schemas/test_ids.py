"""Ids of episodes and notifications are functions of what they name: replay gives the same."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from schemas.alerts import AlertKind, alert_id
from schemas.deliveries import notification_id
from schemas.events.managers import ContactKind
from schemas.ids import AccountId, ManagerId


def test_the_id_of_an_episode_never_changes_between_releases() -> None:
    assert alert_id(AccountId("A-1"), AlertKind.BAND_DROPPED, 1) == "81f6c3fb1a2a341c538479005dd21e5c"


def test_the_id_of_a_notification_never_changes_between_releases() -> None:
    told = notification_id("81f6c3fb1a2a341c538479005dd21e5c:1", ManagerId("M-07"), ContactKind.EMAIL)
    assert told == "c4d2c1b936028155af9d6b6c809514ff"


def test_account_kind_and_episode_each_make_another_id() -> None:
    accounts = (AccountId("A-1"), AccountId("A-11"))
    ids = {alert_id(account, kind, episode) for account, kind, episode in product(accounts, AlertKind, (1, 11))}
    assert len(ids) == 2 * len(AlertKind) * 2


@given(st.text(min_size=1), st.text(min_size=1))
def test_step_recipient_and_channel_each_make_another_notification(one: str, other: str) -> None:
    recipients = (None, *map(ManagerId, {one, other}))
    ids = {
        notification_id(step, who, how) for step, who, how in product({one, other}, recipients, (None, *ContactKind))
    }
    assert len(ids) == len({one, other}) * len(recipients) * (1 + len(ContactKind))
