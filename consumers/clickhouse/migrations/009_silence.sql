-- Since when an account is quiet, and by which day its own rhythm has its next purchase and word expected.

CREATE TABLE IF NOT EXISTS silence
(
    account_id String COMMENT 'the account',
    produced_at DateTime64(3, 'UTC') COMMENT 'produced_at of the snapshot that said so' CODEC(Delta, ZSTD(1)),
    last_purchase_on Nullable(Date) COMMENT 'day (UTC) of its latest purchase, NULL without one',
    purchase_expected_by Nullable(Date) COMMENT 'day by which the next one is expected, overdue after it; NULL where nothing can be said',
    last_word_on Nullable(Date) COMMENT 'day (UTC) of the latest thing the client did or said, NULL without one',
    word_expected_by Nullable(Date) COMMENT 'day by which the next one is expected, gone silent after it; NULL where nothing can be said'
)
ENGINE = ReplacingMergeTree(produced_at)
ORDER BY account_id
COMMENT 'Grain: one account, by its latest health snapshot. Key: account_id. Read with FINAL. Example: SELECT account_id FROM silence FINAL WHERE purchase_expected_by < today()';

CREATE MATERIALIZED VIEW IF NOT EXISTS silence_arrived TO silence AS
WITH
    JSONExtract(payload, 'Tuple(account_id String, produced_at String, last_purchase_on String,
        purchase_expected_by String, last_word_on String, word_expected_by String)') AS s
SELECT
    s.account_id AS account_id,
    parseDateTime64BestEffortOrZero(s.produced_at, 3, 'UTC') AS produced_at,
    toDateOrNull(s.last_purchase_on) AS last_purchase_on,
    toDateOrNull(s.purchase_expected_by) AS purchase_expected_by,
    toDateOrNull(s.last_word_on) AS last_word_on,
    toDateOrNull(s.word_expected_by) AS word_expected_by
FROM arriving_health;
