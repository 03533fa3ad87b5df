import { describe, expect, test } from 'vitest';
import type { OrderState } from '@orderplane/domain';
import { cumQty, FIX_PROFILE, isDone, leavesQty, ordStatus, overfill, SPOT_PROFILE } from './index.ts';
import type { EventBody, OrderMachine, Transition } from './index.ts';
import {
  ACK,
  cancelSent,
  cancelWish,
  execution,
  fill,
  Life,
  proof,
  replaceSent,
  replaceWish,
  SUBMIT,
  terms,
  TO,
} from './testing/orders.ts';

/** The notes of the table on what the venue says, one test for each: the history before, the event, what must follow. */

type Before = readonly EventBody[];
const after = (before: Before, ...events: EventBody[]): { order: OrderMachine; last: Transition } => {
  const life = new Life(before);
  for (const event of events) life.apply(event);
  if (life.last === null) throw new Error('no event');
  return { order: life.order, last: life.last };
};
const request = (order: OrderMachine, id: string) => order.requests.find((candidate) => candidate.id === id);

const CANCELLED: EventBody = { type: 'Cancelled', reason: 'asked', venueOrderId: 'V1' };
const BUST: EventBody = { type: 'FillBusted', execId: 'X1', execRefId: 'E1' };

describe('a claim of more than is booked', () => {
  test('is remembered with its time, the largest one; it fills nothing', () => {
    const { order } = after(
      TO.partial,
      { type: 'Snapshot', filled: '6' },
      { type: 'Snapshot', filled: '5' },
      { type: 'Snapshot', restLives: true },
    );
    expect([order.legs[0]?.claimed?.size, cumQty(order)]).toEqual(['6', cumQty(new Life(TO.partial).order)]);
    const again = after([...TO.partial, { type: 'Snapshot', filled: '6' }], { type: 'Snapshot', filled: '6' });
    expect([again.last.verdict, again.last.journal]).toEqual(['kept', []]);
  });

  test('does not show that the rest lives', () => {
    const lost: EventBody = { type: 'Vanished', reason: 'in no list' };
    expect(after([...TO.partial, lost], { type: 'Snapshot', filled: '6' }).order.restInDoubt).toBe(true);
  });
});

describe('fills', () => {
  test('need no acknowledgement, and a later one is empty', () => {
    const { order, last } = after([...TO.submitted, fill('E1', '4')], ACK);
    expect([order.life, last.verdict, last.journal]).toEqual(['PARTIALLY_FILLED', 'kept', []]);
  });

  test('outrun the acknowledgement: its venue id and the quantity of a cash order are still learned', () => {
    const life = new Life(TO.submitted, {
      type: 'Created',
      kind: { type: 'MARKET', timeInForce: 'IOC' },
      terms: { size: null, quoteSize: '500', price: null, stopPrice: null },
    });
    life.apply(fill('E1', '4', { venueOrderId: null }));
    expect([life.order.life, leavesQty(life.order)]).toEqual(['PARTIALLY_FILLED', null]);
    life.apply({ type: 'Acknowledged', venueOrderId: 'V1', size: '4' });
    expect([life.order.life, life.order.legs[0]?.venueOrderIds]).toEqual(['FILLED', ['V1']]);
    expect(life.last?.journal.map(({ type }) => type)).toEqual(['ORDER_FILLED']);
  });

  test('that were busted before they came leave the order acknowledged', () => {
    const early = after(TO.submitted, BUST);
    expect([early.order.life, early.last.alarm === null]).toEqual(['SUBMITTED', false]);
    const { order } = after([...TO.submitted, BUST], fill('E1', '10'));
    expect([order.life, cumQty(order), order.earlyCorrections]).toEqual(['ACKNOWLEDGED', '0', []]);
  });

  test('are complete by quantity, whatever the report calls them', () => {
    expect(after(TO.submitted, { type: 'Fill', execution: execution('E1', '4') }).order.life).toBe('PARTIALLY_FILLED');
    expect(after(TO.partial, fill('E2', '6')).order.life).toBe('FILLED');
  });

  test('beyond the size are booked, shown as overfill and raised', () => {
    const { order, last } = after(TO.filled, fill('E3', '2'));
    expect([cumQty(order), overfill(order), leavesQty(order), last.alarm !== null]).toEqual(['12', '2', '0', true]);
  });

  test('beyond the size are no alarm while a raise is on its way, and the raise heals them', () => {
    const raised = [...TO.acknowledged, replaceWish('R', '15'), replaceSent(), fill('E1', '10')];
    const { order, last } = after(raised, fill('E2', '2'));
    expect([order.life, last.alarm]).toEqual(['FILLED', null]);
    const healed = after([...raised, fill('E2', '2')], {
      type: 'Replaced',
      requestId: 'R',
      terms: { size: '15' },
    }).order;
    expect([healed.life, overfill(healed), leavesQty(healed)]).toEqual(['PARTIALLY_FILLED', '0', '3']);
  });

  test('are booked once, whoever reports them and how often', () => {
    const { order, last } = after(TO.partial, fill('E1', '4'));
    expect([cumQty(order), last.verdict]).toEqual(['4', 'kept']);
  });
});

describe('late fills', () => {
  test.each<[string, Before, string, OrderState, boolean]>([
    ['CANCELLED stays', TO.cancelled, '2', 'CANCELLED', false],
    ['CANCELLED that becomes complete', TO.cancelled, '6', 'FILLED', false],
    ['EXPIRED stays', TO.expired, '2', 'EXPIRED', false],
    ['EXPIRED that becomes complete', TO.expired, '10', 'FILLED', false],
    ['REJECTED is disproved', TO.rejected, '2', 'CANCELLED', true],
    ['REJECTED that becomes complete', TO.rejected, '10', 'FILLED', true],
    ['FAILED is disproved', TO.failed, '2', 'CANCELLED', true],
    ['FAILED that becomes complete', TO.failed, '10', 'FILLED', true],
    ['CANCELLED by us stays', TO.cancelledByUs, '2', 'CANCELLED', true],
  ])('%s', (_name, before, size, life, alarm) => {
    const { order, last } = after(before, fill('L', size));
    expect([order.life, last.alarm !== null, leavesQty(order)]).toEqual([life, alarm, '0']);
    expect(last.journal.at(0)?.type).toMatch(/FILLED$/);
  });

  test('a bust of the fill that completed a cancelled order leads back to CANCELLED', () => {
    const { order } = after(TO.cancelled, fill('E2', '6'), { type: 'FillBusted', execId: 'X', execRefId: 'E2' });
    expect([order.life, cumQty(order), order.end?.saidBy]).toEqual(['CANCELLED', '4', 'venue']);
  });

  test('a bust of the fill that disproved a reject does not bring the reject back', () => {
    const { order } = after(TO.rejected, fill('E1', '2'), BUST);
    expect([order.life, cumQty(order)]).toEqual(['CANCELLED', '0']);
  });
});

describe('refusals of an order', () => {
  const REJECTED: EventBody = { type: 'Rejected', reason: 'no' };

  test('after the acknowledgement end it', () => {
    const { order } = after(TO.acknowledged, REJECTED);
    expect([order.life, order.end]).toEqual(['REJECTED', { kind: 'REJECTED', saidBy: 'venue', reason: 'no' }]);
  });

  test('change places with the acknowledgement', () => {
    expect(after(TO.rejected, ACK).last.verdict).toBe('kept');
  });

  test('that may concern another attempt are odd, and leave the rest in doubt', () => {
    const resent: Before = [...TO.absent, SUBMIT, ACK];
    const { order, last } = after(resent, REJECTED);
    expect([order.life, last.verdict, order.restInDoubt]).toEqual(['ACKNOWLEDGED', 'odd', true]);
    expect(after(resent, { ...REJECTED, venueOrderId: 'V1' }).order.life).toBe('REJECTED');
  });

  test('of an order with fills contradict it', () => {
    const { order, last } = after(TO.partial, REJECTED);
    expect([order.life, last.verdict, last.alarm !== null, order.restInDoubt]).toEqual([
      'PARTIALLY_FILLED',
      'odd',
      true,
      true,
    ]);
    expect(after(TO.filled, REJECTED).last).toMatchObject({ verdict: 'odd', journal: [] });
  });

  test('as a duplicate prove that the id exists', () => {
    const { order } = after(TO.submitted, { type: 'DuplicateId' });
    expect([order.life, order.legs[0]?.phase, order.unknownSince !== null]).toEqual(['SUBMITTED', 'unknown', true]);
    expect(after(TO.partial, { type: 'DuplicateId' }).last.verdict).toBe('kept');
    expect(after(TO.legSent, { type: 'DuplicateId' }).order.legs[1]?.phase).toBe('unknown');
  });
});

describe('ends', () => {
  test('may be the first report', () => {
    expect(after(TO.submitted, CANCELLED).order.life).toBe('CANCELLED');
    expect(after(TO.submitted, { type: 'Expired', reason: 'tif' }).order.life).toBe('EXPIRED');
  });

  test('are outranked by FILLED, remembered, and answer the open requests', () => {
    const pending: Before = [...TO.partial, cancelWish(), cancelSent(), fill('E2', '6')];
    const { order } = after(pending, CANCELLED);
    expect([order.life, order.end?.kind, request(order, 'K')?.phase]).toEqual(['FILLED', 'CANCELLED', 'applied']);
    expect(after([...pending, CANCELLED], BUST).order.life).toBe('CANCELLED');
  });

  test('stand: the first one counts', () => {
    const { order, last } = after(TO.cancelled, { type: 'Expired', reason: 'tif' });
    expect([order.end?.kind, last.verdict]).toEqual(['CANCELLED', 'kept']);
    expect(after(TO.failed, CANCELLED).last.alarm).not.toBeNull();
  });

  test('of a superseded venue id are not the end of the order', () => {
    const replaced: Before = [
      ...TO.acknowledged,
      replaceWish(),
      replaceSent(),
      { type: 'Replaced', requestId: 'R', terms: {}, venueOrderId: 'V2' },
    ];
    expect(after(replaced, CANCELLED).order.life).toBe('ACKNOWLEDGED');
    expect(after(replaced, { ...CANCELLED, venueOrderId: 'V2' }).order.life).toBe('CANCELLED');
  });
});

describe('corrections', () => {
  test('of a filled order re-open it by quantity; without the word of the venue the rest is in doubt', () => {
    for (const profile of [SPOT_PROFILE, FIX_PROFILE]) {
      const life = new Life([...TO.filled, BUST], undefined, profile);
      expect([life.order.life, life.order.restInDoubt]).toEqual(['PARTIALLY_FILLED', !profile.bustReopens]);
    }
  });

  test('name the latest version, wait for their execution, and count once', () => {
    const corrected: EventBody = { type: 'FillCorrected', execId: 'E1b', execRefId: 'E1', size: '3' };
    const { order } = after(TO.partial, corrected, corrected);
    expect([cumQty(order), order.executions.map(({ id, correctedBy }) => [id, correctedBy])]).toEqual([
      '3',
      [
        ['E1', 'E1b'],
        ['E1b', null],
      ],
    ]);
    const early = after(TO.acknowledged, { type: 'FillBusted', execId: 'X', execRefId: 'E1b' }, corrected);
    expect(early.order.earlyCorrections).toHaveLength(2);
    expect(cumQty(after([...TO.acknowledged, corrected], fill('E1', '4')).order)).toBe('3');
  });

  test('that name themselves or each other come to an end', () => {
    const { order } = after(
      TO.acknowledged,
      { type: 'FillCorrected', execId: 'E1', execRefId: 'E1', size: '3' },
      { type: 'FillCorrected', execId: 'E2', execRefId: 'E1', size: '5' },
      { type: 'FillCorrected', execId: 'E1', execRefId: 'E2', size: '6' },
      fill('E1', '4'),
    );
    expect(order.executions.length).toBeLessThanOrEqual(2);
  });

  test('lower a total again that had been raised to what was filled', () => {
    const { order } = after(TO.partial, { type: 'Restated', terms: { size: '3' } });
    expect([order.life, order.terms.size]).toEqual(['FILLED', '4']);
    const busted = after([...TO.partial, { type: 'Restated', terms: { size: '3' } }], BUST).order;
    expect([busted.terms.size, leavesQty(busted)]).toEqual(['3', '3']);
  });

  test('of the quantity by the venue are taken over, older ones are not', () => {
    const restated = (size: string, termsVersion: number): EventBody => ({
      type: 'Restated',
      terms: { size },
      termsVersion,
    });
    expect(after(TO.partial, restated('8', 2), restated('12', 1)).order.terms.size).toBe('8');
    expect(after(TO.cancelled, restated('8', 2)).order).toMatchObject({ life: 'CANCELLED', terms: { size: '8' } });
    expect(after(TO.cancelled, restated('4', 2)).order.life).toBe('FILLED');
    expect(after(TO.rejected, restated('4', 2)).last.verdict).toBe('odd');
  });
});

describe('strays', () => {
  const FOUND: EventBody = { type: 'StrayFound', requestId: 'S', venueOrderId: 'V1' };

  test('are cancelled by us, out of sight, and the end stands', () => {
    const { order, last } = after(TO.cancelled, FOUND);
    expect([order.life, order.stray, isDone(order), last.alarm !== null]).toEqual(['CANCELLED', true, false, true]);
    expect([request(order, 'S')?.forStray, ordStatus(order), last.journal]).toEqual([true, 'Canceled', []]);
    expect(after([...TO.cancelled, FOUND], FOUND).order.requests).toHaveLength(1);
  });

  test('are over with their end or with proof', () => {
    for (const end of [CANCELLED, { type: 'OrderAbsent', evidence: proof() } as const]) {
      const { order } = after(TO.cancelled, FOUND, cancelSent('S'), end);
      expect([order.stray, isDone(order)]).toEqual([false, true]);
    }
  });

  test('are what every sign of life is after an end that we concluded ourselves', () => {
    for (const sign of [
      ACK,
      { type: 'Activated' },
      { type: 'Restated', terms: {} },
      { type: 'DuplicateId' },
    ] as const) {
      expect(after(TO.failed, sign).order.stray).toBe(true);
      expect(after(TO.cancelledByUs, sign).order.stray).toBe(true);
      expect(after(TO.cancelled, sign).order.stray).toBe(false);
    }
  });

  test('of an active order are no news', () => {
    expect(after(TO.partial, FOUND).last.verdict).toBe('kept');
  });
});

describe('an order that was never recorded as sent', () => {
  test('is taken as sent first, with an alarm', () => {
    const { order, last } = after(TO.validated, fill('E1', '4'));
    expect([order.life, order.legs[0]?.phase, last.alarm !== null]).toEqual(['PARTIALLY_FILLED', 'live', true]);
    expect(last.journal.map(({ type }) => type)).toEqual(['ORDER_SUBMITTED', 'ORDER_PARTIALLY_FILLED']);
  });

  test.each(Object.entries(TO).slice(0, 4))('from %s', (_name, before) => {
    for (const event of [ACK, CANCELLED, { type: 'Rejected', reason: 'no' } as const, BUST])
      expect(after(before, event).last.verdict).toBe('moved');
  });
});

describe('native stops', () => {
  const STOP: EventBody = {
    type: 'Created',
    kind: { type: 'STOP_LIMIT', timeInForce: 'GTC' },
    terms: { ...terms(), stopPrice: '90' },
  };
  const waiting = () => new Life([...TO.submitted, { ...ACK, working: false } as EventBody], STOP);

  test('wait at the venue until they are activated', () => {
    const life = waiting();
    expect([life.order.life, life.order.working]).toEqual(['ACKNOWLEDGED', false]);
    life.apply({ type: 'Activated', venueOrderId: 'V1' });
    expect([life.order.life, life.order.working]).toEqual(['ACKNOWLEDGED', true]);
  });

  const placed: readonly (readonly [string, EventBody])[] = [
    ['its trigger', { type: 'Activated', venueOrderId: 'V2' }],
    ['its acknowledgement', { type: 'Acknowledged', venueOrderId: 'V2', working: true }],
    ['its first fill', fill('E1', '4', { venueOrderId: 'V2' })],
  ];
  test.each(placed)('go on under the id that %s gives, and end with it', (_name, event) => {
    const life = waiting();
    life.apply(event);
    expect(life.order.legs[0]?.venueOrderIds).toEqual(['V1', 'V2']);
    life.apply(CANCELLED);
    expect(life.order.end).toBeNull();
    life.apply({ ...CANCELLED, venueOrderId: 'V2' });
    expect(life.order.life).toBe('CANCELLED');
  });

  test('are known by both ids whichever is told first', () => {
    const life = new Life(TO.submitted, STOP);
    life.apply({ type: 'Acknowledged', venueOrderId: 'V2', working: true });
    life.apply({ ...ACK, working: false } as EventBody);
    expect(life.order.legs[0]?.venueOrderIds).toEqual(['V1', 'V2']);
  });
});
