import { describe, expect, test } from 'vitest';
import type { Actual, Desired, PlannerCapabilities, PlannerLimits, Step } from './model.ts';
import { PLAN_CASES, type PlanCase } from './plan.cases.ts';
import { plan } from './plan.ts';
import { stepText, whyText } from './testing/steps.ts';
import { at, specAfter, START } from './testing/machines.ts';
import { casesDocument } from './testing/cases-document.ts';
import { CAPABILITIES, LIMITS } from './testing/settings.ts';

const stepOf = (given: PlanCase): Step => {
  const desired: Desired = { orderId: 'order-1', generation: 1, spec: given.spec, mode: given.dark ? 'DARK' : 'LIVE' };
  const actual: Actual = {
    machine: specAfter(given.spec, given.story),
    attempts: 0,
    nextAttemptAt: null,
    lastEvidenceAt: START,
    absentLookups: [],
    ...given.work,
  };
  const capabilities: PlannerCapabilities = { ...CAPABILITIES, ...given.capabilities };
  const limits: PlannerLimits = LIMITS;
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

  test('CASES.md is this table', async () => {
    await expect(casesDocument()).toMatchFileSnapshot('../CASES.md');
  });
});
