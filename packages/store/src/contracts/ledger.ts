import type { ExchangeId, ReconciliationStatus } from '@orderplane/domain';
import type {
  ActualState,
  CommandTime,
  CommitResult,
  Intent,
  JournalRecord,
  OrderChange,
  OrderRecord,
  OrderRequestKey,
  StoredOrderEvent,
} from './orders.ts';
import type { GroupStore } from './groups.ts';
import type { PageRequest } from './paging.ts';
import type { PurgedOrders } from './retention.ts';

/** Desired state. Durable; indices follow changes of symbol and group. */
export interface IntentStore {
  /** Throws AlreadyExistsError on a known order id, or on a known (account, clientOrderId). */
  create(intent: Intent): Promise<void>;
  /** Throws NotFoundError. */
  get(orderId: string): Promise<Intent>;
  update(intent: Intent): Promise<void>;
  delete(orderId: string): Promise<void>;
  /** Both filters: intersection. Ordered by creation, then id. */
  list(
    filter: { readonly symbol?: string; readonly groupId?: string; readonly accountId?: string },
    page: PageRequest,
  ): Promise<readonly Intent[]>;
  listByGroup(groupId: string): Promise<readonly Intent[]>;
  findByClientOrderId(accountId: string, clientOrderId: string): Promise<Intent | null>;
}

/** Actual state. */
export interface OrderStateStore {
  create(state: ActualState): Promise<void>;
  get(orderId: string): Promise<ActualState>;
  /** By an id that the exchange gave to any leg of it. */
  getByExchangeOrderId(accountId: string, exchangeOrderId: string): Promise<ActualState>;
  /** Compare-and-swap on `version`: the stored version must be `state.version - 1`. False when it is not. */
  update(state: ActualState): Promise<boolean>;
  delete(orderId: string): Promise<void>;
  list(
    filter: { readonly symbol?: string; readonly status?: ReconciliationStatus },
    page: PageRequest,
  ): Promise<readonly ActualState[]>;
  /** Orders that are not settled and whose last evidence is older than `olderThan`. */
  listStale(olderThan: string, limit: number): Promise<readonly ActualState[]>;
}

export interface OrderKey {
  readonly orderId: string;
  readonly accountId: string;
  readonly exchange: ExchangeId;
}

export interface AccountJournalPage {
  /** Every line, oldest first, also those without a public `entry`, so that the last cursor read is exact. */
  readonly lines: readonly StoredOrderEvent[];
  /** Each order that a public line speaks of, once, as new as its newest line or newer. Without orders whose state was deleted. */
  readonly orders: ReadonlyMap<string, OrderRecord>;
}

/** A cursor below `oldest` is of purged history; one above `newest` was never given out. */
export interface JournalBounds {
  readonly oldest: bigint;
  readonly newest: bigint;
}

export interface PlaceOptions {
  /** It is the very order that was purged, which lives against all evidence: taken into the books again. */
  readonly despitePurge?: boolean;
  /** Of the command that places it. */
  readonly time?: CommandTime;
}

/** The transactional port that the services use. Implementations: PostgreSQL, in memory. */
export interface OrderLedger {
  readonly intents: IntentStore;
  readonly states: OrderStateStore;
  readonly groups: GroupStore;
  readonly purged: PurgedOrders;
  /**
   * Intent, state and journal of a new order in one transaction. Throws AlreadyExistsError (account + clientOrderId, or a
   * known venue order of an adoption; PurgedError where that order was purged) and, unless it is adopted, AccountHaltedError;
   * with `options.time`, CommandOverError.
   */
  place(record: OrderRecord, journal: readonly JournalRecord[], options?: PlaceOptions): Promise<CommitResult>;
  /**
   * Makes the refusal of these requests of an account final: from now on none of them is placed by a command that was given
   * before now. False: an order has one of the client order ids already, and nothing was done.
   */
  refuse(accountId: string, requests: readonly OrderRequestKey[]): Promise<boolean>;
  /** Single statement; `conflict` when the version moved on, `halted` where the change may not be written then. */
  commit(change: OrderChange): Promise<CommitResult>;
  /** Reconciliation bookkeeping only, no journal; also compare-and-swap. */
  /** With the halt of its account, read in the same snapshot. */
  find(orderId: string): Promise<OrderRecord | null>;
  findByClientOrderId(accountId: string, clientOrderId: string): Promise<OrderRecord | null>;
  /** Every order of the account that owns one of these ids, in one round trip. */
  findByVenueIds(
    accountId: string,
    ids: { readonly venueClientIds: readonly string[]; readonly venueOrderIds: readonly string[] },
  ): Promise<readonly OrderRecord[]>;
  /** Orders of an account that have not ended (status PENDING or OPEN). */
  openOrders(accountId: string, symbol?: string): Promise<readonly OrderRecord[]>;
  /** Markets in which the account ever had an order, the one with the newest change first, at most `limit`. */
  marketsOf(accountId: string, limit: number): Promise<readonly string[]>;
  /**
   * Keys of all orders that are not done (see isDone of the state machine), and of those whose group was not told of all
   * that they filled; id order, after the given id.
   */
  unsettled(page: PageRequest & { readonly exchange?: ExchangeId }): Promise<readonly OrderKey[]>;
  /** Replay source, oldest first. */
  journalOf(orderId: string): Promise<readonly JournalRecord[]>;
  /** The account's journal after a cursor, with the orders it speaks of, in one snapshot. */
  accountJournal(accountId: string, after: bigint, limit: number): Promise<AccountJournalPage>;
  /** Between which cursors each account's journal can be resumed from, both included; of accounts without a journal: 0 to 0. */
  journalBounds(accountIds: readonly string[]): Promise<ReadonlyMap<string, JournalBounds>>;
  /** Newest cursor of the account and its open orders, read in one snapshot. */
  accountSnapshot(accountId: string): Promise<{ readonly cursor: bigint; readonly orders: readonly OrderRecord[] }>;
}
