import { describe, expect, test } from 'vitest';
import type { OrderMachine } from '@orderplane/state-machine';
import { fold } from './fold.ts';
import { Folding } from './folding.ts';
import { at, limitSpec, orderAfter, START } from './testing/machines.ts';
import { ModelVenue, reportOf } from './testing/model-venue.ts';

/** Sent in second 0, taken by the exchange, deadline of the calls in second 5; and the order rests as before. */
const taken = {
  cancel: ['validated', 'sent', 'acked', 'cancel wanted', 'cancel sent', 'cancel pending'],
  change: ['validated', 'sent', 'acked', 'change wanted', 'amend sent', 'change pending'],
} as const;
const seen = (machine: OrderMachine, second: number, limits: object = {}) => {
  const order = new ModelVenue().place('c1', limitSpec, START);
  const context = { at: at(second), visibilityDelayMs: 2_000, ...limits };
  return fold(machine, reportOf(order, 'lookup', at(second), 'all'), context);
};
const requests = (machine: OrderMachine): string[] => machine.requests.map(({ id, phase }) => `${id} ${phase}`);

describe('a cancel that the exchange took and did not carry out', () => {
  test.each([
    ['until its deadline', {}, 5, 6],
    ['for as long as it may be pending', { pendingCancelMs: 20_000 }, 20, 21],
    ['never shorter than its deadline', { pendingCancelMs: 1_000 }, 5, 6],
  ])('is waited for %s', (_name, limits, waits, over) => {
    const order = orderAfter(...taken.cancel);
    expect(requests(seen(order, waits, limits).machine)).toEqual(['cancel pending']);
    expect(requests(seen(order, over, limits).machine)).toEqual(['cancel refused', 'cancel#2 wanted']);
  });

  test('is wished again for whoever wished it, with its reason, and both are told', () => {
    const { machine, journal } = seen(orderAfter(...taken.cancel), 6);
    expect(machine.requests.at(-1)).toMatchObject({ by: 'client', generation: 2, kind: 'cancel' });
    expect(journal.flatMap(({ entries }) => entries.map(({ type }) => type))).toEqual([
      'CANCEL_REJECTED',
      'CANCEL_REQUESTED',
    ]);
    expect(machine.requests[0]?.reason).toMatch(/^taken by the exchange, sent at .*without it$/);
  });

  test('is wished under a new id each time', () => {
    const again = seen(orderAfter(...taken.cancel), 6).machine;
    const folding = new Folding(again, { at: at(6), visibilityDelayMs: 0 });
    folding.apply({ type: 'CancelSent', requestId: 'cancel#2', deadlineAt: at(11) });
    folding.apply({ type: 'CancelPending', requestId: 'cancel#2' });
    expect(requests(seen(folding.order, 12).machine)).toEqual([
      'cancel refused',
      'cancel#2 refused',
      'cancel#3 wanted',
    ]);
  });

  test('of a stream nothing is concluded', () => {
    const order = orderAfter(...taken.cancel);
    const report = reportOf(new ModelVenue().place('c1', limitSpec, START), 'stream', at(30), 'all');
    expect(fold(order, report, { at: at(30), visibilityDelayMs: 2_000 }).machine).toBe(order);
  });
});

describe('a change that the exchange took and did not carry out', () => {
  test.each([
    ['until its deadline, and the lag of its listings', {}, 7, 8],
    ['for as long as it may be pending', { pendingReplaceMs: 20_000 }, 20, 21],
  ])('is waited for %s, and given up', (_name, limits, waits, over) => {
    const order = orderAfter(...taken.change);
    expect(requests(seen(order, waits, limits).machine)).toEqual(['change pending']);
    const { machine, journal } = seen(order, over, limits);
    expect(requests(machine)).toEqual(['change refused']);
    const [entry] = journal.flatMap(({ entries }) => entries);
    expect(entry).toMatchObject({ type: 'REPLACE_REJECTED', reason: expect.stringMatching(/^taken by the/) as string });
  });
});
