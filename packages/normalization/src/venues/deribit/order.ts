import { isPositive } from '@orderplane/domain';
import type { DecimalString, OrderStatus, OrderType, TimeInForce } from '@orderplane/domain';
import { UnknownWord } from '../../errors.ts';
import {
  has,
  isRecord,
  lookUp,
  optionalDecimal,
  optionalFlag,
  optionalText,
  positiveDecimal,
  text,
} from '../../fields.ts';
import type { Json } from '../../fields.ts';
import { bareOrder, isComplete, judge, remainingOf } from '../../lifecycle.ts';
import type { NormalizedOrder } from '../../model.ts';
import { reading } from '../../venue.ts';
import type { ReadContext, Reading } from '../../venue.ts';
import { side, time, timeInForce, type } from './common.ts';
import { deribitSymbol } from './symbols.ts';
import { deribitTables, REQUESTED_REASON } from './tables.ts';

/** An order object of any answer, list or push. */
export const isOrder = (value: unknown): value is Json => isRecord(value) && has(value, 'order_id', 'order_state');

interface Standing {
  readonly word: string;
  readonly type: OrderType | null;
  readonly timeInForce: TimeInForce | null;
  readonly size: DecimalString | null;
  readonly filledSize: DecimalString | null;
  readonly reason: string | null;
}

const isImmediate = (time: TimeInForce | null): boolean => time === 'IOC' || time === 'FOK';

/**
 * IOC, FOK and market orders never rest, so that nobody can ask for their end. Not so a stop, whatever its time in
 * force: it waits for its trigger, and what it becomes then is an order of its own.
 */
function endsAtOnce(state: Standing): boolean {
  if (state.type === 'MARKET') return true;
  if (state.type === 'LIMIT') return isImmediate(state.timeInForce);
  return isImmediate(state.timeInForce) && state.filledSize !== null && isPositive(state.filledSize);
}

function standing(state: Standing): Pick<NormalizedOrder, 'status' | 'reason' | 'remainingSize'> {
  // "rejected:reduce_direction" carries its reason with it.
  const [bare = '', inWord = null] = state.word.split(':');
  const status = lookUp<OrderStatus>(deribitTables.status, bare);
  if (status === undefined) throw new UnknownWord('deribit', 'order status', state.word);
  const immediate = endsAtOnce(state);
  const reason = state.reason ?? inWord;
  const verdict = judge({
    status,
    complete: isComplete(state.size, state.filledSize),
    wordIsDone: false,
    immediate,
    // What is good for a day ends by itself unless the payload says why it ended.
    pastExpiry: state.timeInForce === 'GTT' && reason === null,
    requested: reason === REQUESTED_REASON && !immediate,
    reason,
  });
  return { ...verdict, remainingSize: remainingOf(verdict.status, state.size, state.filledSize) };
}

/** Market orders carry the word "market_price" or the bound that Deribit gave them: neither is a limit of theirs. */
function priceOf(record: Json, orderType: OrderType | null): DecimalString | null {
  if (orderType === 'MARKET' || orderType === 'STOP_MARKET' || record['price'] === 'market_price') return null;
  return positiveDecimal(record, 'price');
}

/**
 * False while a stop waits; true for the order that a stop has created. A stop that was triggered works no more: what
 * it has created does, under an id of its own. Nothing is said of other orders.
 */
function workingOf(record: Json, word: string): boolean | null {
  if (word === 'untriggered') return false;
  return has(record, 'trigger_order_id') ? true : null;
}

/**
 * An order. The value executed is not told (`average_price` is rounded), and `commission` is in no named currency:
 * both follow from the trades.
 */
export function readOrder(record: Json, context: ReadContext): Reading {
  const word = text(record, 'order_state');
  const orderType = type(text(record, 'order_type'));
  const effectiveTime = timeInForce(optionalText(record, 'time_in_force'));
  const size = positiveDecimal(record, 'amount');
  // Waiting stops may leave it out: nothing of them is filled.
  const filledSize = optionalDecimal(record, 'filled_amount') ?? (word === 'untriggered' ? '0' : null);
  const reason = optionalText(record, 'cancel_reason') ?? optionalText(record, 'reject_reason');
  const state = { word, type: orderType, timeInForce: effectiveTime, size, filledSize, reason };
  const order: NormalizedOrder = {
    ...bareOrder('deribit', text(record, 'order_id'), 'OPEN'),
    clientOrderId: optionalText(record, 'label'),
    symbol: deribitSymbol(text(record, 'instrument_name'), context.symbols),
    side: side(text(record, 'direction')),
    type: orderType,
    ...standing(state),
    size,
    filledSize,
    price: priceOf(record, orderType),
    stopPrice: positiveDecimal(record, 'trigger_price') ?? positiveDecimal(record, 'stop_price'),
    averageFilledPrice: positiveDecimal(record, 'average_price'),
    createdAt: time(record, 'creation_timestamp'),
    updatedAt: time(record, 'last_update_timestamp'),
    timeInForce: effectiveTime,
    postOnly: optionalFlag(record, 'post_only'),
    reduceOnly: optionalFlag(record, 'reduce_only'),
    working: workingOf(record, word),
  };
  return reading([order]);
}

/** An entry of the log of trigger orders: what happened to a stop, named by `trigger_order_id`. */
export const isTriggerEntry = (value: unknown): value is Json =>
  isRecord(value) && has(value, 'trigger_order_id', 'request', 'order_state');

/** "new" waits, "triggered" has created the order in `order_id`, "cancelled" and "rejected:…" are ends. */
export function readTriggerEntry(record: Json, context: ReadContext): Reading {
  const word = text(record, 'order_state');
  const size = positiveDecimal(record, 'amount');
  const waits = word === 'new';
  const state = {
    word: waits ? 'untriggered' : word,
    type: null,
    timeInForce: null,
    size,
    filledSize: word === 'triggered' ? null : '0',
    reason: optionalText(record, 'cancel_reason'),
  };
  const native = optionalText(record, 'order_type');
  const order: NormalizedOrder = {
    ...bareOrder('deribit', text(record, 'trigger_order_id'), 'OPEN'),
    clientOrderId: optionalText(record, 'label'),
    symbol: deribitSymbol(text(record, 'instrument_name'), context.symbols),
    side: side(text(record, 'direction')),
    type: native === null ? null : type(native),
    ...standing(state),
    size,
    filledSize: state.filledSize,
    price: priceOf(record, null),
    stopPrice: positiveDecimal(record, 'trigger_price'),
    updatedAt: time(record, 'timestamp'),
    working: waits ? false : null,
  };
  return reading([order]);
}
