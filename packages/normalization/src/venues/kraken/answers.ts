import { ExchangeErrorPayload, UnreadablePayload } from '../../errors.ts';
import { child, has, isRecord, optionalText, text } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import { bareOrder } from '../../lifecycle.ts';
import { reading } from '../../venue.ts';
import type { ReadContext, Reading } from '../../venue.ts';
import { readOrderText } from './order-text.ts';

/** Answers to requests: they name an order, and say of its state only that it was accepted. */

/** AddOrder, EditOrder, or one entry of AddOrderBatch. */
export const isPlaced = (value: unknown): value is Json =>
  isRecord(value) && (isRecord(value['descr']) || has(value, 'txid')) && !has(value, 'vol_exec');

/** AddOrder answers a list with one id, EditOrder and AddOrderBatch the id. */
function placedId(record: Json): string {
  const value = record['txid'];
  const id: unknown = Array.isArray(value) ? value[0] : value;
  if (typeof id === 'string' && id !== '') return id;
  throw new UnreadablePayload('kraken: an answer without an order id (nothing proves that the order exists)');
}

/**
 * Accepted, with its terms read from Kraken's own description of it. `usingCost` is ccxt's mark on orders by quote
 * amount, whose described volume is in quote currency; Kraken's answer does not tell.
 */
export function readPlaced(record: Json, context: ReadContext): Reading {
  const refusal = optionalText(record, 'error');
  if (refusal !== null) throw new ExchangeErrorPayload('kraken', refusal, refusal);
  const orderId = placedId(record);
  const accepted = { ...bareOrder('kraken', orderId, 'OPEN'), clientOrderId: optionalText(record, 'cl_ord_id') };
  const line = optionalText(child(record, 'descr') ?? {}, 'order');
  if (line === null) return reading([accepted]);
  const { volume, ...terms } = readOrderText(line, context.symbols);
  const byQuote = record['usingCost'] === true;
  return reading([{ ...accepted, ...terms, size: byQuote ? null : volume, quoteSize: byQuote ? volume : null }]);
}

/** `add_order` and `edit_order` over WebSocket: the new order's id. */
export const readPlacedOverSocket = (record: Json): Reading =>
  reading([
    { ...bareOrder('kraken', text(record, 'order_id'), 'OPEN'), clientOrderId: optionalText(record, 'cl_ord_id') },
  ]);
