-- What came in: events, the raw records they came from, and what was refused.
--
-- Every table is written at least once. Identity is the sorting key, duplicates fall together at merge and FINAL hides
-- them until then. There are no deduplication tokens (they lose rows when a server dies between two parts) and no
-- view that adds up.
--
-- Absent text is '' and absent numbers and times are NULL: text columns stay cheap and a missing amount is not 0.

CREATE TABLE IF NOT EXISTS events
(
    account_id String COMMENT 'subject of the event: the account (for manager.* events the manager)',
    time DateTime64(3, 'UTC') COMMENT 'when it happened (event time)' CODEC(Delta, ZSTD(1)),
    source LowCardinality(String) COMMENT 'the system that told it, (source, event_id) is the identity of the fact',
    event_id String COMMENT 'id of the fact within its source',
    type LowCardinality(String) COMMENT 'fact with version, such as complaint.opened.v1',

    amount Nullable(Decimal(18, 4)) COMMENT 'money of an order, invoice or payment, in currency',
    annual_value Nullable(Decimal(18, 4)) COMMENT 'yearly worth after a subscription change or profile, in currency',
    currency LowCardinality(String) COMMENT 'ISO 4217, empty without money',
    sentiment Nullable(Float64) COMMENT 'tone of an interaction, -1 to 1',
    answer Nullable(Float64) COMMENT 'answer to a survey on the scale from scale_min to scale_max',
    scale_min Nullable(Float64) COMMENT 'lowest answer of the survey scale',
    scale_max Nullable(Float64) COMMENT 'highest answer of the survey scale',
    instrument LowCardinality(String) COMMENT 'nps, csat or ces',
    channel LowCardinality(String) COMMENT 'call, email, meeting, chat, visit or portal',
    direction LowCardinality(String) COMMENT 'inbound or outbound, seen from us',
    complaint_id String COMMENT 'the complaint a complaint event belongs to',
    category LowCardinality(String) COMMENT 'what a complaint is about',
    severity UInt8 COMMENT '1 minor to 4 business stopped, 0 where it does not apply',
    order_id String COMMENT 'the order a purchase event or complaint belongs to',
    invoice_id String COMMENT 'the invoice a purchase event belongs to',
    hand_off_id String COMMENT 'the hand-off it opens or closes',
    due_at Nullable(DateTime64(3, 'UTC')) COMMENT 'by when something is owed: answer, shipment, payment, call back, reaction',
    alert_id String COMMENT 'the alert an action is about',
    actor String COMMENT 'the manager who acted',
    withdrawn_source LowCardinality(String) COMMENT 'fact.withdrawn: source of the fact taken back',
    withdrawn_event_id String COMMENT 'fact.withdrawn: event id of the fact taken back',
    payload String COMMENT 'the whole CloudEvent as JSON' CODEC(ZSTD(1)),

    topic LowCardinality(String) COMMENT 'Kafka topic of the record it came from',
    partition UInt32 COMMENT 'Kafka partition',
    offset UInt64 COMMENT 'Kafka offset' CODEC(Delta, ZSTD(1)),
    record_at DateTime64(3, 'UTC') COMMENT 'timestamp Kafka gave the record' CODEC(Delta, ZSTD(1)),
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'when it reached the warehouse' CODEC(Delta, ZSTD(1)),
    first_wins UInt64 MATERIALIZED bitNot(bitOr(bitShiftLeft(toUInt64(toUnixTimestamp64Milli(record_at)), 22), bitAnd(offset, 4194303))) COMMENT 'the earliest record of a fact is kept, by time and then offset: the largest value wins' CODEC(Delta, ZSTD(1)),

    INDEX by_event_id event_id TYPE bloom_filter(0.01) GRANULARITY 4
)
ENGINE = ReplacingMergeTree(first_wins)
PARTITION BY toYear(time)
-- account first: every page and every audit reads one account. time next: the timeline comes sorted. source and event_id
-- make the key the identity of the fact, so that a producer that sends it again is one row.
ORDER BY (account_id, time, source, event_id)
COMMENT 'Grain: one fact. Key: account_id, source, event_id. Read the view facts, which is exact while duplicates wait for a merge.';

CREATE TABLE IF NOT EXISTS records
(
    topic LowCardinality(String) COMMENT 'Kafka topic',
    partition UInt32 COMMENT 'Kafka partition',
    offset UInt64 COMMENT 'Kafka offset' CODEC(Delta, ZSTD(1)),
    record_at DateTime64(3, 'UTC') COMMENT 'timestamp Kafka gave the record' CODEC(Delta, ZSTD(1)),
    outcome LowCardinality(String) DEFAULT 'stored' COMMENT 'stored, refused (a bad event: its dead letter comes from who folds it), set_apart (an output of ours nobody could read) or deleted (no value on a compacted topic)',
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'when it reached the warehouse' CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(ingested_at)
PARTITION BY toYear(record_at)
-- The place in the log is the identity. record_at is part of it because a topic made anew counts from 0 again.
ORDER BY (topic, partition, offset, record_at)
COMMENT 'Grain: one Kafka record the sink has read, producer re-sends included. Key: topic, partition, offset, record_at. For audits: count it with FINAL and compare with the log.';

CREATE TABLE IF NOT EXISTS progress
(
    topic LowCardinality(String) COMMENT 'Kafka topic',
    partition UInt32 COMMENT 'Kafka partition',
    record_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')) COMMENT 'newest record that reached the warehouse',
    ingested_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')) COMMENT 'when something last reached the warehouse'
)
ENGINE = AggregatingMergeTree
ORDER BY (topic, partition)
COMMENT 'Grain: one Kafka partition. Key: topic, partition. Only maxima, which duplicates do not change. Read the view pipeline_freshness.';

CREATE MATERIALIZED VIEW IF NOT EXISTS progress_of_records TO progress AS
SELECT topic, partition, max(record_at) AS record_at, max(ingested_at) AS ingested_at
FROM records
GROUP BY topic, partition;

CREATE TABLE IF NOT EXISTS dead_letters
(
    topic LowCardinality(String) COMMENT 'topic of the ORIGINAL record',
    partition UInt32 COMMENT 'partition of the ORIGINAL record',
    offset UInt64 COMMENT 'offset of the ORIGINAL record',
    key String COMMENT 'key of the record, bytes as they came',
    value String COMMENT 'value of the record, bytes as they came' CODEC(ZSTD(1)),
    value_missing Bool COMMENT 'the record had no value at all',
    headers Array(Tuple(name String, value String)) COMMENT 'headers of the original, ours taken out, in order' CODEC(ZSTD(1)),
    reason LowCardinality(String) COMMENT 'why it was refused, from a closed list',
    detail String COMMENT 'the field at fault and what was expected, never the payload',
    refused_by LowCardinality(String) COMMENT 'program and version that refused it',
    refused_at DateTime64(3, 'UTC') COMMENT 'when it was refused',
    letter_topic LowCardinality(String) COMMENT 'topic that carried the dead letter, empty when the sink itself set it apart',
    letter_partition UInt32 COMMENT 'partition of the dead letter',
    letter_offset UInt64 COMMENT 'offset of the dead letter',
    record_at DateTime64(3, 'UTC') COMMENT 'timestamp Kafka gave the dead letter',
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'when it reached the warehouse',
    fingerprint UInt64 MATERIALIZED sipHash64(key, value) COMMENT 'tells apart records of a topic made anew, which counts from 0 again'
)
ENGINE = ReplacingMergeTree
-- The place of the original is the identity: a worker that dies may refuse the same record again. Read by topic.
ORDER BY (topic, partition, offset, fingerprint)
COMMENT 'Grain: one refused record. Key: topic, partition, offset of the original. Read with FINAL or through dead_letters_now.';

CREATE TABLE IF NOT EXISTS profiles
(
    account_id String COMMENT 'the account',
    name String COMMENT 'name of the client',
    segment LowCardinality(String) COMMENT 'strategic, mid or long_tail',
    annual_value Decimal(18, 4) COMMENT 'what a year of this client is worth, in currency',
    currency LowCardinality(String) COMMENT 'ISO 4217',
    owner String COMMENT 'manager who owns the account',
    parent String COMMENT 'parent account, empty at the top',
    locale LowCardinality(String) COMMENT 'language of the client, empty when unknown',
    time_zone LowCardinality(String) COMMENT 'time zone of the client, empty when unknown',
    time DateTime64(3, 'UTC') COMMENT 'from when this holds (event time): the latest counts',
    topic LowCardinality(String) COMMENT 'Kafka topic',
    partition UInt32 COMMENT 'Kafka partition',
    offset UInt64 COMMENT 'Kafka offset',
    record_at DateTime64(3, 'UTC') COMMENT 'timestamp Kafka gave the record',
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'when it reached the warehouse'
)
ENGINE = ReplacingMergeTree(time)
-- One row an account, joined by account.
ORDER BY account_id
COMMENT 'Grain: one account, latest master data by event time. Key: account_id. Read with FINAL.';

CREATE TABLE IF NOT EXISTS managers
(
    manager_id String COMMENT 'the manager',
    name String COMMENT 'name of the manager',
    role LowCardinality(String) COMMENT 'assistant, associate, account_manager, lead, director or vice_president',
    reports_to String COMMENT 'next rung of the reporting line, empty at the top',
    locale LowCardinality(String) COMMENT 'language of the manager',
    time_zone LowCardinality(String) COMMENT 'time zone of the manager',
    payload String COMMENT 'the whole profile as JSON: working hours, absences, channels' CODEC(ZSTD(1)),
    time DateTime64(3, 'UTC') COMMENT 'from when this holds (event time): the latest counts',
    topic LowCardinality(String) COMMENT 'Kafka topic',
    partition UInt32 COMMENT 'Kafka partition',
    offset UInt64 COMMENT 'Kafka offset',
    record_at DateTime64(3, 'UTC') COMMENT 'timestamp Kafka gave the record',
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'when it reached the warehouse'
)
ENGINE = ReplacingMergeTree(time)
-- One row a manager, joined by manager.
ORDER BY manager_id
COMMENT 'Grain: one manager, latest data by event time. Key: manager_id. Read with FINAL.';
