import { UnreadablePayload } from '../../errors.ts';
import { child, has, isRecord, optionalDecimal, optionalFlag, optionalText, text } from '../../fields.ts';
import { positiveDecimal, requiredDecimal } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import { bareOrder } from '../../lifecycle.ts';
import type { NormalizedFill, NormalizedOrder } from '../../model.ts';
import { NOTHING, reading } from '../../venue.ts';
import type { ReadContext, Reading } from '../../venue.ts';
import { readFee, side, time } from './common.ts';
import { standing } from './standing.ts';
import { mexcSymbol } from './symbols.ts';

/** Names of the former JSON stream's one-letter fields in today's messages. */
const ORDER_NAMES: Readonly<Record<string, string>> = {
  ...{ i: 'id', c: 'clientId', p: 'price', v: 'quantity', a: 'amount', o: 'orderType', S: 'tradeType', s: 'status' },
  ...{ cv: 'cumulativeQuantity', ca: 'cumulativeAmount', O: 'createTime', P: 'triggerPrice', m: 'isMaker' },
};
const DEAL_NAMES: Readonly<Record<string, string>> = {
  ...{ p: 'price', v: 'quantity', a: 'amount', S: 'tradeType', T: 'time', t: 'tradeId', c: 'clientOrderId' },
  ...{ i: 'orderId', m: 'isMaker', n: 'feeAmount', N: 'feeCurrency' },
};

const renamed = (record: Json, names: Readonly<Record<string, string>>): Json =>
  Object.fromEntries(
    Object.entries(record).flatMap(([name, value]) => {
      const today = Object.hasOwn(names, name) ? names[name] : undefined;
      // Flags were 0 and 1.
      return today === undefined ? [] : [[today, today === 'isMaker' ? value === 1 || value === true : value]];
    }),
  );

/** A decoded message of the stream: the wrapper of today's binary messages, or the former JSON. */
export const isPush = (value: Json): boolean =>
  typeof value['channel'] === 'string' ||
  (typeof value['c'] === 'string' && value['c'].startsWith('spot@') && has(value, 'd')) ||
  isBareOrder(value) ||
  isBareDeal(value);

/** The body of a message without its wrapper, which is what ccxt keeps: the market is not said. */
const isBareOrder = (value: Json): boolean => has(value, 'id', 'orderType', 'tradeType');
const isBareDeal = (value: Json): boolean => has(value, 'tradeId', 'orderId', 'tradeType');

/**
 * One message of the stream. Decoders of the binary form leave out fields that have their default value: a number that
 * is missing is 0, a flag is false, and a text is empty, which here means "not said".
 */
export function readPush(payload: Json, context: ReadContext): Reading {
  const order = child(payload, 'privateOrders');
  if (order !== null) return readOrderPush(order, payload, context);
  const deal = child(payload, 'privateDeals');
  if (deal !== null) return readDealPush(deal, payload, context);
  if (isBareOrder(payload)) return readOrderPush(payload, {}, context);
  if (isBareDeal(payload)) return readDealPush(payload, {}, context);
  const channel = String(payload['channel'] ?? payload['c']).slice(0, 60);
  const body = payload['d'];
  if (isRecord(body)) {
    const sent = { symbol: payload['s'], sendTime: payload['t'] };
    if (channel.startsWith('spot@private.orders')) return readOrderPush(renamed(body, ORDER_NAMES), sent, context);
    if (channel.startsWith('spot@private.deals')) return readDealPush(renamed(body, DEAL_NAMES), sent, context);
  }
  if (channel.startsWith('spot@private.account')) return NOTHING;
  throw new UnreadablePayload(`mexc: the channel "${channel}" says nothing about orders`);
}

/** An integer of the binary form: 0 is left out. */
const enumeration = (record: Json, name: string): string => optionalText(record, name) ?? '0';

function marketOf(sent: Json, context: ReadContext): string | null {
  const nativeId = optionalText(sent, 'symbol');
  return nativeId === null ? null : mexcSymbol(nativeId, context.symbols);
}

/** The order as it stands. Its fees are told with its deals alone. */
function readOrderPush(record: Json, sent: Json, context: ReadContext): Reading {
  const order: NormalizedOrder = {
    ...bareOrder('mexc', text(record, 'id'), 'OPEN'),
    clientOrderId: optionalText(record, 'clientId'),
    symbol: marketOf(sent, context),
    side: side(enumeration(record, 'tradeType')),
    ...standing({
      statusWord: enumeration(record, 'status'),
      typeWord: enumeration(record, 'orderType'),
      timeInForceWord: null,
      size: optionalDecimal(record, 'quantity'),
      filledSize: optionalDecimal(record, 'cumulativeQuantity'),
      filledValue: optionalDecimal(record, 'cumulativeAmount'),
      quoteAmount: optionalDecimal(record, 'amount'),
      price: optionalDecimal(record, 'price'),
      // Nothing in a message tells who asked for an end.
      requested: false,
    }),
    stopPrice: positiveDecimal(record, 'triggerPrice'),
    createdAt: time(record, 'createTime'),
    updatedAt: time(sent, 'sendTime'),
  };
  return reading([order]);
}

function readDealPush(record: Json, sent: Json, context: ReadContext): Reading {
  const executedAt = time(record, 'time') ?? time(sent, 'sendTime');
  if (executedAt === null) throw new UnreadablePayload('field "time" is missing');
  const fill: NormalizedFill = {
    exchange: 'mexc',
    tradeId: text(record, 'tradeId'),
    orderId: text(record, 'orderId'),
    clientOrderId: optionalText(record, 'clientOrderId'),
    symbol: marketOf(sent, context),
    side: side(enumeration(record, 'tradeType')),
    size: requiredDecimal(record, 'quantity'),
    price: requiredDecimal(record, 'price'),
    fee: readFee(record, 'feeCurrency', 'feeAmount'),
    liquidity: optionalFlag(record, 'isMaker') === true ? 'MAKER' : 'TAKER',
    executedAt,
  };
  return reading([], [fill]);
}
