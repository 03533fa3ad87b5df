import type { ExchangeId, Market } from '@orderplane/domain';
import type { AccountHealthRecord, ObservationStore } from '@orderplane/store';
import type { MarketDirectory } from './context.ts';

/** Short: rules that an exchange has changed are read again at once, and the next order is to be judged by them. */
const MARKETS_FRESH_MS = 5_000;
/** An exchange whose markets are not there yet is asked for again soon. */
const EMPTY_FRESH_MS = 500;
const HEALTH_FRESH_MS = 500;
/** Health that nobody has renewed for this long says nothing. */
const HEALTH_VALID_MS = 120_000;

interface Held {
  readonly readAtMs: number;
  readonly bySymbol: ReadonlyMap<string, Market>;
}

export function marketDirectory(observations: ObservationStore, now: () => number): MarketDirectory {
  const held = new Map<ExchangeId, Held>();
  const loading = new Map<ExchangeId, Promise<Held>>();
  const load = (exchange: ExchangeId): Promise<Held> => {
    const running = loading.get(exchange);
    if (running !== undefined) return running;
    const started = observations
      .markets(exchange)
      .then((markets) => {
        const fresh = { readAtMs: now(), bySymbol: new Map(markets.map((market) => [market.symbol, market])) };
        held.set(exchange, fresh);
        return fresh;
      })
      .finally(() => loading.delete(exchange));
    loading.set(exchange, started);
    return started;
  };
  const current = async (exchange: ExchangeId): Promise<Held> => {
    const known = held.get(exchange);
    if (known === undefined) return load(exchange);
    const ageMs = now() - known.readAtMs;
    if (known.bySymbol.size === 0 && ageMs > EMPTY_FRESH_MS) return load(exchange);
    // Old markets are good enough for this order; the next one has new ones.
    if (ageMs > MARKETS_FRESH_MS) void load(exchange).catch(() => undefined);
    return known;
  };
  return {
    find: async (exchange, symbol) => (await current(exchange)).bySymbol.get(symbol) ?? null,
    known: async (exchange) => (await current(exchange)).bySymbol.size > 0,
  };
}

export function reachability(
  observations: ObservationStore,
  now: () => number,
): (exchange: ExchangeId) => Promise<boolean> {
  let readAtMs = Number.NEGATIVE_INFINITY;
  let reading: Promise<ReadonlyMap<ExchangeId, boolean>> = Promise.resolve(new Map<ExchangeId, boolean>());
  return async (exchange) => {
    if (now() - readAtMs > HEALTH_FRESH_MS) {
      readAtMs = now();
      reading = observations
        .exchangeHealth()
        .then(
          (rows) =>
            new Map(
              rows
                .filter((row) => now() - Date.parse(row.at) < HEALTH_VALID_MS)
                .map((row) => [row.exchange, row.reachable]),
            ),
        );
    }
    return (await reading).get(exchange) ?? true;
  };
}

/**
 * What keeps an account of its own from trading, in words; null: nothing that is known. Its exchange's health is another
 * matter. A refused key stands until it is lifted; a failed look that nobody has renewed says nothing.
 */
export function accountTroubles(
  observations: Pick<ObservationStore, 'accountsInTrouble'>,
  now: () => number,
): (accountId: string) => Promise<string | null> {
  let readAtMs = Number.NEGATIVE_INFINITY;
  let reading: Promise<ReadonlyMap<string, AccountHealthRecord>> = Promise.resolve(new Map());
  return async (accountId) => {
    if (now() - readAtMs > HEALTH_FRESH_MS) {
      readAtMs = now();
      reading = observations.accountsInTrouble().then((rows) => new Map(rows.map((row) => [row.accountId, row])));
    }
    const trouble = (await reading).get(accountId);
    if (trouble === undefined) return null;
    if (trouble.keyRefused !== null)
      return `the exchange has not taken its key since ${trouble.keyRefused.since} (${trouble.keyRefused.reason}): replace its credentials`;
    if (trouble.reachable || now() - Date.parse(trouble.at) >= HEALTH_VALID_MS) return null;
    return `it can't be read at its exchange since ${trouble.since}: ${trouble.lastError ?? 'no reason is known'}`;
  };
}
