import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compare } from '@orderplane/domain';
import type { OrderReport } from '@orderplane/normalization';
import { cumQty, hasEnded, leavesQty, type OrderMachine } from '@orderplane/state-machine';
import { fold } from './fold.ts';
import { at } from './testing/machines.ts';
import { histories, LAST_LOOK, type History } from './testing/histories.ts';

const CONTEXT = { at: at(200), visibilityDelayMs: 2_000 };
const take = (order: OrderMachine, report: OrderReport): OrderMachine => fold(order, report, CONTEXT).machine;
const takeAll = (order: OrderMachine, reports: readonly OrderReport[]): OrderMachine => reports.reduce(take, order);

/** What must not depend on the order of arrival. Kept out: stamps, and the order in which executions were booked. */
const essence = (order: OrderMachine) => ({
  life: order.life,
  end: order.end,
  terms: order.terms,
  working: order.working,
  executions: [...order.executions].sort((a, b) => (a.id < b.id ? -1 : 1)),
  legs: order.legs.map(({ venueClientId, venueOrderIds, phase }) => ({ venueClientId, venueOrderIds, phase })),
  requests: order.requests.map(({ id, phase }) => ({ id, phase })),
  restInDoubt: order.restInDoubt,
  stray: order.stray,
});

/** A history and one way in which its reports arrive: any of them, any number of times, in any order. */
const arrivals = histories.chain((history) =>
  fc.record({
    history: fc.constant(history).map(named),
    arrived: fc.shuffledSubarray([...history.reports, ...history.reports, ...history.reports], {
      maxLength: Math.min(24, 3 * history.reports.length),
    }),
  }),
);
const named = (history: History) => ({ ...history, toString: () => history.told });

describe('fold', () => {
  test('reports of a lawful history, lost, repeated and in any order, and one last look give the same order', () => {
    fc.assert(
      fc.property(arrivals, ({ history, arrived }) => {
        const inOrder = take(takeAll(history.start, history.reports), history.last);
        expect(essence(take(takeAll(history.start, arrived), history.last))).toEqual(essence(inOrder));
        // The last look alone tells everything.
        expect(essence(take(history.start, history.last))).toEqual(essence(inOrder));
      }),
      { numRuns: 600 },
    );
  });

  test('all reports in any order give the same order, or leave a question', () => {
    const shuffled = histories.chain((history) =>
      fc.record({
        history: fc.constant(history),
        arrived: fc.shuffledSubarray([...history.reports], { minLength: history.reports.length }),
      }),
    );
    fc.assert(
      fc.property(shuffled, ({ history, arrived }) => {
        let asked = false;
        let order = history.start;
        for (const report of arrived) {
          const folded = fold(order, report, CONTEXT);
          order = folded.machine;
          asked ||= folded.question !== null;
        }
        if (!asked) expect(essence(order)).toEqual(essence(takeAll(history.start, history.reports)));
      }),
      { numRuns: 600 },
    );
  });

  test('a report that is folded already changes nothing', () => {
    fc.assert(
      fc.property(arrivals, ({ history, arrived }) => {
        let order = history.start;
        for (const report of [...arrived, history.last]) {
          const once = fold(order, report, CONTEXT);
          const twice = fold(once.machine, report, CONTEXT);
          expect(twice.machine).toBe(once.machine);
          expect(twice.journal).toEqual([]);
          order = once.machine;
        }
      }),
      { numRuns: 300 },
    );
  });

  test('filled size never falls, and size = filled + left', () => {
    fc.assert(
      fc.property(arrivals, ({ history, arrived }) => {
        let order = history.start;
        for (const report of arrived) {
          const next = take(order, report);
          expect(compare(cumQty(next), cumQty(order))).toBeGreaterThanOrEqual(0);
          const left = leavesQty(next);
          if (left !== null && next.end === null && next.terms.size !== null)
            expect(Number(left)).toBeCloseTo(Math.max(0, Number(next.terms.size) - Number(cumQty(next))), 9);
          order = next;
        }
      }),
      { numRuns: 300 },
    );
  });

  test('an end is never shown with too little filled, and nothing lawful is an impossible event', () => {
    fc.assert(
      fc.property(arrivals, ({ history, arrived }) => {
        const executed = cumQty(take(history.start, history.last));
        let order = history.start;
        for (const report of arrived) {
          const folded = fold(order, report, CONTEXT);
          order = folded.machine;
          if (hasEnded(order)) expect(cumQty(order)).toBe(executed);
          expect(folded.alarms.filter((alarm) => alarm.includes('impossible'))).toEqual([]);
        }
      }),
      { numRuns: 600 },
    );
  });

  test('after the last look everything is proved: nothing is in doubt and no question is left', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const once = take(history.start, history.last);
        const again = fold(once, { ...history.last, askedAt: at(150) }, CONTEXT);
        expect(again.question).toBeNull();
        expect(again.alarms).toEqual([]);
        expect(again.machine.unknownSince).toBeNull();
        expect(Date.parse(LAST_LOOK)).toBeLessThan(Date.parse(CONTEXT.at));
      }),
      { numRuns: 300 },
    );
  });
});
