import { RECORD_COLUMNS } from '../records.ts';

/**
 * An account's journal after a cursor, and the orders that its public lines speak of: the order stands in the row of its
 * newest public line, so that it travels once. $1 account, $2 cursor, $3 lines at most. The account is a column of the
 * order's part only. LATERAL with a LIMIT makes the join a look-up by key for exactly those rows; a plain join may
 * become a walk over all orders.
 */
export const ACCOUNT_JOURNAL = `
SELECT e.cursor, e.order_id, e.sequence, e.order_version, e.type, e.from_state, e.to_state, e.reason, e.source, e.at,
  e.machine_event, o.*
FROM (
  SELECT l.*, l.type IS NOT NULL AND row_number() OVER (PARTITION BY l.order_id, l.type IS NULL ORDER BY l.cursor DESC) = 1 AS newest
  FROM (SELECT * FROM order_events WHERE account_id = $1 AND cursor > $2 ORDER BY cursor LIMIT $3::int) l
) e
LEFT JOIN LATERAL (
  SELECT ${RECORD_COLUMNS} FROM orders o WHERE e.newest AND o.id = e.order_id AND o.version IS NOT NULL LIMIT 1
) o ON true
ORDER BY e.cursor`;
