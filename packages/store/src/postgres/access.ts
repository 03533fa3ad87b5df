import { RoleSchema } from '../row-schemas.ts';
import type { PrismaClient } from '../generated/client.ts';
import { AlreadyExistsError, NotFoundError } from '../contracts.ts';
import type { AccessStore, Account, Principal } from '../contracts.ts';
import { storableText } from '../json.ts';
import { newAccountRow, toAccount, WITHOUT_CREDENTIALS } from './account-rows.ts';
import { databaseFailure } from './errors.ts';
import { Lanes } from './lanes.ts';

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
  readonly #lookUps: Lanes<string, { readonly account: Account | null }>;

  constructor(prisma: PrismaClient) {
    this.#prisma = prisma;
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
    const token = await this.#prisma.apiToken.findUnique({ where: { tokenHash } });
    if (token === null || (token.expiresAt !== null && token.expiresAt.getTime() <= Date.parse(now))) return null;
    return { userId: token.userId, role: RoleSchema.parse(token.role), tokenId: token.id };
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

  async audit(entry: Parameters<AccessStore['audit']>[0]): Promise<void> {
    const target = entry.target === null ? null : storableText(entry.target);
    await this.#prisma.audit.create({ data: { ...entry, target, outcome: storableText(entry.outcome) } });
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
