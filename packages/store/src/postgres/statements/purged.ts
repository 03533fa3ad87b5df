/** The hash of a name, with the key that the account has for this. */
const hashOf = (key: string, name: string): string => `sha256(convert_to(${key} || ${name}, 'UTF8'))`;

/**
 * Purged orders by their names. $1 account, $2 a list of {n, names}: of each the first name that is known counts. An account
 * of which nothing was purged has no key, and nothing more is read.
 */
export const PURGED_BY_NAMES = `
SELECT DISTINCT ON (g.n) g.n, p.order_id, p.account_id, p.request_hash, p.state, p.ended_at, p.purged_at
FROM account_journals j CROSS JOIN json_to_recordset($2::json) AS g(n int, names json)
CROSS JOIN LATERAL json_array_elements_text(g.names) WITH ORDINALITY AS x(name, position)
CROSS JOIN LATERAL (
  SELECT k.order_id FROM purged_keys k WHERE k.account_id = $1 AND k.key = ${hashOf('j.purge_key', 'x.name')} LIMIT 1
) k
CROSS JOIN LATERAL (SELECT * FROM purged_orders o WHERE o.order_id = k.order_id LIMIT 1) p
WHERE j.account_id = $1 AND j.purge_key IS NOT NULL
ORDER BY g.n, x.position`;

/**
 * Executions of purged orders. $1 account, $2 rows of unattributed_fills with the purged order's id and `name`. A name that
 * is not known yet is kept, and its row with it; of a known one a row that waits is attributed, and that is all.
 */
export const BOOK_LATE = `
WITH given AS MATERIALIZED (
  SELECT r.*, ${hashOf('j.purge_key', 'n.name')} AS key
  FROM json_array_elements($2::json) AS e(row)
  CROSS JOIN LATERAL json_populate_record(NULL::unattributed_fills, e.row) r
  CROSS JOIN LATERAL (SELECT e.row->>'name' AS name) n
  JOIN account_journals j ON j.account_id = $1
  JOIN purged_orders p ON p.order_id = r.order_id
), new_keys AS (
  INSERT INTO purged_keys (account_id, key, order_id) SELECT DISTINCT ON (key) $1, key, order_id FROM given
  ON CONFLICT DO NOTHING RETURNING key
), attributed AS (
  UPDATE unattributed_fills u SET attributed_at = g.first_seen_at, order_id = g.order_id, last_error = NULL
  FROM given g WHERE u.account_id = $1 AND u.symbol = g.symbol AND u.exchange_order_id = g.exchange_order_id
    AND u.trade_id = g.trade_id AND u.attributed_at IS NULL
), added AS (
  INSERT INTO unattributed_fills (account_id, symbol, exchange_order_id, trade_id, client_order_id, side, size, price,
    fee_currency, fee_cost, liquidity, executed_at, first_seen_at, tries, last_tried_at, last_error, attributed_at, order_id)
  SELECT DISTINCT ON (g.symbol, g.exchange_order_id, g.trade_id) $1, g.symbol, g.exchange_order_id, g.trade_id, g.client_order_id, g.side, g.size, g.price,
    g.fee_currency, g.fee_cost, g.liquidity, g.executed_at, g.first_seen_at, 0, NULL, NULL, g.first_seen_at, g.order_id
  FROM given g WHERE g.key = ANY(ARRAY(SELECT key FROM new_keys))
  ON CONFLICT DO NOTHING
)
SELECT count(*) AS added FROM new_keys`;
