import { ExchangeErrorPayload } from '../../errors.ts';
import { has, isRecord, optionalText, text } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import { bareOrder } from '../../lifecycle.ts';
import { NOTHING, reading } from '../../venue.ts';
import type { Reading } from '../../venue.ts';

/** One entry of the answer to a request that places, changes or cancels: its own code and the order's ids. */
export const isAnswer = (value: unknown): value is Json => isRecord(value) && has(value, 'sCode');

/**
 * An order was accepted and nothing else is known of it; a refusal is an error. Cancels and amends are accepted before
 * they are carried out, so they say nothing about the order. They are known by what was asked, else by their fields:
 * only a new order's answer has a `tag`, or the client id of an algo order.
 */
export function readAnswer(record: Json, method: string): Reading {
  const code = text(record, 'sCode');
  const message = optionalText(record, 'sMsg') ?? '';
  if (code !== '0') throw new ExchangeErrorPayload('okx', code, message);
  const isNew = !/cancel|amend|edit/i.test(method) && (has(record, 'tag') || has(record, 'algoClOrdId'));
  if (!isNew || has(record, 'reqId')) return NOTHING;
  const algoId = optionalText(record, 'algoId');
  const orderId = algoId ?? text(record, 'ordId');
  const clientOrderId = optionalText(record, 'algoClOrdId') ?? optionalText(record, 'clOrdId');
  return reading([{ ...bareOrder('okx', orderId, 'OPEN'), clientOrderId, working: algoId === null ? null : false }]);
}
