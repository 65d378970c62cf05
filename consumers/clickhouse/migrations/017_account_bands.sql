-- The view of 015_teams.sql, several times as fast: which snapshot was the last one by (as_of, produced_at, version) is told
-- by one number instead of a tuple, which argMax compares value by value.
CREATE OR REPLACE VIEW account_bands AS
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
LEFT JOIN
(
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
) AS w ON h.account_id = w.account_id
LEFT JOIN (SELECT currency, rate FROM currency_rates FINAL) AS r ON h.currency = r.currency
COMMENT 'Grain: one account with a health snapshot. Key: account_id. Its band beside that of 7 days ago: moved is worsened, improved, or empty (the same, or none then or now); standing is 1 for critical to 4 for healthy, 0 without a score. worth: annual_value in the base currency of the policy, by currency_rates; 0 where there is no rate for it (unrated). Example: SELECT name, band_before, band, worth FROM account_bands WHERE moved = ''worsened'' ORDER BY worth DESC';
