import type { Order, OrderplaneClient } from '@orderplane/client';
import { clientOrderIdOf, rungsOf, slotOf } from './ladder.ts';
import type { Ladder } from './ladder.ts';
import { newest } from './newest.ts';
import { misfit, withOrder } from './plan.ts';
import type { Picture, RungOrder } from './plan.ts';

/** Nothing that time would mend: the grid stops, and what rests goes on resting. */
export class GridError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'GridError';
  }
}

/** Null for an order that is not this grid's. Throws GridError on one that does not fit into it. */
export function rungOrderOf(ladder: Ladder, order: Order): RungOrder | null {
  const slot = slotOf(ladder.name, order.clientOrderId);
  if (slot === null) return null;
  if (order.price === null || order.size === null) throw new GridError(`${order.clientOrderId} is no limit order`);
  const found: RungOrder = {
    ...slot,
    ...{ side: order.side, price: order.price, size: order.size, filledSize: order.filledSize },
    life: lifeOf(order),
    updatedAtMs: Date.parse(order.updatedAt),
  };
  const problem = misfit(ladder, found);
  if (problem === null) return found;
  throw new GridError(`${problem}: start it as it was begun, or give a new grid another --name`);
}

function lifeOf({ status, state, reconciliation, pendingRequests }: Order): RungOrder['life'] {
  if (status === 'PENDING' || status === 'OPEN') return 'OPEN';
  // Of any other end the executions may still be asked for: the rest must not be placed before they are known.
  const isProved = state === 'FILLED' || (reconciliation.status === 'IN_SYNC' && pendingRequests.length === 0);
  return isProved ? 'ENDED' : 'ENDING';
}

/**
 * The picture from the service alone: what is open is known from the snapshot; of a rung without an open order the newest
 * one is looked for by its client order ids, which have no gaps.
 */
export async function readPicture(
  client: OrderplaneClient,
  ladder: Ladder,
  accountId: string,
  openOrders: readonly Order[],
): Promise<Picture> {
  let picture: Picture = new Map();
  for (const order of openOrders) {
    const found = rungOrderOf(ladder, order);
    if (found !== null) picture = withOrder(picture, found);
  }
  for (const rung of rungsOf(ladder)) {
    if (picture.has(rung)) continue;
    const last = await newest((round) =>
      client.orderByClientOrderId(accountId, clientOrderIdOf(ladder.name, { rung, round })),
    );
    const found = last === null ? null : rungOrderOf(ladder, last);
    if (found !== null) picture = withOrder(picture, found);
  }
  return picture;
}
