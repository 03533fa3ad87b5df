import { EXCHANGE_IDS, type ExchangeId } from '@orderplane/domain';
import type { MarketDataAdapter } from '@orderplane/exchange';
import { sleep, type Logger } from '@orderplane/service-kit';
import type { ObservationStore } from '@orderplane/store';

const RETRY_MS = 1_000;
const CALL_MS = 20_000;

export interface MarketKeeper {
  /** Reads the rules of the exchange now instead of at their time. */
  nudge(exchange: ExchangeId): void;
}

/** Keeps the market rules of every exchange in PostgreSQL, where order-command and the gateway read them. */
export function keepMarkets(
  marketData: (exchange: ExchangeId) => MarketDataAdapter,
  observations: ObservationStore,
  intervalMs: number,
  clock: { iso(): string },
  signal: AbortSignal,
  log: Logger,
): MarketKeeper {
  const nudges = new Map<ExchangeId, () => void>();
  const keep = async (exchange: ExchangeId): Promise<void> => {
    while (!signal.aborted) {
      // Before the read: what changes during it is read again.
      const nudged = new Promise<void>((resolve) => nudges.set(exchange, resolve));
      let waitMs = intervalMs;
      try {
        const markets = await marketData(exchange).markets({ timeoutMs: CALL_MS });
        await observations.saveMarkets(exchange, markets, clock.iso());
        log.info({ exchange, markets: markets.length }, 'read the markets');
      } catch (error) {
        log.warn({ err: error, exchange }, 'the markets could not be read');
        waitMs = RETRY_MS;
      }
      await Promise.race([sleep(waitMs, signal), nudged]);
    }
  };
  for (const exchange of EXCHANGE_IDS) void keep(exchange);
  return { nudge: (exchange) => nudges.get(exchange)?.() };
}
