import { ExchangeErrorPayload, UnreadablePayload } from '../../errors.ts';
import { has, isRecord, optionalDecimal, optionalFlag, optionalText, positiveDecimal, text } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import { bareOrder } from '../../lifecycle.ts';
import type { NormalizedOrder } from '../../model.ts';
import { NOTHING, reading } from '../../venue.ts';
import type { ReadContext, Reading } from '../../venue.ts';
import { side, time, timeInForce, type } from './common.ts';
import { standing } from './standing.ts';
import { mexcSymbol } from './symbols.ts';
import { POST_ONLY_TYPES } from './tables.ts';

/** An order of get, lists and cancels; the answer of place; an entry of batchOrders. Trades have `isBuyer`. */
export const isOrder = (value: unknown): value is Json =>
  isRecord(value) && has(value, 'symbol', 'orderId') && !has(value, 'isBuyer') && !has(value, 'qty');

/** An entry of batchOrders that was refused, among others that were not. */
export const isRefusedEntry = (value: unknown): value is Json =>
  isRecord(value) && has(value, 'newClientOrderId', 'code') && !has(value, 'orderId');

export function refusedEntry(record: Json): ExchangeErrorPayload {
  return new ExchangeErrorPayload('mexc', text(record, 'code'), optionalText(record, 'msg') ?? '');
}

/**
 * A cancel's answer carries the order's own id in `origClientOrderId` and the cancel's in `clientOrderId`. The answer
 * of place knows neither a client id nor a state: accepted, and nothing else is said.
 */
export function readOrder(record: Json, context: ReadContext): Reading {
  const original = optionalText(record, 'origClientOrderId');
  const identity: NormalizedOrder = {
    ...bareOrder('mexc', text(record, 'orderId'), 'OPEN'),
    clientOrderId: original ?? optionalText(record, 'clientOrderId') ?? optionalText(record, 'newClientOrderId'),
    symbol: mexcSymbol(text(record, 'symbol'), context.symbols),
    createdAt: time(record, 'time') ?? time(record, 'transactTime'),
    updatedAt: time(record, 'updateTime') ?? time(record, 'transactTime'),
  };
  // Queries and lists tell when the order was made; the answer to a cancel does not.
  const cancelAnswer = original !== null && identity.createdAt === null;
  if (has(record, 'status')) return reading([{ ...identity, ...readTerms(record, cancelAnswer) }]);
  if (has(record, 'orderListId')) return reading([{ ...identity, ...readPlacedTerms(record) }]);
  // Some cancels are answered with the order's terms alone: which order is known, but nothing of its state.
  return NOTHING;
}

/** GET order of the documentation names the size otherwise than all other answers. */
const sizeOf = (record: Json) => optionalDecimal(record, 'origQty') ?? optionalDecimal(record, 'Qty');

function readTerms(record: Json, requested: boolean): Partial<NormalizedOrder> {
  const filledSize = optionalDecimal(record, 'executedQty');
  if (filledSize === null) throw new UnreadablePayload('field "executedQty" is missing');
  const terms = standing({
    statusWord: text(record, 'status'),
    typeWord: text(record, 'type'),
    timeInForceWord: optionalText(record, 'timeInForce'),
    size: sizeOf(record),
    filledSize,
    filledValue: optionalDecimal(record, 'cummulativeQuoteQty'),
    quoteAmount: optionalDecimal(record, 'origQuoteOrderQty'),
    price: optionalDecimal(record, 'price'),
    requested,
  });
  const waits = terms.type === 'STOP_LIMIT' || terms.type === 'STOP_MARKET';
  const flag = optionalFlag(record, 'isWorking');
  return {
    side: side(text(record, 'side')),
    ...terms,
    stopPrice: positiveDecimal(record, 'stopPrice'),
    // "On the book", and so also false once an order has ended: false is passed on only where a stop waits.
    working: flag === false && !(waits && terms.status === 'OPEN') ? null : flag,
  };
}

/** {symbol, orderId, orderListId, price, origQty, type, side, transactTime}, or the first three alone. */
function readPlacedTerms(record: Json): Partial<NormalizedOrder> {
  const typeWord = optionalText(record, 'type');
  const sideWord = optionalText(record, 'side');
  if (typeWord === null) return sideWord === null ? {} : { side: side(sideWord) };
  const orderType = type(typeWord);
  return {
    side: sideWord === null ? null : side(sideWord),
    type: orderType,
    timeInForce: timeInForce(typeWord, null),
    postOnly: POST_ONLY_TYPES.includes(typeWord),
    size: positiveDecimal(record, 'origQty'),
    price: orderType === 'MARKET' ? null : positiveDecimal(record, 'price'),
  };
}
