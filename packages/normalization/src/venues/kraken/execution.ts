import { isPositive, sum } from '@orderplane/domain';
import type { DecimalString } from '@orderplane/domain';
import { UnknownWord, UnreadablePayload } from '../../errors.ts';
import {
  child,
  has,
  isRecord,
  optionalDecimal,
  optionalFlag,
  optionalText,
  optionalTimestamp,
  positiveDecimal,
  requiredDecimal,
  text,
} from '../../fields.ts';
import type { Json } from '../../fields.ts';
import { bareOrder } from '../../lifecycle.ts';
import type { NormalizedFill, NormalizedOrder } from '../../model.ts';
import { reading } from '../../venue.ts';
import type { ReadContext, Reading } from '../../venue.ts';
import { side, timeInForce, type } from './common.ts';
import { standing } from './order.ts';
import { krakenAsset, krakenSymbol } from './symbols.ts';
import { EXECUTION_TYPES } from './tables.ts';

/** An entry of the `executions` channel. */
export const isExecution = (value: unknown): value is Json => isRecord(value) && has(value, 'exec_type', 'order_id');

const mapped = <Result>(word: string | null, map: (word: string) => Result): Result | null =>
  word === null ? null : map(word);

/** `triggers.status` tells whether a stop still waits; its price is one only where it is not an offset. */
function triggerOf(record: Json): Pick<NormalizedOrder, 'stopPrice' | 'working'> {
  const trigger = child(record, 'triggers');
  if (trigger === null) return { stopPrice: positiveDecimal(record, 'stop_price'), working: null };
  const fixed = (optionalText(trigger, 'price_type') ?? 'static') === 'static';
  const status = optionalText(trigger, 'status');
  return {
    stopPrice: fixed ? positiveDecimal(trigger, 'price') : positiveDecimal(trigger, 'actual_price'),
    working: status === 'untriggered' ? false : status === 'triggered' ? true : null,
  };
}

/** A limit price may be an offset too, on stops that follow the market. */
function limitPriceOf(record: Json): DecimalString | null {
  const fixed = (optionalText(record, 'limit_price_type') ?? 'static') === 'static';
  return fixed ? positiveDecimal(record, 'limit_price') : null;
}

/**
 * One execution report: the order as it stands, and one fill where it reports a trade. Later reports name only the
 * order id and what changed (a cancel comes without symbol and side): the rest is null. Numbers are JSON doubles.
 */
export function readExecution(record: Json, context: ReadContext): Reading {
  const execution = text(record, 'exec_type');
  if (!EXECUTION_TYPES.includes(execution)) throw new UnknownWord('kraken', 'execution type', execution);
  const identity = {
    ...bareOrder('kraken', text(record, 'order_id'), 'OPEN'),
    clientOrderId: optionalText(record, 'cl_ord_id'),
    symbol: mapped(optionalText(record, 'symbol'), (word) => krakenSymbol(word, context.symbols)),
    side: mapped(optionalText(record, 'side'), side),
    updatedAt: optionalTimestamp(record, 'timestamp'),
  };
  const fills = execution === 'trade' ? [readFill(record, identity)] : [];
  // A snapshot of past trades says nothing of the state of their orders.
  if (!has(record, 'order_status')) return reading([], fills);
  const orderType = mapped(optionalText(record, 'order_type'), type);
  const quoteSize = positiveDecimal(record, 'cash_order_qty');
  const size = positiveDecimal(record, 'order_qty');
  const effectiveTime = timeInForce(optionalText(record, 'time_in_force'));
  const order: NormalizedOrder = {
    ...identity,
    type: orderType,
    ...standing({
      word: text(record, 'order_status'),
      type: orderType,
      timeInForce: effectiveTime,
      size,
      filledSize: optionalDecimal(record, 'cum_qty'),
      quoteSize,
      pastExpiry: false,
      reason: optionalText(record, 'reason') ?? optionalText(record, 'cancel_reason'),
    }),
    price: limitPriceOf(record),
    ...triggerOf(record),
    averageFilledPrice: positiveDecimal(record, 'avg_price'),
    quoteSize,
    filledValue: optionalDecimal(record, 'cum_cost'),
    createdAt: execution === 'pending_new' ? identity.updatedAt : null,
    expiresAt: optionalTimestamp(record, 'expire_time'),
    timeInForce: effectiveTime,
    postOnly: optionalFlag(record, 'post_only'),
    reduceOnly: optionalFlag(record, 'reduce_only'),
  };
  return reading([order], fills);
}

const LIQUIDITY: Readonly<Record<string, 'MAKER' | 'TAKER'>> = { m: 'MAKER', t: 'TAKER' };

function readFill(record: Json, order: NormalizedOrder): NormalizedFill {
  if (order.updatedAt === null) throw new UnreadablePayload('field "timestamp" is missing');
  return {
    exchange: 'kraken',
    // The id that REST gives the same trade; `trade_id` counts within a pair only.
    tradeId: text(record, 'exec_id'),
    orderId: order.orderId,
    clientOrderId: order.clientOrderId,
    symbol: order.symbol,
    side: order.side,
    size: requiredDecimal(record, 'last_qty'),
    price: requiredDecimal(record, 'last_price'),
    fee: readFee(record),
    liquidity: LIQUIDITY[optionalText(record, 'liquidity_ind') ?? ''] ?? null,
    executedAt: order.updatedAt,
  };
}

/** `fee_usd_equiv` is not the fee. Fees in two currencies can't be said in one fill: REST must be asked for it. */
function readFee(record: Json): NormalizedFill['fee'] {
  const fees = record['fees'];
  if (!Array.isArray(fees) || fees.length === 0) return null;
  const entries = fees.filter(isRecord).map((fee) => ({
    currency: krakenAsset(text(fee, 'asset')),
    cost: requiredDecimal(fee, 'qty'),
  }));
  const charged = entries.filter((fee) => isPositive(fee.cost));
  const [first] = charged.length > 0 ? charged : entries;
  if (first === undefined) return null;
  if (charged.some((fee) => fee.currency !== first.currency)) {
    throw new UnreadablePayload('field "fees" names several currencies');
  }
  return { currency: first.currency, cost: sum(charged.map((fee) => fee.cost)) };
}
