import { describe, expect, test } from 'vitest';
import type { OrderState } from '@orderplane/domain';
import { currentLeg, FIX_PROFILE, isDone, leavesQty, openCancel, ordStatus } from './index.ts';
import type { EventBody, OrderMachine, Transition } from './index.ts';
import {
  ACK,
  cancelSent,
  cancelWish,
  DEADLINE,
  fill,
  Life,
  replaceSent,
  replaceWish,
  SUBMIT,
  TO,
} from './testing/orders.ts';

/** The notes of the table on our own side and on requests. */

type Before = readonly EventBody[];
const after = (before: Before, ...events: EventBody[]): { order: OrderMachine; last: Transition } => {
  const life = new Life(before);
  for (const event of events) life.apply(event);
  if (life.last === null) throw new Error('no event');
  return { order: life.order, last: life.last };
};
const phase = (order: OrderMachine, id: string) => order.requests.find((request) => request.id === id)?.phase;
const leg = (order: OrderMachine) => currentLeg(order)?.phase;
const rejected = (type: 'CancelRejected' | 'ReplaceRejected', refusal: 'UNKNOWN_ORDER' | 'TOO_LATE' | 'OTHER') =>
  ({ type, requestId: type === 'CancelRejected' ? 'K' : 'R', refusal, reason: refusal }) satisfies EventBody;

const TIMER: EventBody = { type: 'TimedOut', requestId: 'T', reason: 'expired' };
const GIVE_UP: EventBody = { type: 'GaveUp', reason: 'no way' };
const CANCELLED: EventBody = { type: 'Cancelled', reason: null };

describe('our own side', () => {
  test('sends again only what is proven absent, under the same id', () => {
    expect(after(TO.absent, SUBMIT).order.legs).toMatchObject([{ phase: 'sent', attempts: 2, venueClientId: 'C1' }]);
    for (const before of [TO.submitted, TO.unknown, TO.acknowledged, TO.filled, TO.created])
      expect(after(before, SUBMIT).last).toMatchObject({ verdict: 'bug', journal: [] });
    const other: EventBody = { type: 'SubmitSent', venueClientId: 'C9', deadlineAt: DEADLINE };
    expect(after(TO.absent, other).last.verdict).toBe('bug');
  });

  test.each<[string, Before, OrderState | 'bug']>([
    ['an order that was never sent', TO.triggered, 'FAILED'],
    ['a leg that is absent', TO.absent, 'FAILED'],
    ['an old leg that is over', TO.legEnded, 'CANCELLED'],
    ['a leg that was sent', TO.submitted, 'bug'],
    ['a leg in doubt', TO.unknown, 'bug'],
    ['a leg that lives', TO.partial, 'bug'],
    ['a new leg in flight', TO.legSent, 'bug'],
    ['an order that is over', TO.cancelled, 'bug'],
  ])('gives up %s: %s', (_name, before, result) => {
    const { order, last } = after(before, GIVE_UP);
    expect(last.verdict === 'bug' ? 'bug' : order.life).toBe(result);
  });

  test('ends by its own timer only what the venue does not have', () => {
    expect(after(TO.dark, TIMER).order.end).toEqual({ kind: 'EXPIRED', saidBy: 'us', reason: 'expired' });
    expect(after(TO.absent, TIMER).order.life).toBe('EXPIRED');
    const { order, last } = after(TO.partial, TIMER);
    expect([order.life, openCancel(order)?.by, last.journal[0]?.type]).toEqual([
      'PARTIALLY_FILLED',
      'us',
      'CANCEL_REQUESTED',
    ]);
    expect(after([...TO.partial, cancelWish()], TIMER).order.requests).toHaveLength(1);
    expect(after(TO.filled, TIMER).last.verdict).toBe('kept');
  });

  test('takes no trigger of an older version of a dark order', () => {
    const edited: Before = [...TO.dark, replaceWish('R', '5')];
    expect(after(edited, { type: 'Triggered', darkVersion: 0 }).order.life).toBe('DARK_OPEN');
    expect(after(edited, { type: 'Triggered', darkVersion: 1 }).order.life).toBe('TRIGGERED');
    expect(after(TO.partial, { type: 'Triggered' }).last.verdict).toBe('kept');
  });
});

describe('a cancel', () => {
  test('of what no venue has is done at once', () => {
    for (const before of [TO.created, TO.validated, TO.dark, TO.triggered, TO.absent])
      expect(after(before, cancelWish()).order).toMatchObject({ life: 'CANCELLED', end: { saidBy: 'us' } });
    // The venue reported the end of the only leg, we drew the line.
    expect(after(TO.legEnded, cancelWish()).order).toMatchObject({ life: 'CANCELLED', end: { saidBy: 'venue' } });
  });

  test('before the acknowledgement is remembered, and no acknowledgement clears it', () => {
    const { order } = after(TO.submitted, cancelWish(), cancelSent(), { type: 'CancelPending', requestId: 'K' }, ACK);
    expect([order.life, phase(order, 'K'), ordStatus(order)]).toEqual(['ACKNOWLEDGED', 'pending', 'PendingCancel']);
  });

  test('is sent only from wanted, and after the end only for a stray', () => {
    const sent: Before = [...TO.partial, cancelWish(), cancelSent()];
    expect(after(sent, cancelSent()).last.verdict).toBe('bug');
    expect(after(TO.partial, cancelSent()).last.verdict).toBe('bug');
    const stray: EventBody = { type: 'StrayFound', requestId: 'S' };
    expect(phase(after([...TO.filled, stray], cancelSent('S')).order, 'S')).toBe('sent');
  });

  test('refused as "unknown order" before the acknowledgement proves nothing: the wish stays', () => {
    const { order, last } = after(
      [...TO.submitted, cancelWish(), cancelSent()],
      rejected('CancelRejected', 'UNKNOWN_ORDER'),
    );
    expect(order.requests.map((request) => [request.id, request.phase])).toEqual([
      ['K', 'refused'],
      ['K#2', 'wanted'],
    ]);
    expect([order.life, last.journal]).toEqual(['SUBMITTED', []]);
    const again = after([...TO.submitted, cancelWish(), cancelSent()], rejected('CancelRejected', 'OTHER'));
    expect([phase(again.order, 'K'), leg(again.order)]).toEqual(['refused', 'unknown']);
  });

  test('refused as "unknown order" after it leaves the rest in doubt', () => {
    const { order, last } = after(
      [...TO.partial, cancelWish(), cancelSent()],
      rejected('CancelRejected', 'UNKNOWN_ORDER'),
    );
    expect([phase(order, 'K'), order.restInDoubt, last.alarm !== null]).toEqual(['refused', true, true]);
    expect(last.journal.map(({ type }) => type)).toEqual(['CANCEL_REJECTED', 'OUTCOME_UNKNOWN']);
    const seen = after([...TO.partial, cancelWish(), cancelSent(), rejected('CancelRejected', 'UNKNOWN_ORDER')], {
      type: 'Snapshot',
      restLives: true,
    });
    expect(seen.last.journal.map(({ type }) => type)).toEqual(['OUTCOME_RESOLVED']);
  });

  test('that is pending when the order fills stays open until it is answered', () => {
    const pending: Before = [...TO.partial, cancelWish(), cancelSent(), { type: 'CancelPending', requestId: 'K' }];
    const filled = after(pending, fill('E2', '6')).order;
    expect([filled.life, ordStatus(filled), leavesQty(filled)]).toEqual(['FILLED', 'PendingCancel', '0']);
    const answered = after([...pending, fill('E2', '6')], rejected('CancelRejected', 'TOO_LATE')).order;
    expect([ordStatus(answered), isDone(answered)]).toEqual(['Filled', true]);
  });

  test('that is only wanted when the order fills is overtaken', () => {
    expect(phase(after([...TO.partial, cancelWish()], fill('E2', '6')).order, 'K')).toBe('overtaken');
  });

  test('of another screen is displayed, once', () => {
    const foreign: EventBody = { type: 'CancelPending', requestId: 'F' };
    expect(ordStatus(after(TO.partial, foreign).order)).toBe('PendingCancel');
    const refused: EventBody = { type: 'CancelRejected', requestId: 'F', refusal: 'OTHER', reason: 'no' };
    expect(ordStatus(after(TO.partial, refused, foreign).order)).toBe('PartiallyFilled');
  });

  test('joins one that is open, and is refused when the order is over', () => {
    expect(after([...TO.partial, cancelWish()], cancelWish('K2')).last.verdict).toBe('kept');
    for (const before of [TO.filled, TO.cancelled, TO.expired, TO.rejected, TO.failed])
      expect(after(before, cancelWish()).last).toMatchObject({
        verdict: 'refused',
        refusal: expect.any(String) as string,
      });
  });
});

describe('a replace', () => {
  test('of what no venue has is applied at once', () => {
    const { order, last } = after(TO.dark, replaceWish('R', '5', '90'));
    expect([order.terms.size, order.terms.price, order.darkVersion, phase(order, 'R')]).toEqual([
      '5',
      '90',
      1,
      'applied',
    ]);
    expect(last.journal.map(({ type }) => type)).toEqual(['REPLACE_REQUESTED', 'ORDER_REPLACED']);
  });

  test('is refused while a cancel is open, and when the order is over', () => {
    expect(after([...TO.partial, cancelWish()], replaceWish()).last.verdict).toBe('refused');
    expect(after(TO.filled, replaceWish()).last.verdict).toBe('refused');
  });

  test('re-opens a filled order only where that is agreed and more is wished', () => {
    const life = new Life(TO.filled, undefined, FIX_PROFILE);
    expect(life.apply(replaceWish('R1', '10')).verdict).toBe('refused');
    expect(life.apply(replaceWish('R2', '15')).verdict).toBe('stayed');
  });

  test('applied late, after a cancel, brings its values and not the order back', () => {
    const { order } = after([...TO.partial, replaceWish(), replaceSent(), CANCELLED], {
      type: 'Replaced',
      requestId: 'R',
      terms: { size: '20' },
    });
    expect([order.life, order.terms.size, phase(order, 'R'), leavesQty(order)]).toEqual([
      'CANCELLED',
      '20',
      'applied',
      '0',
    ]);
  });

  test('of the venue without a request of ours is a restatement; what it does not state is what was wished', () => {
    expect(after(TO.partial, { type: 'Replaced', requestId: null, terms: { size: '8' } }).order.terms.size).toBe('8');
    const { order } = after([...TO.partial, replaceWish('R', '20', '90'), replaceSent()], {
      type: 'Replaced',
      requestId: 'R',
      terms: {},
    });
    expect([order.terms.size, order.terms.price, order.legs[0]?.price]).toEqual(['20', '90', '90']);
  });

  test('answered after a newer one does not overwrite it', () => {
    const two: Before = [...TO.partial, replaceWish('R'), replaceSent(), replaceWish('Q', '15'), replaceSent('Q')];
    const { order } = after(
      two,
      { type: 'Replaced', requestId: 'Q', terms: { size: '15' } },
      { type: 'Replaced', requestId: 'R', terms: { size: '20' } },
    );
    expect([order.terms.size, phase(order, 'R'), phase(order, 'Q')]).toEqual(['15', 'applied', 'applied']);
  });

  test('to or below what is filled ends the order at what is filled', () => {
    const { order } = after([...TO.partial, replaceWish('R', '3'), replaceSent()], {
      type: 'Replaced',
      requestId: 'R',
      terms: { size: '3' },
    });
    expect([order.life, order.terms.size, isDone(order)]).toEqual(['FILLED', '4', true]);
  });

  test('in two steps, refused as too late, is in doubt until the venue shows how the leg ended', () => {
    const first: Before = [...TO.partial, replaceWish(), replaceSent('R', 'TWO_STEP')];
    const { order } = after(first, rejected('ReplaceRejected', 'TOO_LATE'));
    expect([phase(order, 'R'), order.unknownSince !== null]).toEqual(['unknown', true]);
    const shown = after([...first, rejected('ReplaceRejected', 'TOO_LATE')], { type: 'LegEnded', reason: null });
    expect([phase(shown.order, 'R'), shown.order.unknownSince]).toEqual(['sent', null]);
    expect(phase(after(first, rejected('ReplaceRejected', 'OTHER')).order, 'R')).toBe('refused');
    expect(phase(after(TO.legEnded, rejected('ReplaceRejected', 'OTHER')).order, 'R')).toBe('sent');
  });
});
