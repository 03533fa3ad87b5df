import type { AccountMode, ExchangeId, RiskLimits, Role } from '@orderplane/domain';

/** Nothing new is placed or sent. What was wished and sent before goes on to its end. */
export interface AccountHalt {
  /** Later than the creation of every order that was there by then. */
  readonly since: string;
  /** What was known before this instant is cancelled, however often that takes. Null: what is open stays. */
  readonly cancelOpenBefore: string | null;
}

/** What is kept of an account's orders, where, and for how long. */
export interface Privacy {
  /** False: none of them is in Redis. */
  readonly cacheOpenOrders: boolean;
  /** True: what they hold is sealed wherever it lies (docs/privacy.md). */
  readonly encryptAtRest: boolean;
  /** Days from its end until an order is purged; 0: at its end. Null: never. */
  readonly historyRetentionDays: number | null;
  /** Raised by every change of what Redis may hold, and whenever that is forgotten. Left out: 0. */
  readonly cacheVersion?: number;
  /** Earlier rows are still being sealed, or opened. Left out: none is. */
  readonly converting?: true;
}

export interface Account {
  readonly id: string;
  readonly userId: string;
  readonly exchange: ExchangeId;
  readonly label: string;
  readonly mode: AccountMode;
  readonly halted: boolean;
  /** Present while it is halted. */
  readonly halt?: AccountHalt;
  readonly lastSyncedAt: string | null;
  readonly createdAt: string;
  /** Its credentials are destroyed and nothing trades on it any more; its history stays. Null: linked. */
  readonly unlinkedAt: string | null;
  readonly privacy: Privacy;
  readonly risk: RiskLimits;
}

export interface Principal {
  readonly userId: string;
  readonly role: Role;
  readonly tokenId: string;
  /** When the token ends by itself; absent: never. */
  readonly expiresAt?: string;
}

/** One line of the audit: who did what, from where, and what came of it. Holds no secret. */
export interface AuditEntry {
  readonly at: string;
  /** Null: nobody was recognized. */
  readonly userId: string | null;
  readonly action: string;
  readonly target: string | null;
  readonly outcome: string;
  /** The caller's address; null: this system acted. */
  readonly remote: string | null;
  /** What the caller proved itself with: a token's prefix, or the issuer of a JWT. */
  readonly via?: string | null;
}

export interface AccessStore {
  createUser(user: { readonly id: string; readonly name: string; readonly createdAt: string }): Promise<void>;
  /** Keeps only a SHA-256 of the token. `prefix` is shown in lists. */
  createToken(token: {
    readonly id: string;
    readonly userId: string;
    readonly role: Role;
    readonly tokenHash: string;
    readonly prefix: string;
    readonly createdAt: string;
    readonly expiresAt: string | null;
    readonly label?: string;
  }): Promise<void>;
  /** Null also for a token that is expired or revoked, or whose user is disabled. */
  principalByTokenHash(tokenHash: string, now: string): Promise<Principal | null>;
  /** `keyFingerprint`: see intake.ts. Throws AlreadyExistsError, also for the API key of another account. */
  createAccount(account: Account, sealedCredentials: string, keyFingerprint?: string): Promise<void>;
  account(accountId: string): Promise<Account | null>;
  /** Unlinked ones too, for their history. */
  accountsOfUser(userId: string): Promise<readonly Account[]>;
  /** Those that are linked. */
  linkedAccounts(): Promise<readonly Account[]>;
  setLastSynced(accountId: string, at: string): Promise<void>;
  audit(entry: AuditEntry): Promise<void>;
}
