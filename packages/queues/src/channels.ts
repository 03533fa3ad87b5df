import { ExchangeIdSchema, type ExchangeId } from '@orderplane/domain';
import { z } from 'zod';

/** Redis pub/sub and last-value keys for prices. Hints only: nothing is lost when Redis is. */
export const tickerChannel = (exchange: ExchangeId, symbol: string): string =>
  `orderplane:ticker:${exchange}:${symbol}`;
export const tickerKey = (exchange: ExchangeId, symbol: string): string =>
  `orderplane:last-ticker:${exchange}:${symbol}`;
/** A last price older than this is no price, ms. */
export const TICKER_TTL_MS = 60_000;

export const TickerMessageSchema = z.object({
  exchange: ExchangeIdSchema,
  symbol: z.string(),
  last: z.string().nullable(),
  bid: z.string().nullable(),
  ask: z.string().nullable(),
  at: z.string(),
});
export type TickerMessage = z.infer<typeof TickerMessageSchema>;
