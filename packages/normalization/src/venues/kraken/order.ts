import { isPositive } from '@orderplane/domain';
import type { DecimalString, OrderType, TimeInForce } from '@orderplane/domain';
import { UnknownWord, UnreadablePayload } from '../../errors.ts';
import {
  child,
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
import { bareOrder, isComplete, judge, remainingOf } from '../../lifecycle.ts';
import type { NormalizedOrder } from '../../model.ts';
import { reading } from '../../venue.ts';
import type { ReadContext, Reading } from '../../venue.ts';
import { absolutePrice, orderFlags, seconds, side, timeInForce, type } from './common.ts';
import { krakenSymbol } from './symbols.ts';
import { krakenTables, REQUESTED_REASON } from './tables.ts';

/** What Kraken says of where an order stands, from either transport. */
export interface KrakenStanding {
  readonly word: string;
  readonly type: OrderType | null;
  readonly timeInForce: TimeInForce | null;
  readonly size: DecimalString | null;
  readonly filledSize: DecimalString | null;
  readonly quoteSize: DecimalString | null;
  readonly pastExpiry: boolean;
  readonly reason: string | null;
}

/** A stop that has filled a part had been triggered, and a stop without a limit then goes on as a market order. */
const endsAtOnce = (state: KrakenStanding, filled: boolean): boolean =>
  state.type === 'MARKET' ||
  state.timeInForce === 'IOC' ||
  state.timeInForce === 'FOK' ||
  (state.type === 'STOP_MARKET' && filled);

/**
 * Status and reason. By quote amount the venue's word decides: what was spent falls short of the amount by the rest
 * that no lot fits in, so numbers can't tell.
 */
export function standing(
  state: KrakenStanding,
): Pick<NormalizedOrder, 'status' | 'reason' | 'size' | 'filledSize' | 'remainingSize'> {
  const status = lookUp(krakenTables.status, state.word);
  if (status === undefined) throw new UnknownWord('kraken', 'order status', state.word);
  const filled = state.filledSize !== null && isPositive(state.filledSize);
  const byQuote = state.quoteSize !== null && state.size === null;
  const verdict = judge({
    status,
    complete: byQuote ? status === 'FILLED' && filled : isComplete(state.size, state.filledSize),
    wordIsDone: state.word === 'closed',
    immediate: endsAtOnce(state, filled),
    // Nothing but its time in force lets an order expire at Kraken.
    pastExpiry: state.pastExpiry || status === 'EXPIRED',
    requested: state.reason !== null && REQUESTED_REASON.test(state.reason),
    reason: status === 'EXPIRED' ? null : state.reason,
  });
  const size = byQuote && verdict.status === 'FILLED' ? state.filledSize : state.size;
  const remainingSize = remainingOf(verdict.status, size, state.filledSize);
  return { ...verdict, size, filledSize: state.filledSize, remainingSize };
}

/** An order object of OpenOrders, ClosedOrders or QueryOrders. */
export const isOrder = (value: unknown): value is Json =>
  isRecord(value) && has(value, 'status', 'vol', 'vol_exec') && isRecord(value['descr']);

interface Prices {
  readonly price: DecimalString | null;
  readonly stopPrice: DecimalString | null;
}

/** On stops `descr.price` is the trigger and `descr.price2` the limit; where they are relative, Kraken gives the present ones apart. */
function pricesOf(record: Json, terms: Json, orderType: OrderType | null): Prices {
  const stopPrice = absolutePrice(terms, 'price') ?? positiveDecimal(record, 'stopprice');
  switch (orderType) {
    case 'LIMIT':
      return { price: absolutePrice(terms, 'price') ?? positiveDecimal(record, 'limitprice'), stopPrice: null };
    case 'STOP_LIMIT':
      return { price: absolutePrice(terms, 'price2') ?? positiveDecimal(record, 'limitprice'), stopPrice };
    case 'STOP_MARKET':
      return { price: null, stopPrice };
    case 'MARKET':
    case null:
      return { price: null, stopPrice: null };
  }
}

/** `cost` is 0 before the first fill, and `price` is the average of the fills. */
function executed(record: Json, costName: string, averageName: string) {
  return {
    filledValue: optionalDecimal(record, costName),
    averageFilledPrice: positiveDecimal(record, averageName),
  };
}

/** A time in force is not always told; an expiry is. */
function timeInForceOf(record: Json, terms: Json, expiresAt: string | null): TimeInForce | null {
  const word =
    optionalText(record, 'timeinforce') ?? optionalText(record, 'time_in_force') ?? optionalText(terms, 'timeinforce');
  return timeInForce(word) ?? (expiresAt === null ? null : 'GTT');
}

/** `key` is the order's id where the payload is a map of orders. Throws UnreadablePayload when no id is to be found. */
export function readOrder(record: Json, key: string | null, context: ReadContext): Reading {
  const orderId = key ?? optionalText(record, 'id') ?? optionalText(record, 'txid');
  if (orderId === null) throw new UnreadablePayload('kraken: an order without its id');
  const terms = child(record, 'descr') ?? {};
  const flags = orderFlags(record);
  const expiresAt = seconds(record, 'expiretm');
  const closedAt = seconds(record, 'closetm');
  const orderType = type(text(terms, 'ordertype'));
  const effectiveTime = timeInForceOf(record, terms, expiresAt);
  const volume = requiredDecimal(record, 'vol');
  const byQuote = flags?.includes('viqc') ?? false;
  const order: NormalizedOrder = {
    ...bareOrder('kraken', orderId, 'OPEN'),
    clientOrderId: optionalText(record, 'cl_ord_id'),
    symbol: krakenSymbol(text(terms, 'pair'), context.symbols),
    side: side(text(terms, 'type')),
    type: orderType,
    ...standing({
      word: text(record, 'status'),
      type: orderType,
      timeInForce: effectiveTime,
      size: byQuote ? null : volume,
      filledSize: requiredDecimal(record, 'vol_exec'),
      quoteSize: byQuote ? volume : null,
      pastExpiry: expiresAt !== null && closedAt !== null && closedAt >= expiresAt,
      reason: optionalText(record, 'reason'),
    }),
    ...pricesOf(record, terms, orderType),
    ...executed(record, 'cost', 'price'),
    quoteSize: byQuote ? volume : null,
    createdAt: seconds(record, 'opentm'),
    updatedAt: closedAt,
    expiresAt,
    timeInForce: effectiveTime,
    postOnly: flags === null ? null : flags.includes('post'),
    reduceOnly: optionalFlag(record, 'reduce_only'),
  };
  return reading([order]);
}
