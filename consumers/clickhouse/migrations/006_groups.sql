-- Parent accounts: who belongs to whom, and how a whole group does.
--
-- Children lie on other partitions than their parent, so no worker can add them up; here they lie side by side. A tree is
-- walked when it is read, up from every account that names a parent: a profile that comes late moves whole branches,
-- which nothing kept beside the profiles could follow.

-- What currencies are worth, so that a group of accounts in several of them can be counted together.
CREATE TABLE IF NOT EXISTS currency_rates
(
    currency LowCardinality(String) COMMENT 'ISO 4217',
    rate Float64 COMMENT 'what one unit is worth in the base currency of the policy, 0 for one that the policy no longer has',
    policy LowCardinality(String) COMMENT 'name and version of the policy that says so',
    written_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'when this row was written: the latest counts'
)
ENGINE = ReplacingMergeTree(written_at)
-- One row a currency, joined by currency.
ORDER BY currency
COMMENT 'Grain: one currency. Key: currency. Written by pulse migrate from the policy in force. Read with FINAL.';

CREATE VIEW IF NOT EXISTS account_parents AS
WITH RECURSIVE walk AS
(
    SELECT account_id, parent AS above, [parent] AS path FROM profiles FINAL WHERE parent != ''
    UNION ALL
    SELECT w.account_id, p.parent, arrayPushBack(w.path, p.parent)
    FROM walk AS w
    INNER JOIN (SELECT account_id, parent FROM profiles FINAL WHERE parent != '') AS p ON w.above = p.account_id
    -- on until the top, a circle closed, or too many levels
    WHERE w.above != w.account_id AND indexOf(w.path, w.above) = length(w.path) AND length(w.path) <= 32
)
SELECT
    account_id,
    path[1] AS parent,
    multiIf(has(path, account_id), 'parent_cycle', length(path) > 32, 'parent_too_deep',
        length(path) = 1 AND NOT known, 'parent_unknown', '') AS state,
    -- the last is either somebody unknown, or where a circle above closed: that circle is left at its first account
    multiIf(state != '', [], NOT known, arrayPopBack(path), arraySlice(path, 1, indexOf(path, top))) AS above
FROM
(
    SELECT
        account_id,
        argMax(path, length(path)) AS path,
        path[-1] AS top,
        top IN (SELECT account_id FROM profiles UNION ALL SELECT account_id FROM health) AS known
    FROM walk
    GROUP BY account_id
)
COMMENT 'Grain: one account whose profile names a parent. Key: account_id. above: its parent, the parent of that and so on up, as far as it counts. state is empty, or says why it stands alone: parent_unknown (the parent has neither profile nor score yet), parent_cycle (it is its own ancestor), parent_too_deep (more than 32 levels). Example: SELECT state, count() FROM account_parents WHERE state != '''' GROUP BY state';

-- Values are turned into the currency of the group. Rates are fixed, so these are sizes to compare and no books; what is
-- in the currency of the group already stays exact.
CREATE VIEW IF NOT EXISTS group_health AS
WITH
    members AS
    (
        SELECT DISTINCT arrayJoin(arrayConcat(
            arrayMap((one, level) -> (one, account_id, level), above, arrayEnumerate(above)),
            [(above[1], above[1], toUInt32(0))])) AS m
        FROM account_parents
        WHERE notEmpty(above)
    ),
    priced AS
    (
        SELECT
            m.1 AS group_id,
            m.2 AS member,
            m.3 AS level,
            p.name AS name,
            if(p.owner = '', h.owner, p.owner) AS owner,
            p.annual_value AS value,
            p.currency AS money,
            h.score AS score,
            h.band AS band,
            r.rate AS rate,
            countIf(value > 0) OVER (PARTITION BY group_id, money) AS alike,
            countIf(value > 0 AND score IS NOT NULL) OVER (PARTITION BY group_id, money) AS scored_alike
        FROM members
        LEFT JOIN (SELECT account_id, name, owner, annual_value, currency FROM profiles FINAL) AS p ON m.2 = p.account_id
        LEFT JOIN (SELECT account_id, owner, score, band FROM health FINAL) AS h ON m.2 = h.account_id
        LEFT JOIN (SELECT currency, rate FROM currency_rates FINAL) AS r ON p.currency = r.currency
    ),
    counted AS
    (
        SELECT
            *,
            argMinIf((money, rate), (-toInt64(scored_alike), -toInt64(alike), money), value > 0) OVER (PARTITION BY group_id) AS common,
            common.1 AS currency,
            -- in the currency of the group; 0 for what has no rate
            multiIf(
                money = currency, CAST(value, 'Decimal(38, 4)'),
                rate > 0 AND common.2 > 0, toDecimal128(toFloat64(value) * rate / common.2, 4),
                CAST(0, 'Decimal(38, 4)')) AS worth
        FROM priced
    ),
    weighed AS
    (
        SELECT
            *,
            minIf(worth, worth > 0 AND score IS NOT NULL) OVER (PARTITION BY group_id) AS least,
            multiIf(
                score IS NULL, 0,
                value = 0, if(least = 0, 1, toFloat64(least)),
                toFloat64(worth)) AS weight
        FROM counted
    )
SELECT
    g.group_id AS account_id,
    p.name AS name,
    if(p.owner = '', h.owner, p.owner) AS owner,
    p.parent AS parent,
    g.score AS score,
    h.score AS own_score,
    g.children AS children,
    g.accounts AS accounts,
    g.levels AS levels,
    g.worst.1 AS worst_account,
    g.worst.2 AS worst_name,
    g.worst.3 AS worst_owner,
    g.worst.4 AS worst_score,
    g.worst.5 AS worst_band,
    g.best_score AS best_score,
    g.critical AS critical,
    g.at_risk AS at_risk,
    g.watch AS watch,
    g.healthy AS healthy,
    g.unscored AS unscored,
    g.currency AS currency,
    g.annual_value AS annual_value,
    g.critical_value AS critical_value,
    g.at_risk_value AS at_risk_value,
    g.unvalued AS unvalued,
    g.unweighed AS unweighed,
    g.other_values AS other_values
FROM
(
    SELECT
        w.group_id AS group_id,
        if(sum(w.weight) > 0, sum(w.weight * ifNull(w.score, 0)) / sum(w.weight), NULL) AS score,
        countIf(w.level = 1) AS children,
        countIf(w.level > 0) AS accounts,
        max(w.level) AS levels,
        argMinIf((w.member, w.name, w.owner, w.score, w.band), (w.score, w.member), w.level > 0 AND w.score IS NOT NULL) AS worst,
        maxIf(w.score, w.level > 0) AS best_score,
        countIf(w.level > 0 AND w.band = 'critical') AS critical,
        countIf(w.level > 0 AND w.band = 'at_risk') AS at_risk,
        countIf(w.level > 0 AND w.band = 'watch') AS watch,
        countIf(w.level > 0 AND w.band = 'healthy') AS healthy,
        countIf(w.level > 0 AND w.score IS NULL) AS unscored,
        any(w.currency) AS currency,
        sum(w.worth) AS annual_value,
        sumIf(w.worth, w.level > 0 AND w.band = 'critical') AS critical_value,
        sumIf(w.worth, w.level > 0 AND w.band = 'at_risk') AS at_risk_value,
        countIf(w.value = 0 AND w.score IS NOT NULL) AS unvalued,
        countIf(w.score IS NOT NULL AND w.value > 0 AND w.worth = 0) AS unweighed,
        sumMapIf(map(w.money, w.value), w.value > 0 AND w.worth = 0) AS other_values
    FROM weighed AS w
    GROUP BY w.group_id
) AS g
LEFT JOIN (SELECT account_id, name, owner, parent FROM profiles FINAL) AS p ON g.group_id = p.account_id
LEFT JOIN (SELECT account_id, owner, score FROM health FINAL) AS h ON g.group_id = h.account_id
COMMENT 'Grain: one account that others name as their parent. Key: account_id. The group is the account and all below it, children of children too. score: their mean, weighted by annual_value in currency, the commonest of the group, other currencies by currency_rates; an account without value weighs as the least valued one (unvalued counts them); values that no rate turns into currency are in other_values and weigh nothing (unweighed counts those accounts). children, accounts, levels, worst_*, best_score, the numbers by band, critical_value and at_risk_value are of the accounts below; annual_value is of the whole group. Example: SELECT name, score, worst_name, worst_score, critical_value FROM group_health ORDER BY critical_value DESC';
