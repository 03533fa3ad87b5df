import { ACTUAL_WRITE, countedValue, hangingParts, journalParts, type WrittenParts } from './order-columns.ts';

const valueOf = (column: string): string =>
  column === 'open_value' ? countedValue('COALESCE(s.valued_at, o.valued_at)') : `s.${column}`;
const ASSIGNMENTS = ACTUAL_WRITE.map((column) => `${column} = ${valueOf(column)}`).join(', ');
const IDS = 'ARRAY(SELECT id FROM input)';

/** What the limits of the accounts say to the changes that are `limited`: see `judge_limits` in the migrations. */
const JUDGED = `
judged AS MATERIALIZED (
  SELECT v.n, v.refusal FROM locked l CROSS JOIN LATERAL judge_limits(l.account_id, $1::json) v WHERE l.limited
),`;

/** A row for each change that the limits refuse: its number and the reason. */
const REFUSED = `
UNION ALL SELECT v.n, ${Array.from({ length: 20 }, () => 'NULL').join(', ')}, v.refusal
FROM judged v`;

/**
 * Compare-and-swap of the states of several orders with their journal, legs and fills: one round trip, one implicit
 * transaction. $1: one object for each order, in the order of their cursors: `n` from 1, `id`, `expected` version (null:
 * no state yet), `events`, whether it is `sealed`, `state` (columns of `orders`; a changed intent brings `generation`,
 * `spec` and what is filtered on), and the rows of `journal`, `legs`, `leg_ids` and `fills`. With `unless_halted` nothing
 * of the order is written while its account is halted; nor is it when it is sealed where its account wants it plain, or
 * the other way round.
 *
 * Every other part hangs on the rows that the update returns. The journals of the accounts are locked before any order,
 * so that two writers with several orders in common wait for each other instead of for ever; the wait ends with the
 * other's commit, and under READ COMMITTED the version is then checked on the newer row: no row comes back for the
 * order, and nothing of it is written. The ids are an array beside the join, so that it cannot become a scan.
 */
export const commitStatement = (parts: WrittenParts, isLimited = false): string => `
WITH input AS MATERIALIZED (
  SELECT * FROM json_to_recordset($1::json)
    AS i(n int, id text, expected int, events int, sealed boolean, state json, unless_halted boolean, limited text,
      journal json, legs json, leg_ids json, fills json)
), locked AS MATERIALIZED (
  SELECT account_id, halted, limited, encrypted FROM account_journals
  WHERE account_id = ANY(ARRAY(SELECT DISTINCT account_id FROM orders WHERE id = ANY(${IDS})))
  ORDER BY account_id FOR UPDATE
),${isLimited ? JUDGED : ''} written AS (
  UPDATE orders o SET ${ASSIGNMENTS},
    actual_created_at = COALESCE(o.actual_created_at, s.actual_created_at, s.actual_updated_at),
    event_count = o.event_count + i.events,
    pending_since = CASE WHEN s.reconciliation_status = 'IN_SYNC' THEN NULL ELSE COALESCE(o.pending_since, s.actual_updated_at) END,
    generation = COALESCE(s.generation, o.generation),
    spec = COALESCE(s.spec, o.spec),
    trigger = COALESCE(s.trigger, o.trigger),
    valued_at = COALESCE(s.valued_at, o.valued_at),
    symbol = COALESCE(s.symbol, o.symbol),
    side = COALESCE(s.side, o.side),
    type = COALESCE(s.type, o.type),
    time_in_force = COALESCE(s.time_in_force, o.time_in_force),
    updated_at = CASE WHEN s.generation IS NULL THEN o.updated_at ELSE s.actual_updated_at END
  FROM input i CROSS JOIN LATERAL json_populate_record(NULL::orders, i.state) s
  WHERE o.id = ANY(${IDS}) AND o.id = i.id AND o.version IS NOT DISTINCT FROM i.expected
    AND (SELECT count(*) FROM locked) >= 0
    AND o.account_id = ANY(ARRAY(SELECT account_id FROM locked WHERE encrypted = i.sealed))
    AND (i.unless_halted IS NOT TRUE OR o.account_id <> ALL(ARRAY(SELECT account_id FROM locked WHERE halted)))${
      isLimited ? ' AND i.n <> ALL(ARRAY(SELECT n FROM judged))' : ''
    }
  RETURNING i.n, i.events, i.journal, i.legs, i.leg_ids, i.fills,
    o.id, o.account_id, o.user_id, o.exchange, o.client_order_id, o.request_hash, o.origin, o.mode, o.generation,
    o.symbol, o.spec, o.trigger, o.group_id, o.created_session_id, o.session_id, o.metadata, o.valued_at, o.created_at, o.updated_at,
    o.version, o.event_count, o.actual_created_at
),${journalParts('written')}${hangingParts('written', parts)}
SELECT w.n, w.id, w.account_id, w.user_id, w.exchange, w.client_order_id, w.request_hash, w.origin, w.mode, w.generation,
  w.spec, w.trigger, w.group_id, w.created_session_id, w.session_id, w.metadata, w.valued_at, w.created_at, w.updated_at, w.actual_created_at,
  w.seq${isLimited ? ', NULL::json AS refusal' : ''}
FROM numbered w${isLimited ? REFUSED : ''}`;
