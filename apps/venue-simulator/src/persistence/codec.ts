import { ORDER_SIDES, ORDER_TYPES } from '@orderplane/domain';
import { z } from 'zod';
import { fixed, fixedText } from '../engine/fixed.ts';
import type { SimExecution, SimOrder } from '../engine/model.ts';

const Amount = z.string().transform((text) => fixed(text));
const Time = z.number();

/** An order as a journal line holds it. `held` is left out: it follows from the rest. */
const OrderRecord = z.object({
  id: z.string(),
  number: z.number(),
  account: z.string(),
  clientId: z.string().nullable(),
  symbol: z.string(),
  side: z.enum(ORDER_SIDES),
  type: z.enum(ORDER_TYPES),
  size: Amount,
  quoteSize: Amount.nullable(),
  price: Amount.nullable(),
  stopPrice: Amount.nullable(),
  triggerWhen: z.enum(['above', 'below']).nullable(),
  timeInForce: z.enum(['GTC', 'IOC', 'FOK', 'GTD']),
  expiresAt: Time.nullable(),
  postOnly: z.boolean(),
  source: z.enum(['api', 'outside']),
  tags: z.record(z.string(), z.string()),
  status: z.enum(['OPEN', 'FILLED', 'CANCELLED', 'EXPIRED', 'FAILED']),
  working: z.boolean(),
  filledSize: Amount,
  filledValue: Amount,
  feeCost: Amount,
  feeCurrency: z.string(),
  endReason: z
    .enum(['user', 'venue', 'deadMan', 'ioc', 'fok', 'expired', 'noLiquidity', 'postOnly', 'noFunds'])
    .nullable(),
  createdAt: Time,
  updatedAt: Time,
  workingAt: Time.nullable(),
  triggeredAt: Time.nullable(),
  endedAt: Time.nullable(),
  endNumber: z.number().nullable(),
  priority: z.number(),
  heldAsset: z.string(),
});

const ExecutionRecord = z.object({
  id: z.string(),
  number: z.number(),
  orderId: z.string(),
  account: z.string(),
  symbol: z.string(),
  side: z.enum(ORDER_SIDES),
  size: Amount,
  price: Amount,
  feeCost: Amount,
  feeCurrency: z.string(),
  maker: z.boolean(),
  at: Time,
});

const AccountRecord = z.object({
  exchange: z.string(),
  apiKey: z.string(),
  secret: z.string(),
  passphrase: z.string().nullable(),
  permissions: z.object({ read: z.boolean(), trade: z.boolean(), withdraw: z.boolean() }).exactOptional(),
  /** Absent in lines from before an account could have several keys. */
  account: z.string().optional(),
  revoked: z.boolean().default(false),
});

/** One line of a journal or a snapshot: everything that changed at one exchange in one turn, whole or not at all. */
export const JournalLine = z.object({
  exchange: z.string(),
  /** All that was before at this exchange is void. */
  reset: z.literal(true).optional(),
  accounts: z.array(AccountRecord).optional(),
  orders: z.array(OrderRecord).optional(),
  executions: z.array(ExecutionRecord).optional(),
  /** [account, asset, total] */
  balances: z.array(z.tuple([z.string(), z.string(), Amount])).optional(),
  /** [symbol, last price] */
  prices: z.array(z.tuple([z.string(), Amount])).optional(),
  publicTrades: z.number().optional(),
});
export type JournalLine = z.infer<typeof JournalLine>;

const text = (value: bigint | null): string | null => (value === null ? null : fixedText(value));

export function encodeOrder(order: SimOrder): unknown {
  const { held: _held, ...rest } = order;
  return {
    ...rest,
    size: fixedText(order.size),
    quoteSize: text(order.quoteSize),
    price: text(order.price),
    stopPrice: text(order.stopPrice),
    filledSize: fixedText(order.filledSize),
    filledValue: fixedText(order.filledValue),
    feeCost: fixedText(order.feeCost),
  };
}

export function encodeExecution(execution: SimExecution): unknown {
  return {
    ...execution,
    size: fixedText(execution.size),
    price: fixedText(execution.price),
    feeCost: fixedText(execution.feeCost),
  };
}
