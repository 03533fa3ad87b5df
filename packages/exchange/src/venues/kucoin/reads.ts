import type { Market } from '@orderplane/domain';
import type { NormalizedFill, NormalizedOrder } from '@orderplane/normalization';
import type { LookupRequest, LookupResult } from '../../adapter.ts';
import { endpoint } from '../../ccxt.ts';
import { Look, unexplained } from '../../look.ts';
import { coverage } from '../../venue.ts';
import type { Ask, Link, ReadCalls } from '../../venue.ts';
import { doneSince, fillsOfOrder, fillsSince } from './history.ts';
import { activeOf, everythingOpen } from './open-orders.ts';
import { fillsCover, isStopId } from './orders.ts';

/** One look-up under way. */
interface Search {
  readonly link: Link;
  readonly ask: Ask;
  readonly look: Look;
  readonly market: Market;
  readonly request: LookupRequest;
}

/** What one place says: the order, "not here", or nothing that counts (which is then noted). */
type Said = NormalizedOrder | null | 'failed';

async function question(
  search: Search,
  place: string,
  name: string,
  parameters: Readonly<Record<string, string>>,
): Promise<Said> {
  const { link, ask, look } = search;
  const verdict = await ask(() => endpoint(link.instance, name)(parameters));
  look.asked(place);
  if (verdict.kind === 'absent') return null;
  if (verdict.kind === 'failed') {
    look.failed(place, verdict.message, verdict.rateLimitedMs);
    return 'failed';
  }
  // By client id a stop comes in a list, which is empty where there is none.
  if (Array.isArray(verdict.payload) && verdict.payload.length === 0) return null;
  const read = link.read.rest('fetchOrder', verdict.payload);
  const [order] = read.orders;
  if (order !== undefined) return order;
  look.failed(place, read.error ?? 'no order in the answer');
  return 'failed';
}

const byId = (search: Search, orderId: string): Promise<Said> =>
  question(search, 'order', 'privateGetHfOrdersOrderId', { orderId, symbol: search.market.nativeId });

/** Active orders only, whatever the documentation hopes. */
const byClientId = (search: Search, clientOid: string): Promise<Said> =>
  question(search, 'order', 'privateGetHfOrdersClientOrderClientOid', { clientOid, symbol: search.market.nativeId });

const stopById = (search: Search, orderId: string): Promise<Said> =>
  question(search, 'stop', 'privateGetStopOrderOrderId', { orderId });

const stopByClientId = (search: Search, clientOid: string): Promise<Said> =>
  question(search, 'stop', 'privateGetStopOrderQueryOrderByClientOid', { clientOid, symbol: search.market.nativeId });

/** A stop that waits or was cancelled is the order itself; one that was triggered only leads to it. */
const isItself = (stop: NormalizedOrder): boolean => stop.working !== true;

async function withFills(search: Search, order: NormalizedOrder): Promise<LookupResult> {
  const { link, ask, look, market } = search;
  if (fillsCover(order, [])) return look.found(order, [], true);
  const trades = await fillsOfOrder(link, ask, market, order.orderId);
  look.asked('fills');
  if (trades.error !== null) look.failed('fills', trades.error, trades.rateLimitedMs);
  return look.found(order, trades.items, trades.error === null && fillsCover(order, trades.items));
}

/** More unknown orders than this in one look-up: absence can't be proved cheaply, so it is not. */
const MAXIMUM_STRANGERS = 100;

/**
 * The lists, where no question names the order: ended orders, which can't be asked for by client id, those of the book,
 * and fills, which carry no client id. The order of an execution that no list names may be ours: it is asked for.
 */
async function inLists(search: Search, clientId: string): Promise<NormalizedOrder | null> {
  const { link, ask, look, market, request } = search;
  const isWanted = (order: NormalizedOrder): boolean => order.clientOrderId === clientId;
  const from = Date.parse(request.since);
  const done = await doneSince(link, ask, market, from, (orders) => orders.some(isWanted));
  look.asked('done');
  const ended = done.items.find(isWanted);
  if (ended !== undefined) return ended;
  if (done.error !== null) look.failed('done', done.error, done.rateLimitedMs);
  const active = await activeOf(link, ask, market.nativeId);
  look.asked('active');
  const resting = active.items.find(isWanted);
  if (resting !== undefined) return resting;
  if (active.error !== null) look.failed('active', active.error, active.rateLimitedMs);
  const trades = await fillsSince(link, ask, market, from);
  look.asked('fills');
  if (trades.error !== null) look.failed('fills', trades.error, trades.rateLimitedMs);
  const named = new Set([...done.items, ...active.items].map((order) => order.orderId));
  return askStrangers(search, await unexplained(request, trades.items, named), isWanted);
}

async function askStrangers(
  search: Search,
  orderIds: readonly string[],
  isWanted: (order: NormalizedOrder) => boolean,
): Promise<NormalizedOrder | null> {
  if (orderIds.length > MAXIMUM_STRANGERS) {
    search.look.failed('fills', `${orderIds.length} orders traded that no list names`);
    return null;
  }
  for (const orderId of orderIds) {
    const order = await byId(search, orderId);
    if (order === 'failed') continue;
    if (order === null) search.look.failed('fills', `order ${orderId} traded, and no place knows it`);
    else if (isWanted(order)) return order;
  }
  return null;
}

const isFound = (said: Said): said is NormalizedOrder => said !== null && said !== 'failed';

/**
 * By the exchange's id where it is known. A stop's id leads to the stop, and once that was triggered to the order that it
 * became, by the client id that both have. Then by client id: the book, the stops, the book again (a trigger in between
 * must hide nothing), and the lists.
 */
async function find(search: Search): Promise<NormalizedOrder | null> {
  const { venueOrderId, venueClientId } = search.request;
  let stop: Said;
  if (venueOrderId !== null && isStopId(venueOrderId)) {
    stop = await stopById(search, venueOrderId);
  } else {
    const order = venueOrderId === null ? null : await byId(search, venueOrderId);
    if (isFound(order)) return order;
    const active = await byClientId(search, venueClientId);
    if (isFound(active)) return active;
    stop = await stopByClientId(search, venueClientId);
  }
  if (isFound(stop) && isItself(stop)) return stop;
  // An order from outside is kept under another name here: its own client id is what its successor has.
  const clientId = isFound(stop) ? (stop.clientOrderId ?? venueClientId) : venueClientId;
  const active = await byClientId(search, clientId);
  const order = isFound(active) ? active : await inLists(search, clientId);
  // It exists, whatever became of it.
  if (order === null && isFound(stop)) search.look.failed('stop', 'triggered, and what it placed is in no place');
  return order;
}

async function lookup(link: Link, ask: Ask, request: LookupRequest, askedAt: string): Promise<LookupResult> {
  const look = new Look(askedAt);
  const market = link.market(request.symbol);
  if (market === null) {
    look.failed('order', `no market ${request.symbol}`);
    return look.absent();
  }
  const search = { link, ask, look, market, request };
  const order = await find(search);
  return order === null ? look.absent() : withFills(search, order);
}

/** Markets asked at the same time. */
const PARALLEL = 4;

export const kucoinReads: ReadCalls = {
  lookup,

  async openOrders(link, ask, askedAt) {
    const { items, pages, error } = await everythingOpen(link, ask);
    return { items, coverage: coverage(askedAt, { complete: error === null, pages, error }) };
  },

  /** By market: fills are listed no other way. */
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
        const trades = await fillsSince(link, ask, market, Date.parse(from));
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
