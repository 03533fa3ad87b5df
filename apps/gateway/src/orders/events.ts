import { InvalidCursorError } from '@orderplane/store';
import type { StoredOrderEvent } from '@orderplane/store';
import type { OrderEventConnectionResolvers, OrderEventResolvers } from '../schema/types.generated.ts';
import type { Loaders } from '../server/loaders.ts';
import { decodeCursor, encodeCursor } from '../subscriptions/cursor.ts';
import type { OrderEventPage } from './model.ts';
import { pageInfo } from './paging.ts';

/** The same cursor as in `orderUpdates` of this one account: reading on may begin anywhere. */
const cursorOf = (event: StoredOrderEvent): string => encodeCursor(new Map([[event.accountId, event.cursor]]));

export async function eventPage(
  loaders: Loaders,
  orderId: string,
  limit: number,
  after: string | null,
): Promise<OrderEventPage> {
  const position = after === null ? null : positionOf(after);
  const page = await loaders.events.load({ orderId, limit, after: position });
  return { ...page, hasPrevious: after !== null };
}

function positionOf(cursor: string): string {
  const [position, ...others] = decodeCursor(cursor)?.values() ?? [];
  if (position === undefined || others.length > 0) throw new InvalidCursorError(cursor);
  return String(position);
}

export const orderEventConnection: Required<OrderEventConnectionResolvers> = {
  nodes: ({ items }) => items,
  pageInfo: (page) => pageInfo(page.items.map(cursorOf), page),
};

/** Lines without a public entry are not handed to these resolvers. */
const entryOf = ({ entry, orderId }: StoredOrderEvent): NonNullable<StoredOrderEvent['entry']> => {
  if (entry === null) throw new Error(`a line of order ${orderId} is not public`);
  return entry;
};

export const orderEvent: Required<OrderEventResolvers> = {
  cursor: cursorOf,
  orderId: ({ orderId }) => orderId,
  type: (event) => entryOf(event).type,
  fromState: (event) => entryOf(event).fromState,
  toState: (event) => entryOf(event).toState,
  reason: (event) => entryOf(event).reason,
  source: ({ source }) => source,
  at: ({ at }) => at,
};
