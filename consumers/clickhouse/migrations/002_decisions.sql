-- What we decided from the facts: health with its reasons, alert steps, and what came of telling people.

CREATE TABLE IF NOT EXISTS health_history
(
    account_id String COMMENT 'the account',
    version UInt64 COMMENT 'counts the snapshots of an account without a gap',
    produced_at DateTime64(3, 'UTC') COMMENT 'clock of the worker when it decided' CODEC(Delta, ZSTD(1)),
    as_of DateTime64(3, 'UTC') COMMENT 'event time the score holds for' CODEC(Delta, ZSTD(1)),
    caused_by_record_at Nullable(DateTime64(3, 'UTC')) COMMENT 'Kafka timestamp of the newest event in it, NULL when only time passed',
    policy LowCardinality(String) COMMENT 'policy in force',
    score Nullable(Float64) COMMENT '0 to 100, NULL without any signal',
    previous_score Nullable(Float64) COMMENT 'score of the snapshot before, NULL for none',
    band LowCardinality(String) COMMENT 'healthy, watch, at_risk, critical, empty without a score',
    coverage Float64 COMMENT 'share of the weights that has signal, 0 to 1',
    relationship Nullable(Float64) COMMENT 'score of the dimension, NULL without signal',
    commerce Nullable(Float64) COMMENT 'score of the dimension, NULL without signal',
    service Nullable(Float64) COMMENT 'score of the dimension, NULL without signal',
    relationship_weight Float64 COMMENT 'share of the dimension in the score, 0 to 1',
    commerce_weight Float64 COMMENT 'share of the dimension in the score, 0 to 1',
    service_weight Float64 COMMENT 'share of the dimension in the score, 0 to 1',
    events_applied UInt64 COMMENT 'facts of the account in the score',
    open_complaints UInt32 COMMENT 'complaints open as of then',
    owner String COMMENT 'manager who owned the account as of then, empty when unknown',
    topic LowCardinality(String) COMMENT 'Kafka topic',
    partition UInt32 COMMENT 'Kafka partition',
    offset UInt64 COMMENT 'Kafka offset' CODEC(Delta, ZSTD(1)),
    record_at DateTime64(3, 'UTC') COMMENT 'timestamp Kafka gave the record' CODEC(Delta, ZSTD(1)),
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'when it reached the warehouse' CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree
PARTITION BY toYear(produced_at)
-- account first: the trend of one account is what is read. produced_at is part of the identity because a state that was
-- built anew may count its versions from 1 again.
ORDER BY (account_id, produced_at, version)
COMMENT 'Grain: one health snapshot. Key: account_id, produced_at, version. Read with FINAL.';

CREATE TABLE IF NOT EXISTS health AS health_history
ENGINE = ReplacingMergeTree(produced_at)
-- One row an account. The latest decision counts, not the highest version, which starts again with a new state.
ORDER BY account_id
COMMENT 'Grain: one account, its latest health snapshot. Key: account_id. Read the view account_health_now.';

CREATE MATERIALIZED VIEW IF NOT EXISTS health_of_history TO health AS SELECT * FROM health_history;

CREATE TABLE IF NOT EXISTS contributions
(
    account_id String COMMENT 'the account',
    version UInt64 COMMENT 'version of the snapshot',
    produced_at DateTime64(3, 'UTC') COMMENT 'produced_at of the snapshot' CODEC(Delta, ZSTD(1)),
    no UInt16 COMMENT 'position in the snapshot, from 1',
    name LowCardinality(String) COMMENT 'what contributes',
    dimension LowCardinality(String) COMMENT 'relationship, commerce or service',
    points Float64 COMMENT 'points of the score: their sum over a snapshot is its score',
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'when it reached the warehouse' CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree
PARTITION BY toYear(produced_at)
-- Like health_history, so that the reasons of one snapshot lie together. no makes two of one name two rows.
ORDER BY (account_id, produced_at, version, no)
COMMENT 'Grain: one summand of one score. Key: account_id, produced_at, version, no. Read account_reasons_now for the present, else with FINAL.';

CREATE TABLE IF NOT EXISTS changes
(
    account_id String COMMENT 'the account',
    version UInt64 COMMENT 'version of the snapshot',
    produced_at DateTime64(3, 'UTC') COMMENT 'produced_at of the snapshot' CODEC(Delta, ZSTD(1)),
    no UInt16 COMMENT 'position in the snapshot, from 1',
    kind LowCardinality(String) COMMENT 'base, event, decay, reweighting, saturation, policy or override',
    points Float64 COMMENT 'points of the score: their sum over a snapshot is its change',
    signal LowCardinality(String) COMMENT 'signal moved by the event',
    event_id String COMMENT 'the event, empty for other kinds',
    source LowCardinality(String) COMMENT 'source of the event',
    event_type LowCardinality(String) COMMENT 'type of the event',
    event_time Nullable(DateTime64(3, 'UTC')) COMMENT 'when the event happened',
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'when it reached the warehouse' CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree
PARTITION BY toYear(produced_at)
-- Like health_history: the waterfall of one snapshot, or of one account, is read in order.
ORDER BY (account_id, produced_at, version, no)
COMMENT 'Grain: one summand of one change of a score. Key: account_id, produced_at, version, no. Read with FINAL.';

CREATE TABLE IF NOT EXISTS alerts
(
    account_id String COMMENT 'the account',
    alert_id String COMMENT 'the episode',
    step_no UInt32 COMMENT 'number of the step within the episode, from 1',
    step_id String COMMENT 'id of the step',
    account_name String COMMENT 'name of the client as of then',
    kind LowCardinality(String) COMMENT 'closed list of what a manager is told',
    episode UInt32 COMMENT 'counts the episodes of one kind of an account',
    step LowCardinality(String) COMMENT 'opened, updated, acknowledged, snoozed, escalated, reassigned, commented, rated, resolved or retracted',
    reason LowCardinality(String) COMMENT 'why the step was taken, from a closed list',
    at DateTime64(3, 'UTC') COMMENT 'event time it was decided for',
    decided_at DateTime64(3, 'UTC') COMMENT 'clock of the worker when it decided',
    historic Bool COMMENT 'decided for a moment further back than the horizon: recorded, never sent',
    caused_by_record_at Nullable(DateTime64(3, 'UTC')) COMMENT 'Kafka timestamp of the event that caused it',
    facts Map(String, String) COMMENT 'values the sentence needs: band_from, band_to, score, complaint_ids, due_at',
    parts String COMMENT 'the parts of the change as JSON' CODEC(ZSTD(1)),
    value_at_risk Nullable(Decimal(18, 4)) COMMENT 'money at stake, in currency',
    currency LowCardinality(String) COMMENT 'ISO 4217, empty when unknown',
    role LowCardinality(String) COMMENT 'trade it calls for: sales, service, technical or finance',
    suggestion LowCardinality(String) COMMENT 'next step we suggest',
    owner String COMMENT 'manager who had it as of the step, empty when unknown',
    escalation_chain Array(String) COMMENT 'who comes after the owner',
    actor String COMMENT 'manager who acted, empty for the system',
    comment String COMMENT 'what the manager wrote',
    topic LowCardinality(String) COMMENT 'Kafka topic',
    partition UInt32 COMMENT 'Kafka partition',
    offset UInt64 COMMENT 'Kafka offset' CODEC(Delta, ZSTD(1)),
    record_at DateTime64(3, 'UTC') COMMENT 'timestamp Kafka gave the record' CODEC(Delta, ZSTD(1)),
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'when it reached the warehouse' CODEC(Delta, ZSTD(1)),
    first_wins UInt64 MATERIALIZED bitNot(bitOr(bitShiftLeft(toUInt64(toUnixTimestamp64Milli(record_at)), 22), bitAnd(offset, 4194303))) COMMENT 'a step told again keeps its first telling: the largest value wins',

    INDEX by_alert_id alert_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(first_wins)
-- account first for the account page, then the episode in the order of its steps. An alert belongs to one account, so
-- (alert_id, step_no) is the identity.
ORDER BY (account_id, alert_id, step_no)
COMMENT 'Grain: one step of an alert episode. Key: alert_id, step_no. Read the view inbox for episodes, else with FINAL.';

CREATE TABLE IF NOT EXISTS deliveries
(
    notification_id String COMMENT 'one recipient told of one step over one channel',
    attempt UInt32 COMMENT 'number of the attempt, from 1',
    at DateTime64(3, 'UTC') COMMENT 'when this came of it',
    alert_id String COMMENT 'the episode',
    step_id String COMMENT 'the step told',
    account_id String COMMENT 'the account',
    recipient String COMMENT 'manager told, empty when nobody could be',
    channel LowCardinality(String) COMMENT 'console, email, slack, teams, webhook or apprise',
    outcome LowCardinality(String) COMMENT 'delivered, failed, deferred or suppressed',
    reason LowCardinality(String) COMMENT 'why, from a closed list',
    detail String COMMENT 'what the other side said',
    due_at Nullable(DateTime64(3, 'UTC')) COMMENT 'of a deferred one when it is tried next, else NULL',
    caused_by_record_at Nullable(DateTime64(3, 'UTC')) COMMENT 'Kafka timestamp of the event behind it, for latency',
    topic LowCardinality(String) COMMENT 'Kafka topic',
    partition UInt32 COMMENT 'Kafka partition',
    offset UInt64 COMMENT 'Kafka offset' CODEC(Delta, ZSTD(1)),
    record_at DateTime64(3, 'UTC') COMMENT 'timestamp Kafka gave the record' CODEC(Delta, ZSTD(1)),
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'when it reached the warehouse' CODEC(Delta, ZSTD(1)),
    first_wins UInt64 MATERIALIZED bitNot(bitOr(bitShiftLeft(toUInt64(toUnixTimestamp64Milli(record_at)), 22), bitAnd(offset, 4194303))) COMMENT 'the first receipt of an attempt is kept: the largest value wins',

    INDEX by_step_id step_id TYPE bloom_filter(0.01) GRANULARITY 1,
    -- what a signed link names: ids are hashes, so a granule holds any of them, and of a thousand one is read in vain
    INDEX by_notification_id notification_id TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(first_wins)
-- account first for the account page. outcome is part of the identity: an attempt may be deferred and then delivered.
ORDER BY (account_id, notification_id, attempt, outcome)
COMMENT 'Grain: one outcome of one attempt to tell one person. Key: notification_id, attempt, outcome. Read with FINAL.';
