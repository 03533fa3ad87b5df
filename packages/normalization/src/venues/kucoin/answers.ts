import { ExchangeErrorPayload } from '../../errors.ts';
import { has, isRecord, optionalDecimal, optionalText, positiveDecimal, text } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import { bareOrder, isComplete, judge, remainingOf } from '../../lifecycle.ts';
import { NOTHING, reading } from '../../venue.ts';
import type { ReadContext, Reading } from '../../venue.ts';
import { status, time } from './common.ts';

/** Answers to requests: they name an order, and say of its state at most how much of it is done. */

/** What was asked for a cancel or a mere test answers like a placing; only the question tells them apart. */
const NAMES_NO_NEW_ORDER = /cancel|delete|\btest\b|orders?\/test/i;

/** place, place and wait, alter (`newOrderId`), one entry of a batch. */
export const isPlaced = (value: unknown): value is Json =>
  isRecord(value) &&
  (has(value, 'orderId') || has(value, 'newOrderId')) &&
  !has(value, 'symbol') &&
  !has(value, 'cancelSize');

/** One entry of a batch that was refused. */
export const isRefusedEntry = (value: unknown): value is Json => isRecord(value) && value['success'] === false;

/** Cancels that only say that they were taken. */
export const isCancelAnswer = (value: Json): boolean =>
  has(value, 'cancelledOrderIds') ||
  has(value, 'cancelledOrderId') ||
  has(value, 'succeedSymbols') ||
  has(value, 'cancelSize') ||
  (has(value, 'clientOid') && !has(value, 'orderId') && !has(value, 'newOrderId'));

export function readRefusedEntry(record: Json): Reading {
  const message = optionalText(record, 'failMsg') ?? 'refused without a reason';
  throw new ExchangeErrorPayload('kucoin', message, message);
}

/** Synchronous answers carry quantities, and a status where they place. */
const hasQuantities = (record: Json): boolean => has(record, 'originSize', 'dealSize');

export function readPlaced(record: Json, context: ReadContext): Reading {
  const orderId = optionalText(record, 'orderId') ?? text(record, 'newOrderId');
  if (hasQuantities(record)) return readSynchronous(record, orderId, context.method);
  if (NAMES_NO_NEW_ORDER.test(context.method)) return NOTHING;
  return reading([{ ...bareOrder('kucoin', orderId, 'OPEN'), clientOrderId: optionalText(record, 'clientOid') }]);
}

/**
 * The answer to "and wait for the result". Of a cancel the status is missing in one of KuCoin's own examples; what it
 * cancelled and left then tells.
 */
function readSynchronous(record: Json, orderId: string, method: string): Reading {
  const size = positiveDecimal(record, 'originSize');
  const filledSize = optionalDecimal(record, 'dealSize');
  const cancelled = positiveDecimal(record, 'canceledSize') ?? positiveDecimal(record, 'cancelledSize');
  const word = optionalText(record, 'status') ?? 'open';
  const verdict = judge({
    status: word === 'done' && cancelled !== null ? 'CANCELLED' : status(word),
    complete: isComplete(size, filledSize),
    wordIsDone: word === 'done',
    immediate: false,
    pastExpiry: false,
    requested: NAMES_NO_NEW_ORDER.test(method),
    reason: null,
  });
  const order = {
    ...bareOrder('kucoin', orderId, verdict.status),
    ...verdict,
    clientOrderId: optionalText(record, 'clientOid'),
    size,
    filledSize,
    remainingSize: remainingOf(verdict.status, size, filledSize),
    createdAt: time(record, 'orderTime'),
    updatedAt: time(record, 'matchTime'),
  };
  return reading([order]);
}
