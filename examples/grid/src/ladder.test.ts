import fc from 'fast-check';
import { Decimal } from 'decimal.js';
import { expect, test } from 'vitest';
import { centerOf, clientOrderIdOf, opposite, priceOf, rungsOf, slotOf } from './ladder.ts';
import type { Ladder } from './ladder.ts';

const LADDER: Ladder = { name: 'g', center: '100', levels: 2, step: '5', size: '1', sides: 'both' };

test('rungs buy at the lower and sell at the upper one of two neighbouring prices', () => {
  expect(rungsOf(LADDER)).toEqual([-1, 1, -2, 2]);
  expect(rungsOf({ ...LADDER, sides: 'buy' })).toEqual([-1, -2]);
  const prices = [-2, -1, 1, 2].map((rung) => [priceOf(LADDER, rung, 'BUY'), priceOf(LADDER, rung, 'SELL')]);
  expect(prices).toEqual([
    ['90', '95'],
    ['95', '100'],
    ['100', '105'],
    ['105', '110'],
  ]);
});

test('the anchor tells the centre', () => {
  expect(centerOf(priceOf(LADDER, -1, 'BUY'), LADDER.step)).toBe('100');
});

const rung = fc.integer({ min: 1, max: 100 }).chain((level) => fc.constantFrom(level, -level));

test('an id leads back to its slot, and only that of this grid', () => {
  fc.assert(
    fc.property(rung, fc.nat({ max: 999_999 }), (level, round) => {
      const id = clientOrderIdOf('grid-BTC-USDT', { rung: level, round });
      expect(slotOf('grid-BTC-USDT', id)).toEqual({ rung: level, round });
      expect(slotOf('grid-BTC', id)).toBeNull();
      expect(id).toMatch(/^[\x21-\x7e]{1,64}$/);
    }),
  );
  for (const id of ['', 'g', 'g:', 'g:b0:1', 'g:b1', 'g:b1:', 'g:x1:0', 'g:b1:0:0', 'g:b1:-1', 'other:b1:0'])
    expect(slotOf('g', id)).toBeNull();
});

test('the sell of a rung is one step above its buy, whatever the numbers', () => {
  const text = fc.integer({ min: 1, max: 10 ** 9 }).map((n) => new Decimal(n).div(10_000).toFixed());
  fc.assert(
    fc.property(text, text, rung, fc.constantFrom('BUY' as const, 'SELL' as const), (center, step, level, side) => {
      const [one, other] = [priceOf({ center, step }, level, side), priceOf({ center, step }, level, opposite(side))];
      const distance = new Decimal(one).minus(other).times(side === 'SELL' ? 1 : -1);
      expect(distance.toFixed()).toBe(step);
    }),
  );
});
