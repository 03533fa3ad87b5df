import { compare, sum } from '@orderplane/domain';
import type { Market } from '@orderplane/domain';
import type { NormalizedFill, NormalizedOrder } from '@orderplane/normalization';
import type { LookupRequest, LookupResult } from '../../adapter.ts';
import { endpoint } from '../../ccxt.ts';
import { Look, unexplained } from '../../look.ts';
import { isRecord } from '../../outcome.ts';
import { coverage } from '../../venue.ts';
import type { Ask, Link, ReadCalls } from '../../venue.ts';
import { endedOrders, fillsOfOrder, fillsSince, pendingOrders, pendingStops } from './history.ts';
import { isNative } from './orders.ts';

/**
 * OKX forgets a cancelled order of which nothing was filled after two hours (documentation, order history): whoever
 * asks later can't tell it from one that never was. A little less, for the clocks and the time that a look-up takes.
 */
const UNFILLED_KEPT_MS = 2 * 3_600_000 - 5 * 60_000;

const covers = (order: NormalizedOrder, fills: readonly NormalizedFill[]): boolean =>
  order.filledSize !== null && compare(sum(fills.map((fill) => fill.size)), order.filledSize) === 0;

/** One look-up: what it is about, and what it has found out so far. */
interface Search {
  readonly link: Link;
  readonly ask: Ask;
  readonly request: LookupRequest;
  readonly market: Market;
  readonly look: Look;
}

interface Found {
  readonly order: NormalizedOrder;
  readonly native: Readonly<Record<string, unknown>>;
}

/** Asks for one order by an id. Null: OKX says that there is none; "no data" says the same. */
async function askFor(
  { link, ask, look }: Search,
  place: 'order' | 'stop',
  id: Readonly<Record<string, string>>,
): Promise<Found | null | 'failed'> {
  const name = place === 'order' ? 'privateGetTradeOrder' : 'privateGetTradeOrderAlgo';
  const verdict = await ask(() => endpoint(link.instance, name)(id));
  look.asked(place);
  if (verdict.kind === 'absent') return null;
  if (verdict.kind === 'failed') {
    look.failed(place, verdict.message, verdict.rateLimitedMs);
    return 'failed';
  }
  const data: unknown = isRecord(verdict.payload) ? verdict.payload['data'] : null;
  if (Array.isArray(data) && data.length === 0) return null;
  const native: unknown = Array.isArray(data) ? data[0] : null;
  const read = link.read.rest('fetchOrder', verdict.payload);
  const [order] = read.orders;
  if (order !== undefined && isRecord(native)) return { order, native };
  look.failed(place, read.error ?? 'no order in the answer');
  return 'failed';
}

/** Executions of an order that a stop placed carry no client id: the order's is theirs. */
const named = (order: NormalizedOrder, fills: readonly NormalizedFill[]): readonly NormalizedFill[] =>
  fills
    .filter((fill) => fill.orderId === order.orderId)
    .map((fill) => ({ ...fill, clientOrderId: fill.clientOrderId ?? order.clientOrderId }));

async function withFills(search: Search, order: NormalizedOrder): Promise<LookupResult> {
  const { link, look, market, request } = search;
  if (covers(order, [])) return look.found(order, [], true);
  const placedMs = Date.parse(order.createdAt ?? request.since);
  const trades = await fillsOfOrder(link, search.ask, market.nativeId, order.orderId, placedMs);
  look.asked('fills');
  if (trades.error !== null) look.failed('fills', trades.error, trades.rateLimitedMs);
  const fills = named(order, trades.items);
  return look.found(order, fills, trades.error === null && covers(order, fills));
}

/**
 * A stop, or the order that it placed when it triggered, which is what our order is from then on. For orders of other
 * clients that one is adopted as an order of its own, since nothing ties the two together: the stop itself is over.
 */
async function followStop(search: Search, stop: Found): Promise<LookupResult | null> {
  const { look, market, request } = search;
  const { state, ordId } = stop.native;
  if (state !== 'effective' && state !== 'partially_effective') return look.found(stop.order, [], true);
  if (typeof ordId !== 'string' || ordId === '') {
    look.failed('stop', 'it has triggered and does not name the order that it placed');
    return look.absent();
  }
  if (!isNative(request.venueClientId)) {
    const over = { ...stop.order, status: 'CANCELLED', filledSize: '0', remainingSize: '0' } as const;
    return look.found({ ...over, reason: `triggered: goes on as order ${ordId}` }, [], true);
  }
  const placed = await askFor(search, 'order', { instId: market.nativeId, ordId });
  if (placed === 'failed') return look.absent();
  if (placed !== null) return withFills(search, { ...placed.order, clientOrderId: request.venueClientId });
  look.failed('order', `${ordId}, placed by the stop, is not found`);
  return look.absent();
}

/** By OKX's id where it is known, then by ours; first as an order, then as a stop. Null: OKX denies all of them. */
async function askByIds(search: Search): Promise<LookupResult | null> {
  const { look, market, request } = search;
  const { venueClientId, venueOrderId } = request;
  const instId = market.nativeId;
  const byId = venueOrderId === null ? [] : [{ instId, ordId: venueOrderId }];
  const byClientId = isNative(venueClientId) ? [{ instId, clOrdId: venueClientId }] : [];
  for (const id of [...byId, ...byClientId]) {
    const found = await askFor(search, 'order', id);
    if (found === 'failed') return look.absent();
    if (found !== null) return withFills(search, found.order);
  }
  const stops = isNative(venueClientId)
    ? [{ algoClOrdId: venueClientId }]
    : byId.map(({ ordId }) => ({ algoId: ordId }));
  for (const id of stops) {
    const found = await askFor(search, 'stop', id);
    if (found === 'failed') return look.absent();
    if (found !== null) return followStop(search, found);
  }
  return null;
}

/** More unknown orders than this in one look-up: absence can't be proved cheaply, so it is not. */
const MAXIMUM_STRANGERS = 20;

/**
 * The last place: an execution since the leg was sent that can be ours although no list names its order. An execution
 * carries the client id of its order; those of orders that a stop placed carry none, so their orders are asked for.
 */
async function searchFills(search: Search, known: ReadonlySet<string>): Promise<LookupResult | null> {
  const { link, look, market, request } = search;
  const trades = await fillsSince(link, search.ask, market.nativeId, Date.parse(request.since));
  look.asked('fills');
  if (trades.error !== null) look.failed('fills', trades.error, trades.rateLimitedMs);
  const canBeOurs = (fill: NormalizedFill): boolean =>
    fill.clientOrderId === null || fill.clientOrderId === request.venueClientId;
  const strangers = await unexplained(request, trades.items.filter(canBeOurs), known);
  if (strangers.length > MAXIMUM_STRANGERS) {
    look.failed('fills', `${strangers.length} orders without a client id traded meanwhile`);
    return null;
  }
  for (const ordId of strangers) {
    const found = await askFor(search, 'order', { instId: market.nativeId, ordId });
    if (found === null) look.failed('fills', `order ${ordId} has traded and is not found`);
    if (found === null || found === 'failed') continue;
    if (found.order.clientOrderId === request.venueClientId) return withFills(search, found.order);
  }
  return null;
}

/** The lists, asked only when the queries say "no": one query right after a timeout proves nothing. */
async function searchLists(search: Search): Promise<LookupResult> {
  const { link, look, market, request } = search;
  const sinceMs = Date.parse(request.since);
  const instId = market.nativeId;
  const isWanted = (one: NormalizedOrder): boolean =>
    one.orderId === request.venueOrderId || one.clientOrderId === request.venueClientId;
  const known = new Set<string>();
  const lists = [
    ['stops', () => pendingStops(link, search.ask, instId)],
    ['open', () => pendingOrders(link, search.ask, instId)],
    ['history', () => endedOrders(link, search.ask, instId, sinceMs)],
  ] as const;
  for (const [place, read] of lists) {
    const listed = await read();
    look.asked(place);
    if (listed.error !== null) look.failed(place, listed.error, listed.rateLimitedMs);
    const order = listed.items.find(isWanted);
    if (order !== undefined) return withFills(search, order);
    for (const one of listed.items) known.add(one.orderId);
  }
  const traded = await searchFills(search, known);
  if (traded !== null) return traded;
  if (link.clock.now() - sinceMs > UNFILLED_KEPT_MS) {
    look.failed('history', 'an order that was cancelled unfilled would be forgotten by now');
  }
  return look.absent();
}

async function lookup(link: Link, asking: Ask, request: LookupRequest, askedAt: string): Promise<LookupResult> {
  const look = new Look(askedAt);
  const market = link.market(request.symbol);
  if (market === null) {
    look.failed('order', `no market ${request.symbol}`);
    return look.absent();
  }
  const search: Search = { link, ask: asking, request, market, look };
  return (await askByIds(search)) ?? searchLists(search);
}

export const okxReads: ReadCalls = {
  lookup,

  /** Stops first: one that triggers in between is then in both lists and not in neither. */
  async openOrders(link, asking, askedAt) {
    const stops = await pendingStops(link, asking);
    if (stops.error !== null) {
      return {
        items: stops.items,
        coverage: coverage(askedAt, { complete: false, pages: stops.pages, error: stops.error }),
      };
    }
    const orders = await pendingOrders(link, asking);
    const { error } = orders;
    const pages = stops.pages + orders.pages;
    return {
      items: [...stops.items, ...orders.items],
      coverage: coverage(askedAt, { complete: error === null, pages, error }),
    };
  },

  /** Lists the whole account: the symbols are not needed. */
  async fills(link, asking, sinceAt, _symbols, askedAt) {
    const trades = await fillsSince(link, asking, null, Date.parse(sinceAt));
    const { error, pages } = trades;
    return {
      items: trades.items,
      coverage: coverage(askedAt, { complete: error === null, from: sinceAt, pages, error }),
    };
  },
};
