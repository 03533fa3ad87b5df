import { describe, expect, it } from 'vitest';
import { readersOf } from '../../testing.ts';
import { ok } from './fixtures.ts';

const readers = readersOf('kucoin');

describe('tickers', () => {
  const received = '2026-02-13T00:00:00.000Z';
  const tickers = (payload: unknown) => readers.tickers(payload, received);
  const at = '2026-02-13T16:26:40.123Z';
  const expected = { exchange: 'kucoin', symbol: 'BTC-USDT', last: '51000.5', bid: '51000', ask: '51001', at };

  it('reads the statistics, the list and both pushes', () => {
    const stats = { time: 1771000000123, symbol: 'BTC-USDT', buy: '51000', sell: '51001', last: '51000.5' };
    expect(tickers(ok(stats))).toEqual([expected]);
    const { time, ...entry } = stats;
    expect(tickers(ok({ time, ticker: [entry] }))).toEqual([{ ...expected, at: received }]);
    const snapshot = { symbol: 'BTC-USDT', buy: 51000, sell: 51001, lastTradedPrice: 51000.5, datetime: time };
    const topic = '/market/snapshot:BTC-USDT';
    expect(
      tickers({ type: 'message', topic, subject: 'trade.snapshot', data: { sequence: '1', data: snapshot } }),
    ).toEqual([expected]);
    const best = { bestAsk: '51001', bestBid: '51000', price: '51000.5', size: '1', time, sequence: '1' };
    expect(tickers({ type: 'message', topic: '/market/ticker:BTC-USDT', subject: 'trade.ticker', data: best })).toEqual(
      [expected],
    );
  });

  it('an empty side has no price', () => {
    const empty = { symbol: 'BTC-USDT', buy: null, sell: '0', last: '51000.5' };
    expect(tickers(ok(empty))).toMatchObject([{ bid: null, ask: null }]);
  });

  it('refuses what is none', () => {
    for (const payload of [ok({ orders: [] }), ok(null), 7]) expect(() => tickers(payload)).toThrow(/not a ticker/);
  });
});
