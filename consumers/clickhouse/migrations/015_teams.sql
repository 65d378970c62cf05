-- What a lead asks: what happened, what nobody reacted to, and what money is at risk. By account, by alert and by owner.

-- Which snapshot was the last one by (as_of, produced_at, version) is told by one number: argMax compares a tuple value by
-- value, which takes several times as long.
CREATE VIEW IF NOT EXISTS health_week_ago AS
SELECT account_id, argMax(band, last) AS band, argMax(tuple(score), last).1 AS score
FROM
(
    SELECT account_id, band, score,
        bitOr(bitShiftLeft(toUInt128(toUnixTimestamp64Milli(as_of)), 64),
            toUInt128(toUnixTimestamp64Milli(produced_at)) * 1048576 + version % 1048576) AS last
    FROM health_history
    WHERE as_of <= now64(3, 'UTC') - INTERVAL 7 DAY
)
GROUP BY account_id
COMMENT 'Grain: one account that had a health snapshot 7 days ago. Key: account_id. Its band and score then.';

CREATE VIEW IF NOT EXISTS account_bands AS
SELECT
    h.account_id AS account_id,
    h.name AS name,
    h.owner AS owner,
    h.segment AS segment,
    h.score AS score,
    h.band AS band,
    w.band AS band_before,
    w.score AS score_before,
    indexOf(['critical', 'at_risk', 'watch', 'healthy'], h.band) AS standing,
    indexOf(['critical', 'at_risk', 'watch', 'healthy'], w.band) AS standing_before,
    multiIf(standing = 0 OR standing_before = 0 OR standing = standing_before, '',
        standing < standing_before, 'worsened', 'improved') AS moved,
    h.annual_value AS annual_value,
    h.currency AS currency,
    toDecimal128(toFloat64(h.annual_value) * r.rate, 4) AS worth,
    h.annual_value > 0 AND r.rate = 0 AS unrated
FROM account_health_now AS h
LEFT JOIN health_week_ago AS w ON h.account_id = w.account_id
LEFT JOIN (SELECT currency, rate FROM currency_rates FINAL) AS r ON h.currency = r.currency
COMMENT 'Grain: one account with a health snapshot. Key: account_id. Its band beside that of 7 days ago: moved is worsened, improved, or empty (the same, or none then or now); standing is 1 for critical to 4 for healthy, 0 without a score. worth: annual_value in the base currency of the policy, by currency_rates; 0 where there is no rate for it (unrated). Example: SELECT name, band_before, band, worth FROM account_bands WHERE moved = ''worsened'' ORDER BY worth DESC';

CREATE VIEW IF NOT EXISTS alert_reactions AS
SELECT
    i.*,
    if(i.account_owner = '', i.owner, i.account_owner) AS owner_now,
    s.first_acknowledged_at AS first_acknowledged_at,
    -- what was put off or handed over waits anew from then on; who was told one after the other reacted to nothing
    if(i.state = 'open', toNullable(greatest(i.opened_at, s.last_open_at)), NULL) AS unanswered_since
FROM (SELECT * FROM inbox WHERE NOT historic) AS i
LEFT JOIN
(
    SELECT
        account_id,
        alert_id,
        minIf(toNullable(at), step = 'acknowledged') AS first_acknowledged_at,
        maxIf(at, step IN ('reopened', 'reassigned')) AS last_open_at
    FROM alerts FINAL
    GROUP BY account_id, alert_id
) AS s ON i.account_id = s.account_id AND i.alert_id = s.alert_id
COMMENT 'Grain: one alert episode that people were told of. Key: alert_id. The columns of inbox, and how people took it: owner_now owns the account now; first_acknowledged_at is when somebody first took it on; unanswered_since is since when nobody has it in hand, NULL where somebody has, it sleeps or it is over. Example: SELECT account_name, kind, unanswered_since FROM alert_reactions WHERE unanswered_since IS NOT NULL ORDER BY unanswered_since';

CREATE VIEW IF NOT EXISTS team_health AS
SELECT
    o.owner AS owner,
    m.name AS name,
    m.role AS role,
    m.reports_to AS reports_to,
    sum(o.accounts) AS accounts,
    sum(o.critical) AS critical,
    sum(o.at_risk) AS at_risk,
    sum(o.watch) AS watch,
    sum(o.healthy) AS healthy,
    sum(o.unscored) AS unscored,
    sumMap(o.value) AS annual_value,
    sumMap(o.critical_value) AS critical_value,
    sumMap(o.at_risk_value) AS at_risk_value,
    sum(o.revenue_at_risk) AS revenue_at_risk,
    sum(o.unrated) AS unrated,
    sum(o.worsened) AS worsened_7d,
    sum(o.improved) AS improved_7d,
    sum(o.opened) AS alerts_opened_7d,
    sum(o.acknowledged) AS alerts_acknowledged_7d,
    sum(o.resolved) AS alerts_resolved_7d,
    sum(o.unanswered) AS alerts_unanswered,
    min(o.since) AS unanswered_since,
    groupArrayArray(o.after_s) AS acknowledged_after_s,
    if(empty(acknowledged_after_s), NULL, arrayReduce('quantileExactInclusive(0.5)', acknowledged_after_s)) AS median_acknowledge_s
FROM
(
    SELECT
        owner,
        count() AS accounts,
        countIf(band = 'critical') AS critical,
        countIf(band = 'at_risk') AS at_risk,
        countIf(band = 'watch') AS watch,
        countIf(band = 'healthy') AS healthy,
        countIf(band = '') AS unscored,
        sumMapIf(map(toString(currency), annual_value), annual_value > 0) AS value,
        sumMapIf(map(toString(currency), annual_value), annual_value > 0 AND band = 'critical') AS critical_value,
        sumMapIf(map(toString(currency), annual_value), annual_value > 0 AND band = 'at_risk') AS at_risk_value,
        sumIf(worth, band IN ('critical', 'at_risk')) AS revenue_at_risk,
        countIf(unrated AND band IN ('critical', 'at_risk')) AS unrated,
        countIf(moved = 'worsened') AS worsened,
        countIf(moved = 'improved') AS improved,
        0 AS opened,
        0 AS acknowledged,
        0 AS resolved,
        0 AS unanswered,
        NULL AS since,
        [] AS after_s
    FROM account_bands
    GROUP BY owner
    UNION ALL
    SELECT
        owner_now, 0, 0, 0, 0, 0, 0, map(), map(), map(), 0, 0, 0, 0,
        countIf(opened_at >= week),
        countIf(first_acknowledged_at >= week),
        countIf(state = 'resolved' AND closed_at >= week),
        countIf(unanswered_since IS NOT NULL),
        min(unanswered_since),
        groupArrayIf(dateDiff('second', opened_at, assumeNotNull(first_acknowledged_at)), first_acknowledged_at >= week)
    FROM (SELECT *, now64(3, 'UTC') - INTERVAL 7 DAY AS week FROM alert_reactions)
    GROUP BY owner_now
    UNION ALL
    SELECT manager_id, 0, 0, 0, 0, 0, 0, map(), map(), map(), 0, 0, 0, 0, 0, 0, 0, 0, NULL, []
    FROM managers FINAL
) AS o
LEFT JOIN (SELECT manager_id, name, role, reports_to FROM managers FINAL) AS m ON o.owner = m.manager_id
GROUP BY o.owner, m.name, m.role, m.reports_to
COMMENT 'Grain: one manager, or owner of an account or alert of whom there is no profile; empty for what nobody owns. Key: owner. The own accounts alone: whoever reports to a manager has a row of their own, and reports_to says who that is. Values are by currency; revenue_at_risk is that of critical and at_risk in the base currency of the policy, unrated counts accounts in it without a rate. Bands that moved, and alerts opened, first acknowledged and resolved, are of the last 7 days, without historic ones. alerts_unanswered: open and in nobody''s hands, the oldest unanswered_since. median_acknowledge_s: seconds from opening to the first acknowledgement, of those in acknowledged_after_s. Example: SELECT name, revenue_at_risk, alerts_unanswered FROM team_health ORDER BY revenue_at_risk DESC';
