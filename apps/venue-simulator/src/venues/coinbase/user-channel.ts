import { fixedText, ZERO } from '../../engine/fixed.ts';
import type { EngineEvent, Engine, SimOrder } from '../../engine/model.ts';
import {
  afterFees,
  averageOf,
  cancelReasonOf,
  completionOf,
  isFailed,
  ORDER_TYPES,
  portfolioIdOf,
  statusOf,
  timeInForceOf,
  triggerStatusOf,
} from './orders.ts';

/** An order in the words of the user channel: cumulative quantities, never a single execution. */

type OrderEvent = Extract<EngineEvent, { readonly order: SimOrder }>;

/** The states that an order is told in, one message each. */
export function statesOf(event: OrderEvent): readonly string[] {
  switch (event.type) {
    case 'accepted':
      return event.order.type === 'MARKET' ? ['PENDING'] : ['PENDING', 'OPEN'];
    case 'triggered':
    case 'trade':
      return [statusOf(event.order)];
    case 'amended':
      return ['EDIT_QUEUED', 'OPEN'];
    case 'ended':
      return event.order.endReason === 'user' ? ['CANCEL_QUEUED', 'CANCELLED'] : [statusOf(event.order)];
  }
}

/** "Stop Limit" for STOP_LIMIT. */
const shown = (word: string): string =>
  word
    .split('_')
    .map((part) => part.slice(0, 1) + part.slice(1).toLowerCase())
    .join(' ');

const NO_TIME = '0001-01-01T00:00:00Z';
const iso = (ms: number): string => `${new Date(ms).toISOString().slice(0, -1)}000Z`;

export function userOrder(order: SimOrder, status: string, engine: Engine): Record<string, unknown> {
  // What is left of an order by quote amount can't be told in base units.
  const isLiving = status !== 'FILLED' && status !== 'CANCELLED' && status !== 'EXPIRED' && status !== 'FAILED';
  const left = isLiving && order.quoteSize === null ? order.size - order.filledSize : ZERO;
  const hasEnded = !isLiving;
  return {
    avg_price: fixedText(averageOf(order)),
    cancel_reason: hasEnded ? cancelReasonOf(order) : '',
    client_order_id: order.clientId ?? '',
    completion_percentage: completionOf(order),
    contract_expiry_type: 'UNKNOWN_CONTRACT_EXPIRY_TYPE',
    cumulative_quantity: fixedText(order.filledSize),
    filled_value: fixedText(order.filledValue),
    leaves_quantity: fixedText(left),
    limit_price: order.price === null ? '' : fixedText(order.price),
    number_of_fills: String(engine.executionsOf(order.id).length),
    order_id: order.id,
    order_side: order.side,
    order_type: shown(ORDER_TYPES[order.type]),
    outstanding_hold_amount: fixedText(order.held),
    post_only: String(order.postOnly),
    product_id: order.symbol,
    product_type: 'SPOT',
    reject_reason: hasEnded && isFailed(order) ? 'HOLD_FAILURE' : '',
    retail_portfolio_id: portfolioIdOf(order.account),
    risk_managed_by: 'UNKNOWN_RISK_MANAGEMENT_TYPE',
    status,
    stop_price: order.stopPrice === null ? '' : fixedText(order.stopPrice),
    time_in_force: timeInForceOf(order),
    total_fees: fixedText(order.feeCost),
    total_value_after_fees: fixedText(afterFees(order)),
    trigger_status: triggerStatusOf(order),
    creation_time: iso(order.createdAt),
    end_time: order.expiresAt === null ? NO_TIME : iso(order.expiresAt),
    start_time: NO_TIME,
  };
}
