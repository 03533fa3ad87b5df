import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ACTS, historyOf } from './history.ts';
import { lineOf, runScenario } from './runner.ts';

const choice = fc.record({
  act: fc.constantFrom(...ACTS, 'fill' as const, 'pend' as const, 'apply' as const, 'sendReplace' as const),
  pick: fc.nat(3),
  size: fc.constantFrom(1, 2, 5, 10, 40),
  second: fc.boolean(),
});

test('every history that a sell side can lawfully tell is shown as FIX shows it', () => {
  fc.assert(
    fc.property(fc.array(choice, { maxLength: 30, size: 'large' }), fc.boolean(), (choices, byTelephone) => {
      expect(lineOf(runScenario(historyOf(choices, byTelephone), {}))).toBe('PASS H');
    }),
    { numRuns: 500 },
  );
});
