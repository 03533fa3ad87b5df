import { describe, expect, it } from 'vitest';
import { readersOf } from '../../testing.ts';
import { ORDER } from './fixtures.ts';

const readers = readersOf('binance');
const { failure } = readers;

describe('tickers', () => {
  const received = '2026-02-13T00:00:00.000Z';
  const tickers = (payload: unknown) => readers.tickers(payload, received);

  it('reads REST, stream and mini tickers', () => {
    const rest = {
      symbol: 'SOLUSDC',
      lastPrice: '151.30',
      bidPrice: '151.20',
      askPrice: '0.00',
      closeTime: 1771000000300,
    };
    const at = '2026-02-13T16:26:40.300Z';
    expect(tickers(rest)).toEqual([
      { exchange: 'binance', symbol: 'SOL-USDC', last: '151.3', bid: '151.2', ask: null, at },
    ]);
    const mini = { e: '24hrMiniTicker', E: 1771000000300, s: 'SOLUSDC', c: '151.3', o: '1', h: '1', l: '1' };
    expect(tickers({ stream: 'x', data: mini })).toMatchObject([{ last: '151.3', bid: null, at }]);
    const full = { ...mini, e: '24hrTicker', b: '151.2', a: '151.4' };
    expect(tickers([full, full])).toMatchObject([{ bid: '151.2', ask: '151.4' }, {}]);
    const book = { u: 1, s: 'SOLUSDC', b: '151.2', B: '1', a: '151.4', A: '1' };
    expect(tickers(book)).toMatchObject([{ last: null, bid: '151.2', at: '2026-02-13T00:00:00.000Z' }]);
  });

  it('refuses what is none', () => {
    expect(() => tickers(ORDER)).toThrow(/not a ticker/);
    expect(failure({ symbol: 'SOLUSDC', lastPrice: '1' }).message).toMatch(/ticker/);
  });
});
