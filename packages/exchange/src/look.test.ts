import type { NormalizedFill } from '@orderplane/normalization';
import { expect, test } from 'vitest';
import { unexplained } from './look.ts';

const fill = (orderId: string, symbol: string | null = 'BTC-USD'): NormalizedFill => ({
  exchange: 'kraken',
  tradeId: `trade of ${orderId}`,
  orderId,
  clientOrderId: null,
  symbol,
  side: 'BUY',
  price: '1',
  size: '1',
  fee: null,
  liquidity: null,
  executedAt: '2026-01-01T00:00:00.000Z',
});
const request = { symbol: 'BTC-USD', venueClientId: 'c', venueOrderId: null, since: '2026-01-01T00:00:00.000Z' };
const fills = [fill('a'), fill('a'), fill('b'), fill('c', 'ETH-USD'), fill('d', null), fill('e')];

test('what was traded in the market needs an explanation, unless a list names it or it belongs to another order', async () => {
  expect(await unexplained(request, fills)).toEqual(['a', 'b', 'd', 'e']);
  expect(await unexplained(request, fills, new Set(['b']))).toEqual(['a', 'd', 'e']);
  const asked: (readonly string[])[] = [];
  const attributed = async (ids: readonly string[]) => {
    asked.push(ids);
    return new Set(['a', 'e']);
  };
  expect(await unexplained({ ...request, attributed }, fills, new Set(['b']))).toEqual(['d']);
  expect(asked).toEqual([['a', 'd', 'e']]);
});

test('when nobody can tell whose they are, all of them need one', async () => {
  const attributed = () => Promise.reject(new Error('the database is away'));
  expect(await unexplained({ ...request, attributed }, fills)).toEqual(['a', 'b', 'd', 'e']);
});
