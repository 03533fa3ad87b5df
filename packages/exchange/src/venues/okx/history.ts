import type { NormalizedFill, NormalizedOrder } from '@orderplane/normalization';
import { endpoint } from '../../ccxt.ts';
import { isRecord } from '../../outcome.ts';
import { readPages } from '../../pages.ts';
import type { Paged } from '../../pages.ts';
import type { Ask, Link } from '../../venue.ts';

/** Entries of one page of any list. */
const PAGE = 100;
/** Our clock and OKX's may differ, and an order is stamped when it is accepted. */
const MARGIN_MS = 5_000;

interface Feed<Item> {
  readonly endpointName: string;
  readonly method: string;
  /** Key of the entries' id: lists come newest first, and `after` an id goes on with older entries. */
  readonly idKey: 'ordId' | 'algoId' | 'billId';
  readonly parameters: Readonly<Record<string, string>>;
  pick(read: { orders: readonly NormalizedOrder[]; fills: readonly NormalizedFill[] }): readonly Item[];
}

const orders = (read: { orders: readonly NormalizedOrder[] }): readonly NormalizedOrder[] => read.orders;
const fills = (read: { fills: readonly NormalizedFill[] }): readonly NormalizedFill[] => read.fills;

function lastId(entries: readonly unknown[], key: string): string | null {
  const last = entries.at(-1);
  const id = isRecord(last) ? last[key] : undefined;
  return typeof id === 'string' && id !== '' ? id : null;
}

/**
 * Page after page until one is short. What is added meanwhile is newer than where we are, and what goes away leaves no
 * gap, since the next page is named by an id and not by a count.
 */
function pages<Item>(link: Link, ask: Ask, feed: Feed<Item>): Promise<Paged<Item>> {
  const call = endpoint(link.instance, feed.endpointName);
  const base = { ...feed.parameters, limit: String(PAGE) };
  return readPages<Item, string | null>(
    null,
    (after) => ask(() => call(after === null ? base : { ...base, after })),
    (payload) => {
      const data = isRecord(payload) ? payload['data'] : undefined;
      if (!Array.isArray(data)) return { items: [], next: null, error: `${feed.method}: not a list` };
      const entries: unknown[] = data;
      const read = link.read.rest(feed.method, payload);
      const next = entries.length < PAGE ? null : lastId(entries, feed.idKey);
      const cut = entries.length >= PAGE && next === null ? 'a full page without an id to go on from' : null;
      return { items: feed.pick(read), next, error: read.error ?? cut };
    },
  );
}

const market = (instId: string | null): Readonly<Record<string, string>> => (instId === null ? {} : { instId });
const from = (fromMs: number): string => String(Math.max(0, Math.floor(fromMs) - MARGIN_MS));

/** Orders that work, of one market or of all. */
export const pendingOrders = (link: Link, ask: Ask, instId: string | null = null): Promise<Paged<NormalizedOrder>> =>
  pages(link, ask, {
    endpointName: 'privateGetTradeOrdersPending',
    method: 'fetchOpenOrders',
    idKey: 'ordId',
    parameters: { instType: 'SPOT', ...market(instId) },
    pick: orders,
  });

/** Stops that wait: those of ours, and of the other kind that other clients place. Each kind is a list of its own. */
export async function pendingStops(
  link: Link,
  ask: Ask,
  instId: string | null = null,
): Promise<Paged<NormalizedOrder>> {
  const items: NormalizedOrder[] = [];
  let read = 0;
  for (const ordType of ['conditional', 'trigger']) {
    const listed = await pages(link, ask, {
      endpointName: 'privateGetTradeOrdersAlgoPending',
      method: 'fetchOpenOrders',
      idKey: 'algoId',
      parameters: { instType: 'SPOT', ordType, ...market(instId) },
      pick: orders,
    });
    items.push(...listed.items);
    read += listed.pages;
    if (listed.error !== null) return { ...listed, items, pages: read };
  }
  return { items, pages: read, error: null, rateLimitedMs: null };
}

/** Orders of one market that were placed since `fromMs` and have ended, seven days back at most. */
export const endedOrders = (link: Link, ask: Ask, instId: string, fromMs: number): Promise<Paged<NormalizedOrder>> =>
  pages(link, ask, {
    endpointName: 'privateGetTradeOrdersHistory',
    method: 'fetchClosedOrders',
    idKey: 'ordId',
    parameters: { instType: 'SPOT', instId, begin: from(fromMs) },
    pick: orders,
  });

/** Executions of the last three days have a list of their own, which may be asked six times as often. */
const RECENT_MS = 3 * 24 * 3_600_000 - 10 * 60_000;
const fillsList = (link: Link, fromMs: number): string =>
  link.clock.now() - fromMs < RECENT_MS ? 'privateGetTradeFills' : 'privateGetTradeFillsHistory';

/** Executions since `fromMs`, of one market or of all, three months back at most. */
export const fillsSince = (
  link: Link,
  ask: Ask,
  instId: string | null,
  fromMs: number,
): Promise<Paged<NormalizedFill>> =>
  pages(link, ask, {
    endpointName: fillsList(link, fromMs),
    method: 'fetchMyTrades',
    idKey: 'billId',
    parameters: { instType: 'SPOT', ...market(instId), begin: from(fromMs) },
    pick: fills,
  });

/** Every execution of one order, which was placed at `fromMs`. */
export const fillsOfOrder = (
  link: Link,
  ask: Ask,
  instId: string,
  ordId: string,
  fromMs: number,
): Promise<Paged<NormalizedFill>> =>
  pages(link, ask, {
    endpointName: fillsList(link, fromMs),
    method: 'fetchMyTrades',
    idKey: 'billId',
    parameters: { instType: 'SPOT', instId, ordId },
    pick: fills,
  });
