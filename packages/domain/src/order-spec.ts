import { z } from 'zod';
import { OrderSideSchema, OrderTypeSchema, TimeInForceSchema } from './vocabulary.ts';

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
