import { fixedText } from '../engine/fixed.ts';
import type { SimExecution, SimOrder } from '../engine/model.ts';
import type { MatchingEngine } from '../engine/engine.ts';

const text = (value: bigint | null): string | null => (value === null ? null : fixedText(value));
const time = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

/** The exchange's truth about one order: canonical symbol and words, decimal strings, RFC 3339 times. */
export const ledgerOrder = (order: SimOrder) => ({
  exchangeOrderId: order.id,
  clientId: order.clientId,
  account: order.account,
  symbol: order.symbol,
  side: order.side,
  type: order.type,
  price: text(order.price),
  stopPrice: text(order.stopPrice),
  size: fixedText(order.size),
  quoteSize: text(order.quoteSize),
  filledSize: fixedText(order.filledSize),
  filledValue: fixedText(order.filledValue),
  status: order.status,
  working: order.working,
  endReason: order.endReason,
  timeInForce: order.timeInForce === 'GTD' ? 'GTT' : order.timeInForce,
  postOnly: order.postOnly,
  source: order.source,
  createdAt: time(order.createdAt),
  updatedAt: time(order.updatedAt),
  endedAt: time(order.endedAt),
});

export const ledgerExecution = (execution: SimExecution) => ({
  tradeId: execution.id,
  exchangeOrderId: execution.orderId,
  account: execution.account,
  symbol: execution.symbol,
  side: execution.side,
  size: fixedText(execution.size),
  price: fixedText(execution.price),
  maker: execution.maker,
  fee: { currency: execution.feeCurrency, cost: fixedText(execution.feeCost) },
  at: time(execution.at),
});

/** Everything the exchange ever held, or what of it belongs to one account. */
export function ledgerOf(engine: MatchingEngine, account: string | null) {
  const isAsked = (item: { readonly account: string }): boolean => account === null || item.account === account;
  const orders = [];
  for (const order of engine.allOrders) if (isAsked(order)) orders.push(ledgerOrder(order));
  return { orders, executions: engine.allExecutions.filter(isAsked).map(ledgerExecution) };
}
