-- Policies: which were in force from when on, and which were tried out beside them.

CREATE TABLE IF NOT EXISTS policies
(
    kind LowCardinality(String) COMMENT 'promoted, shadow or shadow_ended',
    about LowCardinality(String) COMMENT 'promoted or shadow: what comes into force, or is tried out, at one moment',
    policy String COMMENT 'name and version, such as default/2',
    document String COMMENT 'the policy as JSON, empty where a shadow ends' CODEC(ZSTD(1)),
    in_force_from DateTime64(6, 'UTC') COMMENT 'accounts read at this moment of event time or later are judged by it',
    written_at DateTime64(3, 'UTC') COMMENT 'when it was decided',
    author String COMMENT 'who decided it',
    reason String COMMENT 'why',
    payload String COMMENT 'the record as it was' CODEC(ZSTD(1)),
    topic LowCardinality(String) COMMENT 'Kafka topic',
    partition UInt32 COMMENT 'Kafka partition',
    offset UInt64 COMMENT 'Kafka offset',
    record_at DateTime64(3, 'UTC') COMMENT 'timestamp Kafka gave the record',
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'when it reached the warehouse'
)
ENGINE = ReplacingMergeTree(written_at)
-- The record's key: of two decisions for one moment the later counts.
ORDER BY (about, in_force_from)
COMMENT 'Grain: what comes into force, or is tried out, at one moment. Key: about, in_force_from. Read with FINAL.';

CREATE TABLE IF NOT EXISTS arriving_policies
(
    payload String COMMENT 'the release as JSON',
    topic LowCardinality(String) COMMENT 'Kafka topic',
    partition UInt32 COMMENT 'Kafka partition',
    offset UInt64 COMMENT 'Kafka offset',
    record_at DateTime64(3, 'UTC') COMMENT 'timestamp Kafka gave the record'
)
ENGINE = Null
COMMENT 'Way in for account.policies, keeps nothing. Fills policies.';

CREATE MATERIALIZED VIEW IF NOT EXISTS policies_arrived TO policies AS
WITH JSONExtract(payload, 'Tuple(kind String, policy String, in_force_from String, written_at String, author String,
    reason String)') AS r
SELECT
    r.kind AS kind,
    if(r.kind = 'promoted', 'promoted', 'shadow') AS about,
    r.policy AS policy,
    if(JSONType(payload, 'document') = 'Object', JSONExtractRaw(payload, 'document'), '') AS document,
    parseDateTime64BestEffortOrZero(r.in_force_from, 6, 'UTC') AS in_force_from,
    parseDateTime64BestEffortOrZero(r.written_at, 3, 'UTC') AS written_at,
    r.author AS author,
    r.reason AS reason,
    payload, topic, partition, offset, record_at
FROM arriving_policies;
