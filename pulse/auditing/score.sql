-- The score of every account of a chunk by SQL alone, as of its latest snapshot's own moment: a second reckoning that
-- shares no code with the first. The policy's numbers are parameters, in the order of {signals}.
WITH
asked AS
(
    SELECT account_id, toUnixTimestamp64Milli(as_of) / 1000 AS as_of_s
    FROM health FINAL
    WHERE policy = {policy:String} AND {in_chunk}
),
-- Each fact once by source and id, as it was told first.
once AS
(
    SELECT
        account_id,
        argMin(tuple(topic, type, toUnixTimestamp64Milli(time) * 1000 + micros, sentiment, answer, scale_min, scale_max,
            quantity, change, complaint_id, severity, toUnixTimestamp64Milli(due_at), withdrawn, period_s, amount, currency, lines, category),
            tuple(record_at, offset)) AS f
    FROM facts
    WHERE {in_chunk}
    GROUP BY account_id, source, event_id
),
-- What counts: the fact, or with sign -1 what it takes back as of that one's own time.
counted AS
(
    SELECT
        account_id,
        f.1 IN ('account.interactions', 'account.purchases', 'account.complaints') AS in_family,
        f.2 = 'fact.withdrawn.v1' AS takes_back,
        if(takes_back, -1., 1.) AS sign,
        JSONExtract(f.13, 'Tuple(type String, time String, data Tuple(sentiment Nullable(Float64),
            answer Nullable(Float64), scale_min Float64, scale_max Nullable(Float64), quantity Nullable(Float64),
            change String, complaint_id String, severity UInt8, answer_due_at String,
            period_s Nullable(UInt32), amount Nullable(Decimal(18, 4)), currency String, category String))') AS o,
        if(takes_back, o.1, f.2) AS kind,
        if(takes_back, toUnixTimestamp64Micro(parseDateTime64BestEffortOrZero(o.2, 6, 'UTC')), f.3) / 1000000 AS at,
        if(takes_back, o.3.1, f.4) AS sentiment,
        if(takes_back, o.3.2, f.5) AS answer,
        if(takes_back, o.3.3, f.6) AS scale_min,
        if(takes_back, o.3.4, f.7) AS scale_max,
        if(takes_back, o.3.5, f.8) AS quantity,
        if(takes_back, o.3.6, f.9) AS change,
        if(takes_back, o.3.7, f.10) AS complaint_id,
        if(takes_back, o.3.8, f.11) AS severity,
        if(takes_back, toUnixTimestamp64Milli(parseDateTime64BestEffortOrNull(o.3.9, 3, 'UTC')), f.12) AS due_ms,
        if(takes_back, o.3.10, f.14) AS period_s,
        if(takes_back, o.3.11, f.15) AS amount,
        if(takes_back, o.3.12, f.16) AS currency,
        if(takes_back, JSONLength(f.13, 'data', 'lines'), f.17) AS lines,
        if(takes_back, o.3.13, f.18) AS category,
        -- nan where the currency has no rate
        if(has({currencies:Array(String)}, currency), {rates:Array(Float64)}[indexOf({currencies:Array(String)}, currency)], nan) AS rate,
        -- how much a fact is of, for the levels
        multiIf(kind = 'interaction.usage_reported.v1', log1p(ifNull(quantity, 0.) * 86400 / ifNull(period_s, 1)),
            kind = 'purchase.order_placed.v1', log1p(toFloat64(ifNull(amount, 0)) * rate), nan) AS size
    FROM once
),
-- The complaints' courses: what was not taken back stands.
standing AS
(
    SELECT account_id, complaint_id, kind, at, severity, due_ms, category
    FROM counted
    WHERE kind IN ('complaint.opened.v1', 'complaint.resolved.v1', 'complaint.reopened.v1', 'complaint.withdrawn.v1')
    GROUP BY account_id, complaint_id, kind, at, severity, due_ms, category
    HAVING sum(sign) > 0
),
complaints AS
(
    SELECT
        account_id,
        minIf(tuple(at, severity, category), kind = 'complaint.opened.v1') AS opening,
        argMaxIf(kind, tuple(at, kind = 'complaint.resolved.v1'), kind IN ('complaint.resolved.v1', 'complaint.reopened.v1'))
            = 'complaint.resolved.v1' AS resolved
    FROM standing
    GROUP BY account_id, complaint_id
    HAVING countIf(kind = 'complaint.opened.v1') > 0 AND countIf(kind = 'complaint.withdrawn.v1') = 0
),
points AS
(
    SELECT account_id, at, sign * point.2 AS amount, point.1 AS signal
    FROM counted
    ARRAY JOIN multiIf(
        kind = 'interaction.logged.v1', arrayConcat([('contact', 1.), ('service_contact', 1.)],
            if(sentiment IS NULL, [], [('sentiment', ifNull(sentiment, 0.))])),
        kind = 'interaction.survey_answered.v1', [('survey',
            ifNull(((answer - scale_min) - (scale_max - answer)) / (scale_max - scale_min), 0.))],
        kind = 'interaction.usage_reported.v1', [('usage', if(ifNull(quantity, 0.) > 0, 1., -1.)),
            ('usage_level', size), ('usage_level_normal', size), ('usage_reports', 1.), ('usage_reports_normal', 1.)],
        kind = 'interaction.handed_off.v1', [('handed_off', 1.)],
        kind = 'purchase.order_placed.v1', arrayConcat([('orders', 1.), ('orders_ever', 1.),
            ('products', greatest(1., toFloat64(lines)))], if(isNaN(size), [],
            [('order_value', size), ('order_value_normal', size), ('orders_valued', 1.), ('orders_valued_normal', 1.)])),
        kind = 'purchase.order_delivered.v1', [('delivered', 1.)],
        kind = 'purchase.order_cancelled.v1', [('cancelled', 1.)],
        kind = 'purchase.order_returned.v1', [('returned', 1.)],
        kind = 'purchase.invoice_paid.v1', [('paid', 1.)],
        kind = 'purchase.invoice_disputed.v1', [('disputed', 1.)],
        kind = 'purchase.subscription_changed.v1', [(multiIf(change = 'reduced', 'subscription_down',
            change = 'cancelled', 'subscription_ended', 'subscription_up'), 1.)],
        kind = 'complaint.escalated.v1', [('escalated', 1.)],
        CAST([], 'Array(Tuple(String, Float64))')) AS point
    UNION ALL
    SELECT account_id, opening.1 AS at, 1. AS amount, concat('complaint_', toString(opening.2)) AS signal FROM complaints
    UNION ALL
    SELECT account_id, opening.1 AS at, 1. AS amount, concat('recovered_', toString(opening.2)) AS signal
    FROM complaints WHERE resolved
    UNION ALL
    SELECT account_id, opening.1 AS at, 1. AS amount, 'product_complaint' AS signal
    FROM complaints WHERE NOT resolved AND opening.3 IN ('product', 'technical')
),
decayed AS
(
    SELECT
        p.account_id AS account_id,
        indexOf({signals:Array(String)}, p.signal) AS place,
        sum(p.amount * exp2((p.at - a.as_of_s) / {half_lives_s:Array(Float64)}[indexOf({signals:Array(String)}, p.signal)])) AS total
    FROM points AS p INNER JOIN asked AS a ON p.account_id = a.account_id
    GROUP BY account_id, place
),
by_account AS
(
    SELECT
        account_id,
        CAST((groupArray(place), groupArray(total)), 'Map(UInt64, Float64)') AS total,
        groupUniqArray({dimensions:Array(UInt8)}[place]) AS seen
    FROM decayed
    GROUP BY account_id
),
facts_of AS
(
    SELECT account_id, count() AS facts, countIf(in_family) > 0 AS dealt FROM counted GROUP BY account_id
),
summed AS
(
    SELECT
        a.account_id AS account_id,
        f.facts AS facts,
        arrayMap(place -> b.total[place], arrayEnumerate({signals:Array(String)})) AS sums,
        -- Whoever deals with us could have complained: service, the third, counts.
        arrayMap(d -> if(has(b.seen, d) OR (d = 3 AND f.dealt), {weights:Array(Float64)}[d], 0.), [1, 2, 3]) AS weight
    FROM asked AS a
    LEFT JOIN by_account AS b ON a.account_id = b.account_id
    LEFT JOIN facts_of AS f ON a.account_id = f.account_id
),
-- How far recent facts lie from the account's own normal, by level.
levelled AS
(
    SELECT
        account_id,
        facts,
        sums,
        weight,
        arrayMap((recent, many, normal, normal_many, shrink, cap) ->
            if(least(sums[many], sums[normal_many]) < 1e-12, 0.,
                least(sums[many], sums[normal_many]) / (sums[many] + shrink)
                * greatest(-cap, least(cap, sums[recent] / sums[many] - sums[normal] / sums[normal_many]))),
            {recent:Array(UInt8)}, {many:Array(UInt8)}, {normal:Array(UInt8)}, {normal_many:Array(UInt8)},
            {shrink:Array(Float64)}, {cap:Array(Float64)}) AS deviation
    FROM summed
),
weighed AS
(
    SELECT
        account_id,
        facts,
        arraySum(weight) AS coverage,
        arrayMap(w -> if(coverage > 0, w / coverage, 0.), weight) AS share,
        (1 + {beta:Float64} * greatest(0., arraySum((s, name) -> if(startsWith(name, 'complaint_'), s, 0.),
            sums, {signals:Array(String)}) - 1))
        / (1 + {gamma:Float64} * log1p(greatest(0., sums[indexOf({signals:Array(String)}, 'orders_ever')]))) AS factor,
        sums[indexOf({signals:Array(String)}, 'orders')] AS orders,
        log1p(if(orders < 1e-12, 0., greatest(0., orders - sums[indexOf({signals:Array(String)}, 'returned')])
            * greatest(0., sums[indexOf({signals:Array(String)}, 'products')]) / orders)) AS kept,
        arrayMap((s, p, name, place) -> p * if(has({recent:Array(UInt8)}, place),
                deviation[indexOf({recent:Array(UInt8)}, place)],
                s * multiIf(match(name, '^(complaint|recovered)_'), factor, name = 'returned', 1 / (1 + {kappa:Float64} * kept),
                    name = 'product_complaint', factor / (1 + {delta:Float64} * kept), 1.)),
            sums, {points:Array(Float64)}, {signals:Array(String)}, arrayEnumerate(sums)) AS raw,
        arrayMap(d -> 50 + arraySum((r, of) -> if(of = d, r, 0.), raw, {dimensions:Array(UInt8)}), [1, 2, 3]) AS total,
        arrayMap(t -> least(100., greatest(0., t)), total) AS dimension
    FROM levelled
)
SELECT
    account_id,
    facts,
    if(coverage > 0, least(100., greatest(0., arraySum((s, d) -> s * d, share, dimension))), NULL) AS score,
    arrayConcat(
        arrayMap(s -> 50 * s, share),
        arrayMap((s, d, t) -> s * (d - t), share, dimension, total),
        arrayMap((r, of) -> share[of] * r, raw, {dimensions:Array(UInt8)})) AS parts
FROM weighed
