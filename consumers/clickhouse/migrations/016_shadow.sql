-- What a policy that is tried out would say otherwise. Nobody acts on it.

CREATE TABLE IF NOT EXISTS shadow
(
    account_id String COMMENT 'the account',
    owner String COMMENT 'manager who owned the account as of then, empty when unknown',
    as_of DateTime64(3, 'UTC') COMMENT 'event time both scores hold for',
    produced_at DateTime64(3, 'UTC') COMMENT 'clock of the worker when it found the difference',
    tried_since DateTime64(6, 'UTC') COMMENT 'since when the policy is tried out: in_force_from of its row in policies',
    began_at DateTime64(3, 'UTC') COMMENT 'since when this worker does: it begins anew with every start',
    policy LowCardinality(String) COMMENT 'policy in force, with the segment whose rules count',
    shadow_policy LowCardinality(String) COMMENT 'the same of the policy tried out',
    score Nullable(Float64) COMMENT '0 to 100, NULL without any signal',
    shadow_score Nullable(Float64) COMMENT 'what it would be',
    band LowCardinality(String) COMMENT 'healthy, watch, at_risk, critical, empty without a score',
    shadow_band LowCardinality(String) COMMENT 'what it would be',
    alerts Array(Tuple(kind String, now String, added UInt32, removed UInt32)) COMMENT 'by kind: added where one is open under the policy tried out alone, removed where only in force, and how often each came about since began_at',
    topic LowCardinality(String) COMMENT 'Kafka topic',
    partition UInt32 COMMENT 'Kafka partition',
    offset UInt64 COMMENT 'Kafka offset' CODEC(Delta, ZSTD(1)),
    record_at DateTime64(3, 'UTC') COMMENT 'timestamp Kafka gave the record' CODEC(Delta, ZSTD(1)),
    ingested_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'when it reached the warehouse' CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(produced_at)
-- One row an account. The latest finding counts, not the highest offset, which starts again with a new broker.
ORDER BY account_id
COMMENT 'Grain: one account, the latest difference told of it. Key: account_id. Read the view shadow_accounts.';

CREATE TABLE IF NOT EXISTS arriving_shadow
(
    payload String COMMENT 'the difference as JSON',
    topic LowCardinality(String) COMMENT 'Kafka topic',
    partition UInt32 COMMENT 'Kafka partition',
    offset UInt64 COMMENT 'Kafka offset',
    record_at DateTime64(3, 'UTC') COMMENT 'timestamp Kafka gave the record'
)
ENGINE = Null
COMMENT 'Way in for account.shadow, keeps nothing. Fills shadow.';

CREATE MATERIALIZED VIEW IF NOT EXISTS shadow_arrived TO shadow AS
WITH JSONExtract(payload, 'Tuple(account_id String, owner String, as_of String, produced_at String, tried_since String,
    began_at String, policy String, shadow_policy String, score Nullable(Float64), shadow_score Nullable(Float64),
    band String, shadow_band String,
    alerts Array(Tuple(kind String, now String, added UInt32, removed UInt32)))') AS s
SELECT
    s.account_id AS account_id,
    s.owner AS owner,
    parseDateTime64BestEffortOrZero(s.as_of, 3, 'UTC') AS as_of,
    parseDateTime64BestEffortOrZero(s.produced_at, 3, 'UTC') AS produced_at,
    parseDateTime64BestEffortOrZero(s.tried_since, 6, 'UTC') AS tried_since,
    parseDateTime64BestEffortOrZero(s.began_at, 3, 'UTC') AS began_at,
    s.policy AS policy,
    s.shadow_policy AS shadow_policy,
    s.score AS score,
    s.shadow_score AS shadow_score,
    s.band AS band,
    s.shadow_band AS shadow_band,
    s.alerts AS alerts,
    topic, partition, offset, record_at
FROM arriving_shadow;

CREATE VIEW IF NOT EXISTS shadow_trial AS
SELECT
    t.policy AS policy,
    t.in_force_from AS tried_since,
    t.author AS author,
    t.reason AS reason,
    (SELECT minOrNull(in_force_from) FROM policies FINAL
     WHERE kind = 'shadow_ended' AND in_force_from > (SELECT max(in_force_from) FROM policies FINAL WHERE kind = 'shadow')
    ) AS ended_at
FROM (SELECT * FROM policies FINAL) AS t
WHERE t.kind = 'shadow'
ORDER BY t.in_force_from DESC
LIMIT 1
COMMENT 'Grain: the policy tried out last; no row where none ever was. ended_at is NULL while it goes on. Example: SELECT policy, ended_at FROM shadow_trial';

CREATE VIEW IF NOT EXISTS shadow_accounts AS
SELECT
    s.account_id AS account_id,
    p.name AS name,
    if(p.owner = '', s.owner, p.owner) AS owner,
    m.name AS owner_name,
    s.band AS band,
    s.shadow_band AS shadow_band,
    s.score AS score,
    s.shadow_score AS shadow_score,
    arrayCount(one -> one.now = 'added', s.alerts) AS alerts_added_now,
    arrayCount(one -> one.now = 'removed', s.alerts) AS alerts_removed_now,
    arraySum(one -> one.added, s.alerts) AS alerts_added,
    arraySum(one -> one.removed, s.alerts) AS alerts_removed,
    s.alerts AS alerts,
    s.policy AS policy,
    s.shadow_policy AS shadow_policy,
    s.as_of AS as_of,
    s.produced_at AS produced_at
FROM (SELECT * FROM shadow FINAL) AS s
INNER JOIN shadow_trial AS t ON s.tried_since = t.tried_since
INNER JOIN
(
    SELECT tried_since, partition, max(began_at) AS began_at FROM shadow FINAL GROUP BY tried_since, partition
) AS b ON s.tried_since = b.tried_since AND s.partition = b.partition AND s.began_at = b.began_at
LEFT JOIN (SELECT account_id, name, owner FROM profiles FINAL) AS p ON s.account_id = p.account_id
LEFT JOIN (SELECT manager_id, name FROM managers FINAL) AS m ON if(p.owner = '', s.owner, p.owner) = m.manager_id
COMMENT 'Grain: one account of which the policy tried out last said something else. Key: account_id. What a worker said before it started anew is left out. Example: SELECT band, shadow_band, count() FROM shadow_accounts WHERE band != shadow_band GROUP BY ALL';

CREATE VIEW IF NOT EXISTS shadow_by_owner AS
SELECT
    owner,
    any(owner_name) AS owner_name,
    band,
    shadow_band,
    countIf(band != shadow_band) AS accounts,
    sum(alerts_added) AS alerts_added,
    sum(alerts_removed) AS alerts_removed
FROM shadow_accounts
GROUP BY owner, band, shadow_band
HAVING accounts > 0 OR alerts_added > 0 OR alerts_removed > 0
COMMENT 'Grain: the accounts of one owner that change band alike under the policy tried out last. Key: owner, band, shadow_band. Accounts that keep their band count for alerts alone. Example: SELECT * FROM shadow_by_owner ORDER BY owner, accounts DESC';
