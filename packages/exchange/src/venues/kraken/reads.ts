import { compare, sum } from '@orderplane/domain';
import type { NormalizedFill, NormalizedOrder } from '@orderplane/normalization';
import type { LookupRequest, LookupResult } from '../../adapter.ts';
import { endpoint } from '../../ccxt.ts';
import { Look, unexplained } from '../../look.ts';
import type { ReadVerdict } from '../../outcome.ts';
import { coverage } from '../../venue.ts';
import type { Ask, Link, ReadCalls } from '../../venue.ts';
import { closedWithClientId, named, tradesSince } from './history.ts';

/** Ids that one QueryOrders takes. */
const QUERY_BATCH = 20;
/** More unknown orders than this in one look-up: absence can't be proved cheaply, so it is not. */
const MAXIMUM_STRANGERS = 100;

const unique = (fills: readonly NormalizedFill[]): readonly NormalizedFill[] => [
  ...new Map(fills.map((fill) => [fill.tradeId, fill])).values(),
];

const covers = (order: NormalizedOrder, fills: readonly NormalizedFill[]): boolean =>
  order.filledSize !== null && compare(sum(fills.map((fill) => fill.size)), order.filledSize) === 0;

/** The orders of an answer, or null when it proves nothing (which is then noted). "Not found" is an empty answer. */
function ordersOf(link: Link, look: Look, place: string, method: string, verdict: ReadVerdict) {
  look.asked(place);
  if (verdict.kind === 'absent') return [];
  if (verdict.kind === 'failed') {
    look.failed(place, verdict.message, verdict.rateLimitedMs);
    return null;
  }
  const read = link.read.rest(method, verdict.payload);
  if (read.error !== null) look.failed(place, read.error);
  return read.orders;
}

async function queryOrders(link: Link, ask: Ask, look: Look, ids: readonly string[]) {
  const call = endpoint(link.instance, 'privatePostQueryOrders');
  const verdict = await ask(() => call({ txid: ids.join(','), trades: 'true' }));
  return ordersOf(link, look, 'order', 'fetchOrder', verdict);
}

async function openWithClientId(link: Link, ask: Ask, look: Look, clientId: string) {
  const call = endpoint(link.instance, 'privatePostOpenOrders');
  const verdict = await ask(() => call({ ...named(clientId), trades: 'true' }));
  return ordersOf(link, look, 'open', 'fetchOpenOrders', verdict);
}

async function withFills(link: Link, ask: Ask, order: NormalizedOrder, look: Look, request: LookupRequest) {
  if (covers(order, [])) return look.found(order, [], true);
  const own = (fills: readonly NormalizedFill[]) => unique(fills.filter((fill) => fill.orderId === order.orderId));
  const trades = await tradesSince(link, ask, Date.parse(order.createdAt ?? request.since), (fills) =>
    covers(order, own(fills)),
  );
  look.asked('trades');
  if (trades.error !== null) look.failed('trades', trades.error, trades.rateLimitedMs);
  const fills = own(trades.items);
  return look.found(order, fills, covers(order, fills));
}

/**
 * The last place: an execution since the leg was sent whose order is ours, although no list names it. Executions carry
 * no client id, so their orders are asked for.
 */
async function searchTrades(link: Link, ask: Ask, look: Look, request: LookupRequest) {
  const trades = await tradesSince(link, ask, Date.parse(request.since));
  look.asked('trades');
  if (trades.error !== null) look.failed('trades', trades.error, trades.rateLimitedMs);
  const strangers = await unexplained(request, trades.items);
  if (strangers.length > MAXIMUM_STRANGERS) {
    look.failed('trades', `${strangers.length} orders traded meanwhile`);
    return null;
  }
  for (let first = 0; first < strangers.length; first += QUERY_BATCH) {
    const orders = await queryOrders(link, ask, look, strangers.slice(first, first + QUERY_BATCH));
    const order = orders?.find((one) => one.clientOrderId === request.venueClientId);
    if (order !== undefined) return order;
  }
  return null;
}

async function lookup(link: Link, ask: Ask, request: LookupRequest, askedAt: string): Promise<LookupResult> {
  const look = new Look(askedAt);
  const { venueClientId, venueOrderId } = request;
  const isWanted = (one: NormalizedOrder) => one.orderId === venueOrderId || one.clientOrderId === venueClientId;
  if (venueOrderId !== null) {
    const order = (await queryOrders(link, ask, look, [venueOrderId]))?.find(isWanted);
    if (order !== undefined) return withFills(link, ask, order, look, request);
  }
  const open = (await openWithClientId(link, ask, look, venueClientId))?.find(isWanted);
  if (open !== undefined) return withFills(link, ask, open, look, request);
  const closed = await closedWithClientId(link, ask, venueClientId, Date.parse(request.since));
  look.asked('closed');
  if (closed.error !== null) look.failed('closed', closed.error, closed.rateLimitedMs);
  const order = closed.items.find(isWanted) ?? (await searchTrades(link, ask, look, request));
  return order === null ? look.absent() : withFills(link, ask, order, look, request);
}

export const krakenReads: ReadCalls = {
  lookup,

  /** One answer holds every open order of the account. */
  async openOrders(link, ask, askedAt) {
    const verdict = await ask(() => endpoint(link.instance, 'privatePostOpenOrders')({ trades: 'true' }));
    if (verdict.kind !== 'success') {
      const error = verdict.kind === 'failed' ? verdict.message : 'unexpected answer "not found"';
      return { items: [], coverage: coverage(askedAt, { complete: false, pages: 0, error }) };
    }
    const read = link.read.rest('fetchOpenOrders', verdict.payload);
    return { items: read.orders, coverage: coverage(askedAt, { complete: read.error === null, error: read.error }) };
  },

  /** Lists the whole account: the symbols are not needed. */
  async fills(link, ask, from, _symbols, askedAt) {
    const trades = await tradesSince(link, ask, Date.parse(from));
    const { error, pages } = trades;
    return {
      items: unique(trades.items),
      coverage: coverage(askedAt, { complete: error === null, from, pages, error }),
    };
  },
};
