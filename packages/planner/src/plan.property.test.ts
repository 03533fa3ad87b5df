import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { add } from '@orderplane/domain';
import { cumQty, evolve, inDoubt, isDone, wishedTerms, type OrderMachine } from '@orderplane/state-machine';
import { fold } from './fold.ts';
import { foldLookup } from './outcomes.ts';
import type { Actual, Desired, Halt, Step } from './model.ts';
import { PLAN_CASES } from './plan.cases.ts';
import { lowersOnlySize, plan } from './plan.ts';
import { apply, at, eventOf, limitSpec, newOrder, WORDS, type Word } from './testing/machines.ts';
import { histories } from './testing/histories.ts';
import { CAPABILITIES, LIMITS } from './testing/settings.ts';

const desired: Desired = { orderId: 'order-1', generation: 2, spec: limitSpec, mode: 'LIVE' };
const actualOf = (machine: OrderMachine, work: Partial<Actual> = {}): Actual => ({
  machine,
  attempts: 0,
  nextAttemptAt: null,
  lastEvidenceAt: at(0),
  absentLookups: [],
  ...work,
});

/** Wherever a random walk leads, lawful or not, from the end of every story of the case table: illegal events change nothing. */
const machines: fc.Arbitrary<OrderMachine> = fc
  .tuple(
    fc.constantFrom(...PLAN_CASES.map(({ story }) => story)),
    fc.array(fc.constantFrom(...Object.keys(WORDS)) as fc.Arbitrary<Word>, { maxLength: 25 }),
  )
  .map(([story, walk]) =>
    [...story, ...walk].reduce(
      (order, word, index) => evolve(order, eventOf(WORDS[word], at(index))).order,
      newOrder(),
    ),
  );
const lookups = fc.array(
  fc.record({ askedAt: fc.integer({ min: -5, max: 60 }).map(at), provesAbsence: fc.boolean() }),
  {
    maxLength: 5,
  },
);
const works = fc.record({
  attempts: fc.nat(30),
  nextAttemptAt: fc.option(fc.integer({ min: 0, max: 300 }).map(at)),
  lastEvidenceAt: fc.option(fc.integer({ min: 0, max: 300 }).map(at)),
  absentLookups: lookups.map((asked) => asked.sort((a, b) => (a.askedAt < b.askedAt ? -1 : 1))),
  cleared: fc.nat(3),
});
const specs = fc.constantFrom(
  limitSpec,
  { ...limitSpec, timeInForce: 'IOC' as const },
  { ...limitSpec, timeInForce: 'GTT' as const, expiresAt: at(30) },
);
const capabilities = fc.record({
  amend: fc.constantFrom('none' as const, 'sizeAndPrice' as const),
  nativeGtt: fc.boolean(),
});
const situations = fc.record({
  machine: machines,
  work: works,
  spec: specs,
  mode: fc.constantFrom('LIVE' as const, 'DARK' as const),
  can: capabilities,
  halt: fc.constantFrom<{ halt?: Halt }[]>(
    {},
    { halt: { cancelOpenBefore: at(0) } },
    { halt: { cancelOpenBefore: null } },
  ),
  limits: fc.constantFrom({}, { submittedMs: 20_000 }),
  now: fc.nat(400),
});

/** While the account is halted nothing is sent, and a change at the exchange lowers the size and nothing else. */
function checkHalted(step: Step, machine: OrderMachine): void {
  expect(step.kind).not.toBe('Submit');
  if (step.kind !== 'Amend') return;
  const wished = machine.requests.find((request) => request.id === step.requestId)?.terms ?? null;
  expect(lowersOnlySize(machine.terms, wished)).toBe(true);
}

/** What any step must satisfy, whatever led to it. */
function check(step: Step, { machine, attempts, cleared }: Actual, now: number): void {
  const leg = machine.legs.at(-1);
  const wanted = machine.requests.filter((request) => request.phase === 'wanted').map((request) => request.id);
  switch (step.kind) {
    case 'Submit':
      // Never a second submission while the first is unknown or alive; never another leg after an end.
      expect(['absent', 'ended', undefined]).toContain(leg?.phase);
      if (step.mode === 'again') expect(leg?.phase).toBe('absent');
      if (step.mode === 'first') expect(leg).toBeUndefined();
      // What a trigger has let go is checked first, as it is now.
      if (machine.life === 'TRIGGERED') expect(cleared).toBe(machine.darkVersion);
      // A new leg is for the rest: with what is filled it makes what is wished, never more.
      if (step.mode === 'newLeg')
        expect(add(step.terms.size ?? '0', cumQty(machine))).toBe(wishedTerms(machine).size ?? 'a total');
      break;
    case 'Cancel':
    case 'Amend':
      expect(wanted).toContain(step.requestId);
      break;
    case 'RecheckAt':
      expect(Date.parse(step.at)).toBeGreaterThan(Date.parse(at(now)));
      break;
    case 'Settle':
      expect(inDoubt(machine)).toBe(false);
      expect(attempts, 'a question is open').toBe(0);
      break;
    case 'Record':
      expect(step.events.length).toBeGreaterThan(0);
      // What is to be recorded must be possible, and must lead somewhere: else the reconciler would turn in a circle.
      expect(step.events.reduce((order, event) => apply(order, event, at(now)), machine)).not.toBe(machine);
      break;
    case 'Escalate':
      // What no table row shows because no way leads there: an order that lives without a leg, or without a next step.
      expect(step.reason).toMatch(/^in doubt since /);
      break;
    case 'Check':
      expect(machine.life).toBe('TRIGGERED');
      break;
    case 'Hold':
    case 'Lookup':
      break;
  }
}

/** Thousands of random walks: far below this on any machine, however busy. */
describe('plan', { timeout: 60_000 }, () => {
  test('is total, and every step is possible', () => {
    fc.assert(
      fc.property(situations, ({ machine, work, spec, mode, can, halt, limits, now }) => {
        const step = plan(
          { ...desired, spec, mode, ...halt },
          actualOf(machine, work),
          at(now),
          { ...CAPABILITIES, ...can },
          { ...LIMITS, ...limits },
        );
        check(step, actualOf(machine, work), now);
        if (halt.halt !== undefined) checkHalted(step, machine);
      }),
      { numRuns: 3_000 },
    );
  });

  test('an order that is done is settled, and stays so after another look', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const settled = fold(history.start, history.last, { at: at(200), visibilityDelayMs: 2_000 }).machine;
        fc.pre(isDone(settled));
        const work = { lastEvidenceAt: at(100) };
        expect(plan(desired, actualOf(settled, work), at(201), CAPABILITIES, LIMITS).kind).toBe('Settle');
        const { order, fills } = history.last;
        const again = foldLookup(
          settled,
          { order, fills, fillsComplete: true, askedAt: at(201), provesAbsence: false, error: null },
          { at: at(201), visibilityDelayMs: 2_000 },
        );
        expect(again.machine).toBe(settled);
        expect(again.question).toBeNull();
      }),
    );
  });

  test('recording what is due leads away from it: the same thing is not due again', () => {
    fc.assert(
      fc.property(situations, ({ machine, work, spec, can, halt, limits, now }) => {
        const all = { ...CAPABILITIES, ...can };
        let order = machine;
        for (let rounds = 0; rounds < 6; rounds += 1) {
          const wish = { ...desired, spec, ...halt };
          const step = plan(wish, actualOf(order, work), at(now), all, { ...LIMITS, ...limits });
          if (step.kind !== 'Record') return;
          order = step.events.reduce((held, event) => apply(held, event, at(now)), order);
        }
        throw new Error('there is always something due');
      }),
      { numRuns: 2_000 },
    );
  });
});
