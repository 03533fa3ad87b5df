import { describe, expect, it } from 'vitest';
import { readersOf } from '../../testing.ts';

const readers = readersOf('coinbase');
const received = '2026-02-13T00:00:00.000Z';
const tickers = (payload: unknown) => readers.tickers(payload, received);

describe('tickers', () => {
  it('reads the last trades with the best prices', () => {
    const trades = [
      { trade_id: '2', product_id: 'SOL-USD', price: '151.20', size: '4', time: '2026-02-13T16:26:40Z', side: 'BUY' },
      { trade_id: '1', product_id: 'SOL-USD', price: '151.10', size: '4', time: '2026-02-13T16:26:39Z', side: 'BUY' },
    ];
    const expected = {
      exchange: 'coinbase',
      symbol: 'SOL-USD',
      last: '151.2',
      bid: '151.1',
      ask: '151.3',
      at: received,
    };
    expect(tickers({ trades, best_bid: '151.10', best_ask: '151.30' })).toEqual([expected]);
    expect(() => tickers({ trades: [], best_bid: '1', best_ask: '2' })).toThrow(/names no market/);
  });

  it('reads the ticker channel', () => {
    const entry = (product_id: string) => ({ type: 'ticker', product_id, price: '1', best_bid: '', best_ask: '2' });
    const push = {
      channel: 'ticker',
      timestamp: '2026-02-13T16:26:41.999999999Z',
      sequence_num: 3,
      events: [{ type: 'snapshot', tickers: [entry('SOL-USD'), entry('CGLD-USD')] }],
    };
    expect(tickers(push)).toMatchObject([
      { symbol: 'SOL-USD', last: '1', bid: null, ask: '2', at: '2026-02-13T16:26:41.999Z' },
      { symbol: 'CELO-USD' },
    ]);
    expect(tickers({ ...push, channel: 'ticker_batch' })).toHaveLength(2);
  });

  it('refuses what is none', () => {
    for (const payload of [{ orders: [] }, 'x', { channel: 'ticker', events: [{ tickers: [{}] }] }]) {
      expect(() => tickers(payload)).toThrow(/not a ticker/);
    }
  });
});
