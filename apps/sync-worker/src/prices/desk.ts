import type { ExchangeId } from '@orderplane/domain';
import type { MarketDataAdapter } from '@orderplane/exchange';
import type { NormalizedTicker } from '@orderplane/normalization';
import type { Logger } from '@orderplane/service-kit';
import type { ObservationStore } from '@orderplane/store';
import { leaseName, priceKey, type TriggerConsumer } from './model.ts';
import { PriceWatcher, type WatcherTimes } from './watcher.ts';

/** Tickers are watched until nobody has asked for this long. Gateways ask every 10 s. */
const NEED_MS = 30_000;
/** A dead watcher is replaced after this at most, and a round. */
const LEASE_MS = 10_000;
/** Markets watched at once by one process, and leases asked for at once. */
const MAX_WATCHED = 500;

/** One watcher per exchange and symbol that anybody needs, shared over processes by lease. */
export interface PriceDesk {
  /** Somebody wants to see the price: for a while. */
  need(exchange: ExchangeId, symbol: string): Promise<void>;
  /** What is armed in the market has changed. */
  nudge(exchange: ExchangeId, symbol: string): Promise<void>;
  /** Derives what is needed, renews leases, begins and ends watching; called every few seconds. */
  tend(): Promise<void>;
  readonly watched: number;
  close(): Promise<void>;
}

interface Wanted {
  readonly exchange: ExchangeId;
  readonly symbol: string;
}

export interface PriceDeskOptions {
  readonly marketData: (exchange: ExchangeId) => MarketDataAdapter;
  readonly consumers: readonly TriggerConsumer[];
  readonly observations: Pick<ObservationStore, 'acquireLeases' | 'releaseLease' | 'tapeMark' | 'saveTapeMark'>;
  readonly publish: (ticker: NormalizedTicker) => void;
  readonly ownerId: string;
  readonly now: () => number;
  readonly log: Logger;
  readonly times?: WatcherTimes;
}

export function createPriceDesk(options: PriceDeskOptions): PriceDesk {
  const { observations, consumers, ownerId, now, log } = options;
  const watchers = new Map<string, PriceWatcher>();
  /** Tickers that somebody asked for, until when. */
  const asked = new Map<string, Wanted & { readonly untilMs: number }>();
  let closed = false;

  const begin = (key: string, { exchange, symbol }: Wanted): void => {
    const lease = { name: leaseName(key), owner: ownerId };
    const adapter = options.marketData(exchange);
    watchers.set(key, new PriceWatcher({ ...options, exchange, symbol, lease, adapter }));
    log.debug({ exchange, symbol }, 'watches the price');
  };
  const end = async (key: string, mayRelease: boolean): Promise<void> => {
    const watcher = watchers.get(key);
    watchers.delete(key);
    await watcher?.close();
    if (mayRelease) await observations.releaseLease(leaseName(key), ownerId).catch(() => undefined);
  };
  const wanted = async (): Promise<ReadonlyMap<string, Wanted>> => {
    const armed = (await Promise.all(consumers.map((consumer) => consumer.needs()))).flat();
    for (const [key, { untilMs }] of asked) if (untilMs <= now()) asked.delete(key);
    // What is armed goes first where there is not room for all.
    return new Map<string, Wanted>([
      ...armed.map((one): [string, Wanted] => [priceKey(one.exchange, one.symbol), one]),
      ...asked,
    ]);
  };
  const take = async (keys: ReadonlyMap<string, Wanted>): Promise<void> => {
    const names = new Map([...keys.keys()].slice(0, MAX_WATCHED).map((key) => [leaseName(key), key]));
    if (keys.size > MAX_WATCHED) log.warn({ wanted: keys.size }, 'more prices are needed than one process watches');
    const held = new Set(await observations.acquireLeases([...names.keys()], ownerId, LEASE_MS));
    if (closed) return;
    for (const [name, key] of names) {
      const one = keys.get(key);
      if (!held.has(name)) await end(key, false);
      else if (one !== undefined && !watchers.has(key)) begin(key, one);
    }
  };
  return {
    get watched() {
      return watchers.size;
    },
    need: async (exchange, symbol) => {
      const key = priceKey(exchange, symbol);
      const isNew = !asked.has(key);
      asked.set(key, { exchange, symbol, untilMs: now() + NEED_MS });
      if (isNew && !watchers.has(key)) await take(new Map([[key, { exchange, symbol }]]));
    },
    nudge: async (exchange, symbol) => {
      const key = priceKey(exchange, symbol);
      const watcher = watchers.get(key);
      if (watcher !== undefined) watcher.nudge();
      else if ((await wanted()).has(key)) await take(new Map([[key, { exchange, symbol }]]));
    },
    tend: async () => {
      const needed = await wanted();
      await Promise.all([...watchers.keys()].filter((key) => !needed.has(key)).map((key) => end(key, true)));
      await take(needed);
    },
    close: async () => {
      closed = true;
      await Promise.all([...watchers.keys()].map((key) => end(key, true)));
    },
  };
}
