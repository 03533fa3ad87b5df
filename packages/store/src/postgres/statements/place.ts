import { ACTUAL_WRITE, hangingParts, INTENT_WRITE, journalParts, type WrittenParts } from './order-columns.ts';

/** Who gives no session gets the active one: judged here, under the lock, for it may have changed since the order was decided. */
const valueOf = (column: string): string =>
  column === 'session_id' || column === 'created_session_id'
    ? `COALESCE(s.${column}, (SELECT l.session_id FROM locked l WHERE l.account_id = i.account_id))`
    : `s.${column}`;

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
 * `event_count`, `events` (the same), whether it is `sealed`, `state` (columns of `orders`), and the rows of `journal`, `legs`, `leg_ids` and
 * `fills`. The journals of the accounts are locked first, as in `commit`; a closed one, or none, admits no order, a halted one
 * only what was found at the exchange: nothing else of it is written. (A lock that was waited for is judged by the newest
 * row, so an account that was unlinked or halted meanwhile counts.) An order that is sealed where its account wants it plain,
 * or plain where it wants it sealed, is not admitted either. Gives for each order whether it was admitted, the cursor of its
 * last line, whether its account is halted and encrypted (null: there is none), and the account's active session.
 */
export const placeStatement = (parts: WrittenParts, isGroup = false): string => `
WITH given AS MATERIALIZED (
  SELECT * FROM json_to_recordset($1::json)
    AS i(n int, id text, account_id text, symbol text, origin text, version int, event_count int, events int,
      sealed boolean, state json, journal json, legs json, leg_ids json, fills json)
), locked AS MATERIALIZED (
  SELECT account_id, halted, encrypted, session_id FROM account_journals
  WHERE account_id = ANY(ARRAY(SELECT DISTINCT account_id FROM given)) AND NOT closed ORDER BY account_id FOR UPDATE
), input AS MATERIALIZED (
  SELECT * FROM given WHERE account_id = ANY(ARRAY(
    SELECT account_id FROM locked WHERE (NOT halted OR given.origin = 'EXTERNAL') AND encrypted = given.sealed))
), inserted AS (
  INSERT INTO orders (${COLUMNS.join(', ')}, pending_since)
  SELECT ${COLUMNS.map(valueOf).join(', ')},
    CASE WHEN s.reconciliation_status = 'IN_SYNC' THEN NULL ELSE s.actual_updated_at END
  FROM input i CROSS JOIN LATERAL json_populate_record(NULL::orders, i.state) s
),${isGroup ? GROUP_PART : ''}${journalParts('input')}${hangingParts('input', parts)}
SELECT g.n, g.n = ANY(ARRAY(SELECT n FROM input)) AS admitted,
  (SELECT w.seq FROM numbered w WHERE w.n = g.n) AS seq,
  (SELECT l.halted FROM locked l WHERE l.account_id = g.account_id) AS halted,
  (SELECT l.encrypted FROM locked l WHERE l.account_id = g.account_id) AS encrypted,
  (SELECT l.session_id FROM locked l WHERE l.account_id = g.account_id) AS session_id
FROM given g`;
