import { dueOf } from '../../retention.ts';
import { UNNAMED } from '../client.ts';

/**
 * Accounts that keep their history for some time only, with the oldest order that is old enough; those with nothing are left
 * out. $1 now, less the grace. Walks each account's orders from the oldest, which are purged or open or kept back: few. Planned
 * anew each time: a plan from when the tables were small would read all orders of an account.
 */
export const DUE_ACCOUNTS = `${UNNAMED}
SELECT a.id, a.exchange, o.ended_at
FROM accounts a
CROSS JOIN LATERAL (SELECT $1::timestamptz - make_interval(secs => 86400.0 * a.history_retention_days) AS quiet) c
LEFT JOIN LATERAL (
  SELECT o.actual_updated_at AS ended_at FROM orders o
  WHERE o.account_id = a.id AND o.created_at <= c.quiet AND o.done AND o.version IS NOT NULL AND o.actual_updated_at <= c.quiet
  ORDER BY o.created_at, o.id LIMIT 1
) o ON true
WHERE a.history_retention_days IS NOT NULL AND (o.ended_at IS NOT NULL OR (
  SELECT true FROM unattributed_fills u
  WHERE u.account_id = a.id AND u.attributed_at IS NOT NULL AND u.attributed_at <= c.quiet
    AND (SELECT o.id FROM orders o WHERE o.id = u.order_id) IS NULL LIMIT 1))
ORDER BY a.id`;

const NAMES = `
  SELECT c.id, 'order|' || c.client_order_id AS name, c.actual_updated_at AS at FROM chosen c
  UNION ALL SELECT c.id, 'leg|' || l.venue_client_id, c.actual_updated_at
    FROM chosen c CROSS JOIN LATERAL (SELECT * FROM order_legs l WHERE l.order_id = c.id AND l.own OFFSET 0) l
  UNION ALL SELECT c.id, 'venue|' || v.symbol || '|' || i.venue_order_id, c.actual_updated_at
    FROM chosen c CROSS JOIN LATERAL (SELECT * FROM order_leg_ids i WHERE i.order_id = c.id OFFSET 0) i
    CROSS JOIN LATERAL (VALUES (i.symbol), ('')) AS v(symbol)
  UNION ALL SELECT c.id, 'fill|' || c.id || '|' || f.trade_id, c.actual_updated_at
    FROM chosen c CROSS JOIN LATERAL (SELECT * FROM order_fills f WHERE f.order_id = c.id OFFSET 0) f`;

/**
 * Takes away what is due of one account, in one transaction whose first statement has locked the account's journal: this
 * one sees all that was written before, and nothing is written before it is over. $1 to $6 as in `dueOf`, $7 orders at
 * most, $8 the key of the hashes, $9 now. (The pair of columns leaves the planner no other index than theirs.) Events, legs, ids and fills go with their orders. The journal can't be resumed
 * from before the newest line that goes; its later lines stay, without gaps.
 */
export const PURGE = `
WITH ready AS MATERIALIZED (
  SELECT o.id, o.group_id FROM orders o
  WHERE o.account_id = $1 AND (o.account_id, o.created_at) <= ($1, $2::timestamptz) AND ${dueOf('o')}
    AND (o.group_id IS NULL OR (
      SELECT true FROM orders s WHERE s.group_id = o.group_id AND (${dueOf('s')}) IS NOT TRUE LIMIT 1) IS NULL)
  ORDER BY o.created_at, o.id LIMIT $7::int
), chosen AS MATERIALIZED (
  SELECT o.id, o.group_id, o.client_order_id, o.request_hash, o.state, o.actual_updated_at FROM orders o
  WHERE o.id = ANY(ARRAY(
    SELECT id FROM ready UNION SELECT s.id FROM orders s WHERE s.group_id = ANY(ARRAY(SELECT group_id FROM ready))))
), named AS MATERIALIZED (${NAMES}
), left_over AS (
  INSERT INTO purged_orders (order_id, account_id, request_hash, state, ended_at, purged_at)
  SELECT id, $1, request_hash, state, actual_updated_at, $9::timestamptz FROM chosen
), keys AS (
  INSERT INTO purged_keys (account_id, key, order_id)
  SELECT DISTINCT ON (h.key) $1, h.key, n.id
  FROM named n CROSS JOIN LATERAL (SELECT sha256(convert_to($8 || n.name, 'UTF8')) AS key) h ORDER BY h.key, n.at DESC
  ON CONFLICT (account_id, key) DO UPDATE SET order_id = excluded.order_id
), lines AS MATERIALIZED (
  SELECT count(e.type) AS events, max(e.cursor) AS newest FROM order_events e WHERE e.order_id = ANY(ARRAY(SELECT id FROM chosen))
), executions AS MATERIALIZED (
  SELECT count(*) AS fills FROM order_fills f WHERE f.order_id = ANY(ARRAY(SELECT id FROM chosen))
), late AS (
  DELETE FROM unattributed_fills u WHERE u.account_id = $1 AND u.attributed_at IS NOT NULL AND (
    u.order_id = ANY(ARRAY(SELECT id FROM chosen))
    OR (u.attributed_at <= $2::timestamptz AND (SELECT o.id FROM orders o WHERE o.id = u.order_id) IS NULL))
  RETURNING u.order_id
), journal AS (
  UPDATE account_journals j SET purges = j.purges + 1, purge_key = $8,
    purged_up_to = GREATEST(j.purged_up_to, COALESCE((SELECT newest FROM lines), 0))
  WHERE j.account_id = $1 AND (SELECT count(*) FROM chosen) > 0
), gone AS (
  DELETE FROM orders o WHERE o.id = ANY(ARRAY(SELECT id FROM chosen)) RETURNING o.id
), groups AS (
  DELETE FROM order_groups g WHERE g.id = ANY(ARRAY(SELECT group_id FROM chosen WHERE group_id IS NOT NULL))
)
SELECT ARRAY(SELECT id FROM gone ORDER BY id) AS ids, (SELECT events FROM lines) AS events,
  (SELECT fills FROM executions) + (SELECT count(*) FROM late WHERE order_id <> ALL(ARRAY(SELECT id FROM chosen))) AS fills,
  (SELECT min(actual_updated_at) FROM chosen) AS ended_from, (SELECT max(actual_updated_at) FROM chosen) AS ended_to`;

/**
 * What was left of orders that were purged long ago. $1 before when, $2 at most. Not while the account's executions have
 * not been read whole since the purge: what is read then may still speak of them.
 */
export const FORGET = `
DELETE FROM purged_orders o WHERE o.order_id = ANY(ARRAY(
  SELECT p.order_id FROM purged_orders p JOIN accounts a ON a.id = p.account_id
  WHERE p.purged_at <= $1::timestamptz AND (a.unlinked_at IS NOT NULL
    OR (SELECT w.at FROM fills_watermarks w WHERE w.account_id = p.account_id) > p.purged_at)
  ORDER BY p.purged_at LIMIT $2::int))`;
