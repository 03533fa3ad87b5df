import type { Market } from '@orderplane/domain';
import { endpoint } from '../../ccxt.ts';
import { isRecord } from '../../outcome.ts';
import type { Link } from '../../venue.ts';

/** The native entry of the order that the stop with this id has created, in a list of native orders; null when none is. */
export function createdIn(list: unknown, stopId: string): Readonly<Record<string, unknown>> | null {
  if (!Array.isArray(list)) return null;
  return list.filter(isRecord).find((one) => one['trigger_order_id'] === stopId) ?? null;
}

/** Id of the open order that a stop has created; null when none is open. Throws what ccxt throws. */
export async function createdBy(link: Link, market: Market, stopId: string): Promise<string | null> {
  const open = endpoint(link.instance, 'privateGetGetOpenOrdersByInstrument');
  const answer = await open({ instrument_name: market.nativeId });
  const found = createdIn(isRecord(answer) ? answer['result'] : null, stopId);
  const id = found?.['order_id'];
  return typeof id === 'string' && id !== '' ? id : null;
}

/**
 * A native order as this system knows it. What a stop has created is known as the same order by the label that both
 * carry; other clients' stops may have none, and their orders go on under the stop's id, so that one order stays one.
 */
export function knownOrder(native: unknown): unknown {
  if (!isRecord(native)) return native;
  const { trigger_order_id, label } = native;
  const isUnlabelled = label === undefined || label === null || label === '';
  const isCreated = typeof trigger_order_id === 'string' && trigger_order_id !== '' && native['order_id'] !== undefined;
  return isCreated && isUnlabelled ? { ...native, order_id: trigger_order_id } : native;
}

/** A stop that was triggered: another order goes on in its place. */
export const isTriggered = (native: unknown): boolean => isRecord(native) && native['order_state'] === 'triggered';
