import type { Engine, SimExecution, SimOrder } from '../../engine/model.ts';
import { ownerNumber, permissionsOf } from '../../keys.ts';
import type { SimAccount, VenueContext } from '../protocol.ts';
import { BinanceError, invalidSymbol, noSuchOrder } from './errors.ts';
import { marketOf } from './order-request.ts';
import type { Params } from './params.ts';
import { eight, orderView, tradeView } from './views.ts';

const DEFAULT_PAGE = 500;
const MAX_PAGE = 1_000;
const MAX_WINDOW_MS = 86_400_000;

export const pageSize = (params: Params): number =>
  Math.max(1, Math.min(params.whole('limit') ?? DEFAULT_PAGE, MAX_PAGE));

/** The order that `orderId` or `idName` names; an id of another account or symbol names nothing. */
export function findOrder(
  engine: Engine,
  params: Params,
  account: SimAccount,
  idName: string,
  orderIdName = 'orderId',
): SimOrder | null {
  const market = marketOf(engine, params);
  const orderId = params.whole(orderIdName);
  const clientId = params.text(idName);
  if (orderId === null && clientId === null) {
    throw new BinanceError(-1102, `Param '${idName}' or '${orderIdName}' must be sent, but both were empty/null!`);
  }
  const byId = orderId === null ? undefined : engine.order(String(orderId));
  const order = orderId === null ? byClientId(engine, account, clientId ?? '') : byId;
  if (order?.account !== account.apiKey || order.symbol !== market.symbol) return null;
  if (orderId !== null && clientId !== null && order.clientId !== clientId && `web_${order.id}` !== clientId)
    return null;
  return order;
}

function byClientId(engine: Engine, account: SimAccount, clientId: string): SimOrder | undefined {
  const found = engine.orderByClientId(account.apiKey, clientId);
  if (found !== undefined || !clientId.startsWith('web_')) return found;
  const order = engine.order(clientId.slice('web_'.length));
  return order?.clientId === null ? order : undefined;
}

export function queryOrder({ engine }: VenueContext, params: Params, account: SimAccount): object {
  const order = findOrder(engine, params, account, 'origClientOrderId');
  if (order === null) throw noSuchOrder();
  return orderView(order, engine.market(order.symbol));
}

export function openOrders({ engine, hideOpenOrder }: VenueContext, params: Params, account: SimAccount): object[] {
  const native = params.text('symbol');
  const market = native === null ? null : engine.marketByNativeId(native);
  if (market === undefined) throw invalidSymbol();
  const hides = hideOpenOrder(market?.symbol ?? null);
  const orders = engine.openOrders(account.apiKey, market?.symbol);
  const shown = hides === null ? orders : orders.filter((order) => !hides(order));
  return shown.map((order) => orderView(order, engine.market(order.symbol)));
}

/** Position of the first item that is not before `wanted`; items are sorted by `key`. */
function lowerBound<Item>(items: readonly Item[], wanted: number, key: (item: Item) => number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item !== undefined && key(item) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

function timeWindow(params: Params): { start: number | null; end: number | null } {
  const start = params.whole('startTime');
  const end = params.whole('endTime');
  if (start !== null && end !== null && end - start > MAX_WINDOW_MS) {
    throw new BinanceError(-1127, 'More than 24 hours between startTime and endTime.');
  }
  if (start !== null && end !== null && end < start) throw new BinanceError(-1101, 'Start time is after end time.');
  return { start, end };
}

/** A page of `items`: from an id upwards, from a time upwards, or the latest ones; oldest first. */
function page<Item>(
  items: readonly Item[],
  at: { readonly id: (item: Item) => number; readonly time: (item: Item) => number },
  asked: {
    readonly fromId: number | null;
    readonly start: number | null;
    readonly end: number | null;
    readonly limit: number;
  },
): readonly Item[] {
  const { fromId, start, end, limit } = asked;
  if (fromId !== null) {
    const first = lowerBound(items, fromId, at.id);
    return items.slice(first, first + limit);
  }
  if (start !== null) {
    const first = lowerBound(items, start, at.time);
    const last = end === null ? items.length : lowerBound(items, end + 1, at.time);
    return items.slice(first, Math.min(last, first + limit));
  }
  const last = end === null ? items.length : lowerBound(items, end + 1, at.time);
  return items.slice(Math.max(0, last - limit), last);
}

/** allOrders: by `orderId` upwards, or within at most 24 h, or the latest. */
export function allOrders({ engine }: VenueContext, params: Params, account: SimAccount): object[] {
  const market = marketOf(engine, params);
  const asked = { fromId: params.whole('orderId'), ...timeWindow(params), limit: pageSize(params) };
  const orders = engine.orders(account.apiKey, market.symbol);
  const found = page(orders, { id: (order) => Number(order.id), time: (order) => order.createdAt }, asked);
  return found.map((order) => orderView(order, market));
}

const TRADE_KEYS = { id: (one: SimExecution) => Number(one.id), time: (one: SimExecution) => one.at };

export function myTrades({ engine }: VenueContext, params: Params, account: SimAccount): object[] {
  const market = marketOf(engine, params);
  const asked = { fromId: params.whole('fromId'), ...timeWindow(params), limit: pageSize(params) };
  const orderId = params.whole('orderId');
  const trades =
    orderId === null
      ? engine.executions(account.apiKey, market.symbol)
      : engine
          .executionsOf(String(orderId))
          .filter((one) => one.account === account.apiKey && one.symbol === market.symbol);
  return page(trades, TRADE_KEYS, asked).map((trade) => tradeView(trade, market));
}

export function accountInfo({ engine, now }: VenueContext, params: Params, account: SimAccount): object {
  const omitsZero = params.text('omitZeroBalances') === 'true';
  const { makerFee, takerFee } = engine.settings;
  const balances = [...engine.balances(account.apiKey)].filter(([, { total }]) => !omitsZero || total > 0n);
  return {
    makerCommission: 10,
    takerCommission: 10,
    buyerCommission: 0,
    sellerCommission: 0,
    commissionRates: { maker: eight(makerFee), taker: eight(takerFee), buyer: eight(0n), seller: eight(0n) },
    canTrade: true,
    canWithdraw: false,
    canDeposit: false,
    brokered: false,
    requireSelfTradePrevention: false,
    preventSor: false,
    updateTime: now(),
    accountType: 'SPOT',
    balances: balances.map(([asset, { total, held }]) => ({ asset, free: eight(total - held), locked: eight(held) })),
    permissions: ['SPOT'],
    uid: ownerNumber(account),
  };
}

/** GET /sapi/v1/account/apiRestrictions: what the key may do. */
export function apiRestrictions(account: SimAccount): object {
  const { read, trade, withdraw } = permissionsOf(account);
  return {
    ipRestrict: withdraw,
    createTime: 1_763_640_000_000,
    enableReading: read,
    enableWithdrawals: withdraw,
    enableInternalTransfer: false,
    permitsUniversalTransfer: false,
    enableSpotAndMarginTrading: trade,
    enableMargin: false,
    enableFutures: false,
    enableVanillaOptions: false,
    enablePortfolioMarginTrading: false,
    enableFixApiTrade: false,
    enableFixReadOnly: false,
  };
}
