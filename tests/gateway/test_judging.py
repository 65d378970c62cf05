"""Whatever comes, every event gets exactly one outcome, the same in company as alone."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.catalogue import MODELS
from schemas.codec import decode
from schemas.errors import Reason
from streams.gateway.judging import Judgement, judge
from streams.gateway.lines import LineCutter, to_raw
from tests.gateway.events import NOW, compact, complaint, order, without

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)
names = st.sampled_from(["id", "source", "subject", "time", "type", "specversion", "data", "datacontenttype", "extra"])
spoilt = st.builds(
    lambda changed: {**order(), **changed}, st.dictionaries(names, values | st.sampled_from(list(MODELS)))
)
events = st.sampled_from([order(), complaint(), without("subject")]) | spoilt | values


def speaks_for_shop(source: str) -> bool:
    return source == "shop"


def outcomes(judgement: Judgement) -> dict[int, tuple[str, Any]]:
    found: dict[int, tuple[str, Any]] = {record.index: ("accepted", record) for record in judgement.records}
    assert not found.keys() & {refused.index for refused in judgement.refused}
    return found | {refused.index: ("refused", refused.reason) for refused in judgement.refused}


@given(st.lists(events, max_size=6))
def test_every_event_has_one_outcome_and_company_does_not_change_it(raws: list[Any]) -> None:
    together = outcomes(judge(raws, speaks_for_shop, NOW))
    assert sorted(together) == list(range(len(raws)))
    for index, raw in enumerate(raws):
        assert outcomes(judge([raw], speaks_for_shop, NOW, first_index=index))[index] == together[index]


@given(events)
def test_what_is_accepted_can_be_read_back(raw: Any) -> None:
    for record in judge([raw], speaks_for_shop, NOW).records:
        event = decode(record.value, [("content-type", b"application/cloudevents+json")], NOW)
        assert (event.id, event.subject.encode()) == (record.event_id, record.key)


@given(st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b" ")), max_size=10), st.data())
def test_lines_are_the_same_however_they_are_cut(lines: list[bytes], data: st.DataObject) -> None:
    text, cutter, cut = b"\n".join(lines), LineCutter(limit_bytes=20), []
    while text:
        size = data.draw(st.integers(1, len(text)))
        cut += cutter.feed(text[:size])
        text = text[size:]
    cut += cutter.end()
    whole = LineCutter(limit_bytes=20)
    assert cut == whole.feed(b"\n".join(lines)) + whole.end()
    assert [line for line in cut if line is not None] == [
        line.strip() for line in lines if line.strip() and len(line.rstrip()) <= 20
    ]


@pytest.mark.parametrize("nested", [50, 150, 250, 5000])
def test_deep_nesting_is_refused_and_not_fallen_over(nested: int) -> None:
    line = compact(order()).replace(b'"shop"', b'"shop","deep":' + b"[" * nested + b"]" * nested)
    (refused,) = judge([to_raw(line)], speaks_for_shop, NOW).refused
    assert refused.reason in (Reason.NOT_JSON, Reason.INVALID, Reason.NOT_CLOUDEVENT)


def test_half_a_surrogate_is_refused() -> None:
    line = json.dumps(order(tenant="\ud800")).encode()
    (refused,) = judge([to_raw(line)], speaks_for_shop, NOW).refused
    assert refused.reason is Reason.NOT_JSON
