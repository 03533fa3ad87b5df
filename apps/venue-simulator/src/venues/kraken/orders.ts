import type { OrderType } from '@orderplane/domain';
import type { Fixed } from '../../engine/fixed.ts';
import { fixedTextAt, over, times, ZERO } from '../../engine/fixed.ts';
import type { EndReason, Engine, SimExecution, SimOrder } from '../../engine/model.ts';
import type { KrakenMarket } from './markets.ts';
import { marketOf } from './markets.ts';

/** Kraken's words for what the engine holds, as REST shows them. */

export type NativeType = 'market' | 'limit' | 'stop-loss' | 'stop-loss-limit' | 'take-profit' | 'take-profit-limit';

const PLAIN_TYPES: Readonly<Record<OrderType, NativeType>> = {
  MARKET: 'market',
  LIMIT: 'limit',
  STOP_MARKET: 'stop-loss',
  STOP_LIMIT: 'stop-loss-limit',
};

/** What the venue keeps with an order, as the engine's tags. */
export interface OrderTags {
  readonly ordertype: NativeType;
  readonly userref: number;
  readonly oflags: string;
  readonly trigger: string;
  /** How often the order was amended. */
  readonly amends: number;
}

/** Orders placed from outside carry no tags: they look like orders of another client with defaults. */
export function tagsOf(order: SimOrder): OrderTags {
  const { ordertype, userref, oflags, trigger, amends } = order.tags;
  return {
    ordertype: (ordertype as NativeType | undefined) ?? PLAIN_TYPES[order.type],
    userref: Number(userref ?? '0'),
    oflags: oflags ?? (order.postOnly ? 'fciq,post' : 'fciq'),
    trigger: trigger ?? 'last',
    amends: Number(amends ?? '0'),
  };
}

/** Why an order ended, in the venue's words; null for one that filled. */
export const END_REASONS: Readonly<Record<EndReason, string>> = {
  user: 'User requested',
  venue: 'Market maintenance',
  // The text that the timer leaves is not documented: that of any cancel by its owner.
  deadMan: 'User requested',
  ioc: 'Immediate or cancel',
  fok: 'Fill or kill',
  expired: 'Order expired',
  noLiquidity: 'Insufficient market liquidity',
  postOnly: 'Post only order',
  noFunds: 'Insufficient funds',
};

export type NativeStatus = 'open' | 'closed' | 'canceled' | 'expired';

/** The rest of IOC and FOK is canceled; expired is kept for what outlived its time. */
export function statusOf(order: SimOrder): NativeStatus {
  switch (order.status) {
    case 'OPEN':
      return 'open';
    case 'FILLED':
      return 'closed';
    case 'CANCELLED':
    case 'EXPIRED':
    case 'FAILED':
      return order.endReason === 'expired' ? 'expired' : 'canceled';
  }
}

export const averageOf = (order: SimOrder): Fixed =>
  order.filledSize === ZERO ? ZERO : over(order.filledValue, order.filledSize);

const moneyPlaces = (market: KrakenMarket): number => Math.max(5, market.priceDecimals);
const priceText = (value: Fixed | null, market: KrakenMarket): string =>
  value === null ? '0' : fixedTextAt(value, market.priceDecimals);
/** Seconds since the epoch, as the JSON number that Kraken sends. */
export const seconds = (ms: number | null): number => (ms === null ? 0 : ms / 1000);

/** Ordered volume: in the quote currency for an order by cost (flag viqc), else in the base. */
const volumeText = (order: SimOrder): string => fixedTextAt(order.quoteSize ?? order.size, 8);

export interface OrderText {
  readonly side: string;
  readonly volume: string;
  readonly pair: string;
  readonly ordertype: NativeType;
  /** Limit price, or the trigger of a stop; as text with the decimals of the pair. */
  readonly price: string;
  /** Limit price of a triggered limit order. */
  readonly price2: string;
}

/** "buy 0.25000000 XBTUSD @ stop loss 39000.0 -> limit 38900.0" */
export function describe(text: OrderText): string {
  const head = `${text.side} ${text.volume} ${text.pair} @`;
  switch (text.ordertype) {
    case 'market':
      return `${head} market`;
    case 'limit':
      return `${head} limit ${text.price}`;
    case 'stop-loss':
      return `${head} stop loss ${text.price}`;
    case 'take-profit':
      return `${head} take profit ${text.price}`;
    case 'stop-loss-limit':
      return `${head} stop loss ${text.price} -> limit ${text.price2}`;
    case 'take-profit-limit':
      return `${head} take profit ${text.price} -> limit ${text.price2}`;
  }
}

export function textOf(order: SimOrder): OrderText {
  const market = marketOf(order.symbol);
  const isTriggered = order.stopPrice !== null;
  return {
    side: order.side.toLowerCase(),
    volume: volumeText(order),
    pair: market.altname,
    ordertype: tagsOf(order).ordertype,
    price: priceText(isTriggered ? order.stopPrice : order.price, market),
    price2: isTriggered ? priceText(order.price, market) : '0',
  };
}

/** One order in QueryOrders, OpenOrders and ClosedOrders. */
export function orderJson(order: SimOrder, engine: Engine, withTrades: boolean): Record<string, unknown> {
  const market = marketOf(order.symbol);
  const tags = tagsOf(order);
  const text = textOf(order);
  const places = moneyPlaces(market);
  const isTriggered = order.triggeredAt !== null;
  const executions = withTrades ? engine.executionsOf(order.id) : [];
  return {
    refid: null,
    userref: tags.userref,
    ...(order.clientId === null ? {} : { cl_ord_id: order.clientId }),
    status: statusOf(order),
    ...(order.endedAt === null
      ? {}
      : { reason: order.endReason === null ? null : END_REASONS[order.endReason], closetm: seconds(order.endedAt) }),
    opentm: seconds(order.createdAt),
    starttm: 0,
    expiretm: seconds(order.expiresAt),
    descr: {
      pair: text.pair,
      aclass: 'forex',
      type: text.side,
      ordertype: text.ordertype,
      price: text.price,
      price2: text.price2,
      leverage: 'none',
      order: describe(text),
      close: '',
    },
    vol: text.volume,
    vol_exec: fixedTextAt(order.filledSize, 8),
    cost: fixedTextAt(order.filledValue, market.costDecimals),
    fee: fixedTextAt(order.feeCost, market.costDecimals),
    price: fixedTextAt(averageOf(order), places),
    stopprice: fixedTextAt(isTriggered ? (order.stopPrice ?? ZERO) : ZERO, places),
    limitprice: fixedTextAt(isTriggered ? (order.price ?? ZERO) : ZERO, places),
    misc: tags.amends > 0 ? 'amended' : '',
    oflags: tags.oflags,
    ...(order.stopPrice === null ? {} : { trigger: tags.trigger }),
    ...(tags.amends > 0 ? { amended: true } : {}),
    ...(executions.length === 0 ? {} : { trades: executions.map((execution) => execution.id) }),
  };
}

/** One execution in TradesHistory and QueryTrades. */
export function tradeJson(execution: SimExecution, engine: Engine): Record<string, unknown> {
  const market = marketOf(execution.symbol);
  const places = moneyPlaces(market);
  const order = engine.order(execution.orderId);
  return {
    ordertxid: execution.orderId,
    postxid: `TKH2SE-M7IF5-${execution.id.slice(-6)}`,
    pair: market.id,
    aclass: 'forex',
    time: seconds(execution.at),
    type: execution.side.toLowerCase(),
    ordertype: order === undefined ? 'limit' : tagsOf(order).ordertype,
    price: fixedTextAt(execution.price, places),
    cost: fixedTextAt(times(execution.price, execution.size), market.costDecimals),
    fee: fixedTextAt(execution.feeCost, market.costDecimals),
    vol: fixedTextAt(execution.size, 8),
    margin: fixedTextAt(ZERO, places),
    leverage: '0',
    misc: '',
    trade_id: execution.number,
    maker: execution.maker,
  };
}
