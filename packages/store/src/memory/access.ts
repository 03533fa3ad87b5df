import { AlreadyExistsError, NotFoundError } from '../contracts.ts';
import type { AccessStore, Account, Principal } from '../contracts.ts';
import { firstSession } from '../account-defaults.ts';
import { haltAtBirth } from '../halt-terms.ts';
import { compareText } from './state.ts';
import type { AccountRow } from './state.ts';
import type { MemoryTables } from './tables.ts';

type Token = Parameters<AccessStore['createToken']>[0];
type AuditEntry = Parameters<AccessStore['audit']>[0];

export class MemoryAccessStore implements AccessStore {
  readonly #tables: MemoryTables;
  readonly #tokens = new Map<string, Token>();
  readonly #tokenHashes = new Map<string, string>();
  readonly #audit: AuditEntry[] = [];

  constructor(tables: MemoryTables) {
    this.#tables = tables;
  }

  async createUser(user: Parameters<AccessStore['createUser']>[0]): Promise<void> {
    if (this.#tables.state.users.has(user.id)) throw new AlreadyExistsError('user', user.id);
    this.#tables.state.users.add(user.id);
  }

  async createToken(token: Token): Promise<void> {
    this.#requireUser(token.userId);
    if (this.#tokens.has(token.id) || this.#tokenHashes.has(token.tokenHash)) {
      throw new AlreadyExistsError('token', token.id);
    }
    this.#tokens.set(token.id, token);
    this.#tokenHashes.set(token.tokenHash, token.id);
  }

  async principalByTokenHash(tokenHash: string, now: string): Promise<Principal | null> {
    const token = this.#tokens.get(this.#tokenHashes.get(tokenHash) ?? '');
    if (token === undefined) return null;
    if (token.expiresAt !== null && Date.parse(token.expiresAt) <= Date.parse(now)) return null;
    return { userId: token.userId, role: token.role, tokenId: token.id };
  }

  async createAccount(
    account: Account,
    sealedCredentials: string,
    keyFingerprint: string | null = null,
  ): Promise<void> {
    this.#requireUser(account.userId);
    const rows = this.#tables.state.accounts;
    const taken = keyFingerprint !== null && [...rows.values()].some((row) => row.keyFingerprint === keyFingerprint);
    if (rows.has(account.id) || taken) throw new AlreadyExistsError('account', account.id);
    const halt = haltAtBirth(account);
    this.#tables.state.sessions.set(account.id, [firstSession(account)]);
    rows.set(account.id, {
      account: halt === null ? account : { ...account, halt },
      sealedCredentials,
      credentialsId: 'initial',
      keyFingerprint,
      venueOwner: null,
    });
  }

  async account(accountId: string): Promise<Account | null> {
    return this.#tables.state.accounts.get(accountId)?.account ?? null;
  }

  async accountsOfUser(userId: string): Promise<readonly Account[]> {
    return this.#accounts().filter((account) => account.userId === userId);
  }

  async linkedAccounts(): Promise<readonly Account[]> {
    return this.#accounts().filter((account) => account.unlinkedAt === null);
  }

  async setLastSynced(accountId: string, at: string): Promise<void> {
    const row = this.#account(accountId);
    const { lastSyncedAt } = row.account;
    if (lastSyncedAt !== null && lastSyncedAt >= at) return;
    this.#tables.state.accounts.set(accountId, { ...row, account: { ...row.account, lastSyncedAt: at } });
  }

  async audit(entry: AuditEntry): Promise<void> {
    this.#audit.push(entry);
  }

  #accounts(): Account[] {
    return [...this.#tables.state.accounts.values()]
      .map((row) => row.account)
      .sort((a, b) => compareText(a.createdAt, b.createdAt) || compareText(a.id, b.id));
  }

  #requireUser(userId: string): void {
    if (!this.#tables.state.users.has(userId)) throw new NotFoundError('user', userId);
  }

  #account(accountId: string): AccountRow {
    const row = this.#tables.state.accounts.get(accountId);
    if (row === undefined) throw new NotFoundError('account', accountId);
    return row;
  }
}
