import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Actual, Desired, PlannerCapabilities, PlannerLimits, Step } from './model.ts';
import { PLAN_CASES, type PlanCase } from './plan.cases.ts';
import { plan } from './plan.ts';
import { stepText, whyText } from './testing/steps.ts';
import { at, specAfter, START } from './testing/machines.ts';
import { casesDocument } from './testing/cases-document.ts';
import { CAPABILITIES, LIMITS } from './testing/settings.ts';

/** Said for the type checker's sake, and in case of a fault: plan.property.test.ts looks for a way there and finds none. */
const NO_WAY_LEADS_THERE = [
  'at the exchange without a leg',
  'a replace in two steps has nothing left to place',
  'the leg is over and no replace is open',
];

/** The texts after `why:` and `reason:`, and the alternatives of a `const why`. */
const reasonsOf = (source: string): readonly string[] =>
  [...source.matchAll(/(?:\b(?:why|reason): |[?:] )'([^']+ [^']+)'/g)].map(([, text]) => text ?? '');

const stepOf = (given: PlanCase): Step => {
  const desired: Desired = {
    orderId: 'order-1',
    generation: 1,
    spec: given.spec,
    mode: given.dark ? 'DARK' : 'LIVE',
    ...(given.halt === null ? {} : { halt: given.halt }),
    ...(given.group === null ? {} : { group: given.group }),
  };
  const actual: Actual = {
    machine: specAfter(given.spec, given.story),
    attempts: 0,
    nextAttemptAt: null,
    lastEvidenceAt: START,
    absentLookups: [],
    ...given.work,
  };
  const capabilities: PlannerCapabilities = { ...CAPABILITIES, ...given.capabilities };
  const limits: PlannerLimits = { ...LIMITS, ...given.limits };
  return plan(desired, actual, at(given.now), capabilities, limits);
};

describe('plan', () => {
  test.each(PLAN_CASES.map((given) => [`${given.desired}: ${given.observed}`, given] as const))(
    '%s',
    (_name, given) => {
      const step = stepOf(given);
      expect({ step: stepText(step), why: whyText(step) }).toEqual({ step: given.step, why: given.why });
    },
  );

  test('no two cases tell the same story', () => {
    const names = PLAN_CASES.map((given) => `${given.desired}: ${given.observed}`);
    expect(new Set(names).size).toBe(names.length);
  });

  test('every arm has a case: each reason that the source gives is given by one', () => {
    const shown = new Set(PLAN_CASES.map(({ why }) => why.replace(/^(backing off|in doubt since [^:]+): /, '')));
    const arms = reasonsOf(readFileSync(join(import.meta.dirname, 'plan.ts'), 'utf8'));
    expect(arms.length).toBeGreaterThan(20);
    expect(arms.filter((arm) => !shown.has(arm) && !NO_WAY_LEADS_THERE.includes(arm))).toEqual([]);
  });

  test('CASES.md is this table', async () => {
    await expect(casesDocument()).toMatchFileSnapshot('../CASES.md');
  });
});
