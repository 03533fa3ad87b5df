import { currentLeg, isTerminal, type OrderMachine } from '@orderplane/state-machine';

/** Market, IOC and FOK orders do not rest. */
export const endsAtOnce = (order: OrderMachine): boolean =>
  order.kind.type === 'MARKET' ||
  (order.kind.type === 'LIMIT' && (order.kind.timeInForce === 'IOC' || order.kind.timeInForce === 'FOK'));

/**
 * Since when the order rests at the exchange although its kind ends at once; null when it does not. For a moment that is
 * its end on the way to us. What lasts is another order under our client id, or an exchange that broke its own rule: it
 * is asked for, at growing distances, and a person should look.
 */
export function overdueSince(order: OrderMachine): string | null {
  const leg = currentLeg(order);
  return leg?.phase === 'live' && !isTerminal(order) && endsAtOnce(order) ? leg.sentAt : null;
}
