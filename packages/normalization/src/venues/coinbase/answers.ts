import { ExchangeErrorPayload, UnreadablePayload } from '../../errors.ts';
import { child, has, isRecord, optionalText } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import { bareOrder } from '../../lifecycle.ts';
import type { NormalizedOrder } from '../../model.ts';
import { NOTHING, readEach, reading } from '../../venue.ts';
import type { ReadContext, Reading } from '../../venue.ts';
import { side } from './common.ts';
import { readConfiguration } from './configuration.ts';
import { coinbaseSymbol } from './symbols.ts';

/** Answers to requests. A placed order is named with its terms; edits and cancels are only acknowledged. */

/** The part of "Create Order"'s answer that names the order. */
export const isPlaced = (value: unknown): value is Json =>
  isRecord(value) && has(value, 'order_id', 'client_order_id') && has(value, 'product_id') && !has(value, 'status');

/** `order_configuration` stands beside the names in the whole answer, and is missing where only they are given. */
export function readPlaced(names: Json, answer: Json, context: ReadContext): Reading {
  const orderId = optionalText(names, 'order_id');
  if (orderId === null) {
    throw new UnreadablePayload('coinbase: an answer without an order id (nothing proves that the order exists)');
  }
  const productId = optionalText(names, 'product_id');
  const order: NormalizedOrder = {
    ...bareOrder('coinbase', orderId, 'OPEN'),
    clientOrderId: optionalText(names, 'client_order_id'),
    symbol: productId === null ? null : coinbaseSymbol(productId, context.symbols),
    side: side(names, 'side'),
    ...readConfiguration(answer),
  };
  return reading([order]);
}

const REASONS = [
  'preview_failure_reason',
  'edit_failure_reason',
  'new_order_failure_reason',
  'error',
  'failure_reason',
];

/** The first definite reason: Coinbase fills the fields that do not apply with "UNKNOWN_…". */
export function reasonOf(refusal: Json): string | null {
  const said = REASONS.flatMap((name) => optionalText(refusal, name) ?? []);
  return said.find((reason) => !reason.startsWith('UNKNOWN_') || reason === 'UNKNOWN_CANCEL_ORDER') ?? said[0] ?? null;
}

function refusalOf(answer: Json): ExchangeErrorPayload {
  const response = child(answer, 'error_response');
  const errors = answer['errors'];
  const first: unknown = Array.isArray(errors) ? errors[0] : errors;
  const refusal = response ?? (isRecord(first) ? first : answer);
  const reason = reasonOf(refusal) ?? 'no reason given';
  const details = optionalText(refusal, 'error_details') ?? optionalText(refusal, 'message') ?? '';
  return new ExchangeErrorPayload('coinbase', reason, details);
}

export const isAnswer = (value: unknown): value is Json => isRecord(value) && typeof value['success'] === 'boolean';

/** {success, success_response, error_response, …} of "Create Order" and "Edit Order", or one result of "Cancel Orders". */
export function readAnswer(answer: Json, context: ReadContext): Reading {
  if (answer['success'] !== true) throw refusalOf(answer);
  const names = child(answer, 'success_response');
  const isNewOrder = has(answer, 'order_configuration') || (names !== null && has(names, 'client_order_id'));
  return isNewOrder ? readPlaced(names ?? {}, answer, context) : NOTHING;
}

/** "Cancel Orders" answers for each order; what is refused hides none of the others. */
export const readResults = (results: readonly unknown[], context: ReadContext): Reading =>
  readEach(
    results,
    (result) => {
      if (isAnswer(result)) return readAnswer(result, context);
      throw new UnreadablePayload('coinbase: a result without "success"');
    },
    (result) => (isRecord(result) && typeof result['order_id'] === 'string' ? result['order_id'] : null),
  );
