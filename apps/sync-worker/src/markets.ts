import { EXCHANGE_IDS, type ExchangeId } from '@orderplane/domain';
import type { MarketDataAdapter } from '@orderplane/exchange';
import { sleep, type Logger } from '@orderplane/service-kit';
import type { ObservationStore } from '@orderplane/store';

const RETRY_MS = 1_000;
const CALL_MS = 20_000;

/** Keeps the market rules of every exchange in PostgreSQL, where order-command and the gateway read them. */
export async function keepMarkets(
  marketData: (exchange: ExchangeId) => MarketDataAdapter,
  observations: ObservationStore,
  intervalMs: number,
  clock: { iso(): string },
  signal: AbortSignal,
  log: Logger,
): Promise<void> {
  const keep = async (exchange: ExchangeId): Promise<void> => {
    while (!signal.aborted) {
      let waitMs = intervalMs;
      try {
        const markets = await marketData(exchange).markets({ timeoutMs: CALL_MS });
        await observations.saveMarkets(exchange, markets, clock.iso());
        log.info({ exchange, markets: markets.length }, 'read the markets');
      } catch (error) {
        log.warn({ err: error, exchange }, 'the markets could not be read');
        waitMs = RETRY_MS;
      }
      await sleep(waitMs, signal);
    }
  };
  await Promise.all(EXCHANGE_IDS.map(keep));
}
