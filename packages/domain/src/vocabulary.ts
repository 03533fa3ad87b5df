import { z } from 'zod';

/** The words of the public contract (api: schema.graphql), as unions and as schemas for every boundary. */

export const EXCHANGE_IDS = ['binance', 'kraken', 'coinbase', 'kucoin', 'mexc', 'okx', 'deribit'] as const;
export type ExchangeId = (typeof EXCHANGE_IDS)[number];
export const ExchangeIdSchema = z.enum(EXCHANGE_IDS);

export const ORDER_SIDES = ['BUY', 'SELL'] as const;
export type OrderSide = (typeof ORDER_SIDES)[number];
export const OrderSideSchema = z.enum(ORDER_SIDES);

export const ORDER_TYPES = ['MARKET', 'LIMIT', 'STOP_LIMIT', 'STOP_MARKET'] as const;
export type OrderType = (typeof ORDER_TYPES)[number];
export const OrderTypeSchema = z.enum(ORDER_TYPES);

export const TIMES_IN_FORCE = ['GTC', 'IOC', 'FOK', 'GTT'] as const;
export type TimeInForce = (typeof TIMES_IN_FORCE)[number];
export const TimeInForceSchema = z.enum(TIMES_IN_FORCE);

/** The coarse status every exchange agrees on. */
export const ORDER_STATUSES = ['PENDING', 'OPEN', 'FILLED', 'CANCELLED', 'EXPIRED', 'FAILED'] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];
export const OrderStatusSchema = z.enum(ORDER_STATUSES);

/** The lifecycle as proved by evidence ("life" in the transition table). */
export const ORDER_STATES = [
  'CREATED',
  'VALIDATED',
  'DARK_OPEN',
  'TRIGGERED',
  'SUBMITTED',
  'ACKNOWLEDGED',
  'PARTIALLY_FILLED',
  'FILLED',
  'CANCELLED',
  'REJECTED',
  'FAILED',
  'EXPIRED',
] as const;
export type OrderState = (typeof ORDER_STATES)[number];
export const OrderStateSchema = z.enum(ORDER_STATES);

export const ORDER_EVENT_TYPES = [
  'ORDER_CREATED',
  'ORDER_VALIDATED',
  'ORDER_DARK_OPEN',
  'ORDER_TRIGGERED',
  'ORDER_SUBMITTED',
  'ORDER_ACKNOWLEDGED',
  'ORDER_PARTIALLY_FILLED',
  'ORDER_FILLED',
  'ORDER_CANCELLED',
  'ORDER_REJECTED',
  'ORDER_FAILED',
  'ORDER_EXPIRED',
  'CANCEL_REQUESTED',
  'CANCEL_REJECTED',
  'REPLACE_REQUESTED',
  'ORDER_REPLACED',
  'REPLACE_REJECTED',
  'OUTCOME_UNKNOWN',
  'OUTCOME_RESOLVED',
  'ORDER_ADOPTED',
  'SESSION_MIGRATED',
] as const;
export type OrderEventType = (typeof ORDER_EVENT_TYPES)[number];

export const RECONCILIATION_STATUSES = ['IN_SYNC', 'PROGRESSING', 'AMBIGUOUS', 'STALE', 'NEEDS_ATTENTION'] as const;
export type ReconciliationStatus = (typeof RECONCILIATION_STATUSES)[number];
export const ReconciliationStatusSchema = z.enum(RECONCILIATION_STATUSES);

export const ERROR_CODES = [
  'INVALID_INPUT',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'INVALID_STATE_TRANSITION',
  'DUPLICATE_ORDER',
  'RISK_LIMIT_EXCEEDED',
  'INSUFFICIENT_FUNDS',
  'MIN_NOTIONAL',
  'PRECISION',
  'UNSUPPORTED_BY_EXCHANGE',
  'ACCOUNT_HALTED',
  'STALE_DATA',
  'EXCHANGE_UNAVAILABLE',
  'TIMEOUT',
  'FORBIDDEN',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];
export const ErrorCodeSchema = z.enum(ERROR_CODES);

export const ACCOUNT_MODES = ['PAPER', 'SANDBOX', 'LIVE'] as const;
export type AccountMode = (typeof ACCOUNT_MODES)[number];
export const EXECUTION_MODES = ['LIVE', 'DARK'] as const;
export type ExecutionMode = (typeof EXECUTION_MODES)[number];
export const ExecutionModeSchema = z.enum(EXECUTION_MODES);
export const ORDER_ORIGINS = ['API', 'EXTERNAL'] as const;
export type OrderOrigin = (typeof ORDER_ORIGINS)[number];
export const GROUP_KINDS = ['OCO'] as const;
export type GroupKind = (typeof GROUP_KINDS)[number];
export const GroupKindSchema = z.enum(GROUP_KINDS);
/** What the others of an OCO group do on a partial fill: end, or shrink by what is filled. */
export const PARTIAL_FILL_POLICIES = ['CANCEL', 'REDUCE'] as const;
export type PartialFillPolicy = (typeof PARTIAL_FILL_POLICIES)[number];
export const PartialFillPolicySchema = z.enum(PARTIAL_FILL_POLICIES);

/** Which price of a market a trigger looks at. */
export const TRIGGER_SOURCES = ['LAST', 'BID', 'ASK', 'MARK'] as const;
export type TriggerSource = (typeof TRIGGER_SOURCES)[number];
export const TriggerSourceSchema = z.enum(TRIGGER_SOURCES);
export const TRIGGER_DIRECTIONS = ['AT_OR_ABOVE', 'AT_OR_BELOW'] as const;
export type TriggerDirection = (typeof TRIGGER_DIRECTIONS)[number];
export const TriggerDirectionSchema = z.enum(TRIGGER_DIRECTIONS);
export const ALERT_STATUSES = ['ARMED', 'TRIGGERED', 'CANCELLED'] as const;
export type AlertStatus = (typeof ALERT_STATUSES)[number];
export const AlertStatusSchema = z.enum(ALERT_STATUSES);

/** How a session with an exchange began. */
export const SESSION_TRANSITIONS = ['INITIAL', 'REFRESH', 'EXCHANGE', 'FORK', 'ROTATE'] as const;
export type SessionTransition = (typeof SESSION_TRANSITIONS)[number];
export const SessionTransitionSchema = z.enum(SESSION_TRANSITIONS);

export const ROLES = ['viewer', 'trader', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** An expected failure, answered as data (`userErrors`), never thrown across a boundary. */
export interface UserError {
  readonly code: ErrorCode;
  /** What is wrong and what to do. Never a secret, never a stack. */
  readonly message: string;
  /** Path of the offending input field, e.g. ["input", "price"]. */
  readonly field: readonly string[] | null;
}
export const UserErrorSchema = z.object({
  code: ErrorCodeSchema,
  message: z.string(),
  field: z.array(z.string()).readonly().nullable(),
});
