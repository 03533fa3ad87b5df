import { z } from 'zod';
import { OrderSideSchema, OrderTypeSchema, TimeInForceSchema, type OrderType } from './vocabulary.ts';

/** What is wished of the exchange. Exactly one of `size` and `quoteSize` is set. Times are RFC 3339 UTC with milliseconds. */
export const OrderSpecSchema = z.object({
  symbol: z.string(),
  side: OrderSideSchema,
  type: OrderTypeSchema,
  size: z.string().nullable(),
  quoteSize: z.string().nullable(),
  price: z.string().nullable(),
  stopPrice: z.string().nullable(),
  timeInForce: TimeInForceSchema,
  /** GTT only. */
  expiresAt: z.string().nullable(),
  postOnly: z.boolean(),
  reduceOnly: z.boolean(),
});
export type OrderSpec = z.infer<typeof OrderSpecSchema>;

/** It waits for its stop price, at the exchange or here. */
export const isStop = ({ type }: Pick<OrderSpec, 'type'>): boolean => type === 'STOP_LIMIT' || type === 'STOP_MARKET';

/**
 * A stop order that is held here goes to the exchange as what is left of it once its stop price is reached: without the
 * stop. A market order ends at once by itself, so its time counts only while it waits here.
 */
export function onceFired(spec: OrderSpec, isOwnStop: boolean): OrderSpec {
  const plain = isOwnStop ? { ...spec, type: TYPE_ONCE_FIRED[spec.type], stopPrice: null } : spec;
  return plain.type === 'MARKET' ? { ...plain, timeInForce: 'GTC', expiresAt: null } : plain;
}

const TYPE_ONCE_FIRED = {
  MARKET: 'MARKET',
  LIMIT: 'LIMIT',
  STOP_LIMIT: 'LIMIT',
  STOP_MARKET: 'MARKET',
} as const satisfies Readonly<Record<OrderType, OrderType>>;
