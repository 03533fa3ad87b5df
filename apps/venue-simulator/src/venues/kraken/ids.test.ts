import fc from 'fast-check';
import { expect, test } from 'vitest';
import { derivedId, looksLikeOrderId, orderIdOf, tradeIdOf } from './ids.ts';

test('ids have the form of the venue and are never shared', () => {
  const seen = new Set<string>();
  for (let number = 1; number <= 5000; number += 1) {
    const id = orderIdOf(number);
    expect(looksLikeOrderId(id)).toBe(true);
    seen.add(id).add(tradeIdOf(number));
  }
  expect(seen.size).toBe(10_000);
  expect(orderIdOf(1)).toBe(orderIdOf(1));
});

test('any two numbers give two ids', () => {
  const numbers = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
  fc.assert(fc.property(numbers, numbers, (a, b) => (orderIdOf(a) === orderIdOf(b)) === (a === b)));
});

test('a derived id depends on all of its parts', () => {
  expect(derivedId('T', 'a', 1)).not.toBe(derivedId('T', 'a', 2));
  expect(derivedId('T', 'a', 1)).toMatch(/^T[0-9A-Z]{5}-[0-9A-Z]{5}-[0-9A-Z]{6}$/);
});
