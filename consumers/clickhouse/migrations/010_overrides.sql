-- Scores that people set in place of those that the facts make. Both are kept: score is what is shown, computed_score what
-- a rebuild finds. Snapshots from before have no computed_score of their own: theirs is the score.
-- With them the next band of an account of which nothing more is told.

ALTER TABLE health_history
    ADD COLUMN IF NOT EXISTS computed_score Nullable(Float64) COMMENT 'what the facts make, whatever a person set, NULL without any signal' AFTER owner,
    ADD COLUMN IF NOT EXISTS override_value Nullable(Float64) COMMENT 'what a person set in place of it, NULL while nothing is in force' AFTER computed_score,
    ADD COLUMN IF NOT EXISTS override_author String COMMENT 'who set it' AFTER override_value,
    ADD COLUMN IF NOT EXISTS override_reason String COMMENT 'why' AFTER override_author,
    ADD COLUMN IF NOT EXISTS override_set_at Nullable(DateTime64(3, 'UTC')) COMMENT 'from when it is in force (event time)' AFTER override_reason,
    ADD COLUMN IF NOT EXISTS override_expires_at Nullable(DateTime64(3, 'UTC')) COMMENT 'until when' AFTER override_set_at,
    ADD COLUMN IF NOT EXISTS override_did LowCardinality(String) COMMENT 'what an override did since the snapshot before: override_set, override_lifted, override_expired, override_withdrawn or override_held, empty for nothing' AFTER override_expires_at,
    ADD COLUMN IF NOT EXISTS next_band LowCardinality(String) COMMENT 'the next band if nothing more is told, empty when none comes within 400 days' AFTER override_did,
    ADD COLUMN IF NOT EXISTS next_band_at Nullable(DateTime64(3, 'UTC')) COMMENT 'when it will count, to about a day' AFTER next_band;

ALTER TABLE health
    ADD COLUMN IF NOT EXISTS computed_score Nullable(Float64) COMMENT 'what the facts make, whatever a person set, NULL without any signal' AFTER owner,
    ADD COLUMN IF NOT EXISTS override_value Nullable(Float64) COMMENT 'what a person set in place of it, NULL while nothing is in force' AFTER computed_score,
    ADD COLUMN IF NOT EXISTS override_author String COMMENT 'who set it' AFTER override_value,
    ADD COLUMN IF NOT EXISTS override_reason String COMMENT 'why' AFTER override_author,
    ADD COLUMN IF NOT EXISTS override_set_at Nullable(DateTime64(3, 'UTC')) COMMENT 'from when it is in force (event time)' AFTER override_reason,
    ADD COLUMN IF NOT EXISTS override_expires_at Nullable(DateTime64(3, 'UTC')) COMMENT 'until when' AFTER override_set_at,
    ADD COLUMN IF NOT EXISTS override_did LowCardinality(String) COMMENT 'what an override did since the snapshot before: override_set, override_lifted, override_expired, override_withdrawn or override_held, empty for nothing' AFTER override_expires_at,
    ADD COLUMN IF NOT EXISTS next_band LowCardinality(String) COMMENT 'the next band if nothing more is told, empty when none comes within 400 days' AFTER override_did,
    ADD COLUMN IF NOT EXISTS next_band_at Nullable(DateTime64(3, 'UTC')) COMMENT 'when it will count, to about a day' AFTER next_band;

ALTER TABLE changes
    ADD COLUMN IF NOT EXISTS reason LowCardinality(String) COMMENT 'of an override what it did: override_set, override_lifted, override_expired, override_withdrawn or override_held' AFTER event_time;

-- The views of 003_arrivals.sql with the columns above, exchanged in place.
ALTER TABLE health_arrived MODIFY QUERY
WITH
    JSONExtract(payload, 'Tuple(account_id String, version UInt64, produced_at String, as_of String,
        caused_by_record_at String, policy String, score Nullable(Float64), previous_score Nullable(Float64),
        band String, coverage Float64, events_applied UInt64, open_complaints UInt32, owner String,
        dimensions Array(Tuple(dimension String, score Nullable(Float64), weight Float64)),
        computed_score Nullable(Float64), next_band String, next_band_at String,
        override Tuple(value Nullable(Float64), author String, reason String, set_at String, expires_at String),
        change Array(Tuple(kind String, reason String)))') AS s,
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
    s.computed_score AS computed_score,
    s.override.value AS override_value,
    s.override.author AS override_author,
    s.override.reason AS override_reason,
    parseDateTime64BestEffortOrNull(s.override.set_at, 3, 'UTC') AS override_set_at,
    parseDateTime64BestEffortOrNull(s.override.expires_at, 3, 'UTC') AS override_expires_at,
    arrayFirst(part -> part.1 = 'override', s.change).2 AS override_did,
    s.next_band AS next_band,
    parseDateTime64BestEffortOrNull(s.next_band_at, 3, 'UTC') AS next_band_at,
    topic, partition, offset, record_at
FROM arriving_health;

ALTER TABLE changes_arrived MODIFY QUERY
WITH
    JSONExtract(payload, 'Tuple(account_id String, version UInt64, produced_at String,
        change Array(Tuple(kind String, points Float64, signal String, event_id String, source String,
            event_type String, event_time String, reason String)))') AS s
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
    parseDateTime64BestEffortOrNull(part.7, 3, 'UTC') AS event_time,
    part.8 AS reason
FROM arriving_health
ARRAY JOIN s.change AS part, arrayEnumerate(s.change) AS no;

-- A view of all columns has those that there were when it was made.
ALTER TABLE health_of_history MODIFY QUERY SELECT * FROM health_history;

CREATE OR REPLACE VIEW account_health_now AS
SELECT
    h.account_id AS account_id,
    p.name AS name,
    if(p.owner = '', h.owner, p.owner) AS owner,
    m.name AS owner_name,
    p.segment AS segment,
    p.annual_value AS annual_value,
    p.currency AS currency,
    h.score AS score,
    h.band AS band,
    h.previous_score AS previous_score,
    h.coverage AS coverage,
    h.relationship AS relationship,
    h.commerce AS commerce,
    h.service AS service,
    h.relationship_weight AS relationship_weight,
    h.commerce_weight AS commerce_weight,
    h.service_weight AS service_weight,
    h.open_complaints AS open_complaints,
    h.events_applied AS events_applied,
    h.version AS version,
    h.policy AS policy,
    h.as_of AS as_of,
    h.produced_at AS produced_at,
    h.caused_by_record_at AS caused_by_record_at,
    h.record_at AS record_at,
    h.ingested_at AS ingested_at,
    if(h.override_value IS NULL, h.score, h.computed_score) AS computed_score,
    h.override_value AS override_value,
    h.override_author AS override_author,
    h.override_reason AS override_reason,
    h.override_set_at AS override_set_at,
    h.override_expires_at AS override_expires_at,
    h.next_band AS next_band,
    h.next_band_at AS next_band_at
FROM (SELECT * FROM health FINAL) AS h
LEFT JOIN (SELECT account_id, name, owner, segment, annual_value, currency FROM profiles FINAL) AS p
    ON h.account_id = p.account_id
LEFT JOIN (SELECT manager_id, name FROM managers FINAL) AS m ON if(p.owner = '', h.owner, p.owner) = m.manager_id
COMMENT 'Grain: one account with a health snapshot. Key: account_id. Name, segment and currency are empty and annual_value 0 without a profile. score is what is shown: override_value where a person set one. Example: SELECT band, count() FROM account_health_now GROUP BY band';

CREATE OR REPLACE VIEW account_timeline AS
SELECT
    account_id,
    time AS at,
    'event' AS kind,
    type AS what,
    concat(source, ' ', event_id) AS id,
    '' AS reason,
    actor AS actor,
    CAST(NULL, 'Nullable(Float64)') AS score,
    CAST(NULL, 'Nullable(Float64)') AS change,
    '' AS band,
    false AS historic,
    toUInt64(0) AS version,
    payload AS detail,
    record_at,
    ingested_at
FROM events FINAL
WHERE topic != 'account.managers'
UNION ALL
SELECT
    account_id, at, 'alert', concat(kind, ' ', step), step_id, reason, actor, NULL, NULL, '', historic, toUInt64(step_no),
    toJSONString(facts), record_at, ingested_at
FROM alerts FINAL
UNION ALL
SELECT
    account_id, as_of, 'health', if(band = '', 'no_signal', band), concat(account_id, ' ', toString(version)),
    if(override_did = 'override_held', '', override_did), override_author, score,
    score - ifNull(previous_score, 0), band, false, version, '', record_at, ingested_at
FROM health_history FINAL
COMMENT 'Grain: one event, alert step or health snapshot of an account. Key: kind, id. at is event time. what is the event type, the kind and step of an alert, or the band; reason of a snapshot says what an override did. detail is JSON: the CloudEvent or the facts of the step. Example: SELECT * FROM account_timeline WHERE account_id = ''A-1'' ORDER BY at DESC LIMIT 50';
