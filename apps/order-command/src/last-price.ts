import type { DecimalString, ExchangeId } from '@orderplane/domain';
import {
  tickerKey,
  TickerMessageSchema,
  TICKER_TTL_MS,
  type openRedis,
  type Producer,
  type StreamJob,
} from '@orderplane/queues';
import { sleep } from '@orderplane/service-kit';
import type { CommandContext } from './context.ts';

/** A price that was observed longer ago is asked for anew; who watches a market observes it every 10 s at least. */
const FRESH_MS = 30_000;
/** A price that nobody has is waited for this long, below the caller's patience: WAITS of WAIT_MS, 2 s. */
const WAIT_MS = 40;
const WAITS = 50;

export interface LastPriceOptions {
  /** The value of a key and how long it will still be there, ms. */
  readonly read: (key: string) => Promise<{ readonly value: string | null; readonly expiresInMs: number }>;
  readonly streams: Pick<Producer<StreamJob, null>, 'add'>;
  /** Left out: real time. */
  readonly pause?: (ms: number) => Promise<void>;
  readonly onError: (cause: unknown) => void;
}

/**
 * The last price of a market as the sync-worker has observed it. What nobody watches is asked for, and from then on watched
 * for a while, so that one order in a market waits and the next do not. All who wait for one market wait together.
 */
export function lastPrices(options: LastPriceOptions): CommandContext['lastPrice'] {
  const waiting = new Map<string, Promise<DecimalString | null>>();
  return async (exchange, symbol) => {
    const key = tickerKey(exchange, symbol);
    const known = await observed(options, key);
    if (known !== null) return known;
    const running = waiting.get(key) ?? askFor(options, exchange, symbol).finally(() => waiting.delete(key));
    waiting.set(key, running);
    return running;
  };
}

/** The newest price that its watcher has left, and for how long it will be there: in one round trip. */
export const readPrice =
  (redis: Pick<ReturnType<typeof openRedis>, 'pipeline'>): LastPriceOptions['read'] =>
  async (key) => {
    const [[, value] = [], [, expiresInMs] = []] = (await redis.pipeline().get(key).pttl(key).exec()) ?? [];
    return { value: typeof value === 'string' ? value : null, expiresInMs: Number(expiresInMs) };
  };

/** Without Redis there is none. */
async function observed({ read, onError }: LastPriceOptions, key: string): Promise<DecimalString | null> {
  try {
    const { value, expiresInMs } = await read(key);
    // By when it was written, not by when it was traded: in a quiet market the last trade is old, and still the last price.
    if (value === null || TICKER_TTL_MS - expiresInMs > FRESH_MS) return null;
    return TickerMessageSchema.parse(JSON.parse(value)).last;
  } catch (cause) {
    onError(cause);
    return null;
  }
}

async function askFor(options: LastPriceOptions, exchange: ExchangeId, symbol: string): Promise<DecimalString | null> {
  const deduplication = { id: `ticker-${exchange}-${symbol}` };
  try {
    await options.streams.add({ kind: 'ticker', exchange, symbol }, { deduplication, removeOnComplete: true });
  } catch (cause) {
    options.onError(cause);
    return null;
  }
  for (let waits = 0; waits < WAITS; waits += 1) {
    await (options.pause ?? sleep)(WAIT_MS);
    const price = await observed(options, tickerKey(exchange, symbol));
    if (price !== null) return price;
  }
  return null;
}
