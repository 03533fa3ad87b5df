import type { Market } from '@orderplane/domain';
import type { NormalizedFill } from '@orderplane/normalization';
import type { LookupRequest, LookupResult } from '../../adapter.ts';
import { endpoint } from '../../ccxt.ts';
import { Look } from '../../look.ts';
import { isRecord } from '../../outcome.ts';
import { coverage } from '../../venue.ts';
import type { Ask, Link, ReadCalls } from '../../venue.ts';
import { createdIn, isTriggered, knownOrder } from './created.ts';
import { endedSince, tradesOfOrder, tradesSince, uniqueFills } from './history.ts';
import { fillsCover } from './orders.ts';

/** Currencies that lists by currency take (documentation); others can't be asked for. */
const CURRENCIES = new Set(['BTC', 'ETH', 'USDC', 'USDT', 'EURR']);

type Native = Readonly<Record<string, unknown>>;

/** One look-up at work: its question, and where answers are noted. */
interface Search {
  readonly link: Link;
  readonly ask: Ask;
  readonly look: Look;
  readonly request: LookupRequest;
  readonly market: Market;
}

const isWanted = ({ request }: Search, native: Native): boolean =>
  native['label'] === request.venueClientId ||
  (request.venueOrderId !== null &&
    (native['order_id'] === request.venueOrderId || native['trigger_order_id'] === request.venueOrderId));

/**
 * The order among native ones that are known to be ours. A stop that was triggered gives way to the order that it has
 * created. Several others would be several orders under one label: that is noted, and one of them is given.
 */
function choose(search: Search, place: string, wanted: readonly Native[]): Native | null {
  const living = wanted.filter((one) => !isTriggered(one));
  const ids = new Set(living.map((one) => one['order_id']));
  if (ids.size > 1) search.look.failed(place, `${ids.size} orders carry the label ${search.request.venueClientId}`);
  return living[0] ?? wanted[0] ?? null;
}

/** The native orders of one answer; null when it proves nothing (which is then noted). "Not found" is an empty answer. */
async function ordersOf(search: Search, place: string, question: () => Promise<unknown>): Promise<readonly Native[]> {
  const verdict = await search.ask(question);
  search.look.asked(place);
  if (verdict.kind === 'absent') return [];
  if (verdict.kind === 'failed') {
    search.look.failed(place, verdict.message, verdict.rateLimitedMs);
    return [];
  }
  const list: unknown[] = Array.isArray(verdict.payload) ? verdict.payload : [verdict.payload];
  const natives = list.filter(isRecord);
  if (natives.length < list.length) search.look.failed(place, 'an entry that is no order');
  return natives;
}

const byId = (search: Search, orderId: string): Promise<readonly Native[]> =>
  ordersOf(search, 'order', () => endpoint(search.link.instance, 'privateGetGetOrderState')({ order_id: orderId }));

/** Which currency lists a spot pair is not documented: both are asked. */
async function byLabel(search: Search): Promise<readonly Native[]> {
  const { market, request, link } = search;
  const call = endpoint(link.instance, 'privateGetGetOrderStateByLabel');
  const isContract = market.unifiedSymbol.includes(':');
  const currencies = isContract ? [market.quote] : [market.quote, market.base];
  const found: Native[] = [];
  for (const currency of currencies.filter((one) => CURRENCIES.has(one))) {
    found.push(...(await ordersOf(search, 'label', () => call({ currency, label: request.venueClientId }))));
    if (found.length > 0) break;
  }
  return found;
}

const openOf = (search: Search): Promise<readonly Native[]> =>
  ordersOf(search, 'open', () =>
    endpoint(search.link.instance, 'privateGetGetOpenOrdersByInstrument')({ instrument_name: search.market.nativeId }),
  );

async function endedOf(search: Search): Promise<readonly Native[]> {
  const { link, ask, market, request, look } = search;
  const ended = await endedSince(link, ask, market, Date.parse(request.since));
  look.asked('history');
  if (ended.error !== null) look.failed('history', ended.error, ended.rateLimitedMs);
  return ended.items;
}

/** The order that goes on where a stop was triggered, wherever it stands by now; the stop itself while none is found. */
async function followed(search: Search, native: Native): Promise<Native> {
  if (!isTriggered(native)) return native;
  const stopId = String(native['order_id']);
  return createdIn(await openOf(search), stopId) ?? createdIn(await endedOf(search), stopId) ?? native;
}

async function found(search: Search, native: Native): Promise<LookupResult> {
  const { link, look, ask, request, market } = search;
  const living = await followed(search, native);
  const read = link.read.rest('fetchOrder', knownOrder(living));
  const [order] = read.orders;
  if (order === undefined) {
    look.failed('order', read.error ?? 'no order in the answer');
    return look.absent();
  }
  // A stop whose own order was not found says nothing of its executions.
  if (isTriggered(living)) return look.found(order, [], false);
  if (fillsCover(order, [])) return look.found(order, [], true);
  const createdMs = Date.parse(order.createdAt ?? request.since);
  // Executions name the order that traded; a stop never does.
  const nativeId = String(living['order_id']);
  const ofOrder = (fills: readonly NormalizedFill[]): readonly NormalizedFill[] =>
    fills.filter((fill) => fill.orderId === nativeId).map((fill) => ({ ...fill, orderId: order.orderId }));
  const own = await tradesOfOrder(link, ask, nativeId, createdMs);
  look.asked('trades');
  if (own.error !== null) look.failed('trades', own.error, own.rateLimitedMs);
  if (fillsCover(order, ofOrder(own.items))) return look.found(order, ofOrder(own.items), true);
  // The list by order may be cut: the market's own list is not.
  const all = await tradesSince(link, ask, market, createdMs);
  const fills = uniqueFills([...ofOrder(own.items), ...ofOrder(all.items)]);
  return look.found(order, fills, fillsCover(order, fills));
}

/**
 * The last place: an execution since the leg was sent that carries our label although no list names its order. Trades
 * show the label of their order (documentation), so that others can't be ours.
 */
async function tradedOrder(search: Search): Promise<Native | null> {
  const { link, ask, market, request, look } = search;
  const trades = await tradesSince(link, ask, market, Date.parse(request.since));
  look.asked('trades');
  if (trades.error !== null) look.failed('trades', trades.error, trades.rateLimitedMs);
  const own = trades.items.find((fill) => fill.clientOrderId === request.venueClientId);
  if (own === undefined) return null;
  const [order] = await byId(search, own.orderId);
  if (order === undefined) look.failed('trades', `trade ${own.tradeId} of order ${own.orderId}, which no list names`);
  return order ?? null;
}

async function lookup(link: Link, ask: Ask, request: LookupRequest, askedAt: string): Promise<LookupResult> {
  const look = new Look(askedAt);
  const market = link.market(request.symbol);
  if (market === null) {
    look.failed('order', `no market ${request.symbol}`);
    return look.absent();
  }
  const search: Search = { link, ask, look, request, market };
  const places: readonly (readonly [string, () => Promise<readonly Native[]>])[] = [
    ...(request.venueOrderId === null ? [] : [['order', () => byId(search, request.venueOrderId ?? '')] as const]),
    ['label', () => byLabel(search)],
    ['open', () => openOf(search)],
    ['history', () => endedOf(search)],
  ];
  for (const [place, list] of places) {
    const native = choose(
      search,
      place,
      (await list()).filter((one) => isWanted(search, one)),
    );
    if (native !== null) return found(search, native);
  }
  const traded = await tradedOrder(search);
  return traded === null ? look.absent() : found(search, traded);
}

/** Markets asked at the same time. */
const PARALLEL = 4;

export const deribitReads: ReadCalls = {
  lookup,

  /** One answer holds every open order of the account. Those of markets that this system does not trade are left out. */
  async openOrders(link, ask, askedAt) {
    const verdict = await ask(() => endpoint(link.instance, 'privateGetGetOpenOrders')({}));
    if (verdict.kind !== 'success') {
      const error = verdict.kind === 'failed' ? verdict.message : 'unexpected answer "not found"';
      return { items: [], coverage: coverage(askedAt, { complete: false, pages: 0, error }) };
    }
    if (!Array.isArray(verdict.payload)) {
      const error = 'the open orders are not a list';
      return { items: [], coverage: coverage(askedAt, { complete: false, error }) };
    }
    const isTraded = (one: unknown): boolean =>
      !isRecord(one) || typeof one['instrument_name'] !== 'string' || link.symbolOf(one['instrument_name']) !== null;
    const listed: unknown[] = verdict.payload;
    const read = link.read.rest('fetchOpenOrders', listed.filter(isTraded).map(knownOrder));
    return { items: read.orders, coverage: coverage(askedAt, { complete: read.error === null, error: read.error }) };
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
