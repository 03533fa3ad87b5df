import { describe, expect, test } from 'vitest';
import { currentLeg, cumQty, isDone, leavesQty } from './index.ts';
import type { EventBody, OrderMachine, Transition } from './index.ts';
import {
  ACK,
  cancelSent,
  cancelWish,
  fill,
  instant,
  legSent,
  Life,
  notSent,
  proof,
  replaceSent,
  replaceWish,
  SUBMIT,
  TO,
} from './testing/orders.ts';

/** The notes of the table on new legs and on doubt. */

type Before = readonly EventBody[];
const after = (before: Before, ...events: EventBody[]): { order: OrderMachine; last: Transition } => {
  const life = new Life(before);
  for (const event of events) life.apply(event);
  if (life.last === null) throw new Error('no event');
  return { order: life.order, last: life.last };
};
const phase = (order: OrderMachine, id: string) => order.requests.find((request) => request.id === id)?.phase;
const leg = (order: OrderMachine) => currentLeg(order)?.phase;

const ABSENT: EventBody = { type: 'OrderAbsent', evidence: proof() };
const CANCELLED: EventBody = { type: 'Cancelled', reason: null };

describe('a new leg', () => {
  const PLACED: EventBody = { type: 'LegPlaced', venueClientId: 'C2', venueOrderId: 'V2' };

  test('is sent only in a replace in two steps, after the proven end of the old one, under an id of its own', () => {
    expect(after(TO.legEnded, legSent('C2', '16')).order.legs.map((one) => one.phase)).toEqual(['ended', 'sent']);
    expect(after(TO.legEnded, legSent('C1', '16')).last.verdict).toBe('bug');
    expect(after(TO.legSent, legSent('C3', '16')).last.verdict).toBe('bug');
    for (const before of [TO.partial, [...TO.partial, replaceWish(), replaceSent('R', 'TWO_STEP')], TO.absent])
      expect(after(before, legSent()).last.verdict).toBe('bug');
  });

  test('that is placed applies the wished total, and keeps the ids of all legs', () => {
    const { order, last } = after(TO.legSent, PLACED);
    expect([order.life, order.terms.size, leavesQty(order), phase(order, 'R')]).toEqual([
      'PARTIALLY_FILLED',
      '20',
      '16',
      'applied',
    ]);
    expect(order.legs.flatMap((one) => one.venueOrderIds)).toEqual(['V1', 'V2']);
    expect(last.journal.map(({ type }) => type)).toEqual(['ORDER_REPLACED']);
    expect(after([...TO.legSent, PLACED], PLACED).last.verdict).toBe('kept');
  });

  test.each<[string, EventBody]>([
    ['an acknowledgement', { type: 'Acknowledged', venueOrderId: 'V2' }],
    ['a fill', fill('N1', '1', { venueOrderId: 'V2' })],
  ])('is placed by its first sign of life: %s', (_name, sign) => {
    const { order } = after(TO.legSent, sign);
    expect([order.terms.size, leg(order), phase(order, 'R')]).toEqual(['20', 'live', 'applied']);
  });

  test('is not placed by mail of the old one', () => {
    expect(leg(after(TO.legSent, fill('L', '1')).order)).toBe('sent');
    expect(after(TO.legSent, { ...CANCELLED, venueOrderId: 'V1' }).last.verdict).toBe('kept');
    expect(after(TO.legSent, { type: 'LegEnded', reason: null }).last.verdict).toBe('kept');
  });

  test('that is refused ends the order, with what was filled', () => {
    const { order, last } = after(TO.legSent, { type: 'LegRefused', venueClientId: 'C2', reason: 'no funds' });
    expect([order.life, cumQty(order), phase(order, 'R'), order.end?.reason]).toEqual([
      'CANCELLED',
      '4',
      'refused',
      'no funds',
    ]);
    expect(last.journal.map(({ type }) => type)).toEqual(['REPLACE_REJECTED', 'ORDER_CANCELLED']);
    expect(after(TO.legSent, { type: 'Rejected', reason: 'no funds' }).order.life).toBe('CANCELLED');
  });

  test('is not needed when nothing is left to place', () => {
    const lowered: Before = [...TO.partial, replaceWish('R', '3'), replaceSent('R', 'TWO_STEP')];
    const { order } = after(lowered, { type: 'LegEnded', reason: null });
    expect([order.life, order.terms.size, phase(order, 'R'), isDone(order)]).toEqual(['FILLED', '4', 'applied', true]);
    const late: Before = [
      ...TO.partial,
      replaceWish('R', '6'),
      replaceSent('R', 'TWO_STEP'),
      { type: 'LegEnded', reason: null },
    ];
    expect(after(late, fill('L', '2')).order).toMatchObject({ life: 'FILLED', terms: { size: '6' } });
  });

  test('is needed when a newer wish is for more than the one that ended the old leg', () => {
    const wishes = [replaceWish('R', '3'), replaceSent('R', 'TWO_STEP'), replaceWish('S', '20')];
    for (const end of [CANCELLED, { type: 'LegEnded', reason: null } as const]) {
      const { order } = after([...TO.partial, ...wishes], end);
      expect([order.life, leg(order), phase(order, 'S')]).toEqual(['PARTIALLY_FILLED', 'ended', 'wanted']);
      const rest: Before = [replaceSent('S', 'TWO_STEP'), legSent('C2', '16'), PLACED];
      const placed = after([...TO.partial, ...wishes, end], ...rest).order;
      expect([placed.life, placed.terms.size, phase(placed, 'R'), phase(placed, 'S')]).toEqual([
        'PARTIALLY_FILLED',
        '20',
        'applied',
        'applied',
      ]);
    }
  });

  test('is not placed when the order fills first', () => {
    const first: Before = [...TO.partial, replaceWish(), replaceSent('R', 'TWO_STEP'), fill('E2', '6')];
    const { order } = after(first, { type: 'LegEnded', reason: null });
    expect([order.life, phase(order, 'R'), isDone(order)]).toEqual(['FILLED', 'refused', true]);
  });

  test('that lives although the order is over is a stray', () => {
    const filled: Before = [...TO.legSent, fill('L', '6')];
    expect(after(filled, PLACED).order).toMatchObject({ life: 'FILLED', stray: true });
    const over = after(filled, PLACED, { ...CANCELLED, venueOrderId: 'V2' }).order;
    expect([over.stray, isDone(over)]).toEqual([false, true]);
    const tooMuch: Before = [
      ...TO.partial,
      replaceWish('R', '6'),
      replaceSent('R', 'TWO_STEP'),
      { type: 'LegEnded', reason: null },
      legSent('C2', '2'),
      fill('L', '3'),
    ];
    expect(after(tooMuch, PLACED)).toMatchObject({
      order: { life: 'FILLED', stray: true },
      last: { alarm: expect.any(String) as string },
    });
  });

  test('that ends before it was seen was placed, and its end is the end of the order', () => {
    const { order } = after(TO.legSent, { ...CANCELLED, venueOrderId: 'V2' });
    expect([order.life, phase(order, 'R'), order.terms.size]).toEqual(['CANCELLED', 'applied', '20']);
  });

  test('"cancelled" of the old leg is not the end of the order, unless a cancel is open', () => {
    const first: Before = [...TO.partial, replaceWish(), replaceSent('R', 'TWO_STEP')];
    expect(after(first, CANCELLED).order).toMatchObject({ life: 'PARTIALLY_FILLED', legs: [{ phase: 'ended' }] });
    expect(after([...first, cancelWish()], CANCELLED).order.life).toBe('CANCELLED');
    expect(after([...first, cancelWish()], { type: 'LegEnded', reason: null }).order.life).toBe('CANCELLED');
  });
});

describe('doubt', () => {
  test('about a submission is not an end, however long it lasts', () => {
    const { order, last } = after(TO.submitted, { type: 'SubmitUnknown', reason: 'timeout' });
    expect([order.life, leg(order), order.unknownSince, isDone(order)]).toEqual([
      'SUBMITTED',
      'unknown',
      instant(3),
      false,
    ]);
    expect(last.journal.map(({ type }) => type)).toEqual(['OUTCOME_UNKNOWN']);
    expect(after(TO.unknown, ACK).last.journal.map(({ type }) => type)).toEqual([
      'OUTCOME_RESOLVED',
      'ORDER_ACKNOWLEDGED',
    ]);
    expect(after(TO.acknowledged, { type: 'SubmitUnknown', reason: 'late' }).last.verdict).toBe('kept');
  });

  test('begins when an order is missing in a list, and that proves nothing', () => {
    expect(leg(after(TO.submitted, { type: 'Vanished', reason: 'not listed' }).order)).toBe('unknown');
    expect(after(TO.partial, { type: 'Vanished', reason: 'not listed' }).order.restInDoubt).toBe(true);
    expect(leg(after(TO.legSent, { type: 'Vanished', reason: 'not listed' }).order)).toBe('unknown');
    expect(after(TO.legEnded, { type: 'Vanished', reason: 'not listed' }).last.verdict).toBe('kept');
  });

  test('about a submission ends by proof only', () => {
    for (const evidence of [
      { ...proof(), lookups: [instant(900)] },
      { ...proof(), executionsComplete: false },
      { ...proof(), lookups: [instant(10), instant(20)] },
      { ...proof(), kind: 'seenWithout' as const },
    ])
      expect(after(TO.unknown, { type: 'OrderAbsent', evidence }).last).toMatchObject({ verdict: 'bug' });
    expect(leg(after(TO.unknown, ABSENT).order)).toBe('absent');
    expect(leg(after(TO.unknown, { type: 'OrderAbsent', evidence: notSent }).order)).toBe('absent');
  });

  test('with a cancel open ends in CANCELLED by us when absence is proven', () => {
    const { order } = after([...TO.unknown, cancelWish()], ABSENT);
    expect(order).toMatchObject({ life: 'CANCELLED', end: { saidBy: 'us' }, legs: [{ phase: 'absent' }] });
    expect(after([...TO.legSent, cancelWish()], ABSENT).last).toMatchObject({
      order: { life: 'CANCELLED' },
      alarm: null,
    });
  });

  test('about the rest ends by full proof in CANCELLED by us, fills kept, with an alarm', () => {
    const { order, last } = after(TO.partial, ABSENT);
    expect([order.life, cumQty(order), order.end?.saidBy, last.alarm !== null]).toEqual(['CANCELLED', '4', 'us', true]);
    expect(after(TO.partial, { type: 'OrderAbsent', evidence: notSent }).last.verdict).toBe('bug');
  });

  test('an absent leg takes open amendments with its next attempt', () => {
    const wished: Before = [...TO.submitted, replaceWish('R', '20', '90'), replaceSent(), ABSENT];
    expect(phase(after(wished.slice(0, -1), ABSENT).order, 'R')).toBe('wanted');
    const resent = after(wished, SUBMIT).order;
    expect(resent).toMatchObject({ terms: { size: '10' }, legs: [{ size: '20', price: '90', attempts: 2 }] });
    expect(phase(resent, 'R')).toBe('sent');
    const placed = after([...wished, SUBMIT], ACK);
    expect(placed.order).toMatchObject({ life: 'ACKNOWLEDGED', terms: { size: '20', price: '90' } });
    expect(phase(placed.order, 'R')).toBe('applied');
    expect(placed.last.journal.map(({ type }) => type)).toEqual(['ORDER_REPLACED', 'ORDER_ACKNOWLEDGED']);
    expect(after([...wished, SUBMIT], fill('E1', '10')).order.life).toBe('PARTIALLY_FILLED');
    expect(phase(after([...wished, SUBMIT], ABSENT).order, 'R')).toBe('wanted');
  });

  test('about a request ends by its answer or by proof: wanted again, refused if it was pending or the order filled', () => {
    const absent: EventBody = {
      type: 'RequestAbsent',
      requestId: 'K',
      evidence: { ...proof(), kind: 'seenWithout', lookups: [instant(900)] },
    };
    const sent: Before = [...TO.partial, cancelWish(), cancelSent()];
    const unknown: EventBody = { type: 'RequestUnknown', requestId: 'K', reason: 'timeout' };
    expect(after(sent, unknown).order).toMatchObject({ unknownSince: instant(7) });
    expect(after([...sent, unknown], absent).last.journal.map(({ type }) => type)).toEqual(['OUTCOME_RESOLVED']);
    expect(phase(after([...sent, unknown], absent).order, 'K')).toBe('wanted');
    expect(phase(after([...sent, { type: 'CancelPending', requestId: 'K' }], absent).order, 'K')).toBe('refused');
    expect(phase(after([...sent, unknown, fill('E2', '6')], absent).order, 'K')).toBe('refused');
    const early = { ...absent, evidence: { ...absent.evidence, lookups: [instant(1)] } };
    expect(after([...sent, unknown], early).last.verdict).toBe('bug');
    expect(after(TO.partial, unknown).last.verdict).toBe('bug');
  });

  test('a pending request shows that the venue has the order: it is not sent again', () => {
    const { order } = after([...TO.unknown, cancelWish(), cancelSent()], { type: 'CancelPending', requestId: 'K' });
    expect([order.life, leg(order)]).toEqual(['SUBMITTED', 'sent']);
  });
});
