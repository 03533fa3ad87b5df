import { TICKER_TTL_MS } from '@orderplane/queues';
import { expect, test } from 'vitest';
import { lastPrices } from './last-price.ts';

const KEY = 'orderplane:last-ticker:binance:BTC-USD';
const ticker = (last: string | null): string =>
  JSON.stringify({
    exchange: 'binance',
    symbol: 'BTC-USD',
    last,
    bid: null,
    ask: null,
    at: '2026-01-01T00:00:00.000Z',
  });

/** What is asked for comes after so many pauses; null: never. */
function open({ comesAfter = null as number | null } = {}) {
  const kept = new Map<string, { value: string; expiresInMs: number }>();
  const asked: unknown[] = [];
  const errors: unknown[] = [];
  let pauses = 0;
  const price = lastPrices({
    read: async (key) => kept.get(key) ?? { value: null, expiresInMs: -2 },
    streams: { add: async (job) => void asked.push(job) },
    pause: async () => {
      pauses += 1;
      if (pauses === comesAfter) kept.set(KEY, { value: ticker('100'), expiresInMs: TICKER_TTL_MS });
    },
    onError: (error) => errors.push(error),
  });
  return { price, kept, asked, errors };
}

test('what was observed a moment ago is the price, and nobody is asked', async () => {
  const { price, kept, asked } = open();
  kept.set(KEY, { value: ticker('101.5'), expiresInMs: TICKER_TTL_MS - 30_000 });
  expect(await price('binance', 'BTC-USD')).toBe('101.5');
  expect(asked).toEqual([]);
});

test('a price that nobody has renewed for 30 s, or none, is asked for and waited for; those who wait together ask once', async () => {
  const { price, kept, asked } = open({ comesAfter: 3 });
  kept.set(KEY, { value: ticker('90'), expiresInMs: TICKER_TTL_MS - 30_001 });
  expect(await Promise.all([price('binance', 'BTC-USD'), price('binance', 'BTC-USD')])).toEqual(['100', '100']);
  expect(asked).toEqual([{ kind: 'ticker', exchange: 'binance', symbol: 'BTC-USD' }]);
});

test('without an answer, without Redis, and of a market that tells no last price: none is known', async () => {
  const { price, kept, errors } = open();
  expect(await price('binance', 'BTC-USD')).toBeNull();
  kept.set(KEY, { value: ticker(null), expiresInMs: TICKER_TTL_MS });
  expect(await price('binance', 'BTC-USD')).toBeNull();
  kept.set(KEY, { value: 'nonsense', expiresInMs: TICKER_TTL_MS });
  expect(await price('binance', 'BTC-USD')).toBeNull();
  expect(errors.length).toBeGreaterThan(0);
});
