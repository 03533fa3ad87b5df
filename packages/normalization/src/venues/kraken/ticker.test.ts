import { describe, expect, it } from 'vitest';
import { readersOf } from '../../testing.ts';
import { ok } from './fixtures.ts';

const readers = readersOf('kraken');
const { failure } = readers;

describe('tickers', () => {
  const received = '2026-02-13T00:00:00.000Z';
  const tickers = (payload: unknown) => readers.tickers(payload, received);

  it('reads REST and stream tickers', () => {
    const entry = { a: ['51001.0', '1', '1'], b: ['51000.0', '1', '1'], c: ['51000.50000', '0.1'] };
    const expected = {
      exchange: 'kraken',
      symbol: 'BTC-EUR',
      last: '51000.5',
      bid: '51000',
      ask: '51001',
      at: received,
    };
    expect(tickers(ok({ XXBTZEUR: entry }))).toEqual([expected]);
    const data = [{ symbol: 'BTC/EUR', bid: 51000, ask: 51001, last: 51000.5 }];
    expect(tickers({ channel: 'ticker', type: 'update', data })).toEqual([expected]);
  });

  it('refuses what is none', () => {
    expect(() => tickers({ open: {} })).toThrow(/not a ticker/);
    expect(failure({ channel: 'ticker', data: [] }).message).toMatch(/"ticker"/);
  });
});
