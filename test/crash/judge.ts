import { differences as compared, doubledClientIds } from '../support/accounting.ts';
import { isQuiet } from '../support/client.ts';
import type { OrderView } from '../support/client.ts';
import type { Ledger } from '../support/venue.ts';

export const isSettled = isQuiet;

/** What the ledger alone shows to be wrong, besides the comparison of every order with it. */
export const differences = (orders: readonly OrderView[], ledger: Ledger): string[] => [
  ...compared(orders, ledger),
  ...doubledClientIds(ledger),
];

/** What must be true of every order in a system where nothing was placed from outside. */
export function wrongs(orders: readonly OrderView[]): string[] {
  return orders.flatMap((order) => {
    const name = `${order.exchange} order ${order.id} (${order.state})`;
    const found: string[] = [];
    if (!isSettled(order)) found.push(`${name} is not settled`);
    // A second order at the exchange that nobody remembers would come back as one from outside.
    if (order.origin !== 'API') found.push(`${name} was adopted, and nobody placed anything from outside`);
    if (order.state === 'FAILED' || order.state === 'REJECTED') found.push(`${name} was not placed: ${order.reason}`);
    const live = order.legs.filter((leg) => ['SUBMITTED', 'ACKNOWLEDGED', 'PARTIALLY_FILLED'].includes(leg.state));
    if (live.length > 1) found.push(`${name} has ${live.length} legs that may live`);
    return found;
  });
}
