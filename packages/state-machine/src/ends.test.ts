import { describe, expect, test } from 'vitest';
import { born, evolve, type EventBody, type OrderMachine } from './index.ts';

const at = '2026-01-01T00:00:00.000Z';
const kind = { type: 'LIMIT', timeInForce: 'GTC' } as const;
const terms = { size: '1', quoteSize: null, price: '100', stopPrice: null };
const resting: readonly EventBody[] = [
  { type: 'Validated' },
  { type: 'SubmitSent', venueClientId: 'c1', deadlineAt: at },
  { type: 'Acknowledged', venueOrderId: 'v1' },
];
const after = (...events: readonly EventBody[]): OrderMachine =>
  events.reduce(
    (order, event) => evolve(order, { ...event, at, source: 'exchange' }).order,
    born({ type: 'Created', kind, terms, at, source: 'client' }).order,
  );
const cancel = (by: 'us' | 'client', reason?: string): EventBody => ({
  type: 'CancelRequested',
  requestId: 'r1',
  generation: 0,
  by,
  ...(reason === undefined ? {} : { reason }),
});

describe('why an order was cancelled', () => {
  test.each<[string, readonly EventBody[], string | null]>([
    ['we wished it: our reason', [cancel('us', 'the account is halted')], 'the account is halted'],
    [
      'our timer did: that its time is over',
      [{ type: 'TimedOut', requestId: 't1', reason: 'expiresAt has passed' }],
      'expiresAt has passed',
    ],
    ['its owner wished it: what the exchange says', [cancel('client')], 'user requested'],
    ['nobody here wished it: what the exchange says', [], 'user requested'],
    [
      'our wish was refused before: what the exchange says',
      [cancel('us', 'halted'), { type: 'CancelRejected', requestId: 'r1', refusal: 'OTHER', reason: 'no' }],
      'user requested',
    ],
  ])('%s', (_name, wishes, reason) => {
    const order = after(...resting, ...wishes, { type: 'Cancelled', reason: 'user requested', venueOrderId: 'v1' });
    expect(order.end).toEqual({ kind: 'CANCELLED', saidBy: 'venue', reason });
  });

  test('what was never sent ends at once, with the reason', () => {
    const order = after({ type: 'Validated' }, cancel('us', 'the account is halted'));
    expect(order.end).toEqual({ kind: 'CANCELLED', saidBy: 'us', reason: 'the account is halted' });
  });
});
