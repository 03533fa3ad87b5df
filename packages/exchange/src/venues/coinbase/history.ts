import type { NormalizedFill, NormalizedOrder } from '@orderplane/normalization';
import { endpoint } from '../../ccxt.ts';
import { isRecord } from '../../outcome.ts';
import { readPages } from '../../pages.ts';
import type { Paged } from '../../pages.ts';
import type { Ask, Link } from '../../venue.ts';
import { isContract } from './market.ts';
import { exchangeTime } from './signing.ts';

/** Our clock and Coinbase's may differ, and an order is stamped when it is accepted. */
const MARGIN_MS = 5_000;

const startOf = (link: Link, fromMs: number): string =>
  new Date(Math.max(0, exchangeTime(link.instance, fromMs) - MARGIN_MS)).toISOString();

interface Feed<Item> {
  readonly endpointName: string;
  readonly method: string;
  /** Key of the list in the answer. */
  readonly key: 'orders' | 'fills';
  readonly page: number;
  pick(read: { orders: readonly NormalizedOrder[]; fills: readonly NormalizedFill[] }): readonly Item[];
}

const ORDERS: Feed<NormalizedOrder> = {
  endpointName: 'v3PrivateGetBrokerageOrdersHistoricalBatch',
  method: 'fetchOrders',
  key: 'orders',
  page: 250,
  pick: (read) => read.orders,
};
const FILLS: Feed<NormalizedFill> = {
  endpointName: 'v3PrivateGetBrokerageOrdersHistoricalFills',
  method: 'fetchMyTrades',
  key: 'fills',
  page: 100,
  pick: (read) => read.fills,
};

/** Where the next page begins; null after the last one. Fills have no `has_next`: an empty page ends them, too. */
function following(payload: Readonly<Record<string, unknown>>, size: number): string | null {
  const { cursor, has_next: hasNext } = payload;
  if (typeof cursor !== 'string' || cursor === '' || hasNext === false) return null;
  return hasNext === true || size > 0 ? cursor : null;
}

/** Pages by cursor, newest first, until the last one or until `enough` says so. */
function byCursor<Item>(
  link: Link,
  ask: Ask,
  feed: Feed<Item>,
  parameters: Readonly<Record<string, unknown>>,
  enough: (items: readonly Item[]) => boolean = () => false,
): Promise<Paged<Item>> {
  const call = endpoint(link.instance, feed.endpointName);
  return readPages<Item, string | null>(
    '',
    (cursor) =>
      ask(() => call({ ...parameters, limit: feed.page, ...(cursor === '' || cursor === null ? {} : { cursor }) })),
    (payload) => {
      const list = isRecord(payload) ? payload[feed.key] : undefined;
      if (!isRecord(payload) || !Array.isArray(list)) {
        return { items: [], next: null, error: `no ${feed.key} in the answer` };
      }
      const spot = list.filter((entry) => !isContract(entry));
      const read = link.read.rest(feed.method, { ...payload, [feed.key]: spot });
      const items = feed.pick(read);
      return { items, next: enough(items) ? null : following(payload, list.length), error: read.error };
    },
  );
}

/** Open orders of the whole account. Those that are only queued are not among them. */
export const openOrders = (link: Link, ask: Ask): Promise<Paged<NormalizedOrder>> =>
  byCursor(link, ask, ORDERS, { order_status: 'OPEN' });

/** Orders of one product in every state, created since `fromMs`. */
export const ordersSince = (
  link: Link,
  ask: Ask,
  productId: string,
  fromMs: number,
  enough: (orders: readonly NormalizedOrder[]) => boolean,
): Promise<Paged<NormalizedOrder>> =>
  byCursor(link, ask, ORDERS, { product_id: productId, start_date: startOf(link, fromMs) }, enough);

/** Executions of the whole account since `fromMs`. */
export const fillsSince = (link: Link, ask: Ask, fromMs: number): Promise<Paged<NormalizedFill>> =>
  byCursor(link, ask, FILLS, { start_sequence_timestamp: startOf(link, fromMs) });

/** Every execution of one order. */
export const fillsOf = (link: Link, ask: Ask, orderId: string): Promise<Paged<NormalizedFill>> =>
  byCursor(link, ask, FILLS, { order_ids: [orderId] });
