import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXCHANGE_IDS } from '@orderplane/domain';
import type { ExchangeId } from '@orderplane/domain';
import type { MarketDataAdapter } from '@orderplane/exchange';
import { capabilitiesOf } from '@orderplane/exchange/capabilities';
import { marketDataOf, startSimulator, SYMBOL, warmUp } from './simulator.ts';
import type { Simulator } from './simulator.ts';

/** Public trades and mark prices, through the real ccxt classes. */

const CONTROL = { timeoutMs: 10_000 };
/** The exchange lists so many trades and no older ones. */
const LISTED: Partial<Record<ExchangeId, number>> = { kucoin: 100 };
let simulator: Simulator;

beforeAll(async () => {
  simulator = await startSimulator();
  await warmUp(simulator);
}, 60_000);
afterAll(() => simulator.stop());

describe.each(EXCHANGE_IDS)('%s', (exchange) => {
  const symbol = SYMBOL[exchange];
  let data: MarketDataAdapter;
  beforeAll(async () => {
    await simulator.admin('POST', '/limits', { exchange, enabled: false });
    await simulator.admin('POST', '/walk', { exchange, running: false });
    data = marketDataOf(simulator, exchange);
  });
  afterAll(() => data.close());
  const trade = async (price: string): Promise<void> => {
    await simulator.admin('POST', '/price', { exchange, symbol, price });
  };

  it('lists every trade since an instant, oldest first', async () => {
    await trade('50000');
    const before = (await data.trades(symbol, new Date(Date.now() - 60_000).toISOString(), CONTROL)).trades.at(-1);
    expect(before?.price).toBe('50000');
    for (const price of ['50001', '49990', '50002']) await trade(price);
    const { trades, reachesBack, more } = await data.trades(symbol, before?.at ?? '', CONTROL);
    expect(trades.map(({ price }) => price).slice(-4)).toEqual(['50000', '50001', '49990', '50002']);
    expect({ reachesBack, more }).toEqual({ reachesBack: true, more: false });
    expect(trades.every(({ at }) => at >= (before?.at ?? ''))).toBe(true);
    const later = new Date(Date.now() + 30_000).toISOString();
    expect((await data.trades(symbol, later, CONTROL)).trades).toEqual([]);
  });

  it('goes on to the end of a long list, or says that it could not', async () => {
    const { trades } = await data.trades(symbol, new Date(Date.now() - 60_000).toISOString(), CONTROL);
    const since = trades.at(-1)?.at ?? '';
    for (let n = 0; n < 150; n += 1) await trade(String(51_000 + n));
    const tape = await data.trades(symbol, since, CONTROL);
    const listed = LISTED[exchange];
    const made = tape.trades.map(({ price }) => price).filter((price) => Number(price) >= 51_000);
    expect(made.at(-1)).toBe('51149');
    expect(tape.reachesBack).toBe(listed === undefined);
    expect(made).toHaveLength(listed ?? 150);
  });

  it('tells a mark price where there is one', async () => {
    const { mark } = await data.ticker(symbol, CONTROL);
    expect(mark !== undefined).toBe(capabilitiesOf(exchange).triggerSources.includes('MARK'));
  });

  it('an exchange that does not answer has told nothing', async () => {
    await simulator.admin('POST', '/faults', { exchange, fault: 'dropBeforeAccept', method: 'any', times: 3 });
    await expect(data.trades(symbol, new Date().toISOString(), { timeoutMs: 2_000 })).rejects.toThrow(exchange);
    await simulator.admin('DELETE', '/faults');
  });
});
