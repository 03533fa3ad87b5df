import type { NormalizedFill, NormalizedOrder } from '@orderplane/normalization';
import { endpoint } from '../../ccxt.ts';
import { isRecord } from '../../outcome.ts';
import { readPages } from '../../pages.ts';
import type { Paged } from '../../pages.ts';
import type { Ask, Link } from '../../venue.ts';

/** Kraken gives whole seconds, exclusive, and its clock may differ from ours. */
const MARGIN_S = 5;
const startOf = (fromMs: number): string => String(Math.max(0, Math.floor(fromMs / 1000) - MARGIN_S));

interface Feed<Item> {
  readonly endpointName: string;
  readonly method: string;
  /** Key of the map in the answer. */
  readonly key: 'closed' | 'trades';
  pick(read: { orders: readonly NormalizedOrder[]; fills: readonly NormalizedFill[] }): readonly Item[];
}

const TRADES: Feed<NormalizedFill> = {
  endpointName: 'privatePostTradesHistory',
  method: 'fetchMyTrades',
  key: 'trades',
  pick: (read) => read.fills,
};
const CLOSED: Feed<NormalizedOrder> = {
  endpointName: 'privatePostClosedOrders',
  method: 'fetchClosedOrders',
  key: 'closed',
  pick: (read) => read.orders,
};

/**
 * Pages by offset, newest first, until `count` entries were seen or `enough` says so. Entries that come meanwhile push
 * older ones to the next page, where they appear twice: duplicates are for the reader, nothing is missed.
 */
function byOffset<Item>(
  link: Link,
  ask: Ask,
  feed: Feed<Item>,
  parameters: Readonly<Record<string, string>>,
  enough: (items: readonly Item[]) => boolean,
): Promise<Paged<Item>> {
  const call = endpoint(link.instance, feed.endpointName);
  const seen: Item[] = [];
  return readPages<Item, number>(
    0,
    (ofs) => ask(() => call({ ...parameters, ofs: String(ofs) })),
    (payload, ofs) => {
      const map = isRecord(payload) ? payload[feed.key] : undefined;
      if (!isRecord(payload) || !isRecord(map)) return { items: [], next: null, error: `no ${feed.key} in the answer` };
      const size = Object.keys(map).length;
      const read = size === 0 ? { orders: [], fills: [], error: null } : link.read.rest(feed.method, payload);
      const items = feed.pick(read);
      seen.push(...items);
      const reached = ofs + size;
      const count = Number(payload['count'] ?? reached);
      if (size === 0 && reached < count) {
        return { items, next: null, error: `${count} ${feed.key} counted, ${reached} listed` };
      }
      return { items, next: reached >= count || enough(seen) ? null : reached, error: read.error };
    },
  );
}

/** Orders of other clients can lack a client id; they are found among all. */
export const named = (clientId: string): Readonly<Record<string, string>> =>
  clientId === '' ? {} : { cl_ord_id: clientId };

/** Executions of the whole account since `fromMs`, newest first. */
export const tradesSince = (
  link: Link,
  ask: Ask,
  fromMs: number,
  enough: (fills: readonly NormalizedFill[]) => boolean = () => false,
): Promise<Paged<NormalizedFill>> => byOffset(link, ask, TRADES, { start: startOf(fromMs) }, enough);

/** Ended orders with that client id since `fromMs`. */
export const closedWithClientId = (
  link: Link,
  ask: Ask,
  clientId: string,
  fromMs: number,
): Promise<Paged<NormalizedOrder>> =>
  byOffset(link, ask, CLOSED, { ...named(clientId), start: startOf(fromMs) }, (orders) =>
    orders.some((order) => order.clientOrderId === clientId),
  );
