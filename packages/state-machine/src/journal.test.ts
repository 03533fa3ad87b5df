import { expect, test } from 'vitest';
import type { EventBody } from './index.ts';
import { ACK, cancelSent, cancelWish, fill, Life, replaceSent, replaceWish, TO } from './testing/orders.ts';

/** What the public journal tells of the last event. */
const lines = (before: readonly EventBody[], event: EventBody): readonly string[] =>
  new Life(before).apply(event).journal.map(({ type, fromState, toState }) => `${type} ${fromState}>${toState}`);

const REPLACED: EventBody = { type: 'Replaced', requestId: 'R', terms: { size: '20' } };

test.each<[string, readonly EventBody[], EventBody, readonly string[]]>([
  ['a state entered', TO.submitted, ACK, ['ORDER_ACKNOWLEDGED SUBMITTED>ACKNOWLEDGED']],
  ['the first fill', TO.acknowledged, fill('E', '1'), ['ORDER_PARTIALLY_FILLED ACKNOWLEDGED>PARTIALLY_FILLED']],
  ['a further fill', TO.partial, fill('E', '1'), ['ORDER_PARTIALLY_FILLED PARTIALLY_FILLED>PARTIALLY_FILLED']],
  ['the last fill', TO.partial, fill('E', '6'), ['ORDER_FILLED PARTIALLY_FILLED>FILLED']],
  ['a fill too much', TO.filled, fill('E', '1'), ['ORDER_FILLED FILLED>FILLED']],
  ['a late fill', TO.cancelled, fill('E', '1'), ['ORDER_PARTIALLY_FILLED CANCELLED>CANCELLED']],
  ['a late fill that completes', TO.cancelled, fill('E', '6'), ['ORDER_FILLED CANCELLED>FILLED']],
  [
    'a late fill that disproves a reject',
    TO.rejected,
    fill('E', '1'),
    ['ORDER_PARTIALLY_FILLED REJECTED>REJECTED', 'ORDER_CANCELLED REJECTED>CANCELLED'],
  ],
  ['a fill seen before', TO.partial, fill('E1', '4'), []],
  [
    'a bust',
    [...TO.partial, fill('E', '1')],
    { type: 'FillBusted', execId: 'X', execRefId: 'E' },
    ['ORDER_PARTIALLY_FILLED PARTIALLY_FILLED>PARTIALLY_FILLED'],
  ],
  [
    'a bust of all',
    TO.partial,
    { type: 'FillBusted', execId: 'X', execRefId: 'E1' },
    ['ORDER_ACKNOWLEDGED PARTIALLY_FILLED>ACKNOWLEDGED'],
  ],
  ['a cancel wished', TO.partial, cancelWish(), ['CANCEL_REQUESTED PARTIALLY_FILLED>PARTIALLY_FILLED']],
  [
    'a cancel of a dark order',
    TO.dark,
    cancelWish(),
    ['CANCEL_REQUESTED DARK_OPEN>DARK_OPEN', 'ORDER_CANCELLED DARK_OPEN>CANCELLED'],
  ],
  ['a cancel sent', [...TO.partial, cancelWish()], cancelSent(), []],
  [
    'a change made',
    [...TO.partial, replaceWish(), replaceSent()],
    REPLACED,
    ['ORDER_REPLACED PARTIALLY_FILLED>PARTIALLY_FILLED'],
  ],
  [
    'a change that is an acknowledgement',
    [...TO.submitted, replaceWish(), replaceSent()],
    REPLACED,
    ['ORDER_REPLACED SUBMITTED>SUBMITTED', 'ORDER_ACKNOWLEDGED SUBMITTED>ACKNOWLEDGED'],
  ],
  [
    'a change by the venue',
    TO.partial,
    { type: 'Restated', terms: { size: '8' } },
    ['ORDER_REPLACED PARTIALLY_FILLED>PARTIALLY_FILLED'],
  ],
  ['the same values again', TO.partial, { type: 'Restated', terms: { size: '10' } }, []],
  ['a doubt', TO.submitted, { type: 'SubmitUnknown', reason: 'timeout' }, ['OUTCOME_UNKNOWN SUBMITTED>SUBMITTED']],
  ['a doubt that goes on', TO.unknown, { type: 'Vanished', reason: 'not listed' }, []],
  [
    'a doubt resolved by a fill',
    TO.unknown,
    fill('E', '10'),
    ['OUTCOME_RESOLVED SUBMITTED>SUBMITTED', 'ORDER_FILLED SUBMITTED>FILLED'],
  ],
])('%s', (_name, before, event, expected) => {
  expect(lines(before, event)).toEqual(expected);
});

test('reasons are told', () => {
  const reasons = (before: readonly EventBody[], event: EventBody) =>
    new Life(before).apply(event).journal.map(({ reason }) => reason);
  expect(reasons(TO.submitted, { type: 'Rejected', reason: 'no funds' })).toEqual(['no funds']);
  expect(reasons(TO.partial, { type: 'FillBusted', execId: 'X', execRefId: 'E1' })).toEqual(['execution E1 busted']);
  expect(reasons(TO.dark, { type: 'TimedOut', requestId: 'T', reason: 'expiresAt has passed' })).toEqual([
    'expiresAt has passed',
  ]);
});
