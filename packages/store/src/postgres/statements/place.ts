import {
  ACTUAL_WRITE,
  countedValue,
  hangingParts,
  INTENT_WRITE,
  journalParts,
  type WrittenParts,
} from './order-columns.ts';

/** Who gives no session gets the active one: judged here, under the lock, for it may have changed since the order was decided. */
const valueOf = (column: string): string =>
  column === 'session_id' || column === 'created_session_id'
    ? `COALESCE(s.${column}, (SELECT l.session_id FROM locked l WHERE l.account_id = i.account_id))`
    : column === 'open_value'
      ? countedValue('s.valued_at')
      : `s.${column}`;

/** All orders of a group are placed, or none. */
const admittedUnless = (purged: string, isGroup: boolean): string =>
  isGroup ? `NOT EXISTS (SELECT 1 FROM ${purged})` : `n <> ALL(ARRAY(SELECT n FROM ${purged}))`;

const COLUMNS = [...INTENT_WRITE, ...ACTUAL_WRITE, 'actual_created_at', 'event_count'];

/** $2: the row of the group that these orders are. All are of one account, so all are admitted or none. */
const GROUP_PART = `
grouped AS (
  INSERT INTO order_groups (id, user_id, account_id, kind, on_partial_fill, request_hash, created_at)
  SELECT id, user_id, account_id, kind, on_partial_fill, request_hash, created_at
  FROM json_populate_record(NULL::order_groups, $2::json) WHERE EXISTS (SELECT 1 FROM input)
),`;

/**
 * New orders with their journal, legs and fills: one round trip, one implicit transaction, all or none. $1: one object
 * for each order, in the order of their cursors: `n` from 1, `id`, `account_id`, `symbol`, `origin`, `version`,
 * `event_count`, `events` (the same), whether it is `sealed`, `client_order_id`, `request_hash`, `issued_at` and `expires_at`
 * of its command, `state` (columns of `orders`), and the rows of `journal`, `legs`, `leg_ids` and `fills`. The journals of the
 * accounts are locked first, as in `commit`; a closed one, or none, admits no order, a halted one
 * only what was found at the exchange: nothing else of it is written. (A lock that was waited for is judged by the newest
 * row, so an account that was unlinked or halted meanwhile counts.) An order that is sealed where its account wants it
 * plain, or plain where it wants it sealed, is not admitted either. Where the account has limits, those orders that are
 * `limited` are held against them then (see `judge_limits` in the migrations); a group is refused whole. Gives for each
 * order whether it was admitted, the cursor of its last line, whether its account is halted and encrypted (null: there is
 * none), the account's active session, and what its limits say.
 *
 * `names` are those by which a purged order is known: one that has them is not admitted (`purged`). Those rows are read as
 * of the statement's beginning; where the account was purged while its lock was waited for, the locked row counts one
 * purge more than the one of the beginning, and nothing is admitted (`again`): the statement is to be run once more.
 *
 * Nothing is placed by a command that is over (`over`): after its time, or after its own request was refused under the same
 * lock (`refuse_requests`). The clock is read, and `refused_since` looks, after the lock was taken.
 */
export const placeStatement = (parts: WrittenParts, isGroup = false): string => `
WITH given AS MATERIALIZED (
  SELECT * FROM json_to_recordset($1::json)
    AS i(n int, id text, account_id text, symbol text, origin text, limited text, version int, event_count int, events int,
      sealed boolean, client_order_id text, request_hash text, issued_at timestamptz, expires_at timestamptz,
      names json, state json, journal json, legs json, leg_ids json, fills json)
), seen AS MATERIALIZED (
  SELECT account_id, purges FROM account_journals WHERE account_id = ANY(ARRAY(SELECT DISTINCT account_id FROM given))
), locked AS MATERIALIZED (
  SELECT account_id, halted, encrypted, session_id, limited, purge_key, purges, refused_at FROM account_journals
  WHERE account_id = ANY(ARRAY(SELECT DISTINCT account_id FROM given)) AND NOT closed ORDER BY account_id FOR UPDATE
), judged AS MATERIALIZED (
  SELECT v.n, v.refusal FROM locked l CROSS JOIN LATERAL judge_limits(l.account_id, $1::json) v
  WHERE l.limited AND EXISTS (SELECT 1 FROM given g WHERE g.account_id = l.account_id AND g.limited IS NOT NULL)
), purged AS MATERIALIZED (
  SELECT g.n FROM given g CROSS JOIN locked l CROSS JOIN LATERAL json_array_elements_text(g.names) AS x(name)
  WHERE l.account_id = g.account_id AND l.purge_key IS NOT NULL AND (
    SELECT true FROM purged_keys p
    WHERE p.account_id = g.account_id AND p.key = sha256(convert_to(l.purge_key || x.name, 'UTF8')))
), over AS MATERIALIZED (
  SELECT g.n, CASE WHEN g.expires_at < clock_timestamp() THEN 'expired' ELSE 'refused' END AS reason
  FROM locked l JOIN given g ON g.account_id = l.account_id
  WHERE g.expires_at < clock_timestamp()
    OR (g.issued_at <= l.refused_at AND refused_since(l.account_id, g.client_order_id, g.request_hash, g.issued_at))
), input AS MATERIALIZED (
  SELECT * FROM given WHERE ${admittedUnless('purged', isGroup)} AND ${admittedUnless('judged', isGroup)}
    AND ${admittedUnless('over', isGroup)}
    AND account_id = ANY(ARRAY(SELECT account_id FROM locked WHERE (NOT halted OR given.origin = 'EXTERNAL')
      AND encrypted = given.sealed AND purges = (SELECT s.purges FROM seen s WHERE s.account_id = locked.account_id)))
), inserted AS (
  INSERT INTO orders (${COLUMNS.join(', ')}, pending_since)
  SELECT ${COLUMNS.map(valueOf).join(', ')},
    CASE WHEN s.reconciliation_status = 'IN_SYNC' THEN NULL ELSE s.actual_updated_at END
  FROM input i CROSS JOIN LATERAL json_populate_record(NULL::orders, i.state) s
),${isGroup ? GROUP_PART : ''}${journalParts('input')}${hangingParts('input', parts)}
SELECT g.n, g.n = ANY(ARRAY(SELECT n FROM input)) AS admitted, g.n = ANY(ARRAY(SELECT n FROM purged)) AS purged,
  COALESCE((SELECT l.purges <> s.purges FROM locked l CROSS JOIN seen s
    WHERE l.account_id = g.account_id AND s.account_id = g.account_id), false) AS again,
  (SELECT w.seq FROM numbered w WHERE w.n = g.n) AS seq,
  (SELECT l.halted FROM locked l WHERE l.account_id = g.account_id) AS halted,
  (SELECT l.encrypted FROM locked l WHERE l.account_id = g.account_id) AS encrypted,
  (SELECT l.session_id FROM locked l WHERE l.account_id = g.account_id) AS session_id,
  (SELECT v.refusal FROM judged v WHERE v.n = g.n) AS refusal,
  (SELECT o.reason FROM over o WHERE o.n = g.n) AS over
FROM given g`;
