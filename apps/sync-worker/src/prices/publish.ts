import type { NormalizedTicker } from '@orderplane/normalization';
import { tickerChannel, tickerKey, TICKER_TTL_MS, type TickerMessage } from '@orderplane/queues';
import type { Redis } from 'ioredis';

/** Tells who follows the market, and leaves the price for who asks later. Never throws, never waits. */
export const tickerPublisher =
  (redis: Redis) =>
  ({ exchange, symbol, last, bid, ask, at }: NormalizedTicker): void => {
    const message: TickerMessage = { exchange, symbol, last, bid, ask, at };
    const text = JSON.stringify(message);
    redis
      .pipeline()
      .set(tickerKey(exchange, symbol), text, 'PX', TICKER_TTL_MS)
      .publish(tickerChannel(exchange, symbol), text)
      .exec()
      .catch(() => undefined);
  };
