import { add, compare, maximum, multiply, subtract, type DecimalString } from '@orderplane/domain';
import { capabilitiesOf } from '@orderplane/exchange/capabilities';
import { accountOf } from '@orderplane/recorder/testing';
import type { OrderTerms } from '@orderplane/state-machine';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { placing } from '../testing/desk.ts';
import type { RestingChange, Subject } from './check.ts';
import { needOf } from './funds.ts';

const hundredths = (most: number) => fc.integer({ min: 1, max: most }).map((number) => (number / 100).toFixed(2));
const anyTerms = fc
  .record({ size: hundredths(500), price: hundredths(9_000) })
  .map(({ size, price }): OrderTerms => ({ size, price, quoteSize: null, stopPrice: null }));
const anyChange = fc.record({
  before: fc.array(anyTerms, { minLength: 1, maxLength: 2 }),
  after: anyTerms,
  filled: fc.integer({ min: 0, max: 500 }).map((number) => (number / 100).toFixed(2)),
});

const subjectOf = (side: 'BUY' | 'SELL', resting: RestingChange): Subject => {
  const { price, stopPrice, size, ...input } = placing({ side }).input;
  const sent = { ...input, size, price, stopPrice };
  return {
    moment: 'change',
    account: accountOf('account-1', 'user-1', 'binance', '2026-01-01T00:00:00.000Z'),
    capabilities: capabilitiesOf('binance'),
    nowMs: 0,
    wanted: sent,
    sent,
    terms: { size, price, stopPrice, quoteSize: null },
    trigger: null,
    waitsFor: null,
    isDark: false,
    resting,
    clientOrderId: 'order-1',
    input: null,
  };
};
const held = (side: 'BUY' | 'SELL', { size, price }: OrderTerms, filled: DecimalString): DecimalString =>
  multiply(maximum(subtract(size ?? '0', filled), '0'), side === 'BUY' ? (price ?? '0') : '1');

test('what a change needs is what it holds afterwards beyond the most that may be held before, and never less than nothing', () => {
  fc.assert(
    fc.property(fc.constantFrom('BUY' as const, 'SELL' as const), anyChange, (side, change) => {
      const need = needOf(subjectOf(side, change), null);
      const most = change.before.map((one) => held(side, one, change.filled)).reduce(maximum);
      const after = held(side, change.after, change.filled);
      expect(need === null).toBe(compare(after, most) <= 0);
      if (need === null) return;
      expect(need.asset).toBe(side === 'BUY' ? 'USD' : 'BTC');
      expect(compare(add(most, need.amount), after)).toBe(0);
    }),
  );
});

test('nobody knows what a change of an order needs whose price nobody knows', () => {
  const known: OrderTerms = { size: '2', price: '100', quoteSize: null, stopPrice: null };
  const unknown: OrderTerms = { ...known, price: null };
  expect(needOf(subjectOf('BUY', { before: [unknown], after: known, filled: '0' }), '100')).toBeNull();
  expect(needOf(subjectOf('BUY', { before: [known], after: unknown, filled: '0' }), '100')).toBeNull();
  const stop = { ...unknown, stopPrice: '90' };
  const change = { before: [stop], after: { ...stop, size: '3' }, filled: '1' };
  expect(needOf(subjectOf('BUY', change), null)).toEqual({ asset: 'USD', amount: '90' });
});
