import { AlreadyExistsError, NotFoundError } from '../contracts.ts';
import { firstSession } from '../account-defaults.ts';
import type { AccessStore, Account, AuditEntry, Principal } from '../contracts.ts';
import { haltAtBirth } from '../halt-terms.ts';
import { principalOf } from '../principal.ts';
import { compareText } from './state.ts';
import type { AccountRow } from './state.ts';
import type { MemoryTables } from './tables.ts';

export class MemoryAccessStore implements AccessStore {
  readonly #tables: MemoryTables;
  readonly #tokenHashes = new Map<string, string>();

  constructor(tables: MemoryTables) {
    this.#tables = tables;
  }

  async createUser(user: Parameters<AccessStore['createUser']>[0]): Promise<void> {
    if (this.#tables.state.users.has(user.id)) throw new AlreadyExistsError('user', user.id);
    this.#tables.state.users.set(user.id, { ...user, disabledAt: null, identities: [] });
  }

  async createToken(token: Parameters<AccessStore['createToken']>[0]): Promise<void> {
    this.#requireUser(token.userId);
    const { tokens } = this.#tables.state;
    if (tokens.has(token.id) || this.#tokenHashes.has(token.tokenHash)) {
      throw new AlreadyExistsError('token', token.id);
    }
    const { tokenHash, label = '', ...record } = token;
    tokens.set(token.id, { record: { ...record, label, revokedAt: null }, tokenHash });
    this.#tokenHashes.set(tokenHash, token.id);
  }

  async principalByTokenHash(tokenHash: string, now: string): Promise<Principal | null> {
    const token = this.#tables.state.tokens.get(this.#tokenHashes.get(tokenHash) ?? '')?.record;
    if (token === undefined || token.revokedAt !== null) return null;
    if (token.expiresAt !== null && Date.parse(token.expiresAt) <= Date.parse(now)) return null;
    if (this.#tables.state.users.get(token.userId)?.disabledAt !== null) return null;
    return principalOf(token);
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
    this.#tables.state.audit.push(entry);
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
