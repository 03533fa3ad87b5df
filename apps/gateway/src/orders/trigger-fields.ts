import type { OrderRecord } from '@orderplane/store';
import type { Trigger } from '../schema/types.generated.ts';

/** What a dark order waits for, and what made it fire; null for an order that is not held here. */
export function triggerOf(
  { trigger }: OrderRecord['intent'],
  { reconciliation: { fired } }: OrderRecord['actual'],
): Trigger | null {
  if (trigger === undefined) return null;
  const { symbol, source, direction, price } = trigger;
  return { symbol, source, direction, price, firedAt: fired?.at ?? null, firedPrice: fired?.price ?? null };
}
