import { EXCHANGE_IDS } from '@orderplane/domain';
import type { MarketDataAdapter } from '@orderplane/exchange';
import { testClock } from '@orderplane/recorder/testing';
import { createLogger } from '@orderplane/service-kit';
import { createMemoryStore } from '@orderplane/store/memory';
import { expect, test, vi } from 'vitest';
import { createHealthBoard } from './health-board.ts';
import { keepMarkets } from './markets.ts';

test('health is written when it changes, and again every 20 s, so that it can be told from a forgotten one', async () => {
  const clock = testClock();
  const { observations } = createMemoryStore({ nowMs: () => clock.nowMs });
  const board = createHealthBoard(observations, clock, () => undefined);
  const written = async () => (await observations.exchangeHealth())[0];
  await board.report('kraken', { reachable: true, lastError: null });
  const first = clock.iso();
  clock.advance(19_999);
  await board.report('kraken', { reachable: true });
  expect((await written())?.at).toBe(first);
  clock.advance(1);
  await board.report('kraken', { reachable: true });
  expect((await written())?.at).toBe(clock.iso());
  clock.advance(1);
  await board.report('kraken', { streamConnected: true });
  expect(await written()).toMatchObject({ reachable: true, streamConnected: true, lastError: null, at: clock.iso() });
  clock.advance(1);
  await board.report('kraken', { reachable: false, lastError: 'down' });
  expect(await written()).toMatchObject({ reachable: false, streamConnected: true, lastError: 'down' });
});

test('a database that is away is told and does no harm', async () => {
  const clock = testClock();
  const { observations } = createMemoryStore({ nowMs: () => clock.nowMs });
  const errors: unknown[] = [];
  observations.setExchangeHealth = () => Promise.reject(new Error('away'));
  await createHealthBoard(observations, clock, (error) => errors.push(error)).report('kraken', { reachable: true });
  expect(errors).toHaveLength(1);
});

test('the markets of every exchange are kept; an exchange that fails is asked again and holds up no other', async () => {
  const clock = testClock();
  const { observations } = createMemoryStore({ nowMs: () => clock.nowMs });
  const stopping = new AbortController();
  const asked: string[] = [];
  const marketData = (exchange: (typeof EXCHANGE_IDS)[number]) => {
    const markets: MarketDataAdapter['markets'] = () => {
      asked.push(exchange);
      return exchange === 'kraken' ? Promise.reject(new Error('down')) : Promise.resolve([]);
    };
    return { markets } as MarketDataAdapter;
  };
  const saved = vi.spyOn(observations, 'saveMarkets');
  const log = createLogger({ service: 'test', level: 'silent' });
  keepMarkets(marketData, observations, 60_000, clock, stopping.signal, log);
  await vi.waitFor(() => expect(asked.filter((exchange) => exchange === 'kraken').length).toBeGreaterThan(1), {
    timeout: 3_000,
  });
  expect(saved.mock.calls.map(([exchange]) => exchange)).toEqual(
    EXCHANGE_IDS.filter((exchange) => exchange !== 'kraken'),
  );
  stopping.abort();
});
