import type { Market } from '@orderplane/domain';
import type { NormalizedFill, NormalizedOrder } from '@orderplane/normalization';
import { endpoint } from '../../ccxt.ts';
import { isRecord } from '../../outcome.ts';
import { readPages } from '../../pages.ts';
import type { Paged } from '../../pages.ts';
import type { Ask, Link } from '../../venue.ts';

/** Entries of one batch of `done` and `fills`. */
const BATCH = 100;
/** Our clock and KuCoin's may differ. */
const MARGIN_MS = 5_000;
const DAY_MS = 24 * 3_600_000;

interface Feed<Item> {
  readonly endpointName: string;
  readonly method: string;
  /** The exchange lists nothing older than this, whatever is asked (documentation). */
  readonly keptMs: number;
  pick(read: { orders: readonly NormalizedOrder[]; fills: readonly NormalizedFill[] }): readonly Item[];
}

const FILLS: Feed<NormalizedFill> = {
  endpointName: 'privateGetHfFills',
  method: 'fetchMyTrades',
  keptMs: 7 * DAY_MS,
  pick: (read) => read.fills,
};
const DONE: Feed<NormalizedOrder> = {
  endpointName: 'privateGetHfOrdersDone',
  method: 'fetchClosedOrders',
  keptMs: 3 * DAY_MS,
  pick: (read) => read.orders,
};

/** "0": there is none. */
const isCursor = (value: unknown): value is string | number =>
  (typeof value === 'number' && value > 0) || (typeof value === 'string' && /^[1-9]\d*$/.test(value));

/**
 * Batches of one market, newest first, each beginning after the last entry of the one before it: what comes meanwhile
 * stands before the first, so nothing is missed. Ends at `enough` or with a batch that is not full.
 */
function backwards<Item>(
  link: Link,
  ask: Ask,
  feed: Feed<Item>,
  parameters: Readonly<Record<string, string | number>>,
  enough: (items: readonly Item[]) => boolean,
): Promise<Paged<Item>> {
  const call = endpoint(link.instance, feed.endpointName);
  const seen: Item[] = [];
  return readPages<Item, string | null>(
    null,
    (lastId) => ask(() => call({ ...parameters, limit: BATCH, ...(lastId === null ? {} : { lastId }) })),
    (payload, lastId) => {
      const entries = isRecord(payload) ? payload['items'] : undefined;
      if (!isRecord(payload) || !Array.isArray(entries)) {
        return { items: [], next: null, error: `${feed.method}: no list in the answer` };
      }
      const read = link.read.rest(feed.method, entries);
      const items = feed.pick(read);
      seen.push(...items);
      if (entries.length < BATCH || enough(seen)) return { items, next: null, error: read.error };
      const cursor = payload['lastId'];
      if (!isCursor(cursor) || String(cursor) === lastId) {
        return { items, next: null, error: `${feed.method}: a full batch that leads nowhere` };
      }
      return { items, next: String(cursor), error: read.error };
    },
  );
}

/** What is asked for beyond the exchange's memory makes the listing incomplete. */
async function since<Item>(
  link: Link,
  ask: Ask,
  feed: Feed<Item>,
  market: Market,
  fromMs: number,
  enough: (items: readonly Item[]) => boolean = () => false,
): Promise<Paged<Item>> {
  const startAt = Math.max(0, fromMs - MARGIN_MS);
  const paged = await backwards(link, ask, feed, { symbol: market.nativeId, startAt }, enough);
  if (paged.error !== null || fromMs >= link.clock.now() - feed.keptMs) return paged;
  return { ...paged, error: `${feed.method}: KuCoin lists the last ${feed.keptMs / DAY_MS} days only` };
}

export const fillsSince = (link: Link, ask: Ask, market: Market, fromMs: number): Promise<Paged<NormalizedFill>> =>
  since(link, ask, FILLS, market, fromMs);

/** Ended orders of one market that were last changed since `fromMs`. */
export const doneSince = (
  link: Link,
  ask: Ask,
  market: Market,
  fromMs: number,
  enough: (orders: readonly NormalizedOrder[]) => boolean,
): Promise<Paged<NormalizedOrder>> => since(link, ask, DONE, market, fromMs, enough);

/** Every execution of one order. */
export const fillsOfOrder = (link: Link, ask: Ask, market: Market, orderId: string): Promise<Paged<NormalizedFill>> =>
  backwards(link, ask, FILLS, { symbol: market.nativeId, orderId }, () => false).then((paged) => ({
    ...paged,
    items: paged.items.filter((fill) => fill.orderId === orderId),
  }));
