import type { OrderSide } from '@orderplane/domain';
import { IS_OPEN, OPEN_ACCOUNT } from '../records.ts';

export interface ExposureRow {
  readonly symbol: string;
  readonly side: OrderSide;
  readonly orders: bigint;
  readonly size: string;
  readonly notional: string;
  readonly unpriced: string;
  readonly quote: string;
  /** Some of their terms are sealed: these sums are not theirs. */
  readonly sealed: boolean;
}

/** One pass over the open orders of an account, by their partial index. An order is never counted below nothing. */
export const EXPOSURE = `
SELECT symbol, side, count(*) AS orders,
  COALESCE(sum(rest), 0)::text AS size,
  COALESCE(sum(rest * price), 0)::text AS notional,
  COALESCE(sum(rest) FILTER (WHERE price IS NULL), 0)::text AS unpriced,
  COALESCE(sum(unspent), 0)::text AS quote,
  bool_or(sealed) AS sealed
FROM (
  SELECT o.symbol, o.side, json_typeof(o.spec) = 'string' AS sealed, GREATEST(o.size - COALESCE(o.filled_size, 0), 0) AS rest,
    COALESCE(
      (o.spec->>'price')::numeric,
      (o.spec->>'stopPrice')::numeric,
      CASE WHEN o.trigger->>'symbol' = o.symbol THEN (o.trigger->>'price')::numeric END
    ) AS price,
    CASE WHEN o.size IS NULL THEN
      GREATEST((o.spec->>'quoteSize')::numeric - COALESCE(o.filled_size * o.average_filled_price, 0), 0)
    END AS unspent
  FROM orders o WHERE ${OPEN_ACCOUNT} = $1 AND ${IS_OPEN}
) open
GROUP BY symbol, side ORDER BY symbol COLLATE "C", side COLLATE "C"`;
