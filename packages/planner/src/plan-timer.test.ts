import { describe, expect, test } from 'vitest';
import type { OrderMachine } from '@orderplane/state-machine';
import { plan } from './plan.ts';
import { apply, at, limitSpec, specAfter } from './testing/machines.ts';
import { CAPABILITIES, LIMITS } from './testing/settings.ts';
import { stepText } from './testing/steps.ts';

const spec = { ...limitSpec, timeInForce: 'GTT' as const, expiresAt: at(30) };
const planAt = (machine: OrderMachine, second: number) =>
  plan(
    { orderId: 'order-1', generation: 1, spec, mode: 'LIVE' },
    { machine, attempts: 0, nextAttemptAt: null, lastEvidenceAt: at(second), absentLookups: [] },
    at(second),
    CAPABILITIES,
    LIMITS,
  );

describe('our own timer', () => {
  test('wishes its cancel again after a refusal, each time later, under a new id, until the order ends', () => {
    let machine = specAfter(spec, ['validated', 'sent', 'acked']);
    let now = 30;
    const asked: number[] = [];
    const ids: string[] = [];
    while (asked.length < 5) {
      const step = planAt(machine, now);
      if (step.kind === 'RecheckAt') {
        expect(Date.parse(step.at)).toBeGreaterThan(Date.parse(at(now)));
        now = (Date.parse(step.at) - Date.parse(at(0))) / 1_000;
        continue;
      }
      if (step.kind !== 'Record') throw new Error(stepText(step));
      asked.push(now);
      for (const event of step.events) {
        machine = apply(machine, event, at(now));
        if (event.type === 'TimedOut') ids.push(event.requestId);
      }
      expect(planAt(machine, now)).toMatchObject({ kind: 'Cancel', requestId: ids.at(-1) });
      const requestId = ids.at(-1) ?? '';
      machine = apply(machine, { type: 'CancelSent', requestId, deadlineAt: at(now + 5) });
      machine = apply(machine, { type: 'CancelRejected', requestId, refusal: 'OTHER', reason: 'not now' });
    }
    expect(asked).toEqual([30, 31, 33, 37, 45]);
    expect(new Set(ids).size).toBe(5);
  });
});
