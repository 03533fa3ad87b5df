import { fixedText, fixedTextAt, over, times, ZERO } from '../../engine/fixed.ts';
import type { Fixed } from '../../engine/fixed.ts';
import type { PublicTrade, SimExecution, SimMarket, SimOrder, SimTicker } from '../../engine/model.ts';

/** Native names of the engine's n-th order and execution. */
const ORDER_BASE = 600_000_000_000_000_000n;
const TRADE_BASE = 700_000_000_000_000_000n;
export const orderIdOf = (number: number): string => `C02__${ORDER_BASE + BigInt(number)}`;
export const tradeIdOf = (number: number): string => `${TRADE_BASE + BigInt(number)}X1`;

/** MEXC writes amounts without superfluous zeros. */
export const plain = (value: Fixed | null): string => fixedText(value ?? ZERO);

/** The rest of IOC, FOK and market orders is cancelled as if somebody had asked for it. */
export function statusOf(order: SimOrder): string {
  const isPartial = order.filledSize > ZERO;
  switch (order.status) {
    case 'OPEN':
      return isPartial ? 'PARTIALLY_FILLED' : 'NEW';
    case 'FILLED':
      return 'FILLED';
    case 'CANCELLED':
    case 'EXPIRED':
    case 'FAILED':
      return isPartial ? 'PARTIALLY_CANCELED' : 'CANCELED';
  }
}

/** The type it was placed with; orders of outside clients are translated. */
export function nativeTypeOf(order: SimOrder): string {
  const native = order.tags['type'];
  if (native !== undefined) return native;
  if (order.type === 'MARKET') return 'MARKET';
  if (order.postOnly) return 'LIMIT_MAKER';
  if (order.timeInForce === 'IOC') return 'IMMEDIATE_OR_CANCEL';
  return order.timeInForce === 'FOK' ? 'FILL_OR_KILL' : 'LIMIT';
}

export const nativeOf = (market: SimMarket | undefined, symbol: string): string => market?.nativeId ?? symbol;

/** What was ordered: by quote amount there is no size. */
export const orderedSize = (order: SimOrder): Fixed => (order.quoteSize === null ? order.size : ZERO);
export const orderedAmount = (order: SimOrder): Fixed =>
  order.quoteSize ?? (order.price === null ? ZERO : times(order.price, order.size));

/** What is common to every answer about an order. */
const terms = (order: SimOrder, market: SimMarket | undefined) => ({
  symbol: nativeOf(market, order.symbol),
  orderId: order.id,
  orderListId: -1,
  price: plain(order.price),
  origQty: plain(orderedSize(order)),
  type: nativeTypeOf(order),
  side: order.side,
});
const progress = (order: SimOrder) => ({
  executedQty: plain(order.filledSize),
  cummulativeQuoteQty: plain(order.filledValue),
  status: statusOf(order),
  timeInForce: null,
});

/** POST order: neither the client id nor a state. */
export const placedView = (order: SimOrder, market: SimMarket | undefined) => ({
  ...terms(order, market),
  transactTime: order.createdAt,
});

/** An entry of POST batchOrders. */
export const batchedView = (order: SimOrder, market: SimMarket | undefined) => ({
  symbol: nativeOf(market, order.symbol),
  orderId: order.id,
  ...(order.clientId === null ? {} : { newClientOrderId: order.clientId }),
  orderListId: -1,
});

/** GET order, openOrders, allOrders. */
export const orderView = (order: SimOrder, market: SimMarket | undefined) => ({
  ...terms(order, market),
  clientOrderId: order.clientId ?? '',
  ...progress(order),
  stopPrice: null,
  icebergQty: null,
  time: order.createdAt,
  updateTime: order.updatedAt,
  isWorking: true,
  origQuoteOrderQty: plain(orderedAmount(order)),
});

/** DELETE order: `clientOrderId` is the cancel's own id. */
export const cancelledView = (order: SimOrder, market: SimMarket | undefined, cancelId: string) => ({
  ...terms(order, market),
  origClientOrderId: order.clientId ?? '',
  clientOrderId: cancelId,
  ...progress(order),
});

/** myTrades. */
export const tradeView = (execution: SimExecution, market: SimMarket | undefined, clientId: string | null) => ({
  symbol: nativeOf(market, execution.symbol),
  id: execution.id,
  orderId: execution.orderId,
  orderListId: -1,
  price: plain(execution.price),
  qty: plain(execution.size),
  quoteQty: plain(times(execution.price, execution.size)),
  commission: plain(execution.feeCost),
  commissionAsset: execution.feeCurrency,
  time: execution.at,
  isBuyer: execution.side === 'BUY',
  isMaker: execution.maker,
  isBestMatch: true,
  isSelfTrade: false,
  clientOrderId: clientId,
});

/** The ids are null: clients make up their own. */
export const aggTradeView = (trade: PublicTrade) => ({
  a: null,
  f: null,
  l: null,
  p: plain(trade.price),
  q: plain(trade.size),
  T: trade.at,
  m: trade.takerSide === 'SELL',
  M: true,
});

export const publicTradeView = (trade: PublicTrade) => ({
  id: null,
  price: plain(trade.price),
  qty: plain(trade.size),
  quoteQty: plain(times(trade.price, trade.size)),
  time: trade.at,
  isBuyerMaker: trade.takerSide === 'SELL',
  isBestMatch: true,
  tradeType: trade.takerSide === 'SELL' ? 'ASK' : 'BID',
});

const DAY_MS = 86_400_000;

/** GET ticker/24hr. */
export const tickerView = (ticker: SimTicker, market: SimMarket) => ({
  symbol: market.nativeId,
  priceChange: plain(ticker.last - ticker.open),
  priceChangePercent: fixedTextAt(over(ticker.last - ticker.open, ticker.open), 8),
  prevClosePrice: plain(ticker.open),
  lastPrice: plain(ticker.last),
  bidPrice: plain(ticker.bid),
  bidQty: plain(ticker.bidSize),
  askPrice: plain(ticker.ask),
  askQty: plain(ticker.askSize),
  openPrice: plain(ticker.open),
  highPrice: plain(ticker.high),
  lowPrice: plain(ticker.low),
  volume: plain(ticker.volume),
  quoteVolume: plain(ticker.quoteVolume),
  openTime: ticker.at - DAY_MS,
  closeTime: ticker.at,
  count: null,
});

export const bookTickerView = (ticker: SimTicker, market: SimMarket) => ({
  symbol: market.nativeId,
  bidPrice: plain(ticker.bid),
  bidQty: plain(ticker.bidSize),
  askPrice: plain(ticker.ask),
  askQty: plain(ticker.askSize),
});
