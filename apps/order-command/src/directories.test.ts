import type { Market } from '@orderplane/domain';
import { testClock } from '@orderplane/recorder/testing';
import type { ObservationStore } from '@orderplane/store';
import { createMemoryStore } from '@orderplane/store/memory';
import { describe, expect, test } from 'vitest';
import { accountTroubles, marketDirectory, reachability } from './directories.ts';
import { marketOf } from './testing/desk.ts';

/** The in-memory observations, counting reads of the markets. */
function counted(observations: ObservationStore): { observations: ObservationStore; reads: () => number } {
  let reads = 0;
  const markets = (...given: Parameters<ObservationStore['markets']>): Promise<readonly Market[]> => {
    reads += 1;
    return observations.markets(...given);
  };
  const proxy = new Proxy(observations, {
    get: (target, name) => {
      if (name === 'markets') return markets;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  return { observations: proxy, reads: () => reads };
}

const open = () => {
  const clock = testClock();
  const store = createMemoryStore({ nowMs: () => clock.nowMs });
  const { observations, reads } = counted(store.observations);
  return { clock, store, reads, markets: marketDirectory(observations, () => clock.nowMs) };
};
const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe('the markets', () => {
  test('are read once for many orders at once, and held', async () => {
    const { clock, store, reads, markets } = open();
    await store.observations.saveMarkets('binance', [marketOf('binance', 'BTC-USD')], clock.iso());
    const found = await Promise.all(Array.from({ length: 20 }, () => markets.find('binance', 'BTC-USD')));
    expect(found.every((market) => market?.symbol === 'BTC-USD')).toBe(true);
    clock.advance(5_000);
    expect(await markets.find('binance', 'ETH-USD')).toBeNull();
    expect(reads()).toBe(1);
  });

  test('that are old serve this order and are new for the next', async () => {
    const { clock, store, markets } = open();
    await store.observations.saveMarkets('binance', [marketOf('binance', 'BTC-USD')], clock.iso());
    await markets.find('binance', 'BTC-USD');
    await store.observations.saveMarkets('binance', [marketOf('binance', 'BTC-USD', { priceStep: '1' })], clock.iso());
    clock.advance(5_001);
    expect((await markets.find('binance', 'BTC-USD'))?.priceStep).toBe('0.01');
    await settled();
    expect((await markets.find('binance', 'BTC-USD'))?.priceStep).toBe('1');
  });

  test('that are not there yet are asked for again soon', async () => {
    const { clock, store, markets } = open();
    expect(await markets.known('binance')).toBe(false);
    await store.observations.saveMarkets('binance', [marketOf('binance', 'BTC-USD')], clock.iso());
    expect(await markets.known('binance')).toBe(false);
    clock.advance(501);
    expect(await markets.known('binance')).toBe(true);
  });
});

test('an exchange is taken for reachable until somebody says that it is not', async () => {
  const clock = testClock();
  const { observations } = createMemoryStore({ nowMs: () => clock.nowMs });
  const reachable = reachability(observations, () => clock.nowMs);
  expect(await reachable('kraken')).toBe(true);
  const down = { exchange: 'kraken', reachable: false, streamConnected: false, rateLimitedUntil: null } as const;
  await observations.setExchangeHealth({ ...down, lastError: null, at: clock.iso() });
  clock.advance(501);
  expect([await reachable('kraken'), await reachable('binance')]).toEqual([false, true]);
});

test("an account's trouble keeps that account from trading, until it is over", async () => {
  const clock = testClock();
  const { observations } = createMemoryStore({ nowMs: () => clock.nowMs });
  const troubles = accountTroubles(observations, () => clock.nowMs);
  const trouble = (accountId: string): Promise<string | null> => {
    clock.advance(501);
    return troubles(accountId);
  };
  expect(await trouble('a')).toBeNull();
  const look = { accountId: 'a', reachable: false, lastError: '-9999: news', at: clock.iso() };
  await observations.setAccountReachable(look);
  expect(await trouble('a')).toContain('-9999: news');
  expect(await trouble('b')).toBeNull();
  // Nobody has looked for two minutes: nothing is known.
  clock.advance(120_000);
  expect(await trouble('a')).toBeNull();
  await observations.setKeyRefused('a', '-2015: Invalid API-key', clock.iso());
  clock.advance(3_600_000);
  expect(await trouble('a')).toMatch(/-2015: Invalid API-key.*replace its credentials/);
  await observations.setKeyRefused('a', null, clock.iso());
  await observations.setAccountReachable({ ...look, reachable: true, lastError: null, at: clock.iso() });
  expect(await trouble('a')).toBeNull();
});
