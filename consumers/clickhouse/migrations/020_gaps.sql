-- What should have come of telling people and did not: steps without a receipt, and notifications nobody tries any more.

CREATE VIEW IF NOT EXISTS delivery_gaps AS
SELECT account_id, alert_id, step_id, kind, step, historic, recipient, decided_at, record_at,
    dateDiff('millisecond', record_at, now64(3, 'UTC')) / 1000 AS waiting_s
FROM
(
    -- as consumers/delivery/routing.py decides
    SELECT
        a.*,
        arrayMap(one -> one.recipient, arrayFilter(one -> one.step_id = a.step_id, r.receipts)) AS reached,
        if(notEmpty(a.escalation_chain), a.escalation_chain[1], a.owner) AS holder,
        arrayFilter(one -> one NOT IN ('', holder), arrayMap(one -> trim(one), splitByChar(',', a.facts['absent']))) AS absent,
        if(a.step NOT IN ('resolved', 'retracted'), [], arrayMap(one -> one.recipient, arrayFilter(
            -- the number of a step is the end of its id
            one -> one.heard AND toUInt32OrZero(splitByChar(':', one.step_id)[-1]) < a.step_no AND one.recipient != a.actor,
            r.receipts))) AS told_before,
        -- empty where any receipt will do
        multiIf(
            a.historic, [],
            a.step IN ('resolved', 'retracted'), told_before,
            a.step NOT IN ('opened', 'escalated', 'reopened', 'reassigned'), [],
            holder = '' OR (a.step = 'reassigned' AND holder = a.actor), [],
            arrayConcat([holder], absent)) AS expected,
        -- a receipt without a recipient says that nobody is told: it stands for the whole step
        multiIf(
            has(reached, ''), [],
            notEmpty(expected), arrayDistinct(arrayFilter(one -> NOT has(reached, one), expected)),
            empty(reached), [''],
            []) AS missing
    FROM
    (
        SELECT account_id, alert_id, step_id, step_no, kind, step, historic, owner, escalation_chain, actor, facts, decided_at, record_at
        FROM alerts FINAL
    ) AS a
    -- by alert and not by step: a third of the rows to join, and who was told before is at hand
    LEFT JOIN
    (
        SELECT
            alert_id,
            groupUniqArray(tuple(step_id, recipient, recipient != '' AND outcome IN ('delivered', 'deferred'))
                ::Tuple(step_id String, recipient String, heard Bool)) AS receipts
        FROM deliveries
        GROUP BY alert_id
    ) AS r ON a.alert_id = r.alert_id
)
ARRAY JOIN missing AS recipient
WHERE record_at < now64(3, 'UTC') - INTERVAL 1 MINUTE
COMMENT 'Grain: one alert step and recipient, decided more than a minute ago, that no receipt stands for: empty while all is well. Key: step_id, recipient. recipient is empty where there is no receipt of the step at all and nobody in particular was due. Every step has a receipt, also one that nobody is told of. A step appears here while delivery is away or behind, while its receipts are not in the warehouse yet, and for good when delivery could not know any more whether it had been told (pulse_delivery_beyond_memory_total). Example: SELECT kind, step, recipient, waiting_s FROM delivery_gaps ORDER BY waiting_s DESC LIMIT 20';

CREATE VIEW IF NOT EXISTS deliveries_overdue AS
SELECT
    d.notification_id AS notification_id,
    any(d.account_id) AS account_id,
    any(d.alert_id) AS alert_id,
    any(d.step_id) AS step_id,
    any(d.recipient) AS recipient,
    any(d.channel) AS channel,
    max(d.attempt) AS attempts,
    argMax(d.reason, (d.attempt, d.at)) AS reason,
    argMax(d.detail, (d.attempt, d.at)) AS detail,
    argMax(ifNull(d.due_at, d.at), (d.attempt, d.at)) AS due_at,
    dateDiff('millisecond', due_at, now64(3, 'UTC')) / 1000 AS overdue_s
FROM deliveries AS d
WHERE (d.account_id, d.notification_id) IN (SELECT account_id, notification_id FROM deliveries WHERE outcome = 'deferred')
GROUP BY d.notification_id
HAVING countIf(d.outcome != 'deferred') = 0 AND due_at < now64(3, 'UTC') - INTERVAL 15 MINUTE
COMMENT 'Grain: one notification that was put off and should have been tried more than 15 minutes ago: empty while all is well. Key: notification_id. reason says what it was last put off for. While a channel is away as a whole, which it may be for three days, all that is due over it stands here; with every channel there, nobody tries it any more. Example: SELECT recipient, channel, reason, overdue_s FROM deliveries_overdue ORDER BY overdue_s DESC LIMIT 20';
