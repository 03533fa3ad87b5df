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
import { bareOrder, judge, remainingOf } from '../../lifecycle.ts';
import type { NormalizedFill, NormalizedOrder } from '../../model.ts';
import { reading } from '../../venue.ts';
import type { ReadContext, Reading } from '../../venue.ts';
import { liquidity, side, status, time, type } from './common.ts';
import { isFilled, termsOf } from './order.ts';
import { kucoinSymbol } from './symbols.ts';

/** `orderChange` of the topics tradeOrders and tradeOrdersV2. */
export const isOrderChange = (value: unknown): value is Json =>
  isRecord(value) && has(value, 'orderId', 'orderType', 'type', 'symbol') && !has(value, 'stopPrice');

/**
 * The word that counts: `update` is told of orders that live and of orders that are over ("partly cancelled", "self
 * trade prevented"), which `status` tells apart (source: KuCoin API documentation, tradeOrdersV2).
 */
function wordOf(record: Json): string {
  const word = text(record, 'type');
  return word === 'update' ? (optionalText(record, 'status') ?? word) : word;
}

/** An order as it stands, and one fill where it reports a trade. There is no fee and no time in force in it. */
export function readOrderChange(record: Json, context: ReadContext): Reading {
  const word = wordOf(record);
  const orderType = type(text(record, 'orderType'), false);
  const size = positiveDecimal(record, 'originSize') ?? positiveDecimal(record, 'size');
  const terms = termsOf(orderType, size, positiveDecimal(record, 'originFunds') ?? positiveDecimal(record, 'funds'));
  // What has only just been received has executed nothing yet; its message does not say so.
  const filledSize = optionalDecimal(record, 'filledSize') ?? (word === 'received' ? '0' : null);
  const verdict = judge({
    status: status(word),
    complete: isFilled(terms, filledSize, null, word === 'canceled'),
    wordIsDone: word === 'done',
    // A limit order's time in force is not told: its owner knows it.
    immediate: orderType === 'MARKET',
    pastExpiry: false,
    requested: false,
    reason: null,
  });
  const shownSize = terms.quoteSize !== null && verdict.status === 'FILLED' ? filledSize : terms.size;
  const order: NormalizedOrder = {
    ...bareOrder('kucoin', text(record, 'orderId'), verdict.status),
    ...verdict,
    clientOrderId: optionalText(record, 'clientOid'),
    symbol: kucoinSymbol(text(record, 'symbol'), context.symbols),
    side: side(text(record, 'side')),
    type: orderType,
    size: shownSize,
    filledSize,
    remainingSize: remainingOf(verdict.status, shownSize, filledSize),
    price: positiveDecimal(record, 'price'),
    quoteSize: terms.quoteSize,
    createdAt: time(record, 'orderTime'),
    updatedAt: time(record, 'ts'),
    working: true,
  };
  const isTrade = text(record, 'type') === 'match' && has(record, 'tradeId');
  return reading([order], isTrade ? [readMatch(record, order)] : []);
}

function readMatch(record: Json, order: NormalizedOrder): NormalizedFill {
  if (order.updatedAt === null) throw new UnreadablePayload('field "ts" is missing');
  return {
    exchange: 'kucoin',
    tradeId: text(record, 'tradeId'),
    orderId: order.orderId,
    clientOrderId: order.clientOrderId,
    symbol: order.symbol,
    side: order.side,
    size: requiredDecimal(record, 'matchSize'),
    price: requiredDecimal(record, 'matchPrice'),
    fee: null,
    liquidity: liquidity(record),
    executedAt: order.updatedAt,
  };
}

/** `stopOrder` of the topic advancedOrders. It names no client id. */
export const isStopChange = (value: unknown): value is Json =>
  isRecord(value) && has(value, 'orderId', 'orderType', 'type', 'symbol', 'stopPrice');

/** A trigger that failed (no funds, for instance) says why: the exchange has refused the order. */
export function readStopChange(record: Json, context: ReadContext): Reading {
  const word = text(record, 'type');
  const failed = word === 'triggered' && optionalFlag(record, 'triggerSuccess') === false;
  const standing = failed ? 'FAILED' : status(word);
  const size = positiveDecimal(record, 'size');
  const price = positiveDecimal(record, 'orderPrice');
  const filledSize = word === 'triggered' && !failed ? null : '0';
  const order: NormalizedOrder = {
    ...bareOrder('kucoin', text(record, 'orderId'), standing),
    symbol: kucoinSymbol(text(record, 'symbol'), context.symbols),
    side: side(text(record, 'side')),
    // `orderType` is always "stop"; a stop without a limit has no order price.
    type: price === null ? 'STOP_MARKET' : 'STOP_LIMIT',
    size,
    filledSize,
    remainingSize: remainingOf(standing, size, filledSize),
    price,
    stopPrice: positiveDecimal(record, 'stopPrice'),
    createdAt: time(record, 'createdAt'),
    updatedAt: time(record, 'ts'),
    reason: failed ? optionalText(record, 'error') : null,
    working: word === 'open' ? false : word === 'triggered' && !failed ? true : null,
  };
  return reading([order]);
}
