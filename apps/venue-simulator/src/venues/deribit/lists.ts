import type { Engine, SimExecution, SimOrder } from '../../engine/model.ts';
import type { VenueContext } from '../protocol.ts';
import type { Face } from './faces.ts';
import { faceById, facesOf, isStopType, liveFace, orderJson, stateOf, tradeJson } from './faces.ts';
import type { Instrument } from './markets.ts';
import { currencyOf, instrumentOf } from './markets.ts';
import type { Params } from './params.ts';
import { currencyIn, flag, instrumentIn, integer, labelIn, oneOf, required } from './params.ts';
import { refuse } from './refusal.ts';
import { kindFilter, typeFilter } from './trading.ts';

/** Listings of orders and trades: what is recent, what is historical, and their pages. */

/** Recent orders and trades are kept so long; then they are found with `historical` alone (documentation). */
const RECENT_ORDERS_MS = 30 * 60_000;
const RECENT_TRADES_MS = 24 * 3_600_000;
/** "Include in result orders older than 2 days" (documentation). */
const OLD_MS = 2 * 24 * 3_600_000;
/** Historical records come "after a short delay" (documentation; how short is not said). */
const HISTORICAL_DELAY_MS = 5_000;
const LARGEST_PAGE = 1_000;

/** Whether something that happened at `at` is in the part of the records that is asked for. */
function isListed(params: Params, at: number, recentMs: number, now: number): boolean {
  const age = now - at;
  return flag(params, 'historical') ? age >= HISTORICAL_DELAY_MS : age <= recentMs;
}

function* backwards<Item>(list: readonly Item[]): Generator<Item> {
  for (let index = list.length - 1; index >= 0; index -= 1) {
    const item = list[index];
    if (item !== undefined) yield item;
  }
}

export function orderState(params: Params, account: string, engine: Engine): Record<string, unknown> {
  const face = faceById(engine, required(params, 'order_id'));
  return face === undefined || face.order.account !== account ? refuse(10004) : orderJson(face);
}

const ofCurrency = (one: Instrument, currency: string | null): boolean =>
  currency === null || currencyOf(one) === currency;

/** Every recent order with the label, whatever became of it; newest first. */
export function orderStateByLabel(params: Params, account: string, engine: Engine, now: number): unknown[] {
  const label = labelIn(params);
  const currency = currencyIn(params);
  const found: Face[] = [];
  for (const order of backwards(engine.orders(account))) {
    if (order.clientId !== label || !ofCurrency(instrumentOf(order.symbol), currency)) continue;
    if (order.endedAt === null || now - order.endedAt <= RECENT_ORDERS_MS) found.push(...facesOf(order));
  }
  return found.map(orderJson);
}

/** A look-up by label is not a listing: the fault that hides orders from lists spares it. */
export function openOrdersByLabel(params: Params, account: string, engine: Engine): unknown[] {
  const label = labelIn(params);
  const currency = currencyIn(params);
  return engine
    .openOrders(account)
    .filter((order) => order.clientId === label && ofCurrency(instrumentOf(order.symbol), currency))
    .map((order) => orderJson(liveFace(order)));
}

/** get_open_orders and its two narrower forms. */
export function openOrders(
  params: Params,
  account: string,
  context: VenueContext,
  scope: 'all' | 'currency' | 'instrument',
): unknown[] {
  const only = scope === 'instrument' ? instrumentIn(params) : null;
  const currency = scope === 'currency' ? currencyIn(params) : null;
  const isOfType = typeFilter(params);
  const isOfKind = kindFilter(params);
  const isHidden = context.hideOpenOrder(only?.engine.symbol ?? null);
  const listed: unknown[] = [];
  for (const order of context.engine.openOrders(account, only?.engine.symbol)) {
    const one = instrumentOf(order.symbol);
    if (!ofCurrency(one, currency) || !isOfType(order, one) || !isOfKind(order, one)) continue;
    if (isHidden?.(order) !== true) listed.push(orderJson(liveFace(order)));
  }
  return listed;
}

/** Ended orders, newest end first. A stop that was triggered lives on in the order it created, which is listed instead. */
export function orderHistory(
  params: Params,
  account: string,
  engine: Engine,
  scope: 'currency' | 'instrument',
  now: number,
): unknown[] {
  const only = scope === 'instrument' ? instrumentIn(params) : null;
  const currency = scope === 'currency' ? currencyIn(params) : null;
  const isOfKind = kindFilter(params);
  const count = integer(params, 'count', 20, 1, LARGEST_PAGE);
  const offset = integer(params, 'offset', 0, 0, Number.MAX_SAFE_INTEGER);
  const withOld = flag(params, 'include_old');
  const withUnfilled = flag(params, 'include_unfilled');
  const isMeant = (order: SimOrder): boolean => {
    const one = instrumentOf(order.symbol);
    if (only === null ? !ofCurrency(one, currency) || !isOfKind(order, one) : one !== only) return false;
    if (order.filledSize === 0n && !withUnfilled) return false;
    const endedAt = order.endedAt ?? now;
    return isListed(params, endedAt, RECENT_ORDERS_MS, now) && (withOld || now - endedAt <= OLD_MS);
  };
  const page: unknown[] = [];
  let seen = 0;
  for (const order of backwards(engine.endedOrders(account))) {
    if (!isMeant(order)) continue;
    seen += 1;
    if (seen > offset) page.push(orderJson(liveFace(order)));
    if (page.length === count) break;
  }
  return page;
}

interface TradeScope {
  readonly by: 'currency' | 'instrument';
  readonly timed: boolean;
}

/** A page of trades: the newest first unless sorted otherwise; bounds are inclusive. */
export function userTrades(
  params: Params,
  account: string,
  engine: Engine,
  { by, timed }: TradeScope,
  now: number,
): Record<string, unknown> {
  const only = by === 'instrument' ? instrumentIn(params) : null;
  const currency = by === 'currency' ? currencyIn(params) : null;
  const isOfKind = kindFilter(params);
  const count = integer(params, 'count', 10, 1, LARGEST_PAGE);
  if (timed) required(params, 'start_timestamp');
  const from = integer(params, 'start_timestamp', 0, 0, Number.MAX_SAFE_INTEGER);
  const until = integer(params, 'end_timestamp', Number.MAX_SAFE_INTEGER, 0, Number.MAX_SAFE_INTEGER);
  const firstSeq = integer(params, 'start_seq', 0, 0, Number.MAX_SAFE_INTEGER);
  const lastSeq = integer(params, 'end_seq', Number.MAX_SAFE_INTEGER, 0, Number.MAX_SAFE_INTEGER);
  const ascends = oneOf(params, 'sorting', ['asc', 'desc', 'default'], 'default') === 'asc';
  const isMeant = (execution: SimExecution): boolean => {
    if (execution.at < from || execution.at > until) return false;
    if (execution.number < firstSeq || execution.number > lastSeq) return false;
    if (!isListed(params, execution.at, RECENT_TRADES_MS, now)) return false;
    const one = instrumentOf(execution.symbol);
    const order = engine.order(execution.orderId);
    return only !== null || (ofCurrency(one, currency) && (order === undefined || isOfKind(order, one)));
  };
  const all = engine.executions(account, only?.engine.symbol);
  const page: SimExecution[] = [];
  let hasMore = false;
  for (const execution of ascends ? all : backwards(all)) {
    if (!isMeant(execution)) continue;
    hasMore = page.length === count;
    if (hasMore) break;
    page.push(execution);
  }
  return { trades: page.map((execution) => tradeJson(execution, engine)), has_more: hasMore };
}

/** The trades of one order; a stop itself never trades. */
export function tradesByOrder(params: Params, account: string, engine: Engine, now: number): unknown[] {
  const face = faceById(engine, required(params, 'order_id'));
  if (face === undefined || face.order.account !== account) return refuse(10004);
  if (face.kind === 'stop') return [];
  return engine
    .executionsOf(face.order.id)
    .filter((execution) => isListed(params, execution.at, RECENT_TRADES_MS, now))
    .map((execution) => tradeJson(execution, engine));
}

/** What became of stops: each has been new, and may have been triggered or cancelled; newest first. */
export function triggerHistory(params: Params, account: string, engine: Engine): Record<string, unknown> {
  const currency = currencyIn(params);
  const only = params.has('instrument_name') ? instrumentIn(params) : null;
  const count = integer(params, 'count', 20, 1, LARGEST_PAGE);
  const entries: Record<string, unknown>[] = [];
  for (const order of backwards(engine.orders(account, only?.engine.symbol))) {
    if (!isStopType(order.type) || !ofCurrency(instrumentOf(order.symbol), currency)) continue;
    const [stop] = facesOf(order);
    if (stop === undefined) continue;
    const { order_id, price, trigger, trigger_price, label, instrument_name, amount, direction, order_type } =
      orderJson(stop);
    const common = { trigger, trigger_price, trigger_order_id: order_id, price, label, instrument_name, amount };
    const entry = { ...common, direction, order_type, request: 'trigger:order', order_id: null, offset: null };
    const created = liveFace(order);
    if (stateOf(stop) === 'triggered') {
      entries.push({ ...entry, order_state: 'triggered', order_id: created.id, timestamp: order.triggeredAt });
    } else if (stateOf(stop) === 'cancelled') {
      entries.push({ ...entry, order_state: 'cancelled', timestamp: order.endedAt });
    }
    entries.push({ ...entry, order_state: 'new', timestamp: order.createdAt });
    if (entries.length >= count) break;
  }
  return { entries: entries.slice(0, count), continuation: null };
}
