import { add, compare, isPositive } from '@orderplane/domain';
import type { DecimalString, OrderType, TimeInForce } from '@orderplane/domain';
import { UnknownWord } from '../../errors.ts';
import { has, isRecord, lookUp, optionalDecimal, optionalText, positiveDecimal, text } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import { bareOrder, isComplete, judge, remainingOf } from '../../lifecycle.ts';
import type { NormalizedOrder } from '../../model.ts';
import { reading } from '../../venue.ts';
import type { ReadContext, Reading } from '../../venue.ts';
import { flag, orderType, side, time, timeInForce, word, workingOf } from './common.ts';
import { lastEdit, readConfiguration } from './configuration.ts';
import { coinbaseSymbol } from './symbols.ts';
import { coinbaseTables, REQUESTED_REASON } from './tables.ts';

/** What Coinbase says of where an order stands, over either transport. */
export interface CoinbaseStanding {
  readonly word: string;
  readonly type: OrderType | null;
  readonly timeInForce: TimeInForce | null;
  readonly size: DecimalString | null;
  readonly filledSize: DecimalString | null;
  /** Everything that was to be spent has been spent: of orders by quote amount. */
  readonly spent: boolean;
  readonly byQuote: boolean;
  readonly cancelReason: string | null;
  readonly rejectReason: string | null;
}

type Stand = Pick<NormalizedOrder, 'status' | 'reason' | 'size' | 'filledSize' | 'remainingSize'>;

/** Market, IOC and FOK orders end at once by themselves; a stop does not before its trigger. */
const endsAtOnce = (state: CoinbaseStanding): boolean =>
  state.type === 'MARKET' ||
  (state.type !== 'STOP_LIMIT' && (state.timeInForce === 'IOC' || state.timeInForce === 'FOK'));

/**
 * Status and reason. FILLED is believed also where the filled size is below what was ordered: an order by quote amount
 * is counted in another unit.
 */
export function standing(state: CoinbaseStanding): Stand {
  const status = lookUp(coinbaseTables.status, state.word);
  if (status === undefined) throw new UnknownWord('coinbase', 'order status', state.word);
  const verdict = judge({
    status,
    complete: state.byQuote ? state.spent : isComplete(state.size, state.filledSize),
    wordIsDone: false,
    immediate: endsAtOnce(state),
    // Nothing but its end time lets an order expire at Coinbase.
    pastExpiry: status === 'EXPIRED',
    requested: state.cancelReason !== null && REQUESTED_REASON.test(state.cancelReason),
    reason: status === 'FAILED' ? state.rejectReason : status === 'CANCELLED' ? state.cancelReason : null,
  });
  const size = state.byQuote ? (verdict.status === 'FILLED' ? state.filledSize : null) : state.size;
  const remainingSize = remainingOf(verdict.status, size, state.filledSize);
  return { ...verdict, size, filledSize: state.filledSize, remainingSize };
}

/** An order object of "Get Order" and "List Orders". */
export const isOrder = (value: unknown): value is Json =>
  isRecord(value) && has(value, 'order_id', 'status') && (has(value, 'filled_size') || has(value, 'created_time'));

/** The quote amount includes the fees where `size_inclusive_of_fees` says so (market buys). */
function isSpent(record: Json, quoteSize: DecimalString | null): boolean {
  const value = optionalDecimal(record, 'filled_value');
  if (quoteSize === null || value === null || !isPositive(value)) return false;
  const fees = flag(record, 'size_inclusive_of_fees') === true ? optionalDecimal(record, 'total_fees') : null;
  return compare(fees === null ? value : add(value, fees), quoteSize) >= 0;
}

/** Reads the configuration for the terms; `order_type` and `time_in_force` are used where it says nothing. */
export function readOrder(record: Json, context: ReadContext): Reading {
  const terms = readConfiguration(record);
  const edit = lastEdit(record);
  const type = terms.type ?? orderType(record);
  const effectiveTime = terms.timeInForce ?? timeInForce(record);
  const byQuote = terms.quoteSize !== null && terms.size === null;
  const productId = optionalText(record, 'product_id');
  const order: NormalizedOrder = {
    ...bareOrder('coinbase', text(record, 'order_id'), 'OPEN'),
    clientOrderId: optionalText(record, 'client_order_id'),
    symbol: productId === null ? null : coinbaseSymbol(productId, context.symbols),
    side: side(record, 'side'),
    type,
    ...standing({
      word: text(record, 'status'),
      type,
      timeInForce: effectiveTime,
      size: edit.size ?? terms.size,
      filledSize: optionalDecimal(record, 'filled_size'),
      spent: isSpent(record, terms.quoteSize),
      byQuote,
      cancelReason: optionalText(record, 'cancel_message'),
      rejectReason: optionalText(record, 'reject_message') ?? word(record, 'reject_reason'),
    }),
    price: edit.price ?? terms.price,
    stopPrice: terms.stopPrice,
    averageFilledPrice: positiveDecimal(record, 'average_filled_price'),
    quoteSize: terms.quoteSize,
    filledValue: optionalDecimal(record, 'filled_value'),
    createdAt: time(record, 'created_time'),
    updatedAt: time(record, 'last_fill_time'),
    expiresAt: terms.expiresAt,
    timeInForce: effectiveTime,
    postOnly: terms.postOnly,
    reduceOnly: terms.reduceOnly,
    working: workingOf(record),
  };
  return reading([order]);
}
