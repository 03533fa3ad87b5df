import { compare, decimal, sum } from '@orderplane/domain';
import type { NormalizedFill, NormalizedOrder } from '@orderplane/normalization';
import type { LookupRequest, LookupResult } from '../../adapter.ts';
import { endpoint } from '../../ccxt.ts';
import { Look, unexplained } from '../../look.ts';
import { isRecord } from '../../outcome.ts';
import { coverage } from '../../venue.ts';
import type { Ask, Link, ReadCalls } from '../../venue.ts';
import { fillsOf, fillsSince, openOrders, ordersSince } from './history.ts';

/** More unknown orders than this in one look-up: absence can't be proved cheaply, so it is not. */
const MAXIMUM_STRANGERS = 50;

interface Found {
  readonly order: NormalizedOrder;
  /** `number_of_fills`. */
  readonly fillCount: number | null;
}

/** The order's own query. Null: the exchange does not know it; 'failed': nothing is proved, which is noted. */
async function getOrder(link: Link, ask: Ask, look: Look, orderId: string): Promise<Found | null | 'failed'> {
  const call = endpoint(link.instance, 'v3PrivateGetBrokerageOrdersHistoricalOrderId');
  const verdict = await ask(() => call({ order_id: orderId }));
  look.asked('order');
  if (verdict.kind === 'absent') return null;
  if (verdict.kind === 'failed') {
    look.failed('order', verdict.message, verdict.rateLimitedMs);
    return 'failed';
  }
  const read = link.read.rest('fetchOrder', verdict.payload);
  const [order] = read.orders;
  if (order === undefined) {
    look.failed('order', read.error ?? 'no order in the answer');
    return 'failed';
  }
  const native = isRecord(verdict.payload) ? verdict.payload['order'] : null;
  const count = isRecord(native) ? Number(native['number_of_fills'] ?? Number.NaN) : Number.NaN;
  return { order, fillCount: Number.isInteger(count) ? count : null };
}

const unique = (fills: readonly NormalizedFill[]): readonly NormalizedFill[] => [
  ...new Map(fills.map((fill) => [fill.tradeId, fill])).values(),
];

const covers = (order: NormalizedOrder, fills: readonly NormalizedFill[]): boolean =>
  order.filledSize !== null && compare(sum(fills.map((fill) => fill.size)), order.filledSize) === 0;

/** What rounding can make of sizes that are told in the quote currency: a relative difference below this. */
const ROUNDING = '0.000000001';

/**
 * The fills of an order by quote amount are told in the quote currency, rounded; divided by their prices they can miss
 * the order's own filled size by the last of 16 decimals. Where their number shows that none is missing, their sum is
 * what was filled.
 */
function squared(found: Found, fills: readonly NormalizedFill[]): NormalizedOrder {
  const { order, fillCount } = found;
  const { filledSize } = order;
  if (order.quoteSize === null || filledSize === null || fillCount !== fills.length) return order;
  const total = sum(fills.map((fill) => fill.size));
  const isRounded = decimal(total).minus(filledSize).abs().lt(decimal(filledSize).times(ROUNDING));
  if (!isRounded) return order;
  return { ...order, filledSize: total, size: order.size === filledSize ? total : order.size };
}

async function withFills(link: Link, ask: Ask, order: NormalizedOrder, look: Look): Promise<LookupResult> {
  if (covers(order, [])) return look.found(order, [], true);
  const listed = await fillsOf(link, ask, order.orderId);
  if (listed.error === null) look.asked('fills');
  else look.failed('fills', listed.error, listed.rateLimitedMs);
  const fills = unique(listed.items.filter((fill) => fill.orderId === order.orderId));
  if (covers(order, fills) || order.quoteSize === null) {
    return look.found(order, fills, listed.error === null && covers(order, fills));
  }
  const again = await getOrder(link, ask, look, order.orderId);
  if (again === null || again === 'failed') return look.found(order, fills, false);
  const settled = squared(again, fills);
  return look.found(settled, fills, listed.error === null && covers(settled, fills));
}

/**
 * The last place: executions since the leg was sent of orders that no list has named. They carry no client id, so their
 * orders are asked for.
 */
async function searchFills(
  link: Link,
  ask: Ask,
  look: Look,
  request: LookupRequest,
  listed: readonly NormalizedOrder[],
): Promise<NormalizedOrder | null> {
  const fills = await fillsSince(link, ask, Date.parse(request.since));
  look.asked('fills');
  if (fills.error !== null) look.failed('fills', fills.error, fills.rateLimitedMs);
  const known = new Set(listed.map((order) => order.orderId));
  const strangers = await unexplained(request, fills.items, known);
  if (strangers.length > MAXIMUM_STRANGERS) {
    look.failed('fills', `${strangers.length} orders traded meanwhile`);
    return null;
  }
  for (const orderId of strangers) {
    const found = await getOrder(link, ask, look, orderId);
    if (found !== null && found !== 'failed' && found.order.clientOrderId === request.venueClientId) return found.order;
  }
  return null;
}

/**
 * There is no query by client id: every order of the product since the leg was sent is listed and searched, whatever its
 * state, and the open ones besides.
 */
async function lookup(link: Link, ask: Ask, request: LookupRequest, askedAt: string): Promise<LookupResult> {
  const look = new Look(askedAt);
  const { venueClientId, venueOrderId } = request;
  const market = link.market(request.symbol);
  if (market === null) {
    look.failed('order', `no market ${request.symbol}`);
    return look.absent();
  }
  if (venueOrderId !== null) {
    const found = await getOrder(link, ask, look, venueOrderId);
    if (found === 'failed') return look.absent();
    if (found !== null) return withFills(link, ask, found.order, look);
  }
  const isWanted = (one: NormalizedOrder): boolean =>
    one.orderId === venueOrderId || (venueClientId !== '' && one.clientOrderId === venueClientId);
  const recent = await ordersSince(link, ask, market.nativeId, Date.parse(request.since), (orders) =>
    orders.some(isWanted),
  );
  look.asked('orders');
  if (recent.error !== null) look.failed('orders', recent.error, recent.rateLimitedMs);
  const listed = recent.items.find(isWanted);
  if (listed !== undefined) return withFills(link, ask, listed, look);
  const open = await openOrders(link, ask);
  look.asked('open');
  if (open.error !== null) look.failed('open', open.error, open.rateLimitedMs);
  const named = [...recent.items, ...open.items];
  const order = open.items.find(isWanted) ?? (await searchFills(link, ask, look, request, named));
  return order === null ? look.absent() : withFills(link, ask, order, look);
}

export const coinbaseReads: ReadCalls = {
  lookup,

  async openOrders(link, ask, askedAt) {
    const { items, error, pages } = await openOrders(link, ask);
    // An order that moves while the pages are read can be on two of them.
    const once = [...new Map(items.map((order) => [order.orderId, order])).values()];
    return { items: once, coverage: coverage(askedAt, { complete: error === null, pages, error }) };
  },

  /** Lists the whole account: the symbols are not needed. */
  async fills(link, ask, from, _symbols, askedAt) {
    const { items, error, pages } = await fillsSince(link, ask, Date.parse(from));
    return { items: unique(items), coverage: coverage(askedAt, { complete: error === null, from, pages, error }) };
  },
};
