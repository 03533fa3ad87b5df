import { describe, expect, test } from 'vitest';
import {
  averagePrice,
  born,
  canCancel,
  dialogStatus,
  feesByCurrency,
  filledOfLeg,
  filledValue,
  isActive,
  isDone,
  isTerminal,
  leavesQty,
  ordStatus,
  pendingRequests,
  replay,
  status,
  wishedTerms,
} from './index.ts';
import type { EventBody } from './index.ts';
import { cancelWish, CREATED, fill, instant, Life, replaceSent, replaceWish, TO } from './testing/orders.ts';

const order = (events: readonly EventBody[]) => new Life(events).order;

describe('what is shown of a state', () => {
  test.each([
    ['created', 'PENDING', 'pending', 'PendingNew'],
    ['validated', 'PENDING', 'pending', 'PendingNew'],
    ['dark', 'PENDING', 'dark_open', 'PendingNew'],
    ['triggered', 'PENDING', 'triggered', 'PendingNew'],
    ['submitted', 'PENDING', 'pending', 'PendingNew'],
    ['acknowledged', 'OPEN', 'open', 'New'],
    ['partial', 'OPEN', 'open', 'PartiallyFilled'],
    ['filled', 'FILLED', 'closed', 'Filled'],
    ['cancelled', 'CANCELLED', 'canceled', 'Canceled'],
    ['expired', 'EXPIRED', 'canceled', 'Expired'],
    ['rejected', 'FAILED', 'error', 'Rejected'],
    ['failed', 'FAILED', 'error', 'Rejected'],
  ] as const)('%s', (name, coarse, dialog, fix) => {
    const shown = order(TO[name]);
    expect([status(shown), dialogStatus(shown), ordStatus(shown)]).toEqual([coarse, dialog, fix]);
    const over = ['filled', 'cancelled', 'expired', 'rejected', 'failed'].includes(name);
    expect([isTerminal(shown), isActive(shown), canCancel(shown), isDone(shown)]).toEqual([over, !over, !over, over]);
  });
});

test('requests that are wanted or sent are not part of the FIX status, but are pending for the caller', () => {
  const wished = order([...TO.partial, replaceWish(), replaceSent(), cancelWish()]);
  expect([ordStatus(wished), canCancel(wished)]).toEqual(['PartiallyFilled', false]);
  expect(pendingRequests(wished).map(({ kind }) => kind)).toEqual(['replace', 'cancel']);
  expect(wishedTerms(wished).size).toBe('20');
});

test('value, average price and fees count what counts', () => {
  const fee = (currency: string, cost: string) => ({ fee: { currency, cost } });
  const shown = order([
    ...TO.acknowledged,
    fill('E1', '1', { price: '100', ...fee('USD', '0.1') }),
    fill('E2', '2', { price: '101', ...fee('BNB', '0.001') }),
    fill('E3', '3', { price: '500', ...fee('USD', '9') }),
    fill('E4', '3', { price: '102.5', ...fee('USD', '0.2') }),
    { type: 'FillBusted', execId: 'X', execRefId: 'E3' },
  ]);
  expect([filledValue(shown), averagePrice(shown), leavesQty(shown)]).toEqual(['609.5', '101.583333333333333333', '4']);
  expect(feesByCurrency(shown)).toEqual([
    { currency: 'BNB', cost: '0.001' },
    { currency: 'USD', cost: '0.3' },
  ]);
  expect(averagePrice(order(TO.acknowledged))).toBeNull();
});

test('each leg has its own fills', () => {
  const shown = order([...TO.legSent, fill('N', '3', { venueOrderId: 'V2' }), fill('L', '1')]);
  expect(shown.legs.map((leg) => filledOfLeg(shown, leg))).toEqual(['5', '3']);
});

test('an order is born by Created or Adopted and by nothing else', () => {
  const stamp = { at: instant(0), source: 'client' } as const;
  expect(born({ ...CREATED, ...stamp }).journal).toEqual([
    { type: 'ORDER_CREATED', fromState: null, toState: 'CREATED', reason: null },
  ]);
  const adopted: EventBody = { ...CREATED, type: 'Adopted', venueClientId: 'x', venueOrderId: 'V9' } as EventBody;
  const { order: external, journal } = born({ ...adopted, ...stamp });
  expect([external.life, external.legs[0]?.phase, external.legs[0]?.venueOrderIds]).toEqual([
    'SUBMITTED',
    'sent',
    ['V9'],
  ]);
  expect(journal).toMatchObject([{ type: 'ORDER_ADOPTED', toState: 'SUBMITTED' }]);
  expect(() => born({ type: 'Validated', ...stamp })).toThrow(TypeError);
  expect(() => replay([])).toThrow(TypeError);
  expect(new Life([CREATED]).last).toMatchObject({ verdict: 'bug' });
});
