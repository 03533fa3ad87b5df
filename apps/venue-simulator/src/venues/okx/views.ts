import { fixedText, fixedTextAt, over, ZERO } from '../../engine/fixed.ts';
import type { Fixed } from '../../engine/fixed.ts';
import type {
  EndReason,
  PublicTrade,
  SimBalance,
  SimExecution,
  SimMarket,
  SimOrder,
  SimTicker,
} from '../../engine/model.ts';
import { billIdOf, orderIdOf } from './ids.ts';

/** An order, an algo order and an execution in OKX's words. Every value is text; what does not apply is blank. */

const text = (value: Fixed | null): string => (value === null ? '' : fixedText(value));

/** A stop that waits, or that ended while it waited, is an algo order; one that has triggered placed a plain order. */
export const isAlgo = (order: SimOrder): boolean => order.stopPrice !== null;
export const isPlain = (order: SimOrder): boolean => order.stopPrice === null || order.triggeredAt !== null;

/** The id under which the algo order stays known after its trigger. */
export const algoIdOf = (order: SimOrder): string => orderIdOf(order.number);

export function stateOf(order: SimOrder): 'live' | 'partially_filled' | 'filled' | 'canceled' {
  if (order.status === 'OPEN') return order.filledSize > ZERO ? 'partially_filled' : 'live';
  return order.status === 'FILLED' ? 'filled' : 'canceled';
}

export function algoStateOf(order: SimOrder): 'live' | 'effective' | 'canceled' {
  if (order.triggeredAt !== null) return 'effective';
  return order.status === 'OPEN' ? 'live' : 'canceled';
}

/** `cancelSource` and its meaning, by OKX's list. */
const CANCEL_SOURCES: Readonly<Record<EndReason, readonly [string, string]>> = {
  user: ['1', 'Order canceled by user'],
  venue: ['0', 'Order canceled by system'],
  deadMan: ['20', 'Cancel all after triggered'],
  ioc: ['14', 'Order canceled: IOC order was partially canceled due to incompletely filled'],
  fok: ['13', 'Order canceled: FOK order was canceled due to incompletely filled'],
  expired: ['0', 'Order canceled by system'],
  noLiquidity: ['0', 'Order canceled by system'],
  postOnly: ['31', 'The post-only order will take liquidity in taker orders'],
  noFunds: ['0', 'Order canceled by system'],
};

/** The type it was placed with; orders of outside clients, and those that a trigger placed, are translated. */
function ordTypeOf(order: SimOrder): string {
  if (order.stopPrice !== null) return order.price === null ? 'market' : 'limit';
  const native = order.tags['ordType'];
  if (native !== undefined) return native;
  if (order.type === 'MARKET') return 'market';
  if (order.postOnly) return 'post_only';
  return order.timeInForce === 'IOC' || order.timeInForce === 'FOK' ? order.timeInForce.toLowerCase() : 'limit';
}

const averageOf = (order: SimOrder): string =>
  order.filledSize === ZERO ? '' : text(over(order.filledValue, order.filledSize));

/** Fees count from the account's side: what is paid is negative. */
const feeText = (cost: Fixed): string => fixedText(-cost);

/** Where an order comes from: 7 is a take profit or stop loss, 6 a trigger. */
const sourceOf = (order: SimOrder): string => (!isAlgo(order) ? '' : order.tags['ordType'] === 'trigger' ? '6' : '7');

/** GET order, orders-pending, orders-history. `last` is the latest execution. */
export function orderView(order: SimOrder, market: SimMarket | undefined, last: SimExecution | undefined) {
  const ordType = ordTypeOf(order);
  const byQuote = order.quoteSize !== null;
  const fromAlgo = isAlgo(order);
  const [source, reason] = order.endReason === null ? ['', ''] : CANCEL_SOURCES[order.endReason];
  return {
    instType: 'SPOT',
    instId: market?.nativeId ?? order.symbol,
    ordId: order.id,
    clOrdId: fromAlgo ? '' : (order.clientId ?? ''),
    tag: order.tags['tag'] ?? '',
    px: ordType === 'market' ? '' : text(order.price),
    sz: byQuote ? text(order.quoteSize) : text(order.size),
    ordType,
    side: order.side.toLowerCase(),
    posSide: 'net',
    tdMode: 'cash',
    tgtCcy: ordType !== 'market' ? '' : byQuote ? 'quote_ccy' : 'base_ccy',
    accFillSz: text(order.filledSize),
    fillPx: last === undefined ? '' : text(last.price),
    fillSz: last === undefined ? '0' : text(last.size),
    fillTime: last === undefined ? '' : String(last.at),
    tradeId: last?.id ?? '',
    avgPx: averageOf(order),
    state: stateOf(order),
    lever: '',
    fee: feeText(order.feeCost),
    feeCcy: order.feeCurrency,
    rebate: '0',
    rebateCcy: order.side === 'BUY' ? (market?.quote ?? '') : (market?.base ?? ''),
    pnl: '0',
    source: sourceOf(order),
    category: 'normal',
    reduceOnly: 'false',
    cancelSource: source,
    cancelSourceReason: reason,
    algoId: fromAlgo ? algoIdOf(order) : '',
    algoClOrdId: fromAlgo ? (order.clientId ?? '') : '',
    attachAlgoClOrdId: '',
    attachAlgoOrds: [],
    stpId: '',
    stpMode: 'cancel_maker',
    cTime: String(order.triggeredAt ?? order.createdAt),
    uTime: String(order.updatedAt),
  };
}

export interface PushDetail {
  readonly execution: SimExecution | null;
  /** Of an amend: its request id. */
  readonly reqId: string;
  readonly amendResult: string;
}

/** The `orders` channel: the order with the execution that it reports, if any. */
export function orderPush(order: SimOrder, market: SimMarket | undefined, detail: PushDetail) {
  const { execution } = detail;
  const { cancelSourceReason: _reason, ...view } = orderView(order, market, execution ?? undefined);
  return {
    ...view,
    execType: execution === null ? '' : execution.maker ? 'M' : 'T',
    fillFee: execution === null ? '0' : feeText(execution.feeCost),
    fillFeeCcy: execution === null ? '' : execution.feeCurrency,
    fillPnl: '0',
    fillNotionalUsd: '',
    lastPx: view.fillPx,
    notionalUsd: '',
    amendResult: detail.amendResult,
    amendSource: detail.amendResult === '' ? '' : '1',
    reqId: detail.reqId,
    code: '0',
    msg: '',
  };
}

/** GET order-algo, orders-algo-pending, orders-algo-history, and the `orders-algo` channel. */
export function algoView(order: SimOrder, market: SimMarket | undefined) {
  const ordType = order.tags['ordType'] ?? 'conditional';
  const kind = ordType === 'trigger' ? null : (order.tags['kind'] ?? 'sl');
  const state = algoStateOf(order);
  const orderPrice = order.price === null ? '-1' : text(order.price);
  const of = (name: string, value: string): string => (kind === name ? value : '');
  const ordId = state === 'effective' ? order.id : '';
  return {
    algoId: algoIdOf(order),
    algoClOrdId: order.clientId ?? '',
    clOrdId: '',
    instType: 'SPOT',
    instId: market?.nativeId ?? order.symbol,
    ordType,
    side: order.side.toLowerCase(),
    posSide: 'net',
    tdMode: 'cash',
    tgtCcy: '',
    sz: text(order.size),
    state,
    triggerPx: kind === null ? text(order.stopPrice) : '',
    triggerPxType: kind === null ? 'last' : '',
    ordPx: kind === null ? orderPrice : '',
    slTriggerPx: of('sl', text(order.stopPrice)),
    slTriggerPxType: of('sl', 'last'),
    slOrdPx: of('sl', orderPrice),
    tpTriggerPx: of('tp', text(order.stopPrice)),
    tpTriggerPxType: of('tp', 'last'),
    tpOrdPx: of('tp', orderPrice),
    actualSide: state === 'effective' ? (kind ?? '') : '',
    actualSz: state === 'effective' ? text(order.size) : '',
    actualPx: state === 'effective' ? orderPrice : '',
    ordId,
    ordIdList: ordId === '' ? [] : [ordId],
    failCode: '',
    reduceOnly: 'false',
    lever: '',
    tag: order.tags['tag'] ?? '',
    triggerTime: order.triggeredAt === null ? '' : String(order.triggeredAt),
    cTime: String(order.createdAt),
    uTime: String(order.triggeredAt ?? order.updatedAt),
  };
}

/** fills and fills-history. An execution of an order that a trigger placed carries no client id. */
export const fillView = (execution: SimExecution, market: SimMarket | undefined, order: SimOrder | undefined) => ({
  instType: 'SPOT',
  instId: market?.nativeId ?? execution.symbol,
  tradeId: execution.id,
  ordId: execution.orderId,
  clOrdId: order === undefined || isAlgo(order) ? '' : (order.clientId ?? ''),
  billId: billIdOf(execution.number),
  subType: execution.side === 'BUY' ? '1' : '2',
  tag: '',
  fillPx: text(execution.price),
  fillSz: text(execution.size),
  fillPnl: '0',
  fillTime: String(execution.at),
  side: execution.side.toLowerCase(),
  posSide: 'net',
  execType: execution.maker ? 'M' : 'T',
  fee: feeText(execution.feeCost),
  feeCcy: execution.feeCurrency,
  feeRate: '',
  ts: String(execution.at),
});

export const balanceView = (balances: Iterable<readonly [string, SimBalance]>, now: number) => ({
  uTime: String(now),
  totalEq: '',
  isoEq: '0',
  details: Array.from(balances, ([ccy, { total, held }]) => ({
    ccy,
    eq: text(total),
    cashBal: text(total),
    availEq: '',
    availBal: text(total - held),
    frozenBal: text(held),
    ordFrozen: text(held),
    uTime: String(now),
  })),
});

/** public/instruments. */
export const instrumentView = (market: SimMarket) => ({
  instType: 'SPOT',
  instId: market.nativeId,
  instFamily: '',
  uly: '',
  category: '1',
  baseCcy: market.base,
  quoteCcy: market.quote,
  settleCcy: '',
  ctVal: '',
  ctMult: '',
  ctValCcy: '',
  ctType: '',
  optType: '',
  stk: '',
  listTime: '1606468572000',
  expTime: '',
  lever: '',
  tickSz: text(market.priceStep),
  lotSz: text(market.sizeStep),
  minSz: text(market.minSize),
  maxLmtSz: text(market.maxSize),
  maxMktSz: '1000000',
  maxLmtAmt: '20000000',
  maxMktAmt: '1000000',
  maxStopSz: '1000000',
  maxTriggerSz: text(market.maxSize),
  alias: '',
  ruleType: 'normal',
  state: 'live',
});

/** market/ticker and the `tickers` channel. A side on which nothing is on offer is blank. */
export const tickerView = (ticker: SimTicker, market: SimMarket) => ({
  instType: 'SPOT',
  instId: market.nativeId,
  last: text(ticker.last),
  lastSz: text(market.minSize),
  askPx: ticker.askSize === ZERO ? '' : text(ticker.ask),
  askSz: text(ticker.askSize),
  bidPx: ticker.bidSize === ZERO ? '' : text(ticker.bid),
  bidSz: text(ticker.bidSize),
  open24h: text(ticker.open),
  high24h: text(ticker.high),
  low24h: text(ticker.low),
  vol24h: text(ticker.volume),
  volCcy24h: fixedTextAt(ticker.quoteVolume, 8),
  sodUtc0: text(ticker.open),
  sodUtc8: text(ticker.open),
  ts: String(ticker.at),
});

export const publicTradeView = (trade: PublicTrade, market: SimMarket) => ({
  instId: market.nativeId,
  tradeId: String(trade.number),
  px: text(trade.price),
  sz: text(trade.size),
  side: trade.takerSide.toLowerCase(),
  ts: String(trade.at),
});
