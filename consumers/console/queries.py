"""The SQL of the console, always with bound parameters. Run by `reading` alone.

Whatever is about accounts takes `sees`, the owners whose accounts the viewer may see, and returns nothing else.
An account's owner is its profile's, else the one its newest snapshot names. Times travel as milliseconds: drivers cut
the fraction off a bound time.
"""

from typing import Final

PEOPLE: Final = """
SELECT manager_id, name, role, reports_to, locale, time_zone,
       arrayMap(one -> one.address, arrayFilter(one -> one.kind = 'email',
           JSONExtract(payload, 'channels', 'Array(Tuple(kind String, address String))'))) AS mail_addresses
FROM managers FINAL
"""

ACCOUNT: Final = """
SELECT id AS account_id, name, if(p.owner = '', h.owner, p.owner) AS owner, segment, annual_value, currency, parent,
       id IN (SELECT parent FROM profiles) AS has_children
FROM (SELECT {account:String} AS id) AS wanted
LEFT JOIN (
    SELECT account_id, name, owner, segment, annual_value, currency, parent
    FROM profiles FINAL WHERE account_id = {account:String}
) AS p ON p.account_id = id
LEFT JOIN (SELECT account_id, owner FROM health FINAL WHERE account_id = {account:String}) AS h ON h.account_id = id
WHERE owner IN {sees:Array(String)}
"""

PARENT: Final = """
SELECT t.parent AS account_id, t.state AS state,
       if(p.owner = '', h.owner, p.owner) IN {sees:Array(String)} AS visible, if(visible, p.name, '') AS name
FROM (SELECT parent, state FROM account_parents WHERE account_id = {account:String}) AS t
LEFT JOIN (SELECT account_id, name, owner FROM profiles FINAL) AS p ON p.account_id = t.parent
LEFT JOIN (SELECT account_id, owner FROM health FINAL) AS h ON h.account_id = t.parent
"""

GROUP: Final = """
SELECT *, worst_owner IN {sees:Array(String)} AS worst_visible FROM group_health WHERE account_id = {account:String}
"""

CHILDREN: Final = """
SELECT c.account_id AS account_id, p.name AS name, p.owner AS owner, p.segment AS segment,
       p.annual_value AS annual_value, p.currency AS currency, h.score AS score, h.band AS band,
       count() OVER () AS visible
FROM (SELECT account_id FROM account_parents WHERE parent = {account:String} AND state = '') AS c
INNER JOIN (SELECT account_id, name, owner, segment, annual_value, currency FROM profiles FINAL) AS p
    ON p.account_id = c.account_id
LEFT JOIN (SELECT account_id, score, band FROM health FINAL) AS h ON h.account_id = c.account_id
WHERE p.owner IN {sees:Array(String)}
ORDER BY h.score IS NULL, h.score, c.account_id
LIMIT {limit:UInt32}
"""

_VISIBLE: Final = """
owner IN {sees:Array(String)}
AND ({owner:String} = '' OR owner = {owner:String})
AND ({text:String} = '' OR positionCaseInsensitiveUTF8(name, {text:String}) > 0
     OR positionCaseInsensitiveUTF8(account_id, {text:String}) > 0)
"""

WORKLIST: Final = f"""
SELECT account_id, name, owner, segment, band, score, change_7d, open_alerts, unacknowledged_alerts, open_complaints,
       annual_value, currency
FROM worklist
WHERE {_VISIBLE} AND ({{band:String}} = '' OR band = if({{band:String}} = 'none', '', {{band:String}}))
ORDER BY
    unacknowledged_alerts > 0 DESC,
    indexOf(['critical', 'at_risk', 'watch', 'healthy'], band) = 0,
    indexOf(['critical', 'at_risk', 'watch', 'healthy'], band),
    open_alerts DESC,
    toFloat64(annual_value) * (100 - ifNull(score, 100)) DESC,
    account_id
LIMIT {{limit:UInt32}} OFFSET {{offset:UInt32}}
"""  # noqa: S608 - put together from constants of this file

BANDS: Final = f"""
SELECT band, count() AS accounts FROM account_health_now WHERE {_VISIBLE} GROUP BY band
"""  # noqa: S608 - the same

REASONS_OF: Final = """
SELECT c.account_id AS account_id, c.name AS name, c.dimension AS dimension, c.points AS points
FROM (SELECT * FROM contributions FINAL WHERE account_id IN {accounts:Array(String)}) AS c
INNER JOIN (
    SELECT h.account_id AS account_id, h.produced_at AS produced_at, h.version AS version
    FROM (SELECT account_id, produced_at, version, owner FROM health FINAL
          WHERE account_id IN {accounts:Array(String)}) AS h
    LEFT JOIN (SELECT account_id, owner FROM profiles FINAL WHERE account_id IN {accounts:Array(String)}) AS p
        ON p.account_id = h.account_id
    WHERE if(p.owner = '', h.owner, p.owner) IN {sees:Array(String)}
) AS newest
ON c.account_id = newest.account_id AND c.produced_at = newest.produced_at AND c.version = newest.version
ORDER BY account_id, c.no
"""

EPISODES: Final = """
SELECT * FROM inbox
WHERE if(account_owner = '', owner, account_owner) IN {sees:Array(String)}
  AND ({account:String} = '' OR account_id = {account:String})
  AND ({alert:String} = '' OR alert_id = {alert:String})
  AND (empty({states:Array(String)}) OR state IN {states:Array(String)})
  AND ({historic:Int8} = -1 OR historic = ({historic:Int8} = 1))
ORDER BY last_at DESC, alert_id
LIMIT {limit:UInt32} OFFSET {offset:UInt32}
"""

EPISODE_COUNTS: Final = """
SELECT countIf(i.state IN ('open', 'snoozed') AND NOT i.historic) AS open,
       countIf(i.state = 'acknowledged' AND NOT i.historic) AS acknowledged,
       countIf(i.state IN ('resolved', 'retracted') AND NOT i.historic) AS resolved,
       countIf(i.historic) AS historic
FROM inbox AS i WHERE if(i.account_owner = '', i.owner, i.account_owner) IN {sees:Array(String)}
"""

NOTIFICATION: Final = """
SELECT alert_id, recipient, channel FROM deliveries WHERE notification_id = {notification:String} LIMIT 1
"""
"""All receipts of a notification say the same of these. What its recipient may see is asked like any viewer's."""

REACTIONS: Final = """
SELECT * FROM alert_reactions
WHERE unanswered_since IS NOT NULL AND owner_now IN {sees:Array(String)}
  AND account_id IN {accounts:Array(String)} AND alert_id IN {alerts:Array(String)}
ORDER BY unanswered_since, alert_id
"""
"""Asked for a few: what an alert says is read for these alone, and not for all that are sorted."""

KINDS: Final = """
SELECT kind,
       countIf(opened_at >= week) AS opened,
       countIf(first_acknowledged_at >= week) AS acknowledged,
       countIf(state = 'resolved' AND closed_at >= week) AS resolved,
       countIf(unanswered_since IS NOT NULL) AS unanswered
FROM (SELECT *, now64(3, 'UTC') - INTERVAL 7 DAY AS week FROM alert_reactions WHERE owner_now IN {sees:Array(String)})
GROUP BY kind
HAVING opened + acknowledged + resolved + unanswered > 0
ORDER BY opened DESC, unanswered DESC, kind
"""

HEALTH: Final = """
SELECT h.*, s.last_purchase_on, s.purchase_expected_by, s.last_word_on, s.word_expected_by
FROM (SELECT * FROM health FINAL WHERE account_id = {account:String}) AS h
LEFT JOIN (SELECT * FROM silence FINAL WHERE account_id = {account:String}) AS s ON s.account_id = h.account_id
"""

CONTRIBUTIONS: Final = """
SELECT name, dimension, points FROM contributions FINAL
WHERE account_id = {account:String} AND version = {version:UInt64}
  AND produced_at = fromUnixTimestamp64Milli({produced_ms:Int64}, 'UTC')
ORDER BY no
"""

CHANGES: Final = """
SELECT version, produced_at, as_of, score, previous_score, band
FROM health_history FINAL WHERE account_id = {account:String}
ORDER BY produced_at DESC, version DESC LIMIT {limit:UInt32}
"""

PARTS: Final = """
SELECT version, produced_at, kind, points, signal, event_id, source, event_type, event_time, reason
FROM changes FINAL
WHERE account_id = {account:String} AND produced_at >= fromUnixTimestamp64Milli({since_ms:Int64}, 'UTC')
ORDER BY produced_at DESC, version DESC, no
"""

FACTS: Final = """
SELECT source, event_id, type, time, payload FROM facts
WHERE account_id = {account:String}
  AND ({older:UInt8} = 0 OR (time, event_id) < (fromUnixTimestamp64Milli({before_ms:Int64}, 'UTC'), {before_id:String}))
ORDER BY time DESC, event_id DESC LIMIT {limit:UInt32}
"""

POINTS: Final = """
SELECT source, event_id, sum(points) AS points FROM changes FINAL
WHERE account_id = {account:String} AND event_id IN {events:Array(String)}
GROUP BY source, event_id
"""

HISTORY: Final = """
SELECT argMax(h.score, (h.as_of, h.version)) AS score,
       argMax(h.band, (h.as_of, h.version)) AS band,
       max(h.as_of) AS at
FROM health_history AS h FINAL
WHERE h.account_id = {account:String} AND h.score IS NOT NULL
  AND h.as_of >= now64(3, 'UTC') - INTERVAL {days:UInt32} DAY
GROUP BY toStartOfInterval(h.as_of, INTERVAL {bucket_h:UInt32} HOUR)
ORDER BY at
"""

TRIAL: Final = "SELECT policy, tried_since, ended_at FROM shadow_trial"
"""The policy tried out last; nothing about accounts."""

TRIAL_OWNERS: Final = """
SELECT owner, band, shadow_band, accounts, alerts_added, alerts_removed
FROM shadow_by_owner WHERE owner IN {sees:Array(String)}
ORDER BY sum(accounts) OVER (PARTITION BY owner) DESC, owner, accounts DESC, band, shadow_band
"""

TRIAL_ACCOUNTS: Final = """
SELECT account_id, name, owner, band, shadow_band, score, shadow_score, alerts_added_now, alerts_removed_now
FROM shadow_accounts
WHERE owner IN {sees:Array(String)} AND (band != shadow_band OR alerts_added_now + alerts_removed_now > 0)
ORDER BY ifNull(shadow_score, 0) - ifNull(score, 0), account_id
LIMIT {limit:UInt32}
"""

PROBE: Final = "SELECT count() AS tables FROM managers"
"""Fails when the warehouse is away or was never migrated."""
