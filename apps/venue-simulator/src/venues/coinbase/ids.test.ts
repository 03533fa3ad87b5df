import fc from 'fast-check';
import { expect, test } from 'vitest';
import { derivedId, orderIdOf, tradeIdOf } from './ids.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test('ids are UUIDs and never repeat', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 40 }), fc.integer({ min: 1, max: 2 ** 40 }), (one, other) => {
      for (const idOf of [orderIdOf, tradeIdOf]) {
        expect(idOf(one)).toMatch(UUID);
        expect(idOf(one) === idOf(other)).toBe(one === other);
      }
      expect(orderIdOf(one)).not.toBe(tradeIdOf(one));
    }),
  );
  expect(new Set(Array.from({ length: 10_000 }, (_, at) => orderIdOf(at + 1))).size).toBe(10_000);
});

test('derived ids are UUIDs and always the same', () => {
  expect(derivedId('user', 'key')).toMatch(UUID);
  expect(derivedId('user', 'key')).toBe(derivedId('user', 'key'));
  expect(derivedId('user', 'key')).not.toBe(derivedId('user', 'other'));
});
