import type { Redis } from 'ioredis';
import { tickerKey, TICKER_TTL_MS } from '@orderplane/queues';
import type { Clock } from '@orderplane/service-kit';
import type { LastPrices } from '../ports.ts';
import { parseTicker } from '../subscriptions/ticker-hub.ts';

/** The newest prices that the streams left in Redis, in one round trip. Without Redis there are none. */
export const createLastPrices = (redis: Redis, clock: Clock, onError: (cause: unknown) => void): LastPrices => ({
  tickers: async (exchange, symbols) => {
    if (symbols.length === 0) return [];
    let values: readonly (string | null)[];
    try {
      values = await redis.mget(symbols.map((symbol) => tickerKey(exchange, symbol)));
    } catch (cause) {
      onError(cause);
      return symbols.map(() => null);
    }
    const oldestMs = clock.now().getTime() - TICKER_TTL_MS;
    return values.map((value) => {
      const ticker = value === null ? null : parseTicker(value);
      return ticker !== null && Date.parse(ticker.at) >= oldestMs ? ticker : null;
    });
  },
});
