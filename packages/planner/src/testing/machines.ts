import { born, evolve, type EventBody, type MachineEvent, type OrderMachine } from '@orderplane/state-machine';
import type { OrderSpec } from '@orderplane/domain';

/** The start of every story told here. */
export const START = '2026-01-01T00:00:00.000Z';
/** `seconds` after the start, as an instant. */
export const at = (seconds: number): string => new Date(Date.parse(START) + seconds * 1_000).toISOString();

export const limitSpec: OrderSpec = {
  symbol: 'BTC-USD',
  side: 'BUY',
  type: 'LIMIT',
  size: '1',
  quoteSize: null,
  price: '100',
  stopPrice: null,
  timeInForce: 'GTC',
  expiresAt: null,
  postOnly: false,
  reduceOnly: false,
};

/** The submission may arrive until five seconds after the start; so may every request. */
export const DEADLINE = at(5);

const fill = (id: string, size: string, venueOrderId = 'v1'): EventBody => ({
  type: 'PartialFill',
  execution: { id, size, price: '100', fee: null, liquidity: null, at: START, venueOrderId },
});
const wish = (size: string, price: string): OrderMachine['terms'] => ({
  size,
  price,
  quoteSize: null,
  stopPrice: null,
});
const NOT_SENT = { kind: 'notSent', detail: 'not sent', lookups: [], executionsComplete: true } as const;

/** The first cancel for a halt thrown at the start. */
const HALT_CANCEL = `halt${Date.parse(START)}-order-1-1`;

/** What can befall an order, one word each. All of it happens at the start; only the plan's `now` moves. */
export const WORDS = {
  validated: { type: 'Validated' },
  armed: { type: 'Armed' },
  triggered: { type: 'Triggered' },
  denied: { type: 'Denied', code: 'INVALID_INPUT', reason: 'no' },
  sent: { type: 'SubmitSent', venueClientId: 'c1', deadlineAt: DEADLINE },
  unanswered: { type: 'SubmitUnknown', reason: 'no answer' },
  duplicate: { type: 'DuplicateId' },
  notSent: { type: 'OrderAbsent', evidence: NOT_SENT },
  acked: { type: 'Acknowledged', venueOrderId: 'v1' },
  rejected: { type: 'Rejected', reason: 'no' },
  'fill 0.4': fill('t1', '0.4'),
  'fill 0.6': fill('t2', '0.6'),
  'fill 1': fill('t3', '1'),
  cancelled: { type: 'Cancelled', reason: null, venueOrderId: 'v1' },
  expired: { type: 'Expired', reason: 'tif', venueOrderId: 'v1' },
  vanished: { type: 'Vanished', reason: 'missing in a list' },
  'cancel wanted': { type: 'CancelRequested', requestId: 'cancel', generation: 2, by: 'client' },
  'cancel sent': { type: 'CancelSent', requestId: 'cancel', deadlineAt: DEADLINE },
  'cancel unanswered': { type: 'RequestUnknown', requestId: 'cancel', reason: 'no answer' },
  'cancel pending': { type: 'CancelPending', requestId: 'cancel' },
  'cancel refused': { type: 'CancelRejected', requestId: 'cancel', refusal: 'OTHER', reason: 'no' },
  'cancel of unknown order': {
    type: 'CancelRejected',
    requestId: 'cancel',
    refusal: 'UNKNOWN_ORDER',
    reason: 'unknown order',
  },
  'change wanted': {
    type: 'ReplaceRequested',
    requestId: 'change',
    generation: 2,
    terms: wish('2', '101'),
    by: 'client',
  },
  'shrink wanted': {
    type: 'ReplaceRequested',
    requestId: 'change',
    generation: 2,
    terms: wish('0.4', '100'),
    by: 'client',
  },
  'shrink demanded': {
    type: 'ReplaceRequested',
    requestId: 'demand',
    generation: 0,
    terms: wish('0.4', '100'),
    by: 'us',
  },
  'newer change wanted': {
    type: 'ReplaceRequested',
    requestId: 'change-2',
    generation: 3,
    terms: wish('1.5', '101'),
    by: 'client',
  },
  'newest change wanted': {
    type: 'ReplaceRequested',
    requestId: 'change-3',
    generation: 4,
    terms: wish('1.2', '101'),
    by: 'client',
  },
  'newer shrink wanted': {
    type: 'ReplaceRequested',
    requestId: 'change-2',
    generation: 3,
    terms: wish('0.4', '101'),
    by: 'client',
  },
  'group change wanted': {
    type: 'ReplaceRequested',
    requestId: 'group-order-1-1',
    generation: 0,
    terms: wish('0.6', '100'),
    by: 'us',
  },
  'group amend sent': { type: 'ReplaceSent', requestId: 'group-order-1-1', how: 'AMEND', deadlineAt: DEADLINE },
  'group change done': { type: 'Replaced', requestId: 'group-order-1-1', terms: {} },
  'group change refused': {
    type: 'ReplaceRejected',
    requestId: 'group-order-1-1',
    refusal: 'OTHER',
    reason: 'not now',
  },
  'amend sent': { type: 'ReplaceSent', requestId: 'change', how: 'AMEND', deadlineAt: DEADLINE },
  'two-step sent': { type: 'ReplaceSent', requestId: 'change', how: 'TWO_STEP', deadlineAt: DEADLINE },
  'change unanswered': { type: 'RequestUnknown', requestId: 'change', reason: 'no answer' },
  'change pending': { type: 'ReplacePending', requestId: 'change' },
  'old leg over': { type: 'LegEnded', reason: null },
  'new leg sent': { type: 'LegSent', venueClientId: 'c2', deadlineAt: DEADLINE, terms: wish('2', '101') },
  'new leg placed': { type: 'LegPlaced', venueClientId: 'c2', venueOrderId: 'v2' },
  'new leg refused': { type: 'LegRefused', venueClientId: 'c2', reason: 'no' },
  'timer cancel': { type: 'TimedOut', requestId: 'expire-order-1-1', reason: 'expiresAt has passed' },
  'timer cancel sent': { type: 'CancelSent', requestId: 'expire-order-1-1', deadlineAt: DEADLINE },
  'timer cancel refused': {
    type: 'CancelRejected',
    requestId: 'expire-order-1-1',
    refusal: 'OTHER',
    reason: 'cancel-only mode is off',
  },
  'halt cancel': {
    type: 'CancelRequested',
    requestId: HALT_CANCEL,
    generation: 0,
    by: 'us',
    reason: 'the account is halted',
  },
  'halt cancel sent': { type: 'CancelSent', requestId: HALT_CANCEL, deadlineAt: DEADLINE },
  'halt cancel refused': { type: 'CancelRejected', requestId: HALT_CANCEL, refusal: 'OTHER', reason: 'not now' },
  'gave up': { type: 'GaveUp', reason: 'not placed after 20 attempts' },
  'found alive': { type: 'StrayFound', requestId: 'stray', venueOrderId: 'v1' },
  'stray cancel sent': { type: 'CancelSent', requestId: 'stray', deadlineAt: DEADLINE },
  'stray cancel unanswered': { type: 'RequestUnknown', requestId: 'stray', reason: 'no answer' },
} as const satisfies Record<string, EventBody>;
export type Word = keyof typeof WORDS;

export const eventOf = (body: EventBody, when = START): MachineEvent => ({ ...body, at: when, source: 'exchange' });

export function newOrder(spec: OrderSpec = limitSpec): OrderMachine {
  return born(
    eventOf({
      type: 'Created',
      kind: { type: spec.type, timeInForce: spec.timeInForce },
      terms: { size: spec.size, quoteSize: spec.quoteSize, price: spec.price, stopPrice: spec.stopPrice },
    }),
  ).order;
}

export function apply(order: OrderMachine, body: EventBody, when = START): OrderMachine {
  const transition = evolve(order, eventOf(body, when));
  if (transition.verdict === 'bug') throw new Error(`${transition.alarm}`);
  return transition.order;
}

/** The order after these words, e.g. `orderAfter('validated', 'sent', 'acked')`. Throws where the table has no such way. */
export const orderAfter = (...words: readonly Word[]): OrderMachine => specAfter(limitSpec, words);
export const specAfter = (spec: OrderSpec, words: readonly Word[]): OrderMachine =>
  words.reduce((order, word) => apply(order, WORDS[word]), newOrder(spec));
