import { continuing, isTracing, marked } from '@orderplane/service-kit';
import type { OrderRecord } from '@orderplane/store';
import type { RecorderOptions } from './record.ts';

/**
 * Books what came without a trace (from a stream, from a list) as a part of the trace that the order belongs to. What
 * changed nothing leaves no span: every sync tells every open order again.
 */
export async function inTraceOf(
  { traceOf }: Pick<RecorderOptions, 'traceOf'>,
  { intent }: OrderRecord,
  book: () => Promise<boolean>,
): Promise<boolean> {
  const parent = isTracing() ? await traceOf?.(intent.orderId) : null;
  if (typeof parent !== 'string') return book();
  const sinceMs = Date.now();
  const changed = await continuing(parent, book);
  const facts = { 'orderplane.order_id': intent.orderId, 'orderplane.account_id': intent.accountId };
  if (changed) marked('order booked', facts, { parent, sinceMs });
  return changed;
}
