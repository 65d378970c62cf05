"""The mapping document: one look finds every fault, and a row becomes exactly the event the document says."""

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pulse.importing.errors import InputFault, MappingFaults, RowFault
from pulse.importing.events import EventMaker, checked_rows, mapped_events
from pulse.importing.mapping import load_mapping, parse_mapping
from pulse.importing.rows import MAX_LINE_CHARS, Row, open_rows
from tests.data.conftest import CSV_MAPPING, csv_orders

CDNOW = Path("examples/cdnow")


def rows_of(tmp_path: Path, text: bytes, mapping: str = CSV_MAPPING) -> list[Row]:
    path = tmp_path / "rows.txt"
    path.write_bytes(text)
    with open_rows(path, parse_mapping(mapping).input) as source:
        return list(source.rows)


def test_every_fault_is_told_at_once_with_its_line() -> None:
    text = CSV_MAPPING.replace("Europe/Berlin", "Atlantis").replace("amount:", "amout:").replace("as: time", "as: date")
    with pytest.raises(MappingFaults) as caught:
        parse_mapping(text)
    assert [(fault.line, fault.path) for fault in caught.value.faults] == [
        (12, "event.time.zone"),
        (13, "event.data"),
        (15, "event.data.amout"),
        (17, "event.data.promised_at"),
    ]


def test_faults_of_shape_are_told_at_once_too() -> None:
    with pytest.raises(MappingFaults) as caught:
        parse_mapping(CSV_MAPPING.replace("version: 1", "version: 2").replace('delimiter: ";"', "delimiter: ';;'"))
    assert {fault.path for fault in caught.value.faults} == {"version", "input.delimiter"}


@pytest.mark.parametrize(
    ("before", "after", "path"),
    [
        ("purchase.order_placed.v1", "purchase.order_lost.v1", "event.type"),
        ('"web-{order}"', '"web"', "event.id"),
        ("formats: [", "formats: [day, ", "event.time.formats.0"),
        ("format: csv", "format: csv\n  encoding: klingon", "input.encoding"),
        ("format: csv", "format: csv\n  header: false", "input"),
        ("//shop.example.test/web", "'my shop'", "event.source"),
        ("{order}", "{order", "event.id"),
    ],
)
def test_a_fault_names_its_place(before: str, after: str, path: str) -> None:
    with pytest.raises(MappingFaults) as caught:
        parse_mapping(CSV_MAPPING.replace(before, after))
    assert path in {fault.path for fault in caught.value.faults}


def test_text_that_is_not_yaml_is_told_with_its_line() -> None:
    with pytest.raises(MappingFaults, match="line 3"):
        parse_mapping("version: 1\ninput:\n  format: [csv\nevent: x\n")


def test_a_file_without_the_columns_of_the_mapping_is_refused_before_its_first_row(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("order;client;placed;total;promised\n")
    with pytest.raises(InputFault, match="no column 'customer'"), checked_rows(path, parse_mapping(CSV_MAPPING)):
        pass


def test_a_row_becomes_the_event_that_the_mapping_says(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("order;customer;placed;total;promised\n7;42;01.07.2025 12:00;1.234,50;2025-07-03T10:00:00Z\n")
    (event,) = mapped_events(path, parse_mapping(CSV_MAPPING))
    assert event.body == {
        "specversion": "1.0",
        "id": "web-7",
        "source": "//shop.example.test/web",
        "type": "purchase.order_placed.v1",
        "subject": "A-42",
        "time": "2025-07-01T10:00:00+00:00",
        "data": {
            "order_id": "7",
            "amount": "1234.50",
            "currency": "EUR",
            "promised_at": "2025-07-03T10:00:00+00:00",
        },
    }


def test_the_shift_moves_every_time_of_an_event() -> None:
    mapping = parse_mapping(CSV_MAPPING)
    texts = {
        "order": "7",
        "customer": "4",
        "placed": "2025-07-01T10:00:00Z",
        "total": "1",
        "promised": "2025-07-03T10:00Z",
    }
    event = EventMaker(mapping, shift_days=10).event(Row(1, 2, texts))
    assert event.time == datetime(2025, 7, 11, 10, tzinfo=UTC)
    assert event.body["data"]["promised_at"] == "2025-07-13T10:00:00+00:00"


@pytest.mark.parametrize(
    ("column", "text", "said"),
    [
        ("total", "a lot", "expected a number"),
        ("total", "NaN", "expected a number"),
        ("total", "", "is empty"),
        ("placed", "yesterday", "expected a time"),
        ("placed", "", "is empty"),
        ("customer", "", "is empty"),
        ("promised", "32.01.2025 10:00", "expected a time"),
    ],
)
def test_a_row_that_gives_no_event_says_which_column_and_why(column: str, text: str, said: str) -> None:
    texts = {"order": "7", "customer": "4", "placed": "01.07.2025 12:00", "total": "1", "promised": ""} | {column: text}
    with pytest.raises(RowFault, match=said) as caught:
        EventMaker(parse_mapping(CSV_MAPPING)).event(Row(1, 2, texts))
    assert caught.value.column == column


def test_a_time_without_a_zone_is_never_guessed() -> None:
    mapping = parse_mapping(CSV_MAPPING.replace(", zone: Europe/Berlin", ""))
    texts = {"order": "7", "customer": "4", "placed": "01.07.2025 12:00", "total": "1", "promised": ""}
    with pytest.raises(RowFault, match="names no zone"):
        EventMaker(mapping).event(Row(1, 2, texts))


def test_a_row_knows_the_line_it_begins_on(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, b'order;customer;placed;total;promised\n1;"a\nb";x;y;z\n\n2;c;x;y;z\n')
    assert [(row.number, row.line) for row in rows] == [(1, 2), (2, 5)]


def test_a_bad_row_does_not_end_the_file(tmp_path: Path) -> None:
    lines = [b"order;customer;placed;total;promised", b"1;a;x", b"2;\xff;x;y;z", b'3;"a"b;x;y;z', b"4;a;x;y;z"]
    rows = rows_of(tmp_path, b"\n".join(lines))
    assert [None if row.fault is None else row.fault.detail.split(":")[0] for row in rows] == [
        "has 3 columns, expected 5",
        "holds bytes that are not in the file's encoding",
        "is no proper CSV",
        None,
    ]


def test_a_line_without_end_is_cut_and_rejected_alone(tmp_path: Path) -> None:
    long = b"x" * (3 * MAX_LINE_CHARS)
    rows = rows_of(tmp_path, b"order;customer;placed;total;promised\n1;" + long + b";x;y;z\n2;a;x;y;z\n")
    assert [row.fault is None for row in rows] == [False, True]
    assert [row.line for row in rows] == [2, 3]


def test_gzip_is_read_as_the_text_it_holds(tmp_path: Path) -> None:
    text = csv_orders(20).encode()
    assert rows_of(tmp_path, gzip.compress(text)) == rows_of(tmp_path, text)


def test_broken_gzip_is_a_fault_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(InputFault, match="cannot be read"):
        rows_of(tmp_path, gzip.compress(csv_orders(5000).encode())[:-400])


def test_purchases_of_one_day_get_ids_and_times_of_their_own() -> None:
    events = list(mapped_events(CDNOW / "CDNOW_master.txt.gz", load_mapping(CDNOW / "mapping.yaml")))
    assert len(events) == 69_659
    assert len({event.id for event in events}) == 69_659
    assert len({event.account for event in events}) == 23_570
    same_day = [event for event in events if event.account == "CDNOW-00002"]
    assert len({event.time for event in same_day}) == 2
    assert {event.time.hour for event in events} >= set(range(14, 24))


def test_the_spread_is_the_same_on_every_run() -> None:
    mapping = load_mapping(CDNOW / "mapping.yaml")
    row = Row(1, 2, {"customer": "00001", "date": "19970101", "quantity": "1", "dollars": "11.77"})
    assert EventMaker(mapping).event(row).body["time"] == "1997-01-01T22:38:20+00:00"
