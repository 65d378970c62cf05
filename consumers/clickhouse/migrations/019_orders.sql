-- What an order says beside its value: by when it was promised to be delivered, which is another time than that of its
-- shipment, and how many lines it has, which weigh returns and complaints of products. Rows written before have the values
-- by the DEFAULT, from their payload.

ALTER TABLE events
    ADD COLUMN IF NOT EXISTS delivery_due_at Nullable(DateTime64(3, 'UTC')) DEFAULT parseDateTime64BestEffortOrNull(JSONExtractString(payload, 'data', 'delivery_promised_at'), 3, 'UTC') COMMENT 'by when an order was promised to be delivered, NULL for none' AFTER due_at,
    ADD COLUMN IF NOT EXISTS lines UInt16 DEFAULT JSONLength(payload, 'data', 'lines') COMMENT 'how many lines an order has, 0 where it names none' AFTER order_id;

-- The view of 007_levels.sql with the columns above, so that a payload is still parsed once.
ALTER TABLE events_arrived MODIFY QUERY
WITH
    JSONExtract(payload, 'Tuple(time String, data Tuple(
        amount Nullable(Decimal(18, 4)), annual_value Nullable(Decimal(18, 4)), currency String,
        sentiment Nullable(Float64), answer Nullable(Float64), scale_min Nullable(Float64), scale_max Nullable(Float64),
        quantity Nullable(Float64), period_s Nullable(UInt32), change String,
        instrument String, channel String, direction String, complaint_id String, category String, severity UInt8,
        order_id String, invoice_id String, hand_off_id String,
        answer_due_at String, promised_at String, callback_due_at String, due_at String, delivery_promised_at String, lines Array(Tuple(sku String)),
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
    d.period_s AS period_s,
    d.change AS change,
    d.instrument AS instrument,
    d.channel AS channel,
    d.direction AS direction,
    d.complaint_id AS complaint_id,
    d.category AS category,
    d.severity AS severity,
    d.order_id AS order_id,
    length(d.lines) AS lines,
    d.invoice_id AS invoice_id,
    d.hand_off_id AS hand_off_id,
    -- at most one of the four is there
    parseDateTime64BestEffortOrNull(concat(d.answer_due_at, d.promised_at, d.callback_due_at, d.due_at), 3, 'UTC') AS due_at,
    parseDateTime64BestEffortOrNull(d.delivery_promised_at, 3, 'UTC') AS delivery_due_at,
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
