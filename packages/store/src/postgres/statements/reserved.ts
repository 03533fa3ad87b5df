import { IS_OPEN, OPEN_ACCOUNT } from '../records.ts';

/** Where terms are sealed: what limits keep plain while an order is open (docs/privacy.md). */
const OPEN_PRICE = `ltrim(o.open_prices[1], 'stop ')::numeric`;
const PRICE = `COALESCE((o.spec->>'price')::numeric, (o.spec->>'stopPrice')::numeric, ${OPEN_PRICE}, o.valued_at, o.average_filled_price)`;
/**
 * All that the order may ever spend, fills included: a reading from before it knows of none of it. Of an order whose terms
 * are sealed, what its limits count.
 */
const WHOLE = `CASE WHEN o.side = 'SELL' THEN COALESCE(o.size, o.open_size, 0)
  ELSE COALESCE((o.spec->>'quoteSize')::numeric, o.size * ${PRICE}, o.open_value + COALESCE(o.filled_size * o.average_filled_price, 0), 0) END`;
const SPENT = `CASE WHEN o.side = 'SELL' THEN COALESCE(o.filled_size, 0)
  ELSE COALESCE(o.filled_size * o.average_filled_price, 0) END`;
const IS_MEANT = `o.version IS NOT NULL AND o.origin = 'API' AND o.state NOT IN ('DARK_OPEN', 'TRIGGERED')
  AND o.symbol NOT LIKE '%-PERPETUAL' AND o.client_order_id <> ALL($4::text[])
  AND $2 = split_part(o.symbol, '-', CASE WHEN o.side = 'BUY' THEN 2 ELSE 1 END)`;

const SENT = 'SELECT 1 FROM order_legs l WHERE l.order_id = o.id AND l.sent_at < $3::timestamptz';

/** $1 account, $2 asset, $3 answered, $4 client order ids, $5 asked. By the indices of an account's orders: of all, and of the open ones. */
export const RESERVED = `
SELECT COALESCE(sum(amount) FILTER (WHERE is_sure), 0)::text AS sure,
  COALESCE(sum(amount) FILTER (WHERE NOT is_sure), 0)::text AS possible FROM (
  SELECT true AS is_sure, CASE WHEN ${IS_OPEN} THEN ${WHOLE} ELSE ${SPENT} END AS amount
  FROM orders o WHERE o.account_id = $1 AND o.created_at >= $3::timestamptz AND ${IS_MEANT}
  UNION ALL
  SELECT NOT EXISTS (${SENT}), ${WHOLE} FROM orders o
  WHERE ${OPEN_ACCOUNT} = $1 AND ${IS_OPEN} AND o.created_at < $3::timestamptz AND ${IS_MEANT}
    AND NOT EXISTS (SELECT 1 FROM order_events e WHERE e.order_id = o.id AND e.at < $5::timestamptz
      AND e.type IN ('ORDER_ACKNOWLEDGED', 'ORDER_PARTIALLY_FILLED'))
) own`;
