import type { Engine, SimExecution, SimMarket, SimOrder } from '../../engine/model.ts';
import { ownerNumber, permissionsOf } from '../../keys.ts';
import type { SimAccount, VenueContext } from '../protocol.ts';
import { invalidParameter, noSuchOrder } from './errors.ts';
import { isStopId, listIdOf } from './ids.ts';
import type { Params } from './params.ts';
import { balanceView, fillView, isActive, isStop, isUntriggered, orderView, stopView } from './views.ts';

const DEFAULT_PAGE = 20;
const MAX_PAGE = 100;
const MAX_STOP_PAGE = 500;
const DEFAULT_STOP_PAGE = 50;
/** Ended orders are listed for so long (documentation: "3 * 24 hours"), fills for a week. */
const DONE_KEPT_MS = 3 * 86_400_000;
const FILLS_KEPT_MS = 7 * 86_400_000;

/** An order of the matching engine; ids of other accounts, other symbols and waiting stops name nothing. */
export function findOrder(engine: Engine, account: string, id: string, market: SimMarket): SimOrder | null {
  const order = isStopId(id) ? undefined : engine.order(id);
  if (order?.account !== account || order.symbol !== market.symbol) return null;
  return order;
}

/** By client id only among active orders. */
export function findActiveByClientId(
  engine: Engine,
  account: string,
  clientId: string,
  market: SimMarket,
): SimOrder | null {
  const order = engine.orderByClientId(account, clientId);
  return order !== undefined && isActive(order) && order.symbol === market.symbol ? order : null;
}

export function findStop(engine: Engine, account: string, id: string): SimOrder | null {
  const order = isStopId(id) ? engine.order(id) : undefined;
  return order?.account === account && isStop(order) ? order : null;
}

export function findStopByClientId(engine: Engine, account: string, params: Params): SimOrder | null {
  const order = engine.orderByClientId(account, params.required('clientOid'));
  const market = params.optionalMarket(engine);
  if (order === undefined || !isStop(order)) return null;
  return market === null || order.symbol === market.symbol ? order : null;
}

export function queryOrder({ engine }: VenueContext, account: string, id: string, params: Params): object {
  const order = findOrder(engine, account, id, params.market(engine));
  if (order === null) throw noSuchOrder();
  return orderView(order);
}

export function queryByClientId({ engine }: VenueContext, account: string, clientId: string, params: Params): object {
  const order = findActiveByClientId(engine, account, clientId, params.market(engine));
  if (order === null) throw noSuchOrder();
  return orderView(order);
}

export function queryStop({ engine }: VenueContext, account: string, id: string): object {
  const order = findStop(engine, account, id);
  if (order === null) throw noSuchOrder();
  return stopView(order);
}

/** A list, also of one. */
export function queryStopByClientId({ engine }: VenueContext, account: string, params: Params): object[] {
  const order = findStopByClientId(engine, account, params);
  return order === null ? [] : [stopView(order)];
}

/** Newest first. */
function activeOrders(context: VenueContext, account: string, market: SimMarket): SimOrder[] {
  const hides = context.hideOpenOrder(market.symbol);
  return context.engine
    .openOrders(account, market.symbol)
    .filter((order) => isActive(order) && hides?.(order) !== true)
    .reverse();
}

export const listActive = (context: VenueContext, account: string, params: Params): object[] =>
  activeOrders(context, account, params.market(context.engine)).map(orderView);

interface Pages {
  readonly page: number;
  readonly size: number;
}

function pageOf(orders: readonly SimOrder[], { page, size }: Pages, view: (order: SimOrder) => object): object {
  return {
    currentPage: page,
    pageSize: size,
    totalNum: orders.length,
    totalPage: Math.ceil(orders.length / size),
    items: orders.slice((page - 1) * size, page * size).map(view),
  };
}

export function listActivePage(context: VenueContext, account: string, params: Params): object {
  const size = Math.max(1, Math.min(params.whole('pageSize') ?? DEFAULT_PAGE, MAX_PAGE));
  const page = Math.max(1, params.whole('pageNum') ?? 1);
  return pageOf(activeOrders(context, account, params.market(context.engine)), { page, size }, orderView);
}

export function activeSymbols({ engine }: VenueContext, account: string): object {
  const symbols = engine
    .openOrders(account)
    .filter(isActive)
    .map((order) => order.symbol);
  return { symbols: [...new Set(symbols)] };
}

/** Only what waits, newest first. */
export function listStops(context: VenueContext, account: string, params: Params): object {
  const { engine } = context;
  const market = params.optionalMarket(engine);
  const asked = params.whole('pageSize') ?? DEFAULT_STOP_PAGE;
  if (asked > MAX_STOP_PAGE) throw invalidParameter('pageSize should not greater than 500');
  const side = params.oneOf('side', ['buy', 'sell']);
  const hides = context.hideOpenOrder(market?.symbol ?? null);
  const waiting = engine
    .openOrders(account, market?.symbol)
    .filter((order) => isUntriggered(order) && hides?.(order) !== true)
    .filter((order) => side === null || order.side.toLowerCase() === side)
    .reverse();
  return pageOf(waiting, { page: Math.max(1, params.whole('currentPage') ?? 1), size: Math.max(1, asked) }, stopView);
}

interface Listed<Item> {
  readonly items: Iterable<Item>;
  id(item: Item): number;
  time(item: Item): number;
  matches(item: Item): boolean;
}

/** One batch, newest first, after the entry `lastId` names. The id of a batch's last entry leads to the next one. */
function batch<Item>(
  listed: Listed<Item>,
  params: Params,
  oldest: number,
): { readonly lastId: number; readonly found: readonly Item[] } {
  const limit = Math.max(1, Math.min(params.whole('limit') ?? DEFAULT_PAGE, MAX_PAGE));
  const lastId = params.whole('lastId');
  const from = Math.max(oldest, params.whole('startAt') ?? 0);
  const until = params.whole('endAt') ?? Number.POSITIVE_INFINITY;
  const found: Item[] = [];
  for (const item of listed.items) {
    if (found.length >= limit) break;
    const time = listed.time(item);
    if (time < oldest) break;
    if (time < from || time > until || !listed.matches(item)) continue;
    if (lastId !== null && lastId > 0 && listed.id(item) >= lastId) continue;
    found.push(item);
  }
  const last = found.at(-1);
  return { lastId: last === undefined ? 0 : listed.id(last), found };
}

function* backwards<Item>(list: readonly Item[]): Generator<Item> {
  for (let index = list.length - 1; index >= 0; index -= 1) {
    const item = list[index];
    if (item !== undefined) yield item;
  }
}

export function listDone({ engine, now }: VenueContext, account: string, params: Params): object {
  const market = params.market(engine);
  const side = params.oneOf('side', ['buy', 'sell']);
  const { lastId, found } = batch<SimOrder>(
    {
      items: backwards(engine.endedOrders(account)),
      id: (order) => listIdOf(order.endNumber ?? 0),
      time: (order) => order.updatedAt,
      matches: (order) =>
        order.symbol === market.symbol && !isUntriggered(order) && (side === null || order.side.toLowerCase() === side),
    },
    params,
    now() - DONE_KEPT_MS,
  );
  return { lastId, items: found.map(orderView) };
}

export function listFills({ engine, now }: VenueContext, account: string, params: Params): object {
  const market = params.market(engine);
  const orderId = params.text('orderId');
  const side = params.oneOf('side', ['buy', 'sell']);
  const executions =
    orderId === null
      ? engine.executions(account, market.symbol)
      : engine.executionsOf(orderId).filter((one) => one.account === account && one.symbol === market.symbol);
  const { lastId, found } = batch<SimExecution>(
    {
      items: backwards(executions),
      id: (fill) => listIdOf(fill.number),
      time: (fill) => fill.at,
      matches: (fill) => side === null || fill.side.toLowerCase() === side,
    },
    params,
    now() - FILLS_KEPT_MS,
  );
  return { lastId, items: found.map((fill) => fillView(fill, engine.order(fill.orderId))) };
}

export function accounts({ engine }: VenueContext, account: string, params: Params): object[] {
  const type = params.text('type');
  const currency = params.text('currency');
  if (type !== null && type !== 'trade_hf') return [];
  return [...engine.balances(account)]
    .filter(([code]) => currency === null || code === currency)
    .map(([code, balance]) => balanceView(code, balance));
}

/** "Get Apikey Info": what the key that asks may do, and whose it is. */
export function keyInfo(key: SimAccount | null): object {
  if (key === null) return {};
  const { read, trade, withdraw } = permissionsOf(key);
  const permission = [...(read ? ['General'] : []), ...(trade ? ['Spot'] : []), ...(withdraw ? ['Withdrawal'] : [])];
  return {
    uid: ownerNumber(key),
    subName: '',
    remark: 'simulated',
    apiKey: key.apiKey,
    apiVersion: 3,
    permission: permission.join(','),
    ipWhitelist: '',
    isMaster: true,
    createdAt: 1_763_640_000_000,
  };
}
