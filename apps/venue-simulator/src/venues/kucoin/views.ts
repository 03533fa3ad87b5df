import { fixedText, fixedTextAt, most, over, times, ZERO } from '../../engine/fixed.ts';
import type { Fixed } from '../../engine/fixed.ts';
import type { PublicTrade, SimBalance, SimExecution, SimMarket, SimOrder, SimTicker } from '../../engine/model.ts';
import { listIdOf, stopIdOf } from './ids.ts';

const text = (value: Fixed | null): string => fixedText(value ?? ZERO);
/** Stop orders are written with twenty decimals. */
const twenty = (value: Fixed | null): string | null => (value === null ? null : `${fixedTextAt(value, 18)}00`);

/** A JSON integer that no double holds; TypeScript's own library does not know `rawJSON` yet. */
const integer = (JSON as unknown as { rawJSON: (this: void, source: string) => unknown }).rawJSON;
export const nanoseconds = (ms: number): unknown => integer(`${ms}000000`);

export const isStop = (order: SimOrder): boolean => order.stopPrice !== null;
/** A stop that was never triggered: the stop service knows it, the matching engine does not. */
export const isUntriggered = (order: SimOrder): boolean => isStop(order) && order.triggeredAt === null;
export const isActive = (order: SimOrder): boolean => order.status === 'OPEN' && !isUntriggered(order);

export const nativeType = (order: SimOrder): 'limit' | 'market' => (order.price === null ? 'market' : 'limit');
export const nativeTime = (order: SimOrder): string => (order.timeInForce === 'GTD' ? 'GTT' : order.timeInForce);

/** What time in force or lack of liquidity ends has no cancel on record; everything else that ends a rest has. */
const hasCancel = (order: SimOrder): boolean =>
  (order.status === 'CANCELLED' || order.status === 'EXPIRED') &&
  order.endReason !== 'ioc' &&
  order.endReason !== 'fok' &&
  order.endReason !== 'noLiquidity';

export const remaining = (order: SimOrder): Fixed => (order.quoteSize === null ? order.size - order.filledSize : ZERO);

/** GET hf/orders/…. By funds: no size, no price. */
export function orderView(order: SimOrder): object {
  const open = order.status === 'OPEN';
  const rest = remaining(order);
  const byFunds = order.quoteSize !== null;
  const funds = order.quoteSize ?? (order.price === null ? ZERO : times(order.price, order.size));
  const restFunds = most(ZERO, funds - order.filledValue);
  return {
    id: order.id,
    clientOid: order.clientId ?? '',
    symbol: order.symbol,
    opType: 'DEAL',
    type: nativeType(order),
    side: order.side.toLowerCase(),
    price: text(order.price),
    size: byFunds ? '0' : text(order.size),
    funds: text(funds),
    dealSize: text(order.filledSize),
    dealFunds: text(order.filledValue),
    remainSize: open ? text(rest) : '0',
    remainFunds: hasCancel(order) ? '0' : text(restFunds),
    cancelledSize: open ? '0' : text(rest),
    cancelledFunds: hasCancel(order) ? text(restFunds) : '0',
    fee: text(order.feeCost),
    feeCurrency: order.feeCurrency,
    stp: null,
    timeInForce: nativeTime(order),
    postOnly: order.postOnly,
    hidden: false,
    iceberg: false,
    visibleSize: '0',
    cancelAfter: Number(order.tags['cancelAfter'] ?? '0'),
    channel: order.source === 'api' ? 'API' : 'WEB',
    remark: order.tags['remark'] ?? null,
    tags: null,
    cancelExist: hasCancel(order),
    tradeType: 'TRADE',
    inOrderBook: open && order.price !== null,
    active: open,
    tax: '0',
    createdAt: order.workingAt ?? order.createdAt,
    lastUpdatedAt: order.updatedAt,
  };
}

/** GET stop-order/…. */
export const stopView = (order: SimOrder): object => ({
  id: stopIdOf(order.number),
  symbol: order.symbol,
  userId: 'simulator',
  status: order.triggeredAt !== null ? 'TRIGGERED' : order.status === 'OPEN' ? 'NEW' : 'CANCELLED',
  type: nativeType(order),
  side: order.side.toLowerCase(),
  price: twenty(order.price),
  size: twenty(order.size),
  funds: null,
  stp: null,
  timeInForce: nativeTime(order),
  cancelAfter: Number(order.tags['cancelAfter'] ?? '-1'),
  postOnly: order.postOnly,
  hidden: false,
  iceberg: false,
  visibleSize: null,
  channel: 'API',
  clientOid: order.clientId ?? '',
  remark: order.tags['remark'] ?? null,
  tags: null,
  relatedNo: null,
  orderTime: nanoseconds(order.createdAt),
  domainId: 'kucoin',
  tradeSource: 'USER',
  tradeType: 'TRADE',
  feeCurrency: order.feeCurrency,
  takerFeeRate: '0.00100000000000000000',
  makerFeeRate: '0.00100000000000000000',
  createdAt: order.createdAt,
  stop: order.triggerWhen === 'above' ? 'entry' : 'loss',
  stopTriggerTime: order.triggeredAt,
  stopPrice: twenty(order.stopPrice),
});

/** The quantities of a synchronous answer. */
export const syncView = (order: SimOrder): object => ({
  orderTime: order.createdAt,
  originSize: order.quoteSize === null ? text(order.size) : '0',
  dealSize: text(order.filledSize),
  remainSize: order.status === 'OPEN' ? text(remaining(order)) : '0',
  canceledSize: order.status === 'OPEN' ? '0' : text(remaining(order)),
  status: order.status === 'OPEN' ? 'open' : 'done',
  matchTime: order.updatedAt,
});

export const fillView = (fill: SimExecution, order: SimOrder | undefined): object => ({
  id: listIdOf(fill.number),
  symbol: fill.symbol,
  tradeId: integer(fill.id),
  orderId: fill.orderId,
  counterOrderId: '691f00000000000000000000',
  side: fill.side.toLowerCase(),
  liquidity: fill.maker ? 'maker' : 'taker',
  forceTaker: false,
  price: text(fill.price),
  size: text(fill.size),
  funds: text(times(fill.price, fill.size)),
  fee: text(fill.feeCost),
  feeRate: '0.001',
  feeCurrency: fill.feeCurrency,
  stop: '',
  tradeType: 'TRADE',
  taxRate: '0',
  tax: '0',
  type: order === undefined ? 'limit' : nativeType(order),
  createdAt: fill.at,
});

export const balanceView = (currency: string, { total, held }: SimBalance): object => ({
  id: `sim-${currency}`,
  currency,
  type: 'trade_hf',
  balance: text(total),
  available: text(total - held),
  holds: text(held),
});

const change = (ticker: SimTicker) => ({
  changeRate: ticker.open === ZERO ? '0' : fixedTextAt(over(ticker.last - ticker.open, ticker.open), 4),
  changePrice: text(ticker.last - ticker.open),
});

/** market/stats and the entries of market/allTickers. */
export const statsView = (ticker: SimTicker): object => ({
  symbol: ticker.symbol,
  symbolName: ticker.symbol,
  buy: text(ticker.bid),
  bestBidSize: text(ticker.bidSize),
  sell: text(ticker.ask),
  bestAskSize: text(ticker.askSize),
  ...change(ticker),
  high: text(ticker.high),
  low: text(ticker.low),
  vol: text(ticker.volume),
  volValue: text(ticker.quoteVolume),
  last: text(ticker.last),
  averagePrice: text(ticker.last),
  takerFeeRate: '0.001',
  makerFeeRate: '0.001',
  takerCoefficient: '1',
  makerCoefficient: '1',
});

export const bestView = (ticker: SimTicker, sequence: number): object => ({
  time: ticker.at,
  sequence: String(sequence),
  price: text(ticker.last),
  size: text(ticker.bidSize),
  bestBid: text(ticker.bid),
  bestBidSize: text(ticker.bidSize),
  bestAsk: text(ticker.ask),
  bestAskSize: text(ticker.askSize),
});

const number = (value: Fixed): number => Number(fixedText(value));

/** The push of the topic `/market/snapshot`: JSON numbers. */
export const snapshotView = (ticker: SimTicker, market: SimMarket): object => ({
  symbol: market.nativeId,
  symbolCode: market.nativeId,
  baseCurrency: market.base,
  quoteCurrency: market.quote,
  buy: number(ticker.bid),
  bidSize: number(ticker.bidSize),
  sell: number(ticker.ask),
  askSize: number(ticker.askSize),
  lastTradedPrice: number(ticker.last),
  close: number(ticker.last),
  open: number(ticker.open),
  high: number(ticker.high),
  low: number(ticker.low),
  vol: number(ticker.volume),
  volValue: number(ticker.quoteVolume),
  changePrice: number(ticker.last - ticker.open),
  changeRate: Number(change(ticker).changeRate),
  makerFeeRate: 0.001,
  takerFeeRate: 0.001,
  trading: true,
  datetime: ticker.at,
});

export const publicTradeView = (trade: PublicTrade): object => ({
  sequence: String(listIdOf(trade.number)),
  price: text(trade.price),
  size: text(trade.size),
  side: trade.takerSide.toLowerCase(),
  time: nanoseconds(trade.at),
});
