import type { Market } from '@orderplane/domain';
import type { NormalizedFill, NormalizedOrder } from '@orderplane/normalization';
import { endpoint } from '../../ccxt.ts';
import { isRecord } from '../../outcome.ts';
import { readPages } from '../../pages.ts';
import type { Paged } from '../../pages.ts';
import type { Ask, Link } from '../../venue.ts';

/** Entries of one page of myTrades and allOrders, and the longest window by time that they take. */
const PAGE = 1_000;
const DAY_MS = 24 * 3_600_000;
/** Our clock and Binance's may differ, and an order is stamped when it is accepted. */
const MARGIN_MS = 5_000;

/** By time until something is found, then by id: ids have no window and miss nothing that shares a millisecond. */
type Cursor = { readonly startTime: number } | { readonly fromId: string };

const idsOf = (payload: readonly unknown[], key: string): string[] =>
  payload.flatMap((one) => {
    const id = isRecord(one) ? one[key] : undefined;
    return typeof id === 'number' || typeof id === 'string' ? [String(id)] : [];
  });

const largest = (ids: readonly string[]): bigint => ids.reduce((top, id) => (BigInt(id) > top ? BigInt(id) : top), 0n);

interface Feed<Item> {
  readonly endpointName: string;
  readonly method: string;
  /** Key of the entries' id, and the parameter that continues from it. */
  readonly idKey: string;
  readonly fromKey: string;
  pick(read: { orders: readonly NormalizedOrder[]; fills: readonly NormalizedFill[] }): readonly Item[];
}

const TRADES: Feed<NormalizedFill> = {
  endpointName: 'privateGetMyTrades',
  method: 'fetchMyTrades',
  idKey: 'id',
  fromKey: 'fromId',
  pick: (read) => read.fills,
};
const ORDERS: Feed<NormalizedOrder> = {
  endpointName: 'privateGetAllOrders',
  method: 'fetchOrders',
  idKey: 'orderId',
  fromKey: 'orderId',
  pick: (read) => read.orders,
};

function following(cursor: Cursor, ids: readonly string[], nowMs: number): Cursor | null {
  if (ids.length >= PAGE) return { fromId: String(largest(ids) + 1n) };
  if (!('startTime' in cursor) || cursor.startTime + DAY_MS > nowMs) return null;
  return ids.length > 0 ? { fromId: String(largest(ids) + 1n) } : { startTime: cursor.startTime + DAY_MS };
}

/** Everything of one market since `from`, oldest first, up to now. */
function since<Item>(link: Link, ask: Ask, feed: Feed<Item>, market: Market, fromMs: number): Promise<Paged<Item>> {
  const call = endpoint(link.instance, feed.endpointName);
  const now = link.clock.now() + MARGIN_MS;
  return readPages<Item, Cursor>(
    { startTime: Math.max(0, fromMs - MARGIN_MS) },
    (cursor) => {
      const base = { symbol: market.nativeId, limit: PAGE };
      if ('fromId' in cursor) return ask(() => call({ ...base, [feed.fromKey]: cursor.fromId }));
      return ask(() => call({ ...base, startTime: cursor.startTime, endTime: cursor.startTime + DAY_MS - 1 }));
    },
    (payload, cursor) => {
      if (!Array.isArray(payload)) return { items: [], next: null, error: `${feed.method}: not a list` };
      const entries: unknown[] = payload;
      const read = link.read.rest(feed.method, entries);
      const ids = idsOf(entries, feed.idKey);
      return { items: feed.pick(read), next: following(cursor, ids, now), error: read.error };
    },
  );
}

export const tradesSince = (link: Link, ask: Ask, market: Market, fromMs: number): Promise<Paged<NormalizedFill>> =>
  since(link, ask, TRADES, market, fromMs);

export const ordersSince = (link: Link, ask: Ask, market: Market, fromMs: number): Promise<Paged<NormalizedOrder>> =>
  since(link, ask, ORDERS, market, fromMs);

/** Every execution of one order. */
export function tradesOfOrder(link: Link, ask: Ask, market: Market, orderId: string): Promise<Paged<NormalizedFill>> {
  const call = endpoint(link.instance, TRADES.endpointName);
  return readPages<NormalizedFill, string | null>(
    null,
    (fromId) =>
      ask(() => call({ symbol: market.nativeId, orderId, limit: PAGE, ...(fromId === null ? {} : { fromId }) })),
    (payload) => {
      if (!Array.isArray(payload)) return { items: [], next: null, error: 'myTrades: not a list' };
      const entries: unknown[] = payload;
      const read = link.read.rest(TRADES.method, entries);
      const ids = idsOf(entries, 'id');
      return {
        items: read.fills.filter((fill) => fill.orderId === orderId),
        next: ids.length >= PAGE ? String(largest(ids) + 1n) : null,
        error: read.error,
      };
    },
  );
}
