import type { Engine, SimOrder } from '../../engine/model.ts';
import type { SimAccount, VenueContext } from '../protocol.ts';
import { MexcError, noIdSent, noSuchOrder } from './errors.ts';
import { marketOf } from './order-request.ts';
import type { Params } from './params.ts';
import { orderView, plain, tradeView } from './views.ts';

const DAY_MS = 86_400_000;
/** allOrders (documentation): the last day unless asked otherwise, seven days at most; 500 entries, 1000 at most. */
const ORDERS = { defaultWindowMs: DAY_MS, retentionMs: 7 * DAY_MS, page: 500, longestPage: 1_000 };
/** myTrades (documentation): the last month; 100 entries. */
const TRADES = { defaultWindowMs: 30 * DAY_MS, retentionMs: 30 * DAY_MS, page: 100, longestPage: 100 };
const MAX_SYMBOLS = 5;

/** The order that `orderId` or `origClientOrderId` names; an id of another account or symbol names nothing. */
export function findOrder(engine: Engine, params: Params, account: SimAccount): SimOrder | null {
  const orderId = params.text('orderId');
  const clientId = params.text('origClientOrderId');
  if (orderId === null && clientId === null) throw noIdSent();
  const order = orderId === null ? engine.orderByClientId(account.apiKey, clientId ?? '') : engine.order(orderId);
  if (order?.account !== account.apiKey) return null;
  const nativeId = params.text('symbol');
  if (nativeId !== null && order.symbol !== marketOf(engine, nativeId).symbol) return null;
  return orderId !== null && clientId !== null && order.clientId !== clientId ? null : order;
}

export function queryOrder({ engine }: VenueContext, params: Params, account: SimAccount): object {
  const order = findOrder(engine, params, account);
  if (order === null) throw noSuchOrder();
  return orderView(order, engine.market(order.symbol));
}

/** Up to five symbols, separated by commas; null: none named. */
export function symbolsOf(engine: Engine, params: Params): readonly string[] | null {
  const names = params.text('symbol');
  if (names === null) return null;
  const list = names.split(',');
  if (list.length > MAX_SYMBOLS) throw new MexcError(33333, 'param is error');
  return list.map((nativeId) => marketOf(engine, nativeId).symbol);
}

export function openOrders({ engine, hideOpenOrder }: VenueContext, params: Params, account: SimAccount): object[] {
  const symbols = symbolsOf(engine, params);
  const hides = hideOpenOrder(symbols?.length === 1 ? (symbols[0] ?? null) : null);
  const orders = engine
    .openOrders(account.apiKey)
    .filter((order) => symbols === null || symbols.includes(order.symbol));
  const shown = hides === null ? orders : orders.filter((order) => !hides(order));
  return shown.map((order) => orderView(order, engine.market(order.symbol)));
}

/** The latest entries of a time window, newest first. What lies before the retention does not exist. */
function latest<Item>(
  items: readonly Item[],
  timeOf: (item: Item) => number,
  params: Params,
  rules: typeof ORDERS,
  now: number,
): readonly Item[] {
  const end = params.whole('endTime') ?? now;
  const start = Math.max(params.whole('startTime') ?? end - rules.defaultWindowMs, now - rules.retentionMs);
  const limit = Math.max(1, Math.min(params.whole('limit') ?? rules.page, rules.longestPage));
  const found: Item[] = [];
  for (let at = items.length - 1; at >= 0 && found.length < limit; at -= 1) {
    const item = items[at];
    if (item === undefined || timeOf(item) > end) continue;
    if (timeOf(item) < start) break;
    found.push(item);
  }
  return found;
}

export function allOrders({ engine, now }: VenueContext, params: Params, account: SimAccount): object[] {
  const market = marketOf(engine, params.required('symbol'));
  const orders = engine.orders(account.apiKey, market.symbol);
  return latest(orders, (order) => order.createdAt, params, ORDERS, now()).map((order) => orderView(order, market));
}

export function myTrades({ engine, now }: VenueContext, params: Params, account: SimAccount): object[] {
  const market = marketOf(engine, params.required('symbol'));
  const orderId = params.text('orderId');
  const all =
    orderId === null
      ? engine.executions(account.apiKey, market.symbol)
      : engine.executionsOf(orderId).filter((one) => one.account === account.apiKey && one.symbol === market.symbol);
  return latest(all, (trade) => trade.at, params, TRADES, now()).map((trade) =>
    tradeView(trade, market, engine.order(trade.orderId)?.clientId ?? null),
  );
}

export function accountInfo({ engine }: VenueContext, account: SimAccount): object {
  return {
    canTrade: true,
    canWithdraw: false,
    canDeposit: false,
    updateTime: null,
    accountType: 'SPOT',
    balances: [...engine.balances(account.apiKey)].map(([asset, { total, held }]) => ({
      asset,
      free: plain(total - held),
      locked: plain(held),
      available: plain(total - held),
    })),
    permissions: ['SPOT'],
  };
}
