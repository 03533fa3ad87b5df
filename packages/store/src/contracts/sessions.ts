import type { SessionTransition } from '@orderplane/domain';
import type { OrderRecord } from './orders.ts';

/**
 * One authenticated session of an account with its exchange. They form a chain: an account begins with INITIAL, every
 * transition ends the active one and begins the next, which takes over all orders that have not ended.
 */
export interface ExchangeSession {
  readonly id: string;
  readonly accountId: string;
  /** Position in the chain, from 1. */
  readonly number: number;
  /** Given to a forked session; it goes on with the sessions that renew it. */
  readonly name: string | null;
  readonly transition: SessionTransition;
  /** The exchange's own name for whom the session acts (a subaccount); null: the key's own account. */
  readonly subject: string | null;
  readonly previousId: string | null;
  readonly startedAt: string;
  /** Null: active. */
  readonly endedAt: string | null;
  /** Orders that the transition took along. */
  readonly migrated: number;
}

/** What a transition that the exchange has allowed leads to. */
export interface ProvedTransition {
  /** The session that it was asked of: another one that is active by now has to be asked anew. */
  readonly fromSessionId: string;
  readonly name: string | null;
  readonly subject: string | null;
  readonly at: string;
}

/** A session that has begun, with the journal lines of the orders it took over. */
export interface Entered {
  readonly session: ExchangeSession;
  /** Null when it took over none. */
  readonly firstCursor: bigint | null;
  readonly lastCursor: bigint | null;
}

export type Transitioning =
  | ({ readonly kind: 'entered' } & Entered)
  /** Withdrawn, expired or used already, or its account is unlinked. */
  | { readonly kind: 'gone' }
  /** Another session is active by now; nothing was written, the candidate stays. */
  | { readonly kind: 'moved' };

export interface SessionOrders {
  readonly userId: string;
  readonly session: ExchangeSession;
  /** Only orders that have not ended. */
  readonly activeOnly: boolean;
  /**
   * False: as of now, so those which the session tracks, or tracked when they ended. True: every order that it has ever
   * made or tracked, whoever tracks it by now.
   */
  readonly byChain: boolean;
  readonly limit: number;
}

export interface SessionStore {
  /** Null: there is no such account, or it is unlinked. */
  active(accountId: string): Promise<ExchangeSession | null>;
  /** The ids of the active sessions of these accounts; unlinked and unknown ones are missing. */
  activeIds(accountIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** The sessions of an account, newest first. At most 200. */
  chain(accountId: string, limit: number): Promise<readonly ExchangeSession[]>;
  /** Every subject that the account's sessions have acted for, the active session's first. */
  subjects(accountId: string): Promise<readonly (string | null)[]>;
  /** Of accounts of this user; unknown ones and those of others are left out. */
  byIds(userId: string, sessionIds: readonly string[]): Promise<readonly ExchangeSession[]>;
  /** Newest first. At most 200. */
  orders(request: SessionOrders): Promise<readonly OrderRecord[]>;
  /**
   * One transaction under the account's journal lock: the candidate goes, the active session ends, the next one begins
   * under the candidate's id, every order that has not ended is tracked by it, at a version that is higher by one, and
   * says so in the journal (SESSION_MIGRATED). A writer that has read such an order before gets a conflict.
   */
  transition(candidateId: string, proved: ProvedTransition): Promise<Transitioning>;
}
