import type { Market } from '@orderplane/domain';
import type { NormalizedFill, NormalizedOrder } from '@orderplane/normalization';
import type { LookupRequest, LookupResult } from '../../adapter.ts';
import { endpoint } from '../../ccxt.ts';
import { Look, unexplained } from '../../look.ts';
import { coverage } from '../../venue.ts';
import type { Ask, Link, ReadCalls } from '../../venue.ts';
import { ordersSince, tradesOfOrder, tradesSince } from './history.ts';
import { fillsCover } from './orders.ts';

/** The order's own query. Null: the exchange says that it does not exist. */
async function queryOrder(
  link: Link,
  ask: Ask,
  request: LookupRequest,
  market: Market,
  look: Look,
): Promise<NormalizedOrder | null | 'failed'> {
  const key =
    request.venueOrderId === null ? { origClientOrderId: request.venueClientId } : { orderId: request.venueOrderId };
  const verdict = await ask(() => endpoint(link.instance, 'privateGetOrder')({ symbol: market.nativeId, ...key }));
  look.asked('order');
  if (verdict.kind === 'absent') return null;
  if (verdict.kind === 'failed') {
    look.failed('order', verdict.message, verdict.rateLimitedMs);
    return 'failed';
  }
  const read = link.read.rest('fetchOrder', verdict.payload);
  const [order] = read.orders;
  if (order !== undefined) return order;
  look.failed('order', read.error ?? 'no order in the answer');
  return 'failed';
}

async function withFills(link: Link, ask: Ask, market: Market, order: NormalizedOrder, look: Look) {
  if (fillsCover(order, [])) return look.found(order, [], true);
  const trades = await tradesOfOrder(link, ask, market, order.orderId);
  if (trades.error === null) look.asked('trades');
  else look.failed('trades', trades.error, trades.rateLimitedMs);
  return look.found(order, trades.items, trades.error === null && fillsCover(order, trades.items));
}

const isWanted =
  (request: LookupRequest) =>
  (order: NormalizedOrder): boolean =>
    order.clientOrderId === request.venueClientId || order.orderId === request.venueOrderId;

/**
 * The other places, asked only when the order's own query says "no": one query right after a timeout proves nothing,
 * and the database behind it may lag. A trade of an order that no list names could be ours: then nothing is proved.
 */
async function searchEverywhere(link: Link, ask: Ask, request: LookupRequest, market: Market, look: Look) {
  const open = await ask(() => endpoint(link.instance, 'privateGetOpenOrders')({ symbol: market.nativeId }));
  look.asked('open');
  const named: NormalizedOrder[] = [];
  if (open.kind === 'success') {
    const read = link.read.rest('fetchOpenOrders', open.payload);
    named.push(...read.orders);
    if (read.error !== null) look.failed('open', read.error);
  } else {
    const limited = open.kind === 'failed' ? open.rateLimitedMs : null;
    look.failed('open', open.kind === 'failed' ? open.message : 'unexpected answer "not found"', limited);
  }
  const sinceMs = Date.parse(request.since);
  const history = await ordersSince(link, ask, market, sinceMs);
  look.asked('history');
  if (history.error !== null) look.failed('history', history.error, history.rateLimitedMs);
  named.push(...history.items);
  const order = named.find(isWanted(request));
  if (order !== undefined) return withFills(link, ask, market, order, look);
  const trades = await tradesSince(link, ask, market, sinceMs);
  look.asked('trades');
  if (trades.error !== null) look.failed('trades', trades.error, trades.rateLimitedMs);
  const known = new Set(named.map((one) => one.orderId));
  const late = trades.items.filter((fill) => fill.executedAt >= request.since);
  const [stranger] = await unexplained(request, late, known);
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
  const order = await queryOrder(link, ask, request, market, look);
  if (order === 'failed') return look.absent();
  if (order !== null) return withFills(link, ask, market, order, look);
  return searchEverywhere(link, ask, request, market, look);
}

/** Markets asked at the same time. */
const PARALLEL = 4;

export const binanceReads: ReadCalls = {
  lookup,

  /** One answer holds every open order of the account: no pages. */
  async openOrders(link, ask, askedAt) {
    const verdict = await ask(() => endpoint(link.instance, 'privateGetOpenOrders')({}));
    if (verdict.kind !== 'success') {
      const error = verdict.kind === 'failed' ? verdict.message : 'unexpected answer "not found"';
      return { items: [], coverage: coverage(askedAt, { complete: false, pages: 0, error }) };
    }
    const isList = Array.isArray(verdict.payload);
    const read = link.read.rest('fetchOpenOrders', verdict.payload);
    const error = isList ? read.error : 'the open orders are not a list';
    return { items: read.orders, coverage: coverage(askedAt, { complete: error === null, error }) };
  },

  async fills(link, ask, from, symbols, askedAt) {
    const items: NormalizedFill[] = [];
    const errors: string[] = [];
    let pages = 0;
    const queue = [...new Set(symbols)];
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
        if (trades.error !== null) errors.push(`${symbol}: ${trades.error}`);
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, worker));
    const error = errors.length === 0 ? null : errors.slice(0, 5).join('; ');
    return { items, coverage: coverage(askedAt, { complete: error === null, from, pages, error }) };
  },
};
