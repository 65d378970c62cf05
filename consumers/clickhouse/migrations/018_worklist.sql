-- The view of 004_views.sql, faster for the reason that stands at health_week_ago.
CREATE OR REPLACE VIEW worklist AS
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
LEFT JOIN health_week_ago AS w ON h.account_id = w.account_id
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
