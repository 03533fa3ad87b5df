import type {
  ActualState,
  Account,
  AccountCandidate,
  Alert,
  ApiTokenRecord,
  AuditEntry,
  DeadMansSwitch,
  ExchangeSession,
  Intent,
  OrderGroup,
  OrderRecord,
  PurgedOrder,
  ServiceKey,
  StoredOrderEvent,
  UnattributedFill,
  User,
} from '../contracts.ts';
import type { DerivedColumns, FillRow } from '../order-rows.ts';

/** One order with what PostgreSQL keeps in columns and child tables. Replaced as a whole, never changed in place. */
export interface OrderRow {
  readonly intent: Intent;
  readonly actual: ActualState | null;
  readonly derived: DerivedColumns | null;
  readonly pendingSince: string | null;
  readonly eventCount: number;
  readonly fills: ReadonlyMap<string, FillRow>;
}

export interface RecordedOrder extends OrderRow {
  readonly actual: ActualState;
  readonly derived: DerivedColumns;
}

export interface AccountRow {
  readonly account: Account;
  /** Null: unlinked. */
  readonly sealedCredentials: string | null;
  readonly credentialsId: string;
  readonly keyFingerprint: string | null;
  readonly venueOwner: string | null;
}

export interface AlertRow {
  readonly alert: Alert;
  readonly armedAt: bigint;
  readonly endedAt: bigint | null;
}

export interface TokenRow {
  readonly record: ApiTokenRecord;
  readonly tokenHash: string;
}

/** Tables and indices. Every map is keyed by strings and walked in sorted order where order can be seen. */
export class MemoryState {
  readonly users = new Map<string, User>();
  readonly tokens = new Map<string, TokenRow>();
  readonly audit: AuditEntry[] = [];
  readonly accounts = new Map<string, AccountRow>();
  /** Oldest first, by account. */
  readonly sessions = new Map<string, readonly ExchangeSession[]>();
  readonly candidates = new Map<string, AccountCandidate>();
  readonly serviceKeys = new Map<string, ServiceKey>();
  /** Lines of an account's journal; the cursor of a line is its index plus one. */
  readonly journals = new Map<string, StoredOrderEvent[]>();
  readonly orders = new Map<string, OrderRow>();
  readonly byClientOrderId = new Map<string, string>();
  /** Orders that have not ended, per account. */
  readonly open = new Map<string, Set<string>>();
  readonly unsettled = new Set<string>();
  /** When a request (account, client order id, hash) was last refused, ms. */
  readonly refusals = new Map<string, number>();
  readonly groups = new Map<string, OrderGroup>();
  readonly groupMembers = new Map<string, Set<string>>();
  /** Owner of every own venue client id; orders by any venue client id; owner of every (account, symbol, venue order id). */
  readonly ownVenueClientIds = new Map<string, string>();
  readonly byVenueClientId = new Map<string, Set<string>>();
  readonly byVenueOrderId = new Map<string, Map<string, string>>();
  readonly executions = new Map<string, string>();
  readonly alerts = new Map<string, AlertRow>();
  readonly alertPositions = new Map<string, bigint>();
  readonly deadMansSwitches = new Map<string, DeadMansSwitch>();
  readonly unattributed = new Map<string, UnattributedFill>();
  readonly fillsWatermarks = new Map<string, string>();
  /** What is left of purged orders, and which of them a name of an account is known by. */
  readonly purged = new Map<string, PurgedOrder>();
  readonly purgedNames = new Map<string, string>();
  readonly purgedUpTo = new Map<string, bigint>();
}

/** Unambiguous composite key. */
export const key = (...parts: readonly string[]): string => JSON.stringify(parts);

export const isRecorded = (row: OrderRow | undefined): row is RecordedOrder =>
  row !== undefined && row.actual !== null && row.derived !== null;

export const toRecord = (row: RecordedOrder): OrderRecord => ({ intent: row.intent, actual: row.actual });

/** Bytewise, as PostgreSQL's COLLATE "C" does for the ids in use. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export const byCreation = (a: OrderRow, b: OrderRow): number =>
  compareText(a.intent.createdAt, b.intent.createdAt) || compareText(a.intent.orderId, b.intent.orderId);
