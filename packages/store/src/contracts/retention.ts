import type { ExchangeId, OrderState } from '@orderplane/domain';
import type { UnattributedFill } from './unattributed.ts';

/** What is left of an order that was purged. */
export interface PurgedOrder {
  readonly orderId: string;
  readonly accountId: string;
  readonly requestHash: string;
  /** In which state it ended, and when it last changed. */
  readonly state: OrderState;
  readonly endedAt: string;
  readonly purgedAt: string;
}

/** The names that an order at the exchange, or an execution, is known by. */
export interface VenueName {
  readonly venueOrderId: string;
  /** Null where the exchange does not say: then the id alone counts. */
  readonly symbol: string | null;
  readonly venueClientId: string | null;
}

/** An execution that was told after its order was purged. */
export interface LateFill {
  readonly orderId: string;
  /** Kept as it is, attributed to that order. */
  readonly fill: UnattributedFill;
}

/** Purged orders, as far as they are known by their names: for those who place, observe and adopt. */
export interface PurgedOrders {
  byClientOrderId(accountId: string, clientOrderId: string): Promise<PurgedOrder | null>;
  /** For each of the names the purged order that had it; null: none. By the exchange's id first, then by our client id. */
  byVenueNames(accountId: string, names: readonly VenueName[]): Promise<readonly (PurgedOrder | null)[]>;
  /**
   * Executions of purged orders: those that were booked before the purge, or told before, change nothing; a new one is
   * kept among the unattributed fills as attributed to its order. Gives how many are new.
   */
  bookLate(accountId: string, fills: readonly LateFill[]): Promise<number>;
}

/** One pass over the history of one account. */
export interface PurgeTerms {
  readonly accountId: string;
  readonly now: string;
  /** Nothing goes that has changed since `now` minus this: those who follow the account have read it by then. */
  readonly graceMs: number;
  /** How far a listing of the account's exchange may lag: the executions must have been read whole this long after the last change. */
  readonly visibilityMs: number;
  /** Orders at most; those of a group go together, so a few more may. */
  readonly limit: number;
}

export interface Purged {
  readonly orderIds: readonly string[];
  readonly events: number;
  /** Those of these orders, and late ones of orders that went before. */
  readonly fills: number;
  /** Between which ends; null: no order went. */
  readonly endedFrom: string | null;
  readonly endedTo: string | null;
}

export interface RetainedAccount {
  readonly accountId: string;
  readonly exchange: ExchangeId;
  /** When the oldest order ended that is due by its age, whatever else keeps it; null: none is. */
  readonly oldestDueAt: string | null;
}

/** Takes away what an account does not keep (`historyRetentionDays`). What is due is said in `retention.ts`, once. */
export interface RetentionStore {
  /** Accounts, unlinked ones too, that have something that is old enough; in order of their ids. */
  due(now: string, graceMs: number): Promise<readonly RetainedAccount[]>;
  /**
   * Orders that are due, with their events, fills and groups, in one transaction under the lock of the account's journal;
   * it leaves what `PurgedOrders` knows of them, and one line in the audit. Nothing is due: nothing is written.
   */
  purge(terms: PurgeTerms): Promise<Purged>;
  /** Forgets what was left of orders purged before `before`, at most `limit` of them. Gives how many. */
  forget(before: string, limit: number): Promise<number>;
}
