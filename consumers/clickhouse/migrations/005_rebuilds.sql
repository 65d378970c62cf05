-- Scores computed anew from the facts, under any policy and as of any moment, and the columns that takes: whoever sums up
-- a history must not parse JSON for it. Rows written before have the columns' values by the DEFAULT, from their payload.

ALTER TABLE events
    ADD COLUMN IF NOT EXISTS micros UInt16 DEFAULT toUInt16(positiveModulo(toUnixTimestamp64Micro(parseDateTime64BestEffortOrZero(JSONExtractString(payload, 'time'), 6, 'UTC')), 1000)) COMMENT 'microseconds of the event time beyond its millisecond' AFTER time,
    ADD COLUMN IF NOT EXISTS quantity Nullable(Float64) DEFAULT JSONExtract(payload, 'data', 'quantity', 'Nullable(Float64)') COMMENT 'how much was used in a usage report' AFTER scale_max,
    ADD COLUMN IF NOT EXISTS change LowCardinality(String) DEFAULT JSONExtractString(payload, 'data', 'change') COMMENT 'what became of a subscription: started, renewed, expanded, reduced or cancelled' AFTER quantity,
    ADD COLUMN IF NOT EXISTS withdrawn String DEFAULT JSONExtractRaw(payload, 'data', 'original') COMMENT 'fact.withdrawn: the fact taken back, as JSON' CODEC(ZSTD(1)) AFTER withdrawn_event_id;

-- The view of 003_arrivals.sql with the columns above, so that a payload is still parsed once. It is exchanged in place:
-- what arrives meanwhile goes through the one or the other.
ALTER TABLE events_arrived MODIFY QUERY
WITH
    JSONExtract(payload, 'Tuple(time String, data Tuple(
        amount Nullable(Decimal(18, 4)), annual_value Nullable(Decimal(18, 4)), currency String,
        sentiment Nullable(Float64), answer Nullable(Float64), scale_min Nullable(Float64), scale_max Nullable(Float64),
        quantity Nullable(Float64), change String,
        instrument String, channel String, direction String, complaint_id String, category String, severity UInt8,
        order_id String, invoice_id String, hand_off_id String,
        answer_due_at String, promised_at String, callback_due_at String, due_at String,
        alert_id String, actor String, author String, original Tuple(source String, id String)))') AS e,
    e.data AS d
SELECT
    account_id, time,
    toUInt16(positiveModulo(toUnixTimestamp64Micro(parseDateTime64BestEffortOrZero(e.time, 6, 'UTC')), 1000)) AS micros,
    source, event_id, type,
    d.amount AS amount,
    d.annual_value AS annual_value,
    d.currency AS currency,
    d.sentiment AS sentiment,
    d.answer AS answer,
    -- 0 is the lowest answer where the event does not say
    if(d.answer IS NULL, NULL, ifNull(d.scale_min, 0)) AS scale_min,
    d.scale_max AS scale_max,
    d.quantity AS quantity,
    d.change AS change,
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
    if(type = 'fact.withdrawn.v1', JSONExtractRaw(payload, 'data', 'original'), '') AS withdrawn,
    payload, topic, partition, offset, record_at
FROM arriving_events;

-- A view of all columns has those that there were when it was made.
CREATE OR REPLACE VIEW facts AS
SELECT * FROM events FINAL WHERE topic != 'account.managers'
COMMENT 'Grain: one fact about an account. Key: account_id, source, event_id. Example: SELECT type, count() FROM facts GROUP BY type';

CREATE TABLE IF NOT EXISTS rebuilds
(
    rebuild_id String COMMENT 'follows from policy, moment and accounts: the same rebuild has the same id',
    policy LowCardinality(String) COMMENT 'name and version of the policy',
    policy_digest String COMMENT 'of the whole policy document: two of one name are told apart',
    accounts Array(String) COMMENT 'the accounts asked for, empty for all',
    as_of DateTime64(6, 'UTC') COMMENT 'event time the scores hold for; a later fact does not count',
    begun_at DateTime64(3, 'UTC') COMMENT 'clock when it began',
    finished_at Nullable(DateTime64(3, 'UTC')) COMMENT 'clock when the last chunk was done, NULL while it is under way',
    chunks UInt32 COMMENT 'how many chunks of accounts it has',
    written_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'when this row was written: the latest counts'
)
ENGINE = ReplacingMergeTree(written_at)
-- A handful of rows, read by id.
ORDER BY rebuild_id
COMMENT 'Grain: one rebuild. Key: rebuild_id. Read with FINAL.';

CREATE TABLE IF NOT EXISTS rebuild_chunks
(
    rebuild_id String COMMENT 'the rebuild',
    chunk UInt32 COMMENT 'number of the chunk, from 0, in the order of the accounts',
    after_account String COMMENT 'accounts behind this one ...',
    last_account String COMMENT '... up to this one, empty for all the rest',
    done Bool COMMENT 'its rows of rebuilt_health are written',
    facts UInt64 COMMENT 'facts read: an estimate until it is done',
    scored UInt32 COMMENT 'accounts written',
    written_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'when this row was written'
)
-- What is done stays done, however often the plan is written again.
ENGINE = ReplacingMergeTree(done)
ORDER BY (rebuild_id, chunk)
COMMENT 'Grain: one chunk of accounts of a rebuild. Key: rebuild_id, chunk. A rebuild that was cut off goes on behind the chunks that are done. Read with FINAL.';

CREATE TABLE IF NOT EXISTS rebuilt_health
(
    rebuild_id String COMMENT 'the rebuild',
    account_id String COMMENT 'the account',
    as_of DateTime64(6, 'UTC') COMMENT 'event time the score holds for',
    policy LowCardinality(String) COMMENT 'name and version of the policy',
    score Nullable(Float64) COMMENT '0 to 100, NULL without any signal',
    coverage Float64 COMMENT 'share of the weights that has signal, 0 to 1',
    relationship Nullable(Float64) COMMENT 'score of the dimension, NULL without signal',
    commerce Nullable(Float64) COMMENT 'score of the dimension, NULL without signal',
    service Nullable(Float64) COMMENT 'score of the dimension, NULL without signal',
    contributions Map(LowCardinality(String), Float64) COMMENT 'by name, with the dimension behind it for base and saturation, the points of the score: their sum is the score',
    events_applied UInt64 COMMENT 'facts of the account in the score',
    written_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'when this row was written'
)
ENGINE = ReplacingMergeTree(written_at)
-- One rebuild is read, or compared with another, in the order of the accounts. A chunk done twice falls on itself.
ORDER BY (rebuild_id, account_id)
COMMENT 'Grain: one account of a rebuild. Key: rebuild_id, account_id. Read with FINAL. Example: SELECT account_id, r.score - h.score FROM (SELECT * FROM rebuilt_health FINAL) AS r INNER JOIN account_health_now AS h USING account_id WHERE r.rebuild_id = {id:String}';
