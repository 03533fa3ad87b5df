import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isStopId, orderIdOf, stopIdOf, tradeIdOf } from './ids.ts';

const number = fc.integer({ min: 1, max: 2 ** 40 });

it('ids have the shape of the exchange', () => {
  fc.assert(
    fc.property(number, (n) => {
      expect(orderIdOf(n)).toMatch(/^[0-9a-f]{24}$/);
      expect(stopIdOf(n)).toMatch(/^vs[0-9a-v]{22}$/);
      expect(Number(tradeIdOf(n))).toBeGreaterThan(Number.MAX_SAFE_INTEGER);
    }),
  );
});

it('no two orders share an id, and those of stops are told apart', () => {
  fc.assert(
    fc.property(number, number, (a, b) => {
      fc.pre(a !== b);
      expect(orderIdOf(a)).not.toBe(orderIdOf(b));
      expect(tradeIdOf(a)).not.toBe(tradeIdOf(b));
      expect(stopIdOf(a)).not.toBe(stopIdOf(b));
      expect([isStopId(stopIdOf(a)), isStopId(orderIdOf(a))]).toEqual([true, false]);
    }),
  );
});
