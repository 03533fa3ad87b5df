import type { Fixed } from '../../engine/fixed.ts';
import { fixedText, fixedTextAt, times } from '../../engine/fixed.ts';
import type { SimExecution, SimOrder } from '../../engine/model.ts';
import { marketOf } from './markets.ts';
import { averageOf, END_REASONS, tagsOf } from './orders.ts';

/**
 * Reports of the executions channel. Each kind of event carries its own fields: only pending_new, trade and the
 * snapshot name the symbol; a cancel, an end and an amend are known by order id alone. All amounts are JSON numbers.
 */
export type Report = Readonly<Record<string, unknown>>;

/** JSON numbers are doubles: beyond 15 digits they round, on the real venue as here. */
const number = (value: Fixed): number => Number(fixedText(value));
const AVERAGE_PLACES = 10;
const rounded = (value: Fixed): number => Number(fixedTextAt(value, AVERAGE_PLACES));

/** "2025-11-20T12:00:00.120000Z" */
export const isoMicros = (ms: number): string => new Date(ms).toISOString().replace('Z', '000Z');

/** Roughly: the stream prices every fee in dollars. */
const DOLLARS_PER_EURO = 1.1;
const inDollars = (fee: Fixed, currency: string): number => number(fee) * (currency === 'EUR' ? DOLLARS_PER_EURO : 1);

const liveStatus = (order: SimOrder): string => (order.filledSize > 0n ? 'partially_filled' : 'new');

const identity = (order: SimOrder): Report => ({
  order_id: order.id,
  ...(order.clientId === null ? {} : { cl_ord_id: order.clientId }),
  order_userref: tagsOf(order).userref,
});

function terms(order: SimOrder): Report {
  const tags = tagsOf(order);
  const { v2name } = marketOf(order.symbol);
  return {
    symbol: v2name,
    side: order.side.toLowerCase(),
    order_type: tags.ordertype,
    ...(order.quoteSize === null ? { order_qty: number(order.size) } : { cash_order_qty: number(order.quoteSize) }),
    time_in_force: order.timeInForce,
    ...(order.expiresAt === null ? {} : { expire_time: isoMicros(order.expiresAt) }),
    ...(order.price === null ? {} : { limit_price: number(order.price), limit_price_type: 'static' }),
    stop_price: order.stopPrice === null ? 0 : number(order.stopPrice),
    ...(order.stopPrice === null ? {} : { triggers: triggers(order), trigger: tags.trigger }),
    ...(order.postOnly ? { post_only: true } : {}),
    fee_ccy_pref: tags.oflags.startsWith('fcib') ? 'fcib' : 'fciq',
  };
}

const triggers = (order: SimOrder): Report => ({
  reference: tagsOf(order).trigger,
  price: order.stopPrice === null ? 0 : number(order.stopPrice),
  price_type: 'static',
  status: order.triggeredAt === null ? 'untriggered' : 'triggered',
  ...(order.triggeredAt === null ? {} : { timestamp: isoMicros(order.triggeredAt) }),
});

const totals = (order: SimOrder): Report => ({
  cum_qty: number(order.filledSize),
  cum_cost: rounded(order.filledValue),
  avg_price: rounded(averageOf(order)),
  fee_usd_equiv: inDollars(order.feeCost, order.feeCurrency),
});

/** The two reports of an accepted order, both without fills: what it trades at once is reported after them. */
export const accepted = (order: SimOrder): readonly [Report, Report] => [
  {
    ...identity(order),
    ...terms(order),
    exec_type: 'pending_new',
    order_status: 'pending_new',
    cum_cost: 0,
    fee_usd_equiv: 0,
    timestamp: isoMicros(order.createdAt),
  },
  { ...identity(order), exec_type: 'new', order_status: 'new', timestamp: isoMicros(order.createdAt) },
];

/** A trade says partially_filled even when it is the last one: `filled` follows as a report of its own. */
export const trade = (order: SimOrder, execution: SimExecution): Report => ({
  ...identity(order),
  exec_type: 'trade',
  ...tradeFields(order, execution),
  order_status: 'partially_filled',
  ...totals(order),
});

function tradeFields(order: SimOrder, execution: SimExecution): Report {
  return {
    exec_id: execution.id,
    trade_id: execution.number,
    symbol: marketOf(order.symbol).v2name,
    side: order.side.toLowerCase(),
    order_type: tagsOf(order).ordertype,
    last_qty: number(execution.size),
    last_price: number(execution.price),
    liquidity_ind: execution.maker ? 'm' : 't',
    cost: rounded(times(execution.price, execution.size)),
    fees: [{ asset: execution.feeCurrency, qty: number(execution.feeCost) }],
    timestamp: isoMicros(execution.at),
  };
}

/** The end of an order: filled, expired, or canceled with the reason. */
export function ended(order: SimOrder): Report {
  const timestamp = isoMicros(order.endedAt ?? order.updatedAt);
  const common = { ...identity(order), timestamp, ...totals(order) };
  if (order.status === 'FILLED') return { ...common, exec_type: 'filled', order_status: 'filled' };
  const word = order.endReason === 'expired' ? 'expired' : 'canceled';
  const reason = order.endReason === null ? 'Unknown' : END_REASONS[order.endReason];
  return { ...common, exec_type: word, order_status: word, reason, cancel_reason: reason };
}

export const amended = (order: SimOrder): Report => ({
  ...identity(order),
  exec_type: 'amended',
  order_status: liveStatus(order),
  cum_qty: number(order.filledSize),
  reason: 'User requested',
  amended: true,
  order_qty: number(order.size),
  ...(order.price === null ? {} : { limit_price: number(order.price), limit_price_type: 'static' }),
  ...(order.stopPrice === null ? {} : { stop_price: number(order.stopPrice), triggers: triggers(order) }),
  timestamp: isoMicros(order.updatedAt),
});

/** A stop whose price was reached. */
export const triggered = (order: SimOrder): Report => ({
  ...identity(order),
  exec_type: 'status',
  order_status: liveStatus(order),
  triggers: triggers(order),
  timestamp: isoMicros(order.triggeredAt ?? order.updatedAt),
});

/** An open order in the snapshot: everything known about it. */
export const snapshotOrder = (order: SimOrder): Report => ({
  ...identity(order),
  ...terms(order),
  exec_type: 'new',
  order_status: liveStatus(order),
  ...totals(order),
  ...(tagsOf(order).amends > 0 ? { amended: true } : {}),
  timestamp: isoMicros(order.updatedAt),
});

/** A past trade in the snapshot: it says nothing of where its order stands now. */
export const snapshotTrade = (order: SimOrder, execution: SimExecution): Report => ({
  ...identity(order),
  exec_type: 'trade',
  ...tradeFields(order, execution),
});
