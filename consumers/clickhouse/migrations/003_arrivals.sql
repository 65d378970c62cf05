-- Where the sink writes. An arrival is a Kafka record with the JSON as it travelled. The tables keep nothing (Null), the
-- views behind them take the JSON apart in the engine, which parses ten times faster than Python could build columns.
-- An insert is confirmed only after every view has written. One that failed half way is sent again and falls on the
-- same keys, so nothing here adds up and nothing is lost.

CREATE TABLE IF NOT EXISTS arriving_events
(
    account_id String COMMENT 'subject, as the codec read it',
    time DateTime64(3, 'UTC') COMMENT 'time, as the codec read it',
    source LowCardinality(String) COMMENT 'source, as the codec read it',
    event_id String COMMENT 'id, as the codec read it',
    type LowCardinality(String) COMMENT 'type, as the codec read it',
    payload String COMMENT 'the whole CloudEvent as JSON',
    topic LowCardinality(String) COMMENT 'Kafka topic',
    partition UInt32 COMMENT 'Kafka partition',
    offset UInt64 COMMENT 'Kafka offset',
    record_at DateTime64(3, 'UTC') COMMENT 'timestamp Kafka gave the record'
)
ENGINE = Null
COMMENT 'Way in for events of the input topics, keeps nothing. Fills events, profiles and managers.';

CREATE TABLE IF NOT EXISTS arriving_health
(
    payload String COMMENT 'health snapshot as JSON',
    topic LowCardinality(String) COMMENT 'Kafka topic',
    partition UInt32 COMMENT 'Kafka partition',
    offset UInt64 COMMENT 'Kafka offset',
    record_at DateTime64(3, 'UTC') COMMENT 'timestamp Kafka gave the record'
)
ENGINE = Null
COMMENT 'Way in for health snapshots, keeps nothing. Fills health_history, health, contributions and changes.';

CREATE TABLE IF NOT EXISTS arriving_alerts AS arriving_health
ENGINE = Null
COMMENT 'Way in for alert steps, keeps nothing. Fills alerts.';

CREATE TABLE IF NOT EXISTS arriving_deliveries AS arriving_health
ENGINE = Null
COMMENT 'Way in for delivery receipts, keeps nothing. Fills deliveries.';

CREATE MATERIALIZED VIEW IF NOT EXISTS events_arrived TO events AS
WITH JSONExtract(payload, 'data', 'Tuple(
    amount Nullable(Decimal(18, 4)), annual_value Nullable(Decimal(18, 4)), currency String,
    sentiment Nullable(Float64), answer Nullable(Float64), scale_min Nullable(Float64), scale_max Nullable(Float64),
    instrument String, channel String, direction String, complaint_id String, category String, severity UInt8,
    order_id String, invoice_id String, hand_off_id String,
    answer_due_at String, promised_at String, callback_due_at String, due_at String,
    alert_id String, actor String, author String, original Tuple(source String, id String))') AS d
SELECT
    account_id, time, source, event_id, type,
    d.amount AS amount,
    d.annual_value AS annual_value,
    d.currency AS currency,
    d.sentiment AS sentiment,
    d.answer AS answer,
    -- 0 is the lowest answer where the event does not say
    if(d.answer IS NULL, NULL, ifNull(d.scale_min, 0)) AS scale_min,
    d.scale_max AS scale_max,
    d.instrument AS instrument,
    d.channel AS channel,
    d.direction AS direction,
    d.complaint_id AS complaint_id,
    d.category AS category,
    d.severity AS severity,
    d.order_id AS order_id,
    d.invoice_id AS invoice_id,
    d.hand_off_id AS hand_off_id,
    -- at most one of the four is there
    parseDateTime64BestEffortOrNull(concat(d.answer_due_at, d.promised_at, d.callback_due_at, d.due_at), 3, 'UTC') AS due_at,
    d.alert_id AS alert_id,
    concat(d.actor, d.author) AS actor,
    d.original.source AS withdrawn_source,
    d.original.id AS withdrawn_event_id,
    payload, topic, partition, offset, record_at
FROM arriving_events;

CREATE MATERIALIZED VIEW IF NOT EXISTS profiles_arrived TO profiles AS
WITH JSONExtract(payload, 'data', 'Tuple(name String, segment String, annual_value Decimal(18, 4), currency String,
    owner String, parent String, locale String, time_zone String)') AS d
SELECT
    account_id, d.name AS name, d.segment AS segment, d.annual_value AS annual_value, d.currency AS currency,
    d.owner AS owner, d.parent AS parent, d.locale AS locale, d.time_zone AS time_zone,
    time, topic, partition, offset, record_at
FROM arriving_events
WHERE type = 'account.profile_set.v1';

CREATE MATERIALIZED VIEW IF NOT EXISTS managers_arrived TO managers AS
WITH JSONExtract(arriving_events.payload, 'data', 'Tuple(name String, role String, reports_to String, locale String,
    time_zone String)') AS d
SELECT
    account_id AS manager_id, d.name AS name, d.role AS role, d.reports_to AS reports_to,
    -- what the model takes where the event does not say
    if(d.locale = '', 'en', d.locale) AS locale,
    if(d.time_zone = '', 'UTC', d.time_zone) AS time_zone,
    JSONExtractRaw(arriving_events.payload, 'data') AS payload,
    time, topic, partition, offset, record_at
FROM arriving_events
WHERE type = 'manager.profile_set.v1';

CREATE MATERIALIZED VIEW IF NOT EXISTS health_arrived TO health_history AS
WITH
    JSONExtract(payload, 'Tuple(account_id String, version UInt64, produced_at String, as_of String,
        caused_by_record_at String, policy String, score Nullable(Float64), previous_score Nullable(Float64),
        band String, coverage Float64, events_applied UInt64, open_complaints UInt32, owner String,
        dimensions Array(Tuple(dimension String, score Nullable(Float64), weight Float64)))') AS s,
    s.dimensions.dimension AS dimension
SELECT
    s.account_id AS account_id,
    s.version AS version,
    parseDateTime64BestEffortOrZero(s.produced_at, 3, 'UTC') AS produced_at,
    parseDateTime64BestEffortOrZero(s.as_of, 3, 'UTC') AS as_of,
    parseDateTime64BestEffortOrNull(s.caused_by_record_at, 3, 'UTC') AS caused_by_record_at,
    s.policy AS policy,
    s.score AS score,
    s.previous_score AS previous_score,
    s.band AS band,
    s.coverage AS coverage,
    s.dimensions.score[indexOf(dimension, 'relationship')] AS relationship,
    s.dimensions.score[indexOf(dimension, 'commerce')] AS commerce,
    s.dimensions.score[indexOf(dimension, 'service')] AS service,
    s.dimensions.weight[indexOf(dimension, 'relationship')] AS relationship_weight,
    s.dimensions.weight[indexOf(dimension, 'commerce')] AS commerce_weight,
    s.dimensions.weight[indexOf(dimension, 'service')] AS service_weight,
    s.events_applied AS events_applied,
    s.open_complaints AS open_complaints,
    s.owner AS owner,
    topic, partition, offset, record_at
FROM arriving_health;

CREATE MATERIALIZED VIEW IF NOT EXISTS contributions_arrived TO contributions AS
WITH
    JSONExtract(payload, 'Tuple(account_id String, version UInt64, produced_at String,
        contributions Array(Tuple(name String, dimension String, points Float64)))') AS s
SELECT
    s.account_id AS account_id,
    s.version AS version,
    parseDateTime64BestEffortOrZero(s.produced_at, 3, 'UTC') AS produced_at,
    no,
    part.1 AS name,
    part.2 AS dimension,
    part.3 AS points
FROM arriving_health
ARRAY JOIN s.contributions AS part, arrayEnumerate(s.contributions) AS no;

CREATE MATERIALIZED VIEW IF NOT EXISTS changes_arrived TO changes AS
WITH
    JSONExtract(payload, 'Tuple(account_id String, version UInt64, produced_at String,
        change Array(Tuple(kind String, points Float64, signal String, event_id String, source String,
            event_type String, event_time String)))') AS s
SELECT
    s.account_id AS account_id,
    s.version AS version,
    parseDateTime64BestEffortOrZero(s.produced_at, 3, 'UTC') AS produced_at,
    no,
    part.1 AS kind,
    part.2 AS points,
    part.3 AS signal,
    part.4 AS event_id,
    part.5 AS source,
    part.6 AS event_type,
    parseDateTime64BestEffortOrNull(part.7, 3, 'UTC') AS event_time
FROM arriving_health
ARRAY JOIN s.change AS part, arrayEnumerate(s.change) AS no;

CREATE MATERIALIZED VIEW IF NOT EXISTS alerts_arrived TO alerts AS
WITH JSONExtract(payload, 'Tuple(account_id String, alert_id String, step_no UInt32, step_id String,
    account_name String, kind String, episode UInt32, step String, reason String, at String, decided_at String,
    historic Bool, caused_by_record_at String, facts Map(String, String), value_at_risk Nullable(Decimal(18, 4)),
    currency String, role String, suggestion String, owner String, escalation_chain Array(String), actor String,
    comment String)') AS s
SELECT
    s.account_id AS account_id,
    s.alert_id AS alert_id,
    s.step_no AS step_no,
    s.step_id AS step_id,
    s.account_name AS account_name,
    s.kind AS kind,
    s.episode AS episode,
    s.step AS step,
    s.reason AS reason,
    parseDateTime64BestEffortOrZero(s.at, 3, 'UTC') AS at,
    parseDateTime64BestEffortOrZero(s.decided_at, 3, 'UTC') AS decided_at,
    s.historic AS historic,
    parseDateTime64BestEffortOrNull(s.caused_by_record_at, 3, 'UTC') AS caused_by_record_at,
    s.facts AS facts,
    JSONExtractRaw(payload, 'parts') AS parts,
    s.value_at_risk AS value_at_risk,
    s.currency AS currency,
    s.role AS role,
    s.suggestion AS suggestion,
    s.owner AS owner,
    s.escalation_chain AS escalation_chain,
    s.actor AS actor,
    s.comment AS comment,
    topic, partition, offset, record_at
FROM arriving_alerts;

CREATE MATERIALIZED VIEW IF NOT EXISTS deliveries_arrived TO deliveries AS
WITH JSONExtract(payload, 'Tuple(notification_id String, attempt UInt32, at String, alert_id String, step_id String,
    account_id String, recipient String, channel String, outcome String, reason String, detail String,
    due_at String, caused_by_record_at String)') AS r
SELECT
    r.notification_id AS notification_id,
    r.attempt AS attempt,
    parseDateTime64BestEffortOrZero(r.at, 3, 'UTC') AS at,
    r.alert_id AS alert_id,
    r.step_id AS step_id,
    r.account_id AS account_id,
    r.recipient AS recipient,
    r.channel AS channel,
    r.outcome AS outcome,
    r.reason AS reason,
    r.detail AS detail,
    parseDateTime64BestEffortOrNull(r.due_at, 3, 'UTC') AS due_at,
    parseDateTime64BestEffortOrNull(r.caused_by_record_at, 3, 'UTC') AS caused_by_record_at,
    topic, partition, offset, record_at
FROM arriving_deliveries;
