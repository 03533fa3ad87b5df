import { RoleSchema } from '../row-schemas.ts';
import type { PrismaClient } from '../generated/client.ts';
import { AlreadyExistsError, NotFoundError } from '../contracts.ts';
import type { AccessStore, Account, AuditEntry, Principal } from '../contracts.ts';
import { principalOf } from '../principal.ts';
import { storableEntry } from './audit.ts';
import { newAccountRow, toAccount, WITHOUT_CREDENTIALS } from './account-rows.ts';
import { databaseFailure } from './errors.ts';
import { Lanes } from './lanes.ts';
import type { Sql } from './sql.ts';

/** Accounts in one look-up. */
const MAX_LOOK_UPS = 100;

async function creating<T>(what: string, id: string, owner: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const { kind } = databaseFailure(error);
    if (kind === 'unique') throw new AlreadyExistsError(what, id);
    if (kind === 'foreignKey') throw new NotFoundError('user', owner);
    throw error;
  }
}

export class PostgresAccessStore implements AccessStore {
  readonly #prisma: PrismaClient;
  readonly #sql: Sql;
  readonly #lookUps: Lanes<string, { readonly account: Account | null }>;

  constructor(prisma: PrismaClient, sql: Sql) {
    this.#prisma = prisma;
    this.#sql = sql;
    this.#lookUps = new Lanes({ run: (ids) => this.#lookUp(ids), maxItems: MAX_LOOK_UPS });
  }

  async createUser(user: Parameters<AccessStore['createUser']>[0]): Promise<void> {
    await creating('user', user.id, user.id, () => this.#prisma.user.create({ data: user }));
  }

  async createToken(token: Parameters<AccessStore['createToken']>[0]): Promise<void> {
    await creating('token', token.id, token.userId, () => this.#prisma.apiToken.create({ data: token }));
  }

  /** One look-up in the unique index of hashes: how long it takes tells nothing about the token. */
  async principalByTokenHash(tokenHash: string, now: string): Promise<Principal | null> {
    const [token] = await this.#sql.$queryRaw<{ id: string; user_id: string; role: string; expires_at: Date | null }[]>`
      SELECT t.id, t.user_id, t.role, t.expires_at FROM api_tokens t JOIN users u ON u.id = t.user_id
      WHERE t.token_hash = ${tokenHash} AND t.revoked_at IS NULL AND u.disabled_at IS NULL
        AND (t.expires_at IS NULL OR t.expires_at > ${now}::timestamptz)`;
    if (token === undefined) return null;
    const { id, user_id: userId, expires_at: expiresAt } = token;
    return principalOf({ id, userId, role: RoleSchema.parse(token.role), expiresAt: expiresAt?.toISOString() ?? null });
  }

  /** With its journal counter, in one transaction. */
  async createAccount(account: Account, sealedCredentials: string, keyFingerprint?: string): Promise<void> {
    const data = newAccountRow(account, { sealedCredentials, keyFingerprint: keyFingerprint ?? null });
    await creating('account', account.id, account.userId, () => this.#prisma.account.create({ data }));
  }

  /** Look-ups that come while another is under way are one statement, which begins after them. */
  async account(accountId: string): Promise<Account | null> {
    return (await this.#lookUps.add('account', accountId)).account;
  }

  accountsOfUser(userId: string): Promise<readonly Account[]> {
    return this.#accounts({ userId });
  }

  linkedAccounts(): Promise<readonly Account[]> {
    return this.#accounts({ unlinkedAt: null });
  }

  /** Never moves back. */
  async setLastSynced(accountId: string, at: string): Promise<void> {
    const count = await this.#prisma
      .$executeRaw`UPDATE accounts SET last_synced_at = GREATEST(last_synced_at, ${at}::timestamptz) WHERE id = ${accountId}`;
    if (count === 0) throw new NotFoundError('account', accountId);
  }

  async audit(entry: AuditEntry): Promise<void> {
    await this.#prisma.audit.create({ data: storableEntry(entry) });
  }

  async #lookUp(ids: readonly string[]): Promise<readonly { readonly account: Account | null }[]> {
    const where = { id: { in: [...new Set(ids)] } };
    const rows = await this.#prisma.account.findMany({ where, omit: WITHOUT_CREDENTIALS });
    const byId = new Map(rows.map((row) => [row.id, toAccount(row)]));
    return ids.map((id) => ({ account: byId.get(id) ?? null }));
  }

  async #accounts(where: { readonly userId?: string; readonly unlinkedAt?: null }): Promise<readonly Account[]> {
    const orderBy = [{ createdAt: 'asc' as const }, { id: 'asc' as const }];
    const rows = await this.#prisma.account.findMany({ where, orderBy, omit: WITHOUT_CREDENTIALS });
    return rows.map(toAccount);
  }
}
