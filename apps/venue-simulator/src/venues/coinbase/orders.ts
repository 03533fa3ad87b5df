import { z } from 'zod';
import type { OrderType } from '@orderplane/domain';
import type { Fixed } from '../../engine/fixed.ts';
import { fixedText, over, times, ZERO } from '../../engine/fixed.ts';
import type { EndReason, Engine, SimExecution, SimOrder, SimTimeInForce } from '../../engine/model.ts';
import { derivedId } from './ids.ts';

/** Coinbase's words for what the engine holds, as REST shows them. */

export const CONFIGURATIONS = [
  'market_market_ioc',
  'sor_limit_ioc',
  'limit_limit_gtc',
  'limit_limit_gtd',
  'limit_limit_fok',
  'stop_limit_stop_limit_gtc',
  'stop_limit_stop_limit_gtd',
  'trigger_bracket_gtc',
] as const;
export type ConfigurationKey = (typeof CONFIGURATIONS)[number];

const LIMIT_KEYS: Readonly<Record<SimTimeInForce, ConfigurationKey>> = {
  GTC: 'limit_limit_gtc',
  GTD: 'limit_limit_gtd',
  IOC: 'sor_limit_ioc',
  FOK: 'limit_limit_fok',
};

/** A stop without a limit comes from outside only; a bracket is the nearest that Coinbase has a word for. */
export function configurationKey(order: SimOrder): ConfigurationKey {
  switch (order.type) {
    case 'MARKET':
      return 'market_market_ioc';
    case 'LIMIT':
      return LIMIT_KEYS[order.timeInForce];
    case 'STOP_LIMIT':
      return order.timeInForce === 'GTD' ? 'stop_limit_stop_limit_gtd' : 'stop_limit_stop_limit_gtc';
    case 'STOP_MARKET':
      return 'trigger_bracket_gtc';
  }
}

export const isoSeconds = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
/** Times have microseconds; the simulator's clock has none. */
export const isoMicros = (ms: number): string => `${new Date(ms).toISOString().slice(0, -1)}000Z`;

const text = (value: Fixed | null): string => (value === null ? '' : fixedText(value));

/** What the venue keeps with an order by quote amount: the amount with fees, as it was asked. */
export const quoteSizeOf = (order: SimOrder): string | null =>
  order.quoteSize === null ? null : (order.tags['quote_size'] ?? fixedText(order.quoteSize));

export function configurationJson(order: SimOrder): Record<string, unknown> {
  const key = configurationKey(order);
  const base_size = text(order.size);
  const limit_price = text(order.price);
  const end_time = order.expiresAt === null ? {} : { end_time: isoSeconds(order.expiresAt) };
  const stop = {
    stop_price: text(order.stopPrice),
    stop_direction: order.triggerWhen === 'above' ? 'STOP_DIRECTION_STOP_UP' : 'STOP_DIRECTION_STOP_DOWN',
  };
  switch (key) {
    case 'market_market_ioc': {
      const quote_size = quoteSizeOf(order);
      return { [key]: quote_size === null ? { base_size } : { quote_size } };
    }
    case 'sor_limit_ioc':
    case 'limit_limit_fok':
      return { [key]: { base_size, limit_price } };
    case 'limit_limit_gtc':
    case 'limit_limit_gtd':
      return { [key]: { base_size, limit_price, ...end_time, post_only: order.postOnly } };
    case 'stop_limit_stop_limit_gtc':
    case 'stop_limit_stop_limit_gtd':
      return { [key]: { base_size, limit_price, ...stop, ...end_time } };
    case 'trigger_bracket_gtc':
      return { [key]: { base_size, stop_trigger_price: stop.stop_price } };
  }
}

export type NativeStatus = 'OPEN' | 'FILLED' | 'CANCELLED' | 'EXPIRED' | 'FAILED';

/** The rest of IOC, FOK and market orders is CANCELLED; EXPIRED is kept for what outlived its time. */
export function statusOf(order: SimOrder): NativeStatus {
  switch (order.status) {
    case 'OPEN':
    case 'FILLED':
    case 'FAILED':
      return order.status;
    case 'CANCELLED':
    case 'EXPIRED':
      if (order.endReason === 'noFunds') return 'FAILED';
      return order.endReason === 'expired' ? 'EXPIRED' : 'CANCELLED';
  }
}

/** `cancel_message` of REST and `cancel_reason` of the stream. */
const CANCEL_REASONS: Readonly<Record<EndReason, string>> = {
  user: 'User requested cancel',
  venue: 'Internal error',
  deadMan: '',
  ioc: '',
  fok: '',
  expired: '',
  noLiquidity: 'Insufficient liquidity',
  postOnly: 'Post only order would match immediately',
  noFunds: '',
};
export const cancelReasonOf = (order: SimOrder): string =>
  order.endReason === null ? '' : CANCEL_REASONS[order.endReason];

export const isFailed = (order: SimOrder): boolean => statusOf(order) === 'FAILED';

export const ORDER_TYPES: Readonly<Record<OrderType, string>> = {
  MARKET: 'MARKET',
  LIMIT: 'LIMIT',
  STOP_LIMIT: 'STOP_LIMIT',
  STOP_MARKET: 'BRACKET',
};
const TIMES: Readonly<Record<SimTimeInForce, string>> = {
  GTC: 'GOOD_UNTIL_CANCELLED',
  GTD: 'GOOD_UNTIL_DATE_TIME',
  IOC: 'IMMEDIATE_OR_CANCEL',
  FOK: 'FILL_OR_KILL',
};
export const timeInForceOf = (order: SimOrder): string =>
  order.type === 'MARKET' ? TIMES.IOC : TIMES[order.timeInForce];

export function triggerStatusOf(order: SimOrder): string {
  if (order.stopPrice === null) return 'INVALID_ORDER_TYPE';
  return order.working ? 'STOP_TRIGGERED' : 'STOP_PENDING';
}

export const averageOf = (order: SimOrder): Fixed =>
  order.filledSize === ZERO ? ZERO : over(order.filledValue, order.filledSize);

/** In percent; of an order by quote amount by its end alone. */
export function completionOf(order: SimOrder): string {
  if (order.status === 'FILLED') return '100';
  if (order.quoteSize !== null || order.size === ZERO) return '0';
  return fixedText(over(order.filledSize * 100n, order.size));
}

export const afterFees = (order: SimOrder): Fixed =>
  order.side === 'BUY' ? order.filledValue + order.feeCost : order.filledValue - order.feeCost;

/** The edits that were accepted, newest first, at most five. */
const Edits = z.array(z.object({ price: z.string(), size: z.string(), replace_accept_timestamp: z.string() }));
export type Edit = z.infer<typeof Edits>[number];
const EDITS_SHOWN = 5;

export const editsOf = (order: SimOrder): readonly Edit[] => Edits.parse(JSON.parse(order.tags['edits'] ?? '[]'));
export const withEdit = (order: SimOrder, edit: Edit): string =>
  JSON.stringify([edit, ...editsOf(order)].slice(0, EDITS_SHOWN));

export const userIdOf = (account: string): string => derivedId('user', account);
export const portfolioIdOf = (account: string): string => derivedId('portfolio', account);

/** One order of "Get Order" and "List Orders". */
export function orderJson(order: SimOrder, engine: Engine): Record<string, unknown> {
  const executions = engine.executionsOf(order.id);
  const last = executions.at(-1);
  const byQuote = order.quoteSize !== null;
  return {
    order_id: order.id,
    product_id: order.symbol,
    user_id: userIdOf(order.account),
    order_configuration: configurationJson(order),
    side: order.side,
    client_order_id: order.clientId ?? '',
    status: statusOf(order),
    time_in_force: timeInForceOf(order),
    created_time: isoMicros(order.createdAt),
    completion_percentage: completionOf(order),
    filled_size: fixedText(order.filledSize),
    average_filled_price: fixedText(averageOf(order)),
    fee: '',
    number_of_fills: String(executions.length),
    filled_value: fixedText(order.filledValue),
    pending_cancel: false,
    size_in_quote: byQuote,
    total_fees: fixedText(order.feeCost),
    size_inclusive_of_fees: byQuote,
    total_value_after_fees: fixedText(afterFees(order)),
    trigger_status: triggerStatusOf(order),
    order_type: ORDER_TYPES[order.type],
    reject_reason: isFailed(order) ? 'HOLD_FAILURE' : 'REJECT_REASON_UNSPECIFIED',
    settled: order.status !== 'OPEN',
    product_type: 'SPOT',
    reject_message: isFailed(order) ? 'Insufficient fund' : '',
    cancel_message: cancelReasonOf(order),
    order_placement_source: order.source === 'api' ? 'RETAIL_ADVANCED' : 'RETAIL_SIMPLE',
    outstanding_hold_amount: fixedText(order.held),
    is_liquidation: false,
    last_fill_time: last === undefined ? null : isoMicros(last.at),
    edit_history: editsOf(order),
    leverage: '',
    margin_type: 'UNKNOWN_MARGIN_TYPE',
    retail_portfolio_id: portfolioIdOf(order.account),
  };
}

/** One entry of "List Fills". What an order by quote amount trades is told in the quote currency. */
export function fillJson(execution: SimExecution, engine: Engine): Record<string, unknown> {
  const inQuote = (engine.order(execution.orderId)?.quoteSize ?? null) !== null;
  const size = inQuote ? times(execution.price, execution.size) : execution.size;
  return {
    entry_id: derivedId('entry', execution.id).replaceAll('-', ''),
    trade_id: execution.id,
    order_id: execution.orderId,
    trade_time: isoMicros(execution.at),
    trade_type: 'FILL',
    price: fixedText(execution.price),
    size: fixedText(size),
    commission: fixedText(execution.feeCost),
    product_id: execution.symbol,
    sequence_timestamp: isoMicros(execution.at),
    liquidity_indicator: execution.maker ? 'MAKER' : 'TAKER',
    size_in_quote: inQuote,
    user_id: userIdOf(execution.account),
    side: execution.side,
    retail_portfolio_id: portfolioIdOf(execution.account),
  };
}
