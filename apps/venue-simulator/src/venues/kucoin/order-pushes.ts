import { fixedText } from '../../engine/fixed.ts';
import type { SimBalance, SimExecution, SimOrder } from '../../engine/model.ts';
import { stopIdOf } from './ids.ts';
import { nanoseconds, nativeType, remaining } from './views.ts';

/** Messages of the private topics. */

export type ChangeType = 'received' | 'open' | 'match' | 'update' | 'filled' | 'canceled';

/** `status` beside the type: a match of an order on the book is "open", one of a taker "match". */
function statusOf(type: ChangeType, execution: SimExecution | null): string {
  switch (type) {
    case 'received':
      return 'new';
    case 'open':
    case 'update':
      return 'open';
    case 'match':
      return execution?.maker === true ? 'open' : 'match';
    case 'filled':
    case 'canceled':
      return 'done';
  }
}

const message = (topic: string, subject: string, data: object): string =>
  JSON.stringify({ type: 'message', topic, userId: 'simulator', channelType: 'private', subject, data });

/** orderChange. `topic` is the one that was subscribed: both versions say the same. */
export function orderChange(topic: string, order: SimOrder, type: ChangeType, execution: SimExecution | null): string {
  const byFunds = order.quoteSize !== null;
  const size = byFunds ? {} : { originSize: fixedText(order.size), size: fixedText(order.size) };
  const funds =
    order.quoteSize === null ? {} : { originFunds: fixedText(order.quoteSize), funds: fixedText(order.quoteSize) };
  const rest = fixedText(remaining(order));
  const isOver = type === 'filled' || type === 'canceled';
  const quantities =
    type === 'received'
      ? {}
      : {
          filledSize: fixedText(order.filledSize),
          remainSize: isOver ? '0' : rest,
          canceledSize: type === 'canceled' ? rest : '0',
        };
  const trade =
    execution === null
      ? {}
      : {
          liquidity: execution.maker ? 'maker' : 'taker',
          feeType: execution.maker ? 'makerFee' : 'takerFee',
          matchPrice: fixedText(execution.price),
          matchSize: fixedText(execution.size),
          tradeId: execution.id,
        };
  return message(topic, 'orderChange', {
    symbol: order.symbol,
    orderType: nativeType(order),
    side: order.side.toLowerCase(),
    orderId: order.id,
    clientOid: order.clientId ?? '',
    type,
    status: statusOf(type, execution),
    orderTime: order.workingAt ?? order.createdAt,
    ...(order.price === null ? {} : { price: fixedText(order.price) }),
    ...size,
    ...funds,
    ...quantities,
    ...trade,
    ts: nanoseconds(execution?.at ?? order.updatedAt),
  });
}

/** stopOrder: names no client id. */
export const stopChange = (topic: string, order: SimOrder, type: 'open' | 'triggered' | 'cancel'): string =>
  message(topic, 'stopOrder', {
    orderId: stopIdOf(order.number),
    ...(order.price === null ? {} : { orderPrice: fixedText(order.price) }),
    orderType: 'stop',
    side: order.side.toLowerCase(),
    size: fixedText(order.size),
    stop: order.triggerWhen === 'above' ? 'entry' : 'loss',
    stopPrice: fixedText(order.stopPrice ?? 0n),
    symbol: order.symbol,
    tradeType: 'TRADE',
    ...(type === 'triggered' ? { triggerSuccess: true } : {}),
    type,
    createdAt: order.createdAt,
    ts: nanoseconds(order.updatedAt),
  });

export const balanceChange = (topic: string, currency: string, { total, held }: SimBalance, now: number): string =>
  message(topic, 'account.balance', {
    accountId: `sim-${currency}`,
    currency,
    total: fixedText(total),
    available: fixedText(total - held),
    hold: fixedText(held),
    availableChange: '0',
    holdChange: '0',
    relationEvent: 'trade.setted',
    relationEventId: String(now),
    time: String(now),
  });
