import type { Market } from '@orderplane/domain';
import type { NormalizedFill, NormalizedOrder } from '@orderplane/normalization';
import type { LookupRequest, LookupResult } from '../../adapter.ts';
import { endpoint } from '../../ccxt.ts';
import { Look, unexplained } from '../../look.ts';
import type { ReadVerdict } from '../../outcome.ts';
import { coverage } from '../../venue.ts';
import type { Ask, Link, ReadCalls } from '../../venue.ts';
import { ordersSince, tradesOfOrder, tradesSince } from './history.ts';
import { fillsCover } from './orders.ts';

const isWanted =
  (request: LookupRequest) =>
  (order: NormalizedOrder): boolean =>
    order.clientOrderId === request.venueClientId || order.orderId === request.venueOrderId;

/** The order's own query, by one of its ids. Null: the exchange says that it does not exist. */
async function queryOrder(
  link: Link,
  ask: Ask,
  market: Market,
  key: Readonly<Record<string, string>>,
  look: Look,
): Promise<NormalizedOrder | null | 'failed'> {
  const verdict = await ask(() => endpoint(link.instance, 'spotPrivateGetOrder')({ symbol: market.nativeId, ...key }));
  look.asked('order');
  if (verdict.kind === 'absent') return null;
  if (verdict.kind === 'failed') {
    look.failed('order', verdict.message, verdict.rateLimitedMs);
    return 'failed';
  }
  const read = link.read.rest('fetchOrder', verdict.payload);
  const [order] = read.orders;
  if (order !== undefined && read.error === null) return order;
  look.failed('order', read.error ?? 'no order in the answer');
  return 'failed';
}

async function withFills(
  link: Link,
  ask: Ask,
  market: Market,
  order: NormalizedOrder,
  look: Look,
  request: LookupRequest,
): Promise<LookupResult> {
  if (fillsCover(order, [])) return look.found(order, [], true);
  const created = Date.parse(order.createdAt ?? request.since);
  const trades = await tradesOfOrder(link, ask, market, order.orderId, created);
  if (trades.error === null) look.asked('trades');
  else look.failed('trades', trades.error, trades.rateLimitedMs);
  return look.found(order, trades.items, trades.error === null && fillsCover(order, trades.items));
}

/** Orders of a listing, or what keeps it from proving anything, which is then noted. */
function listed(link: Link, look: Look, place: string, method: string, verdict: ReadVerdict) {
  look.asked(place);
  if (verdict.kind !== 'success') {
    const limited = verdict.kind === 'failed' ? verdict.rateLimitedMs : null;
    look.failed(place, verdict.kind === 'failed' ? verdict.message : 'unexpected answer "not found"', limited);
    return [];
  }
  const read = link.read.rest(method, verdict.payload);
  const error = Array.isArray(verdict.payload) ? read.error : 'not a list';
  if (error !== null) look.failed(place, error);
  return read.orders;
}

/**
 * The other places, asked only when the order's own query says "no": one query right after a timeout proves nothing,
 * and the store behind it may lag. Executions carry the client id: one of ours leads to its order; one without an id,
 * of an order that no list names, could be ours, and then nothing is proved.
 */
async function searchEverywhere(link: Link, ask: Ask, request: LookupRequest, market: Market, look: Look) {
  const call = endpoint(link.instance, 'spotPrivateGetOpenOrders');
  const open = listed(link, look, 'open', 'fetchOpenOrders', await ask(() => call({ symbol: market.nativeId })));
  const sinceMs = Date.parse(request.since);
  const history = await ordersSince(link, ask, market, sinceMs);
  look.asked('history');
  if (history.error !== null) look.failed('history', history.error, history.rateLimitedMs);
  if (history.fromMs > sinceMs) look.failed('history', 'MEXC lists the orders of seven days only');
  const named = [...open, ...history.items];
  const order = named.find(isWanted(request));
  if (order !== undefined) return withFills(link, ask, market, order, look, request);
  const trades = await tradesSince(link, ask, market, sinceMs);
  look.asked('trades');
  if (trades.error !== null) look.failed('trades', trades.error, trades.rateLimitedMs);
  const own = trades.items.find((fill) => fill.clientOrderId === request.venueClientId);
  if (own !== undefined) {
    const found = await queryOrder(link, ask, market, { orderId: own.orderId }, look);
    if (found !== null && found !== 'failed') return withFills(link, ask, market, found, look, request);
    look.failed('trades', `trade ${own.tradeId} is ours, and its order is not shown`);
  }
  const known = new Set(named.map((one) => one.orderId));
  const nameless = trades.items.filter((fill) => fill.clientOrderId === null && fill.executedAt >= request.since);
  const [stranger] = await unexplained(request, nameless, known);
  if (stranger !== undefined) look.failed('trades', `executions of order ${stranger}, which no list names`);
  return look.absent();
}

async function lookup(link: Link, ask: Ask, request: LookupRequest, askedAt: string): Promise<LookupResult> {
  const look = new Look(askedAt);
  const market = link.market(request.symbol);
  if (market === null) {
    look.failed('order', `no market ${request.symbol}`);
    return look.absent();
  }
  const { venueOrderId, venueClientId } = request;
  const key = venueOrderId === null ? { origClientOrderId: venueClientId } : { orderId: venueOrderId };
  const order = await queryOrder(link, ask, market, key, look);
  if (order === 'failed') return look.absent();
  if (order !== null && isWanted(request)(order)) return withFills(link, ask, market, order, look, request);
  return searchEverywhere(link, ask, request, market, look);
}

/** One request names up to five markets (documentation, change of 2022-04-25). */
const SYMBOLS_PER_REQUEST = 5;
/** Requests of one listing that goes market by market, which takes a long list of markets past its deadline. */
const PARALLEL = 4;
/** The refusal of a list without a market: the documentation calls the parameter mandatory, and MEXC has done without. */
const NEEDS_SYMBOL = /\b700004\b.*\bsymbol\b/;

/** Every market, five at a time. */
async function openOrdersByMarket(link: Link, ask: Ask, askedAt: string) {
  const markets = link.markets().filter((one) => one.active);
  const groups = Array.from({ length: Math.ceil(markets.length / SYMBOLS_PER_REQUEST) }, (_, nth) =>
    markets.slice(nth * SYMBOLS_PER_REQUEST, (nth + 1) * SYMBOLS_PER_REQUEST),
  );
  const call = endpoint(link.instance, 'spotPrivateGetOpenOrders');
  const look = new Look(askedAt);
  const items: NormalizedOrder[] = [];
  const pages = groups.length;
  const worker = async (): Promise<void> => {
    for (let group = groups.shift(); group !== undefined; group = groups.shift()) {
      const symbol = group.map((one) => one.nativeId).join(',');
      items.push(...listed(link, look, 'open', 'fetchOpenOrders', await ask(() => call({ symbol }))));
      // After a failure the listing proves nothing any more: no request is wasted on the rest.
      if (look.absent().error !== null) return;
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  const { error } = look.absent();
  return { items, coverage: coverage(askedAt, { complete: error === null, pages, error }) };
}

export const mexcReads: ReadCalls = {
  lookup,

  /** One answer holds every open order of the account (500 at most); no pages. */
  async openOrders(link, ask, askedAt) {
    const verdict = await ask(() => endpoint(link.instance, 'spotPrivateGetOpenOrders')({}));
    if (verdict.kind === 'failed' && NEEDS_SYMBOL.test(verdict.message)) return openOrdersByMarket(link, ask, askedAt);
    const look = new Look(askedAt);
    const items = listed(link, look, 'open', 'fetchOpenOrders', verdict);
    const { error } = look.absent();
    return { items, coverage: coverage(askedAt, { complete: error === null, pages: error === null ? 1 : 0, error }) };
  },

  /**
   * MEXC lists the executions of one market, and of the last month. What is older is said to be missing, once: the list
   * is complete from where it begins.
   */
  async fills(link, ask, from, symbols, askedAt) {
    const items: NormalizedFill[] = [];
    const errors: string[] = [];
    const queue = [...new Set(symbols)];
    let pages = 0;
    let begins = Date.parse(from);
    const worker = async (): Promise<void> => {
      for (let symbol = queue.shift(); symbol !== undefined; symbol = queue.shift()) {
        const market = link.market(symbol);
        if (market === null) {
          errors.push(`no market ${symbol}`);
          continue;
        }
        const trades = await tradesSince(link, ask, market, Date.parse(from));
        items.push(...trades.items);
        pages += trades.pages;
        begins = Math.max(begins, trades.fromMs);
        if (trades.error !== null) errors.push(`${symbol}: ${trades.error}`);
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, worker));
    const error = errors.length === 0 ? null : errors.slice(0, 5).join('; ');
    const cut = begins > Date.parse(from);
    const note = cut ? 'MEXC lists the executions of one month only' : null;
    const start = cut ? new Date(begins).toISOString() : from;
    return {
      items,
      coverage: coverage(askedAt, { complete: error === null, from: start, pages, error: error ?? note }),
    };
  },
};
