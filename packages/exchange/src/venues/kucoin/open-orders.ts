import type { NormalizedOrder } from '@orderplane/normalization';
import { endpoint } from '../../ccxt.ts';
import { isRecord } from '../../outcome.ts';
import type { ReadVerdict } from '../../outcome.ts';
import { readPages } from '../../pages.ts';
import type { Paged } from '../../pages.ts';
import type { Ask, Link } from '../../venue.ts';

/** Largest page of the list of stop orders. */
const PAGE = 500;
/** Markets asked at the same time. */
const PARALLEL = 4;

const messageOf = (verdict: Exclude<ReadVerdict, { kind: 'success' }>): string =>
  verdict.kind === 'failed' ? verdict.message : 'unexpected answer "not found"';

const failed = <Item>(verdict: Exclude<ReadVerdict, { kind: 'success' }>): Paged<Item> => ({
  items: [],
  pages: 1,
  error: messageOf(verdict),
  rateLimitedMs: verdict.kind === 'failed' ? verdict.rateLimitedMs : null,
});

/**
 * Stop orders that wait, of the whole account. Pages are counted from the newest: what ends meanwhile moves others
 * from one page to the page before it, so a count that changes while there are several pages is no whole list.
 */
export async function waitingStops(link: Link, ask: Ask): Promise<Paged<NormalizedOrder>> {
  const call = endpoint(link.instance, 'privateGetStopOrder');
  let counted: string | null = null;
  let listed = 0;
  return readPages<NormalizedOrder, number>(
    1,
    (currentPage) => ask(() => call({ currentPage, pageSize: PAGE })),
    (payload, currentPage) => {
      const entries = isRecord(payload) ? payload['items'] : undefined;
      if (!isRecord(payload) || !Array.isArray(entries)) {
        return { items: [], next: null, error: 'the stop orders are not a list' };
      }
      const read = link.read.rest('fetchOpenOrders', entries);
      const total = String(payload['totalNum']);
      if (counted !== null && counted !== total) {
        return { items: read.orders, next: null, error: `stop orders: ${counted} became ${total} between two pages` };
      }
      counted = total;
      listed += entries.length;
      if (entries.length === PAGE) return { items: read.orders, next: currentPage + 1, error: read.error };
      const short = listed < Number(total) ? `stop orders: ${total} counted, ${listed} listed` : null;
      return { items: read.orders, next: null, error: read.error ?? short };
    },
  );
}

/** Active orders of one market: one answer holds them all. */
export async function activeOf(link: Link, ask: Ask, nativeId: string): Promise<Paged<NormalizedOrder>> {
  const verdict = await ask(() => endpoint(link.instance, 'privateGetHfOrdersActive')({ symbol: nativeId }));
  if (verdict.kind !== 'success') return failed(verdict);
  const error = Array.isArray(verdict.payload) ? null : 'the active orders are not a list';
  const read = link.read.rest('fetchOpenOrders', verdict.payload);
  return { items: read.orders, pages: 1, error: error ?? read.error, rateLimitedMs: null };
}

/** Ids of the markets with active orders: the exchange lists orders by market only. */
async function activeMarkets(link: Link, ask: Ask): Promise<Paged<string>> {
  const verdict = await ask(() => endpoint(link.instance, 'privateGetHfOrdersActiveSymbols')());
  if (verdict.kind !== 'success') return failed(verdict);
  const symbols = isRecord(verdict.payload) ? verdict.payload['symbols'] : undefined;
  if (!Array.isArray(symbols)) return { items: [], pages: 1, error: 'no list of markets', rateLimitedMs: null };
  const items = symbols.filter((one): one is string => typeof one === 'string');
  return { items, pages: 1, error: null, rateLimitedMs: null };
}

/**
 * Everything that is open. The stops are asked for first: one that triggers meanwhile is then in the book when that is
 * asked for, where the other order of questions could miss it in both places.
 */
export async function everythingOpen(link: Link, ask: Ask): Promise<Paged<NormalizedOrder>> {
  const stops = await waitingStops(link, ask);
  const markets = await activeMarkets(link, ask);
  const parts: Paged<unknown>[] = [stops, markets];
  const items = [...stops.items];
  const queue = [...new Set(markets.items)];
  const worker = async (): Promise<void> => {
    for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
      const active = await activeOf(link, ask, id);
      parts.push(active);
      items.push(...active.items);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  const errors = parts.flatMap((part) => (part.error === null ? [] : [part.error]));
  const waits = parts.flatMap((part) => (part.rateLimitedMs === null ? [] : [part.rateLimitedMs]));
  return {
    items,
    pages: parts.reduce((count, part) => count + part.pages, 0),
    error: errors.length === 0 ? null : errors.slice(0, 5).join('; '),
    rateLimitedMs: waits.length === 0 ? null : Math.max(...waits),
  };
}
