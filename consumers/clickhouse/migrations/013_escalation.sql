-- An alert that was put off or passed on is open again: the inbox says so.

CREATE OR REPLACE VIEW inbox AS
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
        transform(argMaxIf(s.step, s.step_no, s.step IN ('opened', 'acknowledged', 'snoozed', 'escalated', 'reopened', 'reassigned', 'resolved', 'retracted')),
            ['opened', 'escalated', 'reopened', 'reassigned', ''], ['open', 'open', 'open', 'open', 'open']) AS state,
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
COMMENT 'Grain: one alert episode. Key: alert_id. state is open, acknowledged, snoozed, resolved or retracted, historic as of its first step, facts of the last step that has any. owner is who owned the account then, the first of escalation_chain who has the alert. Example: SELECT * FROM inbox WHERE owner = ''M-1'' AND state = ''open''';
