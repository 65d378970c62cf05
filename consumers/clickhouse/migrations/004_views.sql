-- What people read. Every view is exact while duplicates wait for their merge, so nobody needs to write FINAL.

CREATE VIEW IF NOT EXISTS facts AS
SELECT * FROM events FINAL WHERE topic != 'account.managers'
COMMENT 'Grain: one fact about an account. Key: account_id, source, event_id. Example: SELECT type, count() FROM facts GROUP BY type';

CREATE VIEW IF NOT EXISTS dead_letters_now AS
SELECT * FROM dead_letters FINAL
COMMENT 'Grain: one refused record. Key: topic, partition, offset of the original. Example: SELECT reason, count() FROM dead_letters_now GROUP BY reason';

CREATE VIEW IF NOT EXISTS account_health_now AS
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
    h.ingested_at AS ingested_at
FROM (SELECT * FROM health FINAL) AS h
LEFT JOIN (SELECT account_id, name, owner, segment, annual_value, currency FROM profiles FINAL) AS p
    ON h.account_id = p.account_id
LEFT JOIN (SELECT manager_id, name FROM managers FINAL) AS m ON if(p.owner = '', h.owner, p.owner) = m.manager_id
COMMENT 'Grain: one account with a health snapshot. Key: account_id. Name, segment and currency are empty and annual_value 0 without a profile. Example: SELECT band, count() FROM account_health_now GROUP BY band';

CREATE VIEW IF NOT EXISTS account_reasons_now AS
SELECT c.account_id AS account_id, c.no AS no, c.name AS name, c.dimension AS dimension, c.points AS points
FROM (SELECT * FROM contributions FINAL) AS c
INNER JOIN (SELECT account_id, produced_at, version FROM health FINAL) AS h
    ON c.account_id = h.account_id AND c.produced_at = h.produced_at AND c.version = h.version
COMMENT 'Grain: one summand of the present score of an account: points sum to account_health_now.score. Key: account_id, no.';

CREATE VIEW IF NOT EXISTS inbox AS
SELECT
    e.account_id AS account_id,
    e.alert_id AS alert_id,
    e.kind AS kind,
    e.episode AS episode,
    e.state AS state,
    e.historic AS historic,
    if(e.alert_owner = '', p.owner, e.alert_owner) AS owner,
    p.owner AS account_owner,
    if(p.name = '', e.account_name, p.name) AS account_name,
    e.opened_at AS opened_at,
    e.decided_at AS decided_at,
    e.last_step_no AS last_step_no,
    e.last_step AS last_step,
    e.last_reason AS last_reason,
    e.last_at AS last_at,
    e.last_decided_at AS last_decided_at,
    e.facts AS facts,
    e.parts AS parts,
    e.value_at_risk AS value_at_risk,
    e.currency AS currency,
    e.role AS role,
    e.suggestion AS suggestion,
    e.escalation_chain AS escalation_chain,
    e.acknowledged_by AS acknowledged_by,
    e.acknowledged_at AS acknowledged_at,
    e.closed_at AS closed_at,
    e.caused_by_record_at AS caused_by_record_at
FROM
(
    SELECT
        s.account_id AS account_id,
        s.alert_id AS alert_id,
        any(s.kind) AS kind,
        any(s.episode) AS episode,
        transform(argMaxIf(s.step, s.step_no, s.step IN ('opened', 'acknowledged', 'snoozed', 'escalated', 'resolved', 'retracted')),
            ['opened', 'escalated', ''], ['open', 'open', 'open']) AS state,
        argMin(s.historic, s.step_no) AS historic,
        argMaxIf(s.owner, s.step_no, s.owner != '') AS alert_owner,
        argMaxIf(s.account_name, s.step_no, s.account_name != '') AS account_name,
        argMin(s.at, s.step_no) AS opened_at,
        argMin(s.decided_at, s.step_no) AS decided_at,
        max(s.step_no) AS last_step_no,
        argMax(s.step, s.step_no) AS last_step,
        argMax(s.reason, s.step_no) AS last_reason,
        argMax(s.at, s.step_no) AS last_at,
        argMax(s.decided_at, s.step_no) AS last_decided_at,
        argMaxIf(s.facts, s.step_no, notEmpty(s.facts)) AS facts,
        argMaxIf(s.parts, s.step_no, s.parts NOT IN ('', '[]')) AS parts,
        argMaxIf(s.value_at_risk, s.step_no, s.value_at_risk IS NOT NULL) AS value_at_risk,
        argMaxIf(s.currency, s.step_no, s.currency != '') AS currency,
        argMax(s.role, s.step_no) AS role,
        argMax(s.suggestion, s.step_no) AS suggestion,
        argMaxIf(s.escalation_chain, s.step_no, notEmpty(s.escalation_chain)) AS escalation_chain,
        argMaxIf(s.actor, s.step_no, s.step = 'acknowledged') AS acknowledged_by,
        maxIf(toNullable(s.at), s.step = 'acknowledged') AS acknowledged_at,
        maxIf(toNullable(s.at), s.step IN ('resolved', 'retracted')) AS closed_at,
        argMin(tuple(s.caused_by_record_at), s.step_no).1 AS caused_by_record_at
    FROM alerts AS s FINAL
    GROUP BY s.account_id, s.alert_id
) AS e
LEFT JOIN (SELECT account_id, name, owner FROM profiles FINAL) AS p ON e.account_id = p.account_id
COMMENT 'Grain: one alert episode. Key: alert_id. state is open, acknowledged, snoozed, resolved or retracted, historic as of its first step, facts of the last step that has any. owner is who has the alert, else who owns the account. Example: SELECT * FROM inbox WHERE owner = ''M-1'' AND state = ''open''';

CREATE VIEW IF NOT EXISTS account_timeline AS
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
    account_id, as_of, 'health', if(band = '', 'no_signal', band), concat(account_id, ' ', toString(version)), '', '', score,
    score - ifNull(previous_score, 0), band, false, version, '', record_at, ingested_at
FROM health_history FINAL
COMMENT 'Grain: one event, alert step or health snapshot of an account. Key: kind, id. at is event time. what is the event type, the kind and step of an alert, or the band. detail is JSON: the CloudEvent or the facts of the step. Example: SELECT * FROM account_timeline WHERE account_id = ''A-1'' ORDER BY at DESC LIMIT 50';

CREATE VIEW IF NOT EXISTS worklist AS
SELECT
    h.owner AS owner,
    row_number() OVER (PARTITION BY h.owner ORDER BY
        a.unacknowledged_alerts > 0 DESC,
        indexOf(['critical', 'at_risk', 'watch', 'healthy'], h.band) = 0,
        indexOf(['critical', 'at_risk', 'watch', 'healthy'], h.band),
        a.open_alerts DESC,
        toFloat64(h.annual_value) * (100 - ifNull(h.score, 100)) DESC,
        h.account_id) AS rank,
    h.account_id AS account_id,
    h.name AS name,
    h.segment AS segment,
    h.band AS band,
    h.score AS score,
    h.score - w.score AS change_7d,
    a.open_alerts AS open_alerts,
    a.unacknowledged_alerts AS unacknowledged_alerts,
    a.newest_alert_at AS newest_alert_at,
    h.open_complaints AS open_complaints,
    h.annual_value AS annual_value,
    h.currency AS currency,
    h.as_of AS as_of,
    h.produced_at AS produced_at
FROM account_health_now AS h
LEFT JOIN
(
    SELECT account_id, argMax(tuple(score), (as_of, produced_at, version)).1 AS score
    FROM health_history
    WHERE as_of <= now64(3, 'UTC') - INTERVAL 7 DAY
    GROUP BY account_id
) AS w ON h.account_id = w.account_id
LEFT JOIN
(
    SELECT
        account_id,
        countIf(state IN ('open', 'acknowledged', 'snoozed')) AS open_alerts,
        countIf(state = 'open' AND NOT historic) AS unacknowledged_alerts,
        maxIf(toNullable(last_at), state IN ('open', 'acknowledged', 'snoozed')) AS newest_alert_at
    FROM inbox
    GROUP BY account_id
) AS a ON h.account_id = a.account_id
COMMENT 'Grain: one account with health, ranked within its owner: alerts nobody reacted to, then the worse band, then open alerts, then value times missing points. Key: owner, account_id. change_7d is NULL where there was no score 7 days ago. Example: SELECT * FROM worklist WHERE owner = ''M-1'' ORDER BY rank LIMIT 20';

CREATE VIEW IF NOT EXISTS pipeline_freshness AS
SELECT
    topic,
    partition,
    max(record_at) AS newest_record_at,
    max(ingested_at) AS newest_ingested_at,
    dateDiff('millisecond', max(record_at), now64(3, 'UTC')) / 1000 AS age_s,
    dateDiff('millisecond', max(record_at), max(ingested_at)) / 1000 AS delay_s
FROM progress
GROUP BY topic, partition
COMMENT 'Grain: one Kafka partition. Key: topic, partition. age_s: seconds since the newest record that is in the warehouse. delay_s: how long that record took to get here, at most.';
