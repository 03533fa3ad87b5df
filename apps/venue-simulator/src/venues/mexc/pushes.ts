import { over, times, ZERO } from '../../engine/fixed.ts';
import type { SimBalance, SimExecution, SimMarket, SimOrder, SimTicker } from '../../engine/model.ts';
import type { PublicTrade } from '../../engine/model.ts';
import type { Message } from './messages.ts';
import { nativeOf, nativeTypeOf, orderedAmount, orderedSize, plain, statusOf } from './views.ts';

export const ORDERS = 'spot@private.orders.v3.api.pb';
export const DEALS = 'spot@private.deals.v3.api.pb';
export const ACCOUNT = 'spot@private.account.v3.api.pb';

const STATUS: Readonly<Record<string, number>> = {
  NEW: 1,
  FILLED: 2,
  PARTIALLY_FILLED: 3,
  CANCELED: 4,
  PARTIALLY_CANCELED: 5,
};
const ORDER_TYPE: Readonly<Record<string, number>> = {
  LIMIT: 1,
  LIMIT_MAKER: 2,
  IMMEDIATE_OR_CANCEL: 3,
  FILL_OR_KILL: 4,
  MARKET: 5,
};
const sideOf = (side: 'BUY' | 'SELL'): number => (side === 'BUY' ? 1 : 2);

export function orderPush(
  order: SimOrder,
  market: SimMarket | undefined,
  execution: SimExecution | null,
  now: number,
): Message {
  const amount = orderedAmount(order);
  const size = orderedSize(order);
  const rest = (total: bigint, done: bigint): string => plain(total > done ? total - done : ZERO);
  return {
    channel: ORDERS,
    symbol: nativeOf(market, order.symbol),
    sendTime: now,
    body: 'privateOrders',
    content: {
      id: order.id,
      clientId: order.clientId ?? '',
      price: plain(order.price),
      quantity: plain(size),
      amount: plain(amount),
      avgPrice: plain(order.filledSize === ZERO ? ZERO : over(order.filledValue, order.filledSize)),
      orderType: ORDER_TYPE[nativeTypeOf(order)] ?? 1,
      tradeType: sideOf(order.side),
      isMaker: execution?.maker ?? false,
      remainAmount: rest(amount, order.filledValue),
      remainQuantity: rest(size, order.filledSize),
      ...(execution === null ? {} : { lastDealQuantity: plain(execution.size) }),
      cumulativeQuantity: plain(order.filledSize),
      cumulativeAmount: plain(order.filledValue),
      status: STATUS[statusOf(order)] ?? 0,
      createTime: order.createdAt,
    },
  };
}

export const dealPush = (
  order: SimOrder,
  market: SimMarket | undefined,
  execution: SimExecution,
  now: number,
): Message => ({
  channel: DEALS,
  symbol: nativeOf(market, order.symbol),
  sendTime: now,
  body: 'privateDeals',
  content: {
    price: plain(execution.price),
    quantity: plain(execution.size),
    amount: plain(times(execution.price, execution.size)),
    tradeType: sideOf(execution.side),
    isMaker: execution.maker,
    isSelfTrade: false,
    tradeId: execution.id,
    clientOrderId: order.clientId ?? '',
    orderId: order.id,
    feeAmount: plain(execution.feeCost),
    feeCurrency: execution.feeCurrency,
    time: execution.at,
  },
});

/** What is free and what is held of one asset, and how both have changed since it was last told. */
export const balancePush = (asset: string, balance: SimBalance, before: SimBalance, now: number): Message => ({
  channel: ACCOUNT,
  sendTime: now,
  body: 'privateAccount',
  content: {
    vcoinName: asset,
    coinId: '',
    balanceAmount: plain(balance.total - balance.held),
    balanceAmountChange: plain(balance.total - balance.held - (before.total - before.held)),
    frozenAmount: plain(balance.held),
    frozenAmountChange: plain(balance.held - before.held),
    type: balance.total === before.total ? 'ENTRUST_PLACE' : 'ENTRUST',
    time: now,
  },
});

export const tickerPush = (channel: string, ticker: SimTicker, market: SimMarket, now: number): Message => ({
  channel,
  symbol: market.nativeId,
  sendTime: now,
  body: 'publicAggreBookTicker',
  content: {
    bidPrice: plain(ticker.bid),
    bidQuantity: plain(ticker.bidSize),
    askPrice: plain(ticker.ask),
    askQuantity: plain(ticker.askSize),
  },
});

export const tradePush = (channel: string, trade: PublicTrade, market: SimMarket, now: number): Message => ({
  channel,
  symbol: market.nativeId,
  sendTime: now,
  body: 'publicAggreDeals',
  content: {
    deals: [
      {
        price: plain(trade.price),
        quantity: plain(trade.size),
        tradeType: sideOf(trade.takerSide),
        time: trade.at,
      },
    ],
    eventType: channel.split('@').slice(0, 3).join('@'),
  },
});
