import { fixedTextAt, over, times, ZERO } from '../../engine/fixed.ts';
import type { Fixed } from '../../engine/fixed.ts';
import type { PublicTrade, SimExecution, SimMarket, SimOrder, SimTicker } from '../../engine/model.ts';

/** The venue writes amounts with eight decimals. */
export const eight = (value: Fixed | null): string => fixedTextAt(value ?? ZERO, 8);

/** Native names of the engine's n-th order and execution. */
const ORDER_BASE = 7_000_000_000;
const TRADE_BASE = 3_000_000_000;
export const orderIdOf = (number: number): string => String(ORDER_BASE + number);
export const tradeIdOf = (number: number): string => String(TRADE_BASE + number);

export function statusOf(order: SimOrder): string {
  switch (order.status) {
    case 'OPEN':
      return order.filledSize > ZERO ? 'PARTIALLY_FILLED' : 'NEW';
    case 'CANCELLED':
      return 'CANCELED';
    case 'FAILED':
      return 'REJECTED';
    case 'FILLED':
    case 'EXPIRED':
      return order.status;
  }
}

/** The type it was placed with; orders of outside clients are translated. */
export function nativeTypeOf(order: SimOrder): string {
  const native = order.tags['type'];
  if (native !== undefined) return native;
  switch (order.type) {
    case 'LIMIT':
      return order.postOnly ? 'LIMIT_MAKER' : 'LIMIT';
    case 'MARKET':
      return 'MARKET';
    case 'STOP_LIMIT':
      return 'STOP_LOSS_LIMIT';
    case 'STOP_MARKET':
      return 'STOP_LOSS';
  }
}

/** Orders from the venue's own screen carry an id that it makes up. */
export const clientIdOf = (order: SimOrder): string => order.clientId ?? `web_${order.id}`;

const nativeOf = (market: SimMarket | undefined, symbol: string): string => market?.nativeId ?? symbol;

/** What is common to every answer about an order. */
const terms = (order: SimOrder, market: SimMarket | undefined) => ({
  symbol: nativeOf(market, order.symbol),
  orderId: Number(order.id),
  orderListId: -1,
  price: eight(order.price),
  origQty: eight(order.size),
  executedQty: eight(order.filledSize),
  origQuoteOrderQty: eight(order.quoteSize),
  cummulativeQuoteQty: eight(order.filledValue),
  status: statusOf(order),
  timeInForce: order.timeInForce,
  type: nativeTypeOf(order),
  side: order.side,
  selfTradePreventionMode: 'NONE',
});
const stop = (order: SimOrder): object => (order.stopPrice === null ? {} : { stopPrice: eight(order.stopPrice) });

/** GET order, openOrders, allOrders. */
export const orderView = (order: SimOrder, market: SimMarket | undefined) => ({
  ...terms(order, market),
  clientOrderId: clientIdOf(order),
  stopPrice: eight(order.stopPrice),
  icebergQty: '0.00000000',
  time: order.createdAt,
  updateTime: order.updatedAt,
  isWorking: order.working,
  workingTime: order.workingAt ?? -1,
});

const fillView = (execution: SimExecution) => ({
  price: eight(execution.price),
  qty: eight(execution.size),
  commission: eight(execution.feeCost),
  commissionAsset: execution.feeCurrency,
  tradeId: Number(execution.id),
});

/** POST order, by newOrderRespType. */
export function placedView(
  order: SimOrder,
  market: SimMarket | undefined,
  executions: readonly SimExecution[],
  detail: 'ACK' | 'RESULT' | 'FULL',
): object {
  const head = {
    symbol: nativeOf(market, order.symbol),
    orderId: Number(order.id),
    orderListId: -1,
    clientOrderId: clientIdOf(order),
    transactTime: order.updatedAt,
  };
  if (detail === 'ACK') return head;
  const result = { ...terms(order, market), ...head, ...stop(order), workingTime: order.workingAt ?? -1 };
  return detail === 'RESULT' ? result : { ...result, fills: executions.map(fillView) };
}

/** DELETE order: `clientOrderId` is the cancel's own id. */
export const cancelledView = (order: SimOrder, market: SimMarket | undefined, cancelId: string) => ({
  ...terms(order, market),
  ...stop(order),
  origClientOrderId: clientIdOf(order),
  clientOrderId: cancelId,
  transactTime: order.updatedAt,
});

/** PUT order/amend/keepPriority. */
export const amendedView = (order: SimOrder, market: SimMarket | undefined, oldId: string) => ({
  transactTime: order.updatedAt,
  executionId: order.number,
  amendedOrder: {
    ...terms(order, market),
    ...stop(order),
    origClientOrderId: oldId,
    clientOrderId: clientIdOf(order),
    qty: eight(order.size),
    preventedQty: '0.00000000',
    quoteOrderQty: eight(order.quoteSize),
    cumulativeQuoteQty: eight(order.filledValue),
    workingTime: order.workingAt ?? -1,
  },
});

/** myTrades. */
export const tradeView = (execution: SimExecution, market: SimMarket | undefined) => ({
  symbol: nativeOf(market, execution.symbol),
  id: Number(execution.id),
  orderId: Number(execution.orderId),
  orderListId: -1,
  price: eight(execution.price),
  qty: eight(execution.size),
  quoteQty: eight(times(execution.price, execution.size)),
  commission: eight(execution.feeCost),
  commissionAsset: execution.feeCurrency,
  time: execution.at,
  isBuyer: execution.side === 'BUY',
  isMaker: execution.maker,
  isBestMatch: true,
});

export const aggTradeView = (trade: PublicTrade) => ({
  a: trade.number,
  p: eight(trade.price),
  q: eight(trade.size),
  f: trade.number,
  l: trade.number,
  T: trade.at,
  m: trade.takerSide === 'SELL',
  M: true,
});

const DAY_MS = 86_400_000;
const HUNDRED = 100n;

function change(ticker: SimTicker) {
  const moved = ticker.last - ticker.open;
  return {
    moved: eight(moved),
    percent: fixedTextAt(over(moved * HUNDRED, ticker.open), 3),
    average: eight(ticker.volume === ZERO ? ticker.last : over(ticker.quoteVolume, ticker.volume)),
  };
}

/** GET ticker/24hr. */
export function tickerView(ticker: SimTicker, market: SimMarket) {
  const { moved, percent, average } = change(ticker);
  return {
    symbol: market.nativeId,
    priceChange: moved,
    priceChangePercent: percent,
    weightedAvgPrice: average,
    prevClosePrice: eight(ticker.open),
    lastPrice: eight(ticker.last),
    lastQty: eight(ticker.bidSize),
    bidPrice: eight(ticker.bid),
    bidQty: eight(ticker.bidSize),
    askPrice: eight(ticker.ask),
    askQty: eight(ticker.askSize),
    openPrice: eight(ticker.open),
    highPrice: eight(ticker.high),
    lowPrice: eight(ticker.low),
    volume: eight(ticker.volume),
    quoteVolume: eight(ticker.quoteVolume),
    openTime: ticker.at - DAY_MS,
    closeTime: ticker.at,
    firstId: 0,
    lastId: 0,
    count: 0,
  };
}

/** Stream `@miniTicker`, `@ticker`. */
export function tickerEvent(ticker: SimTicker, market: SimMarket, isMini: boolean): object {
  const mini = {
    e: isMini ? '24hrMiniTicker' : '24hrTicker',
    E: ticker.at,
    s: market.nativeId,
    c: eight(ticker.last),
    o: eight(ticker.open),
    h: eight(ticker.high),
    l: eight(ticker.low),
    v: eight(ticker.volume),
    q: eight(ticker.quoteVolume),
  };
  if (isMini) return mini;
  const { moved, percent, average } = change(ticker);
  return {
    ...mini,
    p: moved,
    P: percent,
    w: average,
    x: eight(ticker.open),
    Q: eight(ticker.bidSize),
    b: eight(ticker.bid),
    B: eight(ticker.bidSize),
    a: eight(ticker.ask),
    A: eight(ticker.askSize),
    O: ticker.at - DAY_MS,
    C: ticker.at,
    F: 0,
    L: 0,
    n: 0,
  };
}

/** Decimals of a step, for exchangeInfo. */
export const stepText = (step: Fixed): string => fixedTextAt(step, 8);
