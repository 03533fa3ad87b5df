import type { Market } from '@orderplane/domain';
import type { NormalizedFill, NormalizedOrder } from '@orderplane/normalization';
import { endpoint } from '../../ccxt.ts';
import { isRecord } from '../../outcome.ts';
import { readPages } from '../../pages.ts';
import type { Paged } from '../../pages.ts';
import type { Ask, Link } from '../../venue.ts';
import { exchangeTime } from './signing.ts';

const DAY_MS = 24 * 3_600_000;
/** Our clock and MEXC's may differ by as much as a signed request may. */
const MARGIN_MS = 5_000;
/** The end of a window lies ahead, so that nothing falls behind it while it is asked for. */
const AHEAD_MS = 60_000;

interface Feed<Item> {
  readonly endpointName: string;
  readonly method: string;
  /** Entries of one answer at most, and how far back it reaches (documentation of each endpoint). */
  readonly page: number;
  readonly retentionMs: number;
  pick(read: { orders: readonly NormalizedOrder[]; fills: readonly NormalizedFill[] }): readonly Item[];
  keyOf(item: Item): string;
}

const TRADES: Feed<NormalizedFill> = {
  endpointName: 'spotPrivateGetMyTrades',
  method: 'fetchMyTrades',
  page: 100,
  retentionMs: 30 * DAY_MS,
  pick: (read) => read.fills,
  keyOf: (fill) => `${fill.orderId} ${fill.tradeId}`,
};
const ORDERS: Feed<NormalizedOrder> = {
  endpointName: 'spotPrivateGetAllOrders',
  method: 'fetchOrders',
  page: 1_000,
  retentionMs: 7 * DAY_MS,
  pick: (read) => read.orders,
  keyOf: (order) => order.orderId,
};

/** Both ends belong to it, ms. */
export interface Window {
  readonly start: number;
  readonly end: number;
}

/**
 * What is left to ask of a window whose answer was full, from the times of its entries; null when the window can't be
 * made smaller. Which end of it an answer shows is not documented, so neither is relied on: strictly between its first
 * and its last entry it is complete in either case.
 */
export function remainder(window: Window, times: readonly number[]): readonly Window[] | null {
  const first = times.reduce((least, time) => Math.min(least, time), window.end);
  const last = times.reduce((most, time) => Math.max(most, time), window.start);
  if (window.start >= window.end || first < window.start || last > window.end) return null;
  const before: readonly Window[] =
    first < window.end
      ? [{ start: window.start, end: first }]
      : [
          { start: window.start, end: first - 1 },
          { start: first, end: first },
        ];
  const after: readonly Window[] =
    last > window.start
      ? [{ start: last, end: window.end }]
      : [
          { start: last, end: last },
          { start: last + 1, end: window.end },
        ];
  const parts = [...before, ...after].filter((one) => one.start <= one.end);
  return [...new Map(parts.map((one) => [`${one.start}-${one.end}`, one])).values()];
}

const timesOf = (entries: readonly unknown[]): number[] =>
  entries.flatMap((one) => {
    const time = Number(isRecord(one) ? one['time'] : undefined);
    return Number.isSafeInteger(time) && time > 0 ? [time] : [];
  });

export interface Since<Item> extends Paged<Item> {
  /** Where the list begins, ms: later than asked for where MEXC has forgotten what was before. */
  readonly fromMs: number;
}

/** Everything of one market since `fromMs` that MEXC still lists, up to now, in no order. */
async function since<Item>(
  link: Link,
  ask: Ask,
  feed: Feed<Item>,
  market: Market,
  fromMs: number,
  filter: Readonly<Record<string, string>> = {},
): Promise<Since<Item>> {
  const call = endpoint(link.instance, feed.endpointName);
  const now = exchangeTime(link.instance, link.clock.now());
  const wanted = Math.max(0, exchangeTime(link.instance, fromMs) - MARGIN_MS);
  const start = Math.max(wanted, now - feed.retentionMs + MARGIN_MS);
  const base = { symbol: market.nativeId, limit: feed.page, ...filter };
  const paged = await readPages<Item, readonly Window[]>(
    [{ start, end: now + AHEAD_MS }],
    ([window]) => ask(() => call({ ...base, startTime: window?.start, endTime: window?.end })),
    (payload, [window, ...rest]) => {
      if (!Array.isArray(payload)) return { items: [], next: null, error: `${feed.method}: not a list` };
      const entries: unknown[] = payload;
      const read = link.read.rest(feed.method, entries);
      const items = feed.pick(read);
      if (entries.length < feed.page || window === undefined) {
        return { items, next: rest.length === 0 ? null : rest, error: read.error };
      }
      const times = timesOf(entries);
      const more = times.length === entries.length ? remainder(window, times) : null;
      if (more === null) return { items, next: null, error: `${feed.method}: more than ${feed.page} of one instant` };
      return { items, next: [...more, ...rest], error: read.error };
    },
  );
  const items = [...new Map(paged.items.map((item) => [feed.keyOf(item), item])).values()];
  return { ...paged, items, fromMs: start > wanted ? start : fromMs };
}

export const tradesSince = (link: Link, ask: Ask, market: Market, fromMs: number): Promise<Since<NormalizedFill>> =>
  since(link, ask, TRADES, market, fromMs);

export const ordersSince = (link: Link, ask: Ask, market: Market, fromMs: number): Promise<Since<NormalizedOrder>> =>
  since(link, ask, ORDERS, market, fromMs);

/** Every execution of one order, which was made at `createdMs`. */
export async function tradesOfOrder(
  link: Link,
  ask: Ask,
  market: Market,
  orderId: string,
  createdMs: number,
): Promise<Since<NormalizedFill>> {
  const found = await since(link, ask, TRADES, market, createdMs, { orderId });
  return { ...found, items: found.items.filter((fill) => fill.orderId === orderId) };
}
