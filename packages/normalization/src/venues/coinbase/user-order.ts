import { add } from '@orderplane/domain';
import type { DecimalString, OrderType } from '@orderplane/domain';
import { has, isRecord, optionalDecimal, optionalText, positiveDecimal, text } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import { bareOrder } from '../../lifecycle.ts';
import type { NormalizedOrder } from '../../model.ts';
import { reading } from '../../venue.ts';
import type { ReadContext, Reading } from '../../venue.ts';
import { flag, orderType, side, time, timeInForce, word, workingOf } from './common.ts';
import { standing } from './order.ts';
import { coinbaseSymbol } from './symbols.ts';

/** An order of the user channel: cumulative quantities, no single executions. */
export const isUserOrder = (value: unknown): value is Json =>
  isRecord(value) && has(value, 'order_id', 'status', 'cumulative_quantity');

const LIVING: ReadonlySet<string> = new Set(['OPEN', 'CANCEL_QUEUED', 'EDIT_QUEUED']);

/**
 * The ordered size is not told: while the order lives it is what is filled and what is left; at the end nothing is left,
 * and only a filled order's size is known. What is left of a market order may be counted in the quote currency.
 */
function sizeOf(record: Json, type: OrderType | null, filled: DecimalString | null): DecimalString | null {
  const status = text(record, 'status');
  if (status === 'FILLED') return filled;
  const left = optionalDecimal(record, 'leaves_quantity');
  const told = LIVING.has(status) && type !== 'MARKET' && type !== null;
  return told && left !== null && filled !== null ? add(filled, left) : null;
}

/** `toldAt` is the time of the message. */
export function readUserOrder(record: Json, toldAt: string | null, context: ReadContext): Reading {
  const type = orderType(record);
  const filledSize = optionalDecimal(record, 'cumulative_quantity');
  const effectiveTime = timeInForce(record);
  const productId = optionalText(record, 'product_id');
  const expiresAt = time(record, 'end_time');
  const order: NormalizedOrder = {
    ...bareOrder('coinbase', text(record, 'order_id'), 'OPEN'),
    clientOrderId: optionalText(record, 'client_order_id'),
    symbol: productId === null ? null : coinbaseSymbol(productId, context.symbols),
    side: side(record, 'order_side'),
    type,
    ...standing({
      word: text(record, 'status'),
      type,
      timeInForce: effectiveTime,
      size: sizeOf(record, type, filledSize),
      filledSize,
      spent: false,
      byQuote: false,
      cancelReason: optionalText(record, 'cancel_reason'),
      rejectReason: word(record, 'reject_reason'),
    }),
    price: positiveDecimal(record, 'limit_price'),
    stopPrice: positiveDecimal(record, 'stop_price'),
    averageFilledPrice: positiveDecimal(record, 'avg_price'),
    filledValue: optionalDecimal(record, 'filled_value'),
    createdAt: time(record, 'creation_time'),
    updatedAt: toldAt,
    expiresAt,
    timeInForce: effectiveTime,
    postOnly: flag(record, 'post_only'),
    working: workingOf(record),
  };
  return reading([order]);
}
