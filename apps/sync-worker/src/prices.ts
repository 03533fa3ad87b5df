import type { ExchangeId } from '@orderplane/domain';
import type { MarketDataAdapter, Subscription } from '@orderplane/exchange';
import { tickerChannel, tickerKey, TICKER_TTL_MS, type TickerMessage } from '@orderplane/queues';
import type { Logger } from '@orderplane/service-kit';
import type { ObservationStore } from '@orderplane/store';
import type { Redis } from 'ioredis';

/** Watchers end when nobody has asked for this long. Gateways ask every 10 s. */
const NEED_MS = 30_000;
const LEASE_MS = 15_000;
/** Symbols watched at once by one process. */
const MAX_WATCHED = 500;

/** One watcher per exchange and symbol that anybody needs, shared over processes by lease. */
export interface PriceDesk {
  need(exchange: ExchangeId, symbol: string): Promise<void>;
  /** Renews leases and ends what nobody needs; called every few seconds. */
  tend(): Promise<void>;
  close(): Promise<void>;
}

export function createPriceDesk(options: {
  readonly marketData: (exchange: ExchangeId) => MarketDataAdapter;
  readonly observations: ObservationStore;
  readonly redis: Redis;
  readonly ownerId: string;
  readonly now: () => number;
  readonly log: Logger;
}): PriceDesk {
  const watched = new Map<
    string,
    {
      readonly exchange: ExchangeId;
      readonly symbol: string;
      readonly subscription: Subscription;
      neededUntilMs: number;
    }
  >();
  const publish = (ticker: TickerMessage): void => {
    const text = JSON.stringify(ticker);
    options.redis
      .pipeline()
      .set(tickerKey(ticker.exchange, ticker.symbol), text, 'PX', TICKER_TTL_MS)
      .publish(tickerChannel(ticker.exchange, ticker.symbol), text)
      .exec()
      .catch(() => undefined);
  };
  const end = async (key: string): Promise<void> => {
    const watch = watched.get(key);
    watched.delete(key);
    await watch?.subscription.close().catch(() => undefined);
    await options.observations.releaseLease(`ticker:${key}`, options.ownerId).catch(() => undefined);
  };
  return {
    need: async (exchange, symbol) => {
      const key = `${exchange}:${symbol}`;
      const known = watched.get(key);
      if (known !== undefined) {
        known.neededUntilMs = options.now() + NEED_MS;
        return;
      }
      if (watched.size >= MAX_WATCHED) {
        options.log.warn({ exchange, symbol }, 'too many symbols are watched already');
        return;
      }
      if (!(await options.observations.acquireLease(`ticker:${key}`, options.ownerId, LEASE_MS)) || watched.has(key))
        return;
      const adapter = options.marketData(exchange);
      const subscription = adapter.watchTicker(symbol, publish);
      watched.set(key, { exchange, symbol, subscription, neededUntilMs: options.now() + NEED_MS });
      // The stream speaks at the next change; the first price comes from REST.
      void adapter
        .ticker(symbol, { timeoutMs: 5_000 })
        .then(publish)
        .catch((error: unknown) => options.log.debug({ err: error, symbol }, 'no first price'));
    },
    tend: async () => {
      for (const [key, watch] of watched) {
        const needed = watch.neededUntilMs > options.now();
        if (!needed || !(await options.observations.acquireLease(`ticker:${key}`, options.ownerId, LEASE_MS)))
          await end(key);
      }
    },
    close: async () => {
      await Promise.all([...watched.keys()].map(end));
    },
  };
}
