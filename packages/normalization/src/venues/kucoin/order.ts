import { compare, isPositive } from '@orderplane/domain';
import type { DecimalString, OrderType, TimeInForce } from '@orderplane/domain';
import { UnreadablePayload } from '../../errors.ts';
import {
  has,
  isRecord,
  optionalDecimal,
  optionalFlag,
  optionalText,
  positiveDecimal,
  requiredDecimal,
  text,
} from '../../fields.ts';
import type { Json } from '../../fields.ts';
import { bareOrder, isComplete, judge, remainingOf } from '../../lifecycle.ts';
import type { NormalizedOrder } from '../../model.ts';
import { reading } from '../../venue.ts';
import type { ReadContext, Reading } from '../../venue.ts';
import { executed, side, status, time, timeInForce, type } from './common.ts';
import { kucoinSymbol } from './symbols.ts';

/** An order of the matching engine: get, active, done, and the older `orders`. Fills have a `tradeId`. */
export const isOrder = (value: unknown): value is Json =>
  isRecord(value) &&
  has(value, 'id', 'symbol', 'side', 'type') &&
  has(value, 'dealSize') &&
  (has(value, 'active') || has(value, 'isActive')) &&
  !has(value, 'tradeId');

/** The word that KuCoin's two flags amount to. */
function wordOf(record: Json): string {
  const active = optionalFlag(record, 'active') ?? optionalFlag(record, 'isActive');
  if (active === null) throw new UnreadablePayload('field "active" is missing');
  if (active) return 'active';
  return optionalFlag(record, 'cancelExist') === true ? 'cancelled' : 'done';
}

export interface Terms {
  readonly type: OrderType | null;
  readonly size: DecimalString | null;
  readonly quoteSize: DecimalString | null;
}

/** Market orders are by size or by funds; a limit order's `funds` only repeat price × size. */
export function termsOf(orderType: OrderType | null, size: DecimalString | null, funds: DecimalString | null): Terms {
  const byFunds = orderType === 'MARKET' && size === null;
  return { type: orderType, size, quoteSize: byFunds ? funds : null };
}

/**
 * By funds the size follows from the fills, and a rest that no lot fits in stays unspent: "done" without a cancelled
 * part is complete.
 */
export function isFilled(
  terms: Terms,
  filledSize: DecimalString | null,
  filledValue: DecimalString | null,
  hasCancelledPart: boolean,
): boolean {
  if (terms.quoteSize === null) return isComplete(terms.size, filledSize);
  if (filledValue !== null && compare(filledValue, terms.quoteSize) >= 0) return true;
  return !hasCancelledPart && filledSize !== null && isPositive(filledSize);
}

export const endsAtOnce = (orderType: OrderType | null, time: TimeInForce | null): boolean =>
  orderType === 'MARKET' || time === 'IOC' || time === 'FOK';

/** `cancelAfter` counts seconds from the placing; 0 and -1 mean that there is none. */
function expiryOf(record: Json, createdAt: string | null): string | null {
  const seconds = positiveDecimal(record, 'cancelAfter');
  if (seconds === null || createdAt === null) return null;
  return new Date(Date.parse(createdAt) + Number(seconds) * 1000).toISOString();
}

export function readOrder(record: Json, context: ReadContext): Reading {
  const stopPrice = positiveDecimal(record, 'stopPrice');
  const isStop = optionalText(record, 'stop') !== null && stopPrice !== null;
  const orderType = type(text(record, 'type'), isStop);
  const effectiveTime = timeInForce(optionalText(record, 'timeInForce'));
  const createdAt = time(record, 'createdAt');
  const updatedAt = time(record, 'lastUpdatedAt');
  const expiresAt = effectiveTime === 'GTT' ? expiryOf(record, createdAt) : null;
  const filledSize = requiredDecimal(record, 'dealSize');
  const filledValue = optionalDecimal(record, 'dealFunds');
  const terms = termsOf(orderType, positiveDecimal(record, 'size'), positiveDecimal(record, 'funds'));
  const word = wordOf(record);
  const verdict = judge({
    status: status(word),
    complete: isFilled(terms, filledSize, filledValue, word === 'cancelled'),
    wordIsDone: word === 'done',
    immediate: endsAtOnce(orderType, effectiveTime),
    pastExpiry: expiresAt !== null && updatedAt !== null && updatedAt >= expiresAt,
    requested: false,
    reason: null,
  });
  const size = terms.quoteSize !== null && verdict.status === 'FILLED' ? filledSize : terms.size;
  const order: NormalizedOrder = {
    ...bareOrder('kucoin', text(record, 'id'), verdict.status),
    ...verdict,
    clientOrderId: optionalText(record, 'clientOid'),
    symbol: kucoinSymbol(text(record, 'symbol'), context.symbols),
    side: side(text(record, 'side')),
    type: orderType,
    size,
    filledSize,
    remainingSize: remainingOf(verdict.status, size, filledSize),
    price: positiveDecimal(record, 'price'),
    stopPrice,
    quoteSize: terms.quoteSize,
    ...executed(filledSize, filledValue),
    createdAt,
    updatedAt,
    expiresAt,
    timeInForce: effectiveTime,
    postOnly: optionalFlag(record, 'postOnly'),
    // The matching engine shows nothing that waits for a trigger; the older lists do.
    working: isStop ? optionalFlag(record, 'stopTriggered') : true,
  };
  return reading([order]);
}
