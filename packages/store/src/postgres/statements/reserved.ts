import { IS_OPEN, OPEN_ACCOUNT } from '../records.ts';

const PRICE = `COALESCE((o.spec->>'price')::numeric, (o.spec->>'stopPrice')::numeric, o.valued_at, o.average_filled_price, 0)`;
/** All that the order may ever spend, fills included: a reading from before it knows of none of it. */
const WHOLE = `CASE WHEN o.side = 'SELL' THEN COALESCE(o.size, 0)
  ELSE COALESCE((o.spec->>'quoteSize')::numeric, o.size * ${PRICE}, 0) END`;
const SPENT = `CASE WHEN o.side = 'SELL' THEN COALESCE(o.filled_size, 0)
  ELSE COALESCE(o.filled_size * o.average_filled_price, 0) END`;
const IS_MEANT = `o.version IS NOT NULL AND o.origin = 'API' AND o.state NOT IN ('DARK_OPEN', 'TRIGGERED')
  AND o.symbol NOT LIKE '%-PERPETUAL' AND o.client_order_id <> ALL($4::text[])
  AND $2 = split_part(o.symbol, '-', CASE WHEN o.side = 'BUY' THEN 2 ELSE 1 END)`;

/** $1 account, $2 asset, $3 instant, $4 client order ids. By the indices of an account's orders: of all, and of the open ones. */
export const RESERVED = `
SELECT COALESCE(sum(amount), 0)::text AS amount FROM (
  SELECT CASE WHEN ${IS_OPEN} THEN ${WHOLE} ELSE ${SPENT} END AS amount
  FROM orders o WHERE o.account_id = $1 AND o.created_at >= $3::timestamptz AND ${IS_MEANT}
  UNION ALL
  SELECT ${WHOLE} FROM orders o
  WHERE ${OPEN_ACCOUNT} = $1 AND ${IS_OPEN} AND o.created_at < $3::timestamptz AND ${IS_MEANT}
    AND NOT EXISTS (SELECT 1 FROM order_legs l WHERE l.order_id = o.id AND l.sent_at < $3::timestamptz)
) own`;
