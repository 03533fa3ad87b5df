import {
  DecimalSchema,
  ExecutionModeSchema,
  EXCHANGE_IDS,
  ExchangeIdSchema,
  GroupKindSchema,
  OrderSideSchema,
  OrderTypeSchema,
  PartialFillPolicySchema,
  TimeInForceSchema,
  TriggerDirectionSchema,
  TriggerSourceSchema,
  UserErrorSchema,
  type ExchangeId,
} from '@orderplane/domain';
import { z } from 'zod';
import type { QueueContract } from './contract.ts';

const Id = z.string().min(1).max(64);
const Instant = z.iso.datetime({ offset: false });

/** A price that is waited for; its symbol is always set. */
export const TriggerInputSchema = z.object({
  symbol: z.string().min(1).max(40),
  source: TriggerSourceSchema,
  direction: TriggerDirectionSchema,
  price: DecimalSchema,
});
export type TriggerInput = z.infer<typeof TriggerInputSchema>;

/** A new order as the caller gave it; nulls for what was not given. `clientOrderId` is always set: the gateway makes one up, so that a repeated job is the same order. */
export const PlaceInputSchema = z.object({
  accountId: Id,
  clientOrderId: z.string().min(1).max(64),
  symbol: z.string().min(1).max(40),
  side: OrderSideSchema,
  type: OrderTypeSchema,
  size: DecimalSchema.nullable(),
  quoteSize: DecimalSchema.nullable(),
  price: DecimalSchema.nullable(),
  stopPrice: DecimalSchema.nullable(),
  timeInForce: TimeInForceSchema,
  expiresAt: Instant.nullable(),
  postOnly: z.boolean(),
  reduceOnly: z.boolean(),
  /** Left out: LIVE. */
  mode: ExecutionModeSchema.exactOptional(),
  trigger: TriggerInputSchema.exactOptional(),
});
export type PlaceInput = z.infer<typeof PlaceInputSchema>;

/** Orders of one group: they are checked and written together. */
export const MAX_GROUP_ORDERS = 20;
/** A price watch as the caller gave it; the trigger's symbol is always set. */
export const AlertInputSchema = z.object({
  accountId: Id,
  symbol: z.string().min(1).max(40),
  trigger: TriggerInputSchema,
  note: z.string().max(500).nullable(),
});
export type AlertInput = z.infer<typeof AlertInputSchema>;

export const PrivacyChangeSchema = z.object({
  cacheOpenOrders: z.boolean().exactOptional(),
  encryptAtRest: z.boolean().exactOptional(),
  historyRetentionDays: z.number().int().nullable().exactOptional(),
});

/** When a command was given, by the shared clock: not before `issuedAt`. What it is for is not done after `expiresAt`. */
export const CommandTimeSchema = z.object({ issuedAt: Instant, expiresAt: Instant });
export type CommandTime = z.infer<typeof CommandTimeSchema>;

/**
 * For so long a command may still be carried out after its caller has stopped waiting for it, ms: a job whose worker has died
 * is given out again when its lock has run out, which is noticed some time later.
 */
export const COMMAND_GRACE_MS = 10_000;

/** `requestId`: the caller's request, for the logs of whoever works for it. */
const base = { commandId: Id, userId: Id, requestId: Id.exactOptional(), time: CommandTimeSchema.exactOptional() };
/** What places an order never does so without knowing its time. */
const timed = { ...base, time: CommandTimeSchema };
/** `commandId` makes a command idempotent: a job that runs twice has one effect. */
export const OrderCommandSchema = z.discriminatedUnion('kind', [
  z.object({ ...timed, kind: z.literal('place'), input: PlaceInputSchema }),
  z.object({
    ...timed,
    kind: z.literal('placeGroup'),
    groupKind: GroupKindSchema,
    onPartialFill: PartialFillPolicySchema,
    orders: z.array(PlaceInputSchema).min(1).max(MAX_GROUP_ORDERS).readonly(),
  }),
  z.object({
    ...base,
    kind: z.literal('modify'),
    orderId: Id,
    size: DecimalSchema.nullable(),
    price: DecimalSchema.nullable(),
    stopPrice: DecimalSchema.nullable(),
    /** Of a dark order; without a symbol it stays with the market that it waits for. */
    trigger: TriggerInputSchema.extend({ symbol: TriggerInputSchema.shape.symbol.nullable() }).exactOptional(),
  }),
  z.object({ ...base, kind: z.literal('cancel'), orderId: Id }),
  /** A dark order's trigger has fired, durably: it is checked again before it may be sent. Nobody waits for the result. */
  z.object({ ...base, kind: z.literal('fired'), orderId: Id }),
  z.object({
    ...base,
    kind: z.literal('cancelAll'),
    accountId: Id,
    symbol: z.string().max(40).nullable(),
    side: OrderSideSchema.nullable(),
  }),
  z.object({ ...base, kind: z.literal('unlink'), accountId: Id }),
  z.object({ ...base, kind: z.literal('halt'), accountId: Id, cancelOpen: z.boolean() }),
  z.object({ ...base, kind: z.literal('resume'), accountId: Id }),
  z.object({
    ...base,
    kind: z.literal('setDeadMansSwitch'),
    accountId: Id,
    /** Null: off. What each exchange takes is checked where its capabilities are known. */
    timeoutSeconds: z.number().int().nullable(),
  }),
  /** What is left out stays; `historyRetentionDays` null: nothing is purged. */
  z.object({ ...base, kind: z.literal('setPrivacy'), accountId: Id, change: PrivacyChangeSchema }),
  z.object({ ...base, kind: z.literal('clearOrderCache'), accountId: Id }),
  /** The alert's id is the command's. */
  z.object({ ...base, kind: z.literal('createAlert'), input: AlertInputSchema }),
  z.object({ ...base, kind: z.literal('cancelAlert'), alertId: Id }),
]);
export type OrderCommand = z.infer<typeof OrderCommandSchema>;

export const CommandResultSchema = z.object({
  orderIds: z.array(Id).readonly(),
  /** Of commands about alerts. */
  alertIds: z.array(Id).readonly().exactOptional(),
  userErrors: z.array(UserErrorSchema).readonly(),
});
export type CommandResult = z.infer<typeof CommandResultSchema>;

export const ORDER_COMMANDS: QueueContract<OrderCommand, CommandResult> = {
  name: 'order-commands',
  data: OrderCommandSchema,
  result: CommandResultSchema,
  maxWaiting: 20_000,
  lockMs: 5_000,
};

/** Credentials to be tried, or a session to be changed: keys only, for what is wished waits in PostgreSQL. */
export const AccountCheckJobSchema = z.object({ candidateId: Id, accountId: Id });
export type AccountCheckJob = z.infer<typeof AccountCheckJobSchema>;
export const AccountCheckResultSchema = z.object({
  /** Null: nothing was kept, and the errors say why. */
  accountId: Id.nullable(),
  /** The session that has begun by it; absent where none has. */
  sessionId: Id.exactOptional(),
  /** Orders that it took over. */
  migrated: z.number().int().min(0).exactOptional(),
  userErrors: z.array(UserErrorSchema).readonly(),
});
export type AccountCheckResult = z.infer<typeof AccountCheckResultSchema>;
export const ACCOUNT_CHECKS: QueueContract<AccountCheckJob, AccountCheckResult> = {
  name: 'account-checks',
  data: AccountCheckJobSchema,
  result: AccountCheckResultSchema,
  maxWaiting: 1_000,
  lockMs: 5_000,
};

/** A reconcile job carries a key and nothing else; the worker reads desired and actual itself. */
export const ReconcileJobSchema = z.object({ orderId: Id });
export type ReconcileJob = z.infer<typeof ReconcileJobSchema>;
export const reconcileQueue = (exchange: ExchangeId): QueueContract<ReconcileJob, null> => ({
  name: `reconcile-${exchange}`,
  data: ReconcileJobSchema,
  result: z.null(),
  maxWaiting: 200_000,
  lockMs: 5_000,
});
/** Cancels go before submits, submits before reads (smaller is sooner; BullMQ: 1 … 2^21). */
export const RECONCILE_PRIORITY = { cancel: 1, submit: 2, read: 3, resync: 4 } as const;
export type ReconcileUrgency = keyof typeof RECONCILE_PRIORITY;

export const SYNC_REASONS = ['scheduled', 'on-demand', 'pre-trade', 'stream-connected', 'takeover', 'forced'] as const;
export const SYNC_PARTS = ['orders', 'funds'] as const;
export type SyncPart = (typeof SYNC_PARTS)[number];
export const SyncJobSchema = z.object({
  accountId: Id,
  /** What is to be asked: orders with their executions, what the account owns. Left out: orders. */
  parts: z.array(z.enum(SYNC_PARTS)).min(1).readonly().exactOptional(),
  reason: z.enum(SYNC_REASONS),
  requestedAt: Instant,
  /** A complete sync that was asked at most this long before `requestedAt` will do. */
  maxAgeMs: z.number().int().min(0).max(86_400_000),
});
export type SyncJob = z.infer<typeof SyncJobSchema>;
export const SyncOutcomeSchema = z.object({
  accountId: Id,
  /** When the newest successful open-order listing was asked; null: never. */
  syncedAt: Instant.nullable(),
  /** When the newest complete reading of what the account owns was asked; null: none. Absent where it was not asked for. */
  fundsAt: Instant.nullable().exactOptional(),
  /** Of all that was asked for. */
  fresh: z.boolean(),
  complete: z.boolean(),
  adopted: z.number().int().min(0),
  error: z.string().nullable(),
});
export type SyncOutcome = z.infer<typeof SyncOutcomeSchema>;
export const SYNC: QueueContract<SyncJob, SyncOutcome> = {
  name: 'sync',
  data: SyncJobSchema,
  result: SyncOutcomeSchema,
  maxWaiting: 10_000,
  lockMs: 5_000,
};

/**
 * What some worker should be streaming now (repeated while the need lasts; the lease decides who does it), or read anew:
 * `markets` when an exchange refused an order by rules that we did not know.
 */
export const StreamJobSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('orders'), accountId: Id }),
  z.object({ kind: z.literal('markets'), exchange: ExchangeIdSchema }),
  z.object({ kind: z.literal('ticker'), exchange: ExchangeIdSchema, symbol: z.string().min(1).max(40) }),
]);
export type StreamJob = z.infer<typeof StreamJobSchema>;
export const STREAMS: QueueContract<StreamJob, null> = {
  name: 'streams',
  data: StreamJobSchema,
  result: z.null(),
  maxWaiting: 10_000,
  lockMs: 5_000,
};

/** `recheck`: wake one order later. `resync`: wake all unsettled orders. */
export const MaintenanceJobSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('recheck'), orderId: Id, exchange: ExchangeIdSchema }),
  z.object({ kind: z.literal('resync') }),
]);
export type MaintenanceJob = z.infer<typeof MaintenanceJobSchema>;
export const MAINTENANCE: QueueContract<MaintenanceJob, null> = {
  name: 'maintenance',
  data: MaintenanceJobSchema,
  result: z.null(),
  maxWaiting: 500_000,
  lockMs: 5_000,
};

/** Every queue that there is, by name. */
export const queueNames = (): readonly string[] => [
  ORDER_COMMANDS.name,
  ACCOUNT_CHECKS.name,
  SYNC.name,
  STREAMS.name,
  MAINTENANCE.name,
  ...EXCHANGE_IDS.map((exchange) => reconcileQueue(exchange).name),
];
