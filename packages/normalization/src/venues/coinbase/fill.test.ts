import { divide, multiply } from '@orderplane/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readersOf } from '../../testing.ts';
import { ID } from './fixtures.ts';

const { from, failure } = readersOf('coinbase');

const FILL = {
  entry_id: '9f1c',
  trade_id: 'c0ffee00-0000-4000-8000-000000000001',
  order_id: ID,
  trade_time: '2026-02-13T16:26:41.091377090Z',
  trade_type: 'FILL',
  price: '151.20',
  size: '0.25',
  commission: '0.2268',
  product_id: 'SOL-USD',
  sequence_timestamp: '2026-02-13T16:26:41.092520Z',
  liquidity_indicator: 'MAKER',
  size_in_quote: false,
  user_id: '1111111-1111-1111-1111-111111111111',
  side: 'SELL',
};

describe('own fills', () => {
  it('reads a page of them; the commission is in the quote currency', () => {
    const expected = {
      exchange: 'coinbase',
      tradeId: FILL.trade_id,
      orderId: ID,
      clientOrderId: null,
      symbol: 'SOL-USD',
      side: 'SELL',
      size: '0.25',
      price: '151.2',
      fee: { currency: 'USD', cost: '0.2268' },
      liquidity: 'MAKER',
      executedAt: '2026-02-13T16:26:41.091Z',
    };
    for (const shape of [{ fills: [FILL], cursor: '' }, [FILL], FILL]) {
      expect(from(shape)).toEqual({ orders: [], fills: [expected] });
    }
    expect(from({ fills: [], cursor: '' })).toEqual({ orders: [], fills: [] });
  });

  it('leaves open what is not said', () => {
    const { commission: _commission, ...bare } = { ...FILL, liquidity_indicator: 'UNKNOWN_LIQUIDITY_INDICATOR' };
    expect(from(bare).fills).toMatchObject([{ fee: null, liquidity: null }]);
  });

  it('turns a size in the quote currency into one in the base currency', () => {
    const inQuote = { ...FILL, price: '2975.32', size: '2.6399716828', size_in_quote: true };
    expect(from(inQuote).fills).toMatchObject([{ size: '0.00088729', price: '2975.32' }]);
    expect(from({ ...inQuote, price: '21220.64', size: '0.0046830664333996' }).fills[0]?.size).toBe(
      '0.000000220684505',
    );
    expect(failure({ ...inQuote, price: '0' }).message).toMatch(/price/);
  });

  it('gets back every lot of up to 10 places from its exact value', () => {
    const lots = fc.record({ units: fc.bigInt(1n, 10n ** 15n), cents: fc.bigInt(1n, 10n ** 8n) });
    fc.assert(
      fc.property(lots, ({ units, cents }) => {
        const size = divide(units.toString(), '10000000000');
        const price = divide(cents.toString(), '100');
        const value = multiply(size, price);
        expect(from({ ...FILL, price, size: value, size_in_quote: true }).fills[0]?.size).toBe(size);
      }),
    );
  });

  it('does not book reversals and corrections as executions', () => {
    for (const trade_type of ['REVERSAL', 'CORRECTION', 'SYNTHETIC']) {
      expect(failure({ fills: [{ ...FILL, trade_type }] })).toMatchObject({ code: 'UNREADABLE', orderId: ID });
    }
  });

  it('does not take public trades for ours', () => {
    const trade = { trade_id: '1', product_id: 'SOL-USD', price: '1', size: '1', time: FILL.trade_time, side: 'BUY' };
    expect(failure({ trades: [trade], best_bid: '1', best_ask: '2' }).message).toMatch(/ticker/);
    expect(failure([trade]).code).toBe('UNREADABLE');
  });
});
