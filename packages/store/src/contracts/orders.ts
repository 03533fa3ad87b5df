import type {
  DecimalString,
  ExchangeId,
  ExecutionMode,
  OrderOrigin,
  OrderSpec,
  ReconciliationStatus,
} from '@orderplane/domain';
import type { AccountHalt } from './access.ts';
import type { OrderFire, OrderTrigger } from './dark.ts';
import type { LimitRefusal } from './limits.ts';
import type { JournalEntry, MachineEvent, OrderMachine } from '@orderplane/state-machine';

/** The desired order. `spec` holds the newest wished terms; every change raises `generation` by one. */
export interface Intent {
  readonly orderId: string;
  readonly accountId: string;
  readonly userId: string;
  readonly exchange: ExchangeId;
  /** The caller's id, unique per account; generated when the caller gives none. */
  readonly clientOrderId: string;
  /** Hash of the request as first placed: a repeat with the same hash is the same order, with another it is ALREADY_EXISTS. */
  readonly requestHash: string;
  readonly origin: OrderOrigin;
  readonly mode: ExecutionMode;
  readonly generation: number;
  readonly spec: OrderSpec;
  /** Of a dark order, and only there. */
  readonly trigger?: OrderTrigger;
  readonly groupId: string | null;
  /**
   * Price per unit of size that the order counts at for its account's limits, where that is more than its own price, or it
   * has none. Absent: its own price.
   */
  readonly valuedAt?: DecimalString;
  /** The session that made the order and the one that tracks it now. Null in an order to be placed: the active one. */
  readonly createdSessionId: string | null;
  readonly sessionId: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** A negative look-up for the current doubt: the raw material of a proof of absence. */
export interface AbsentLookup {
  readonly askedAt: string;
  readonly provesAbsence: boolean;
}

/**
 * One try to find out what became of a request whose outcome is in doubt, for people. SUBMIT, CANCEL, AMEND: the request
 * itself, which ended without an answer; LOOKUP: the order was asked for in every place; OPEN_ORDERS: a complete list of
 * the account's open orders.
 */
export interface Attempt {
  readonly at: string;
  readonly what: 'SUBMIT' | 'CANCEL' | 'AMEND' | 'LOOKUP' | 'OPEN_ORDERS';
  /**
   * NO_ANSWER: the request may have been carried out. NOT_FOUND: every place was read completely, and none knows the order.
   * INCONCLUSIVE: something was found that does not settle the doubt, or not every place could be read. FAILED: nothing
   * was learned.
   */
  readonly result: 'NO_ANSWER' | 'NOT_FOUND' | 'INCONCLUSIVE' | 'FAILED';
  /** What a look-up has read, in the exchange's words. */
  readonly places: readonly string[];
  readonly error: string | null;
}

/** What is known about the work of reconciling, beside the machine. Not part of the journal. */
export interface ReconciliationRecord {
  readonly status: ReconciliationStatus;
  readonly observedGeneration: number;
  /** Failed tries in a row; 0 after a success. */
  readonly attempts: number;
  readonly nextAttemptAt: string | null;
  readonly lastError: string | null;
  /** Newest instant at which the exchange said anything about this order. */
  readonly lastEvidenceAt: string | null;
  /** Look-ups since the current doubt began, newest last, at most 20 kept. */
  readonly absentLookups: readonly AbsentLookup[];
  /** What was tried since the current doubt began: the request first, then the newest, at most 20. Absent: nothing. */
  readonly tried?: readonly Attempt[];
  /** Why a person should look, beside a doubt that lasts: shown as NEEDS_ATTENTION. Stays. */
  readonly alert?: string;
  /** What the order's group was told of its filled size; while they differ the order is not settled. Absent: nothing. */
  readonly toldFilled?: DecimalString;
  /** What made the trigger of a dark order fire. Absent: nothing yet. */
  readonly fired?: OrderFire;
  /** Version of the dark order (`darkVersion`) that has passed the checks at its firing. Absent: none. */
  readonly cleared?: number;
}

/** What the exchange has been proved to hold. `version` is the compare-and-swap key of every write. */
export interface ActualState {
  readonly orderId: string;
  readonly version: number;
  readonly machine: OrderMachine;
  readonly reconciliation: ReconciliationRecord;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface OrderRecord {
  readonly intent: Intent;
  readonly actual: ActualState;
  /** The halt of the order's account as it was when the order was read: `OrderLedger.find` only. Left out: none. */
  readonly halt?: AccountHalt;
}

/** One machine event with the public lines that it gave rise to. */
export interface JournalRecord {
  readonly event: MachineEvent;
  readonly entries: readonly JournalEntry[];
}

/** A public journal line as stored. `cursor` is the position in the account's journal: gapless per account, in commit order. */
export interface StoredOrderEvent {
  readonly accountId: string;
  readonly cursor: bigint;
  readonly orderId: string;
  /** Position in the order's own journal, from 1. */
  readonly sequence: number;
  readonly entry: JournalEntry | null;
  /** Null in the second and later lines of one machine event, and where the line is none of the machine's (SESSION_MIGRATED). */
  readonly event: MachineEvent | null;
  /** Who caused it; known in every line. */
  readonly source: MachineEvent['source'];
  readonly at: string;
  /** Whole order after this event, as a reader of the stream needs it. */
  readonly version: number;
}

/**
 * When the command was given that places an order. Judged by the database's clock, under the account's lock, in the
 * statement that writes the order: a command may have waited for long, and its caller may have been told something else.
 */
export interface CommandTime {
  /** It was surely not given before. What was refused at this instant or later is not placed by it. */
  readonly issuedAt: string;
  /** Nothing is placed by it after this instant. */
  readonly expiresAt: string;
}

/** A request for an order, as it is told apart from others: see `Intent.requestHash`. */
export interface OrderRequestKey {
  readonly clientOrderId: string;
  readonly requestHash: string;
}

/** One write of order state: compare-and-swap on `expectedVersion`, in one transaction with its journal, legs and fills. */
export interface OrderChange {
  readonly orderId: string;
  /** The order's account. Writes that name the same one may share a transaction. */
  readonly accountId?: string;
  readonly expectedVersion: number;
  /** Present when the intent changes too (modify). */
  readonly intent?: {
    readonly spec: OrderSpec;
    readonly generation: number;
    readonly trigger?: OrderTrigger;
    readonly valuedAt?: DecimalString;
  };
  readonly machine: OrderMachine;
  readonly reconciliation: ReconciliationRecord;
  readonly journal: readonly JournalRecord[];
  readonly at: string;
  /** It lets something new reach the exchange: refused, in the statement itself, while the account is halted. */
  readonly unlessHalted?: boolean;
  /**
   * The account's limits are judged by the statement that writes it. `raise`: an order that is open changes, and may always
   * become less; `anew`: as if it were a new order.
   */
  readonly limited?: 'raise' | 'anew';
}

export type CommitResult =
  | {
      readonly kind: 'committed';
      readonly record: OrderRecord;
      readonly firstCursor: bigint | null;
      readonly lastCursor: bigint | null;
    }
  | { readonly kind: 'conflict' }
  /** Only for a change that names `unlessHalted`. */
  | { readonly kind: 'halted' }
  /** Only for a change that names `limited`. */
  | { readonly kind: 'limited'; readonly refusal: LimitRefusal };
