import type { Role } from '@orderplane/domain';
import type { AuditEntry } from './access.ts';
import type { PageRequest } from './paging.ts';

/** Whom an outside identity provider means. */
export interface Identity {
  readonly issuer: string;
  readonly subject: string;
}

export interface User {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  /** Since when nothing signs this user in. Null: it may. */
  readonly disabledAt: string | null;
  readonly identities: readonly Identity[];
}

/** A token as it may be shown: without itself and without its hash. */
export interface ApiTokenRecord {
  readonly id: string;
  readonly userId: string;
  readonly role: Role;
  readonly prefix: string;
  readonly label: string;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
}

export interface AuditLine extends AuditEntry {
  /** Grows with every line. */
  readonly id: string;
  readonly via: string | null;
}

/** One page, newest first. `after`: `orderCursor` of the last one of the page before (its id and `createdAt`), or the id of a line of the audit. */
export interface Listing<T> {
  readonly items: readonly T[];
  readonly hasNext: boolean;
}

/** Users, their tokens and the audit, as an admin sees and changes them. Nothing is ever deleted. */
export interface UserStore {
  /** Throws AlreadyExistsError for the id, and for an identity that means somebody already; then nothing was made. */
  create(
    user: { readonly id: string; readonly name: string; readonly createdAt: string },
    identity: Identity | null,
  ): Promise<User>;
  /** Those that exist, in no order. At most 200 ids. */
  byIds(userIds: readonly string[]): Promise<readonly User[]>;
  byIdentity(identity: Identity): Promise<User | null>;
  page(page: PageRequest): Promise<Listing<User>>;
  /** `at` null: may sign in again. A user that is disabled keeps its first instant. Null: there is none. */
  setDisabled(userId: string, at: string | null): Promise<User | null>;
  /** The same link again changes nothing. Throws NotFoundError, AlreadyExistsError (it means somebody else). */
  linkIdentity(userId: string, identity: Identity, at: string): Promise<void>;
  /** False: it did not mean this user. */
  unlinkIdentity(userId: string, identity: Identity): Promise<boolean>;

  tokenById(tokenId: string): Promise<ApiTokenRecord | null>;
  tokens(
    filter: { readonly userId?: string; readonly prefix?: string },
    page: PageRequest,
  ): Promise<Listing<ApiTokenRecord>>;
  /** Keeps the first instant. Null: there is none. */
  revokeToken(tokenId: string, at: string): Promise<ApiTokenRecord | null>;

  /** Several lines at once, in their order. */
  writeAudit(entries: readonly AuditEntry[]): Promise<void>;
  auditLog(
    filter: { readonly userId?: string; readonly action?: string },
    page: PageRequest,
  ): Promise<Listing<AuditLine>>;
}
