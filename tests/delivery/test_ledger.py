"""The ledger's invariant, whatever receipts come in whatever order."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from consumers.delivery.ledger import Ledger
from schemas.alerts import AlertKind, alert_id
from schemas.deliveries import DeliveryReceipt, Outcome, OutcomeReason, notification_id
from schemas.events.managers import ContactKind
from schemas.ids import AccountId
from tests.delivery.samples import AT, OWNER


def receipt(number: int, attempt: int, outcome: Outcome) -> DeliveryReceipt:
    return DeliveryReceipt(
        notification_id=notification_id(f"s:{number}", OWNER, ContactKind.EMAIL),
        alert_id=alert_id(AccountId("A"), AlertKind.BAND_DROPPED, number + 1),
        step_id=f"s:{number}",
        account_id=AccountId("A"),
        recipient=OWNER,
        channel=ContactKind.EMAIL,
        attempt=attempt,
        outcome=outcome,
        reason=OutcomeReason.ACCEPTED,
        at=AT + timedelta(seconds=attempt),
    )


RECEIPTS = st.lists(
    st.builds(receipt, st.integers(0, 4), st.integers(1, 4), st.sampled_from(list(Outcome))), max_size=30
)


def folded(receipts: list[DeliveryReceipt]) -> Ledger:
    ledger = Ledger()
    for it in receipts:
        ledger.note(it)
        assert ledger.decided == sum(ledger.counts.values())
    return ledger


@given(RECEIPTS)
def test_decided_is_always_the_sum_of_what_became_of_it(receipts: list[DeliveryReceipt]) -> None:
    ledger = folded(receipts)
    assert ledger.decided == len({it.notification_id for it in receipts})


@given(RECEIPTS)
def test_receipts_read_again_change_nothing(receipts: list[DeliveryReceipt]) -> None:
    once, twice = folded(receipts), folded([*receipts, *receipts])
    assert once.counts == twice.counts
    assert once.deferred.keys() == twice.deferred.keys()


@given(RECEIPTS)
def test_what_is_settled_stays_settled(receipts: list[DeliveryReceipt]) -> None:
    settled: set[str] = set()
    ledger = Ledger()
    for it in receipts:
        ledger.note(it)
        if it.outcome is not Outcome.DEFERRED:
            settled.add(it.notification_id)
        assert all(ledger.is_settled(name) for name in settled)


def test_of_any_number_of_receipts_the_latest_are_remembered_and_all_are_counted() -> None:
    ledger = Ledger(max_remembered=100)
    for number in range(1_000):
        at = AT + timedelta(seconds=number)
        ledger.note(receipt(number, 1, Outcome.DELIVERED).model_copy(update={"at": at}))
        assert ledger.remembered <= 100
        latest = [receipt(known, 1, Outcome.DELIVERED) for known in range(max(0, number - 49), number + 1)]
        assert all(ledger.is_settled(it.notification_id) and ledger.told(it.alert_id) == {OWNER} for it in latest)
        assert ledger.is_beyond_memory(AT) == (number >= 100)
        assert not ledger.is_beyond_memory(at - timedelta(seconds=49))
    assert (ledger.decided, ledger.counts[Outcome.DELIVERED]) == (1_000, 1_000)
