import { compare, isPositive } from '@orderplane/domain';
import type { DecimalString, OrderStatus, OrderType, TimeInForce } from '@orderplane/domain';
import { UnknownWord, UnreadablePayload } from '../../errors.ts';
import {
  has,
  isRecord,
  lookUp,
  optionalDecimal,
  optionalFlag,
  optionalText,
  positiveDecimal,
  requiredDecimal,
  text,
} from '../../fields.ts';
import type { Json } from '../../fields.ts';
import { averageOf, bareOrder, isComplete, judge, REASON_SELF_TRADE, remainingOf } from '../../lifecycle.ts';
import type { NormalizedFill, NormalizedOrder } from '../../model.ts';
import { reading } from '../../venue.ts';
import type { ReadContext, Reading } from '../../venue.ts';
import { side, time, timeInForce, type } from './common.ts';
import { binanceSymbol } from './symbols.ts';
import { binanceTables } from './tables.ts';

/** What Binance says of an order, whichever of its two spellings (REST names, one-letter stream names) it comes in. */
export interface BinanceTerms {
  readonly word: string;
  readonly type: OrderType | null;
  readonly typeWord: string;
  readonly timeInForce: TimeInForce | null;
  /** 0 until the engine knows it, on orders by quote amount. */
  readonly size: DecimalString;
  readonly filledSize: DecimalString;
  /** Negative where Binance has lost it (orders of its first years). */
  readonly filledValue: DecimalString | null;
  readonly quoteSize: DecimalString | null;
  readonly requested: boolean;
  readonly reason: string | null;
}

type Quantities = Pick<
  NormalizedOrder,
  | 'status'
  | 'reason'
  | 'type'
  | 'timeInForce'
  | 'postOnly'
  | 'size'
  | 'filledSize'
  | 'remainingSize'
  | 'quoteSize'
  | 'filledValue'
  | 'averageFilledPrice'
>;

/**
 * IOC, FOK and market orders end at once by themselves. Not so a stop, whatever its time in force: it can be cancelled
 * while it waits for its trigger.
 */
const endsAtOnce = (terms: BinanceTerms): boolean =>
  terms.type === 'MARKET' || (terms.type === 'LIMIT' && (terms.timeInForce === 'IOC' || terms.timeInForce === 'FOK'));

/** By quote amount the amount decides: the size such an order reports may be just what it has filled. */
const complete = (terms: BinanceTerms, filledValue: DecimalString | null): boolean =>
  terms.quoteSize === null
    ? isComplete(terms.size, terms.filledSize)
    : filledValue !== null && compare(filledValue, terms.quoteSize) >= 0;

/** A stop that filled a part and expired had been triggered: what was left went the way of its time in force. */
function endedByTimeInForce(terms: BinanceTerms, status: OrderStatus): boolean {
  if (endsAtOnce(terms)) return true;
  const onceTriggered = terms.type === 'STOP_MARKET' || terms.timeInForce === 'IOC' || terms.timeInForce === 'FOK';
  return status === 'EXPIRED' && onceTriggered && isPositive(terms.filledSize);
}

/**
 * Binance's flag says "on the book", and is also false once an order has ended. False is passed on only where it means
 * that a stop waits for its trigger.
 */
export function workingOf(flag: boolean | null, type: OrderType | null, status: OrderStatus): boolean | null {
  if (flag !== false) return flag;
  const waits = (type === 'STOP_LIMIT' || type === 'STOP_MARKET') && (status === 'OPEN' || status === 'PENDING');
  return waits ? false : null;
}

/** Status, quantities and what follows from them. */
export function quantities(terms: BinanceTerms): Quantities {
  const word = lookUp(binanceTables.status, terms.word);
  if (word === undefined) throw new UnknownWord('binance', 'order status', terms.word);
  const filledValue = terms.filledValue !== null && compare(terms.filledValue, '0') >= 0 ? terms.filledValue : null;
  const size = isPositive(terms.size) ? terms.size : null;
  const verdict = judge({
    status: word,
    complete: complete(terms, filledValue),
    wordIsDone: false,
    immediate: endedByTimeInForce(terms, word),
    pastExpiry: false,
    requested: terms.requested,
    reason: terms.word === 'EXPIRED_IN_MATCH' ? REASON_SELF_TRADE : terms.reason,
  });
  return {
    ...verdict,
    type: terms.type,
    timeInForce: terms.timeInForce,
    postOnly: terms.typeWord === 'LIMIT_MAKER',
    size,
    filledSize: terms.filledSize,
    remainingSize: remainingOf(verdict.status, size, terms.filledSize),
    quoteSize: terms.quoteSize,
    filledValue,
    averageFilledPrice: averageOf(filledValue, terms.filledSize),
  };
}

export const isOrder = (value: unknown): value is Json =>
  isRecord(value) && has(value, 'symbol', 'orderId', 'clientOrderId') && !has(value, 'isBuyer');

/** The amend answer names three quantities otherwise than all other answers. */
const eitherDecimal = (record: Json, name: string, otherName: string): DecimalString | null =>
  optionalDecimal(record, name) ?? optionalDecimal(record, otherName);

/**
 * An order object of REST or of the WebSocket API: place (ACK, RESULT, FULL), get, lists, cancel. A cancel's answer
 * carries the cancel's own id in `clientOrderId` and the order's in `origClientOrderId`; an amend's (`amended`) gives
 * the order the id in `clientOrderId`.
 */
export function readOrder(record: Json, context: ReadContext, amended = false): Reading {
  const orderId = text(record, 'orderId');
  const original = optionalText(record, 'origClientOrderId');
  const cancelAnswer = original !== null && !amended;
  const transacted = time(record, 'transactTime');
  const identity = {
    ...bareOrder('binance', orderId, 'OPEN'),
    clientOrderId: cancelAnswer ? original : optionalText(record, 'clientOrderId'),
    symbol: binanceSymbol(text(record, 'symbol'), context.symbols),
    createdAt: time(record, 'time') ?? (cancelAnswer || amended ? null : transacted),
    updatedAt: time(record, 'updateTime') ?? transacted,
  };
  // newOrderRespType=ACK: placed, and nothing else is said.
  if (!has(record, 'status') && !has(record, 'type')) return reading([identity]);
  const typeWord = text(record, 'type');
  const size = eitherDecimal(record, 'origQty', 'qty');
  if (size === null) throw new UnreadablePayload('field "origQty" is missing');
  const quote = eitherDecimal(record, 'origQuoteOrderQty', 'quoteOrderQty');
  const standing = quantities({
    word: text(record, 'status'),
    type: type(typeWord),
    typeWord,
    timeInForce: timeInForce(optionalText(record, 'timeInForce')),
    size,
    filledSize: requiredDecimal(record, 'executedQty'),
    filledValue: eitherDecimal(record, 'cummulativeQuoteQty', 'cumulativeQuoteQty'),
    quoteSize: quote !== null && isPositive(quote) ? quote : null,
    requested: cancelAnswer,
    reason: null,
  });
  const order: NormalizedOrder = {
    ...identity,
    side: side(text(record, 'side')),
    ...standing,
    price: positiveDecimal(record, 'price'),
    stopPrice: positiveDecimal(record, 'stopPrice'),
    working: workingOf(optionalFlag(record, 'isWorking'), standing.type, standing.status),
  };
  return reading([order], readPlacedFills(record, order, transacted));
}

/** The fills of a FULL place answer: executed at once, so at the time of the transaction. */
function readPlacedFills(record: Json, order: NormalizedOrder, executedAt: string | null): readonly NormalizedFill[] {
  const fills = record['fills'];
  if (!Array.isArray(fills) || fills.length === 0) return [];
  if (executedAt === null) throw new UnreadablePayload('field "transactTime" is missing beside "fills"');
  return fills.map((entry: unknown) => {
    if (!isRecord(entry)) throw new UnreadablePayload('an entry of "fills" is not an object');
    return {
      exchange: 'binance',
      tradeId: text(entry, 'tradeId'),
      orderId: order.orderId,
      clientOrderId: order.clientOrderId,
      symbol: order.symbol,
      side: order.side,
      size: requiredDecimal(entry, 'qty'),
      price: requiredDecimal(entry, 'price'),
      fee: readFee(entry, 'commissionAsset', 'commission'),
      // Executed while it was placed, so it took what rested.
      liquidity: 'TAKER',
      executedAt,
    };
  });
}

/** A zero commission may come without its currency. */
export function readFee(record: Json, currencyName: string, costName: string): NormalizedFill['fee'] {
  const currency = optionalText(record, currencyName);
  const cost = optionalDecimal(record, costName);
  return currency === null || cost === null ? null : { currency, cost };
}
