import { AccountModeSchema, RoleSchema } from '../row-schemas.ts';
import { ExchangeIdSchema } from '@orderplane/domain';
import type { Account as AccountRow, PrismaClient } from '../generated/client.ts';
import { AlreadyExistsError, NotFoundError } from '../contracts.ts';
import type { AccessStore, Account, Principal } from '../contracts.ts';
import { storableText } from '../json.ts';
import { databaseFailure } from './errors.ts';
import { decimalString } from './fills.ts';
import { Lanes } from './lanes.ts';

const nullable = (value: Parameters<typeof decimalString>[0] | null): string | null =>
  value === null ? null : decimalString(value);

const toAccount = (row: Omit<AccountRow, 'sealedCredentials'>): Account => ({
  id: row.id,
  userId: row.userId,
  exchange: ExchangeIdSchema.parse(row.exchange),
  label: row.label,
  mode: AccountModeSchema.parse(row.mode),
  halted: row.halted,
  lastSyncedAt: row.lastSyncedAt?.toISOString() ?? null,
  createdAt: row.createdAt.toISOString(),
  privacy: {
    cacheOpenOrders: row.cacheOpenOrders,
    encryptAtRest: row.encryptAtRest,
    historyRetentionDays: row.historyRetentionDays,
  },
  risk: {
    maxOrderNotional: nullable(row.maxOrderNotional),
    maxOpenNotional: nullable(row.maxOpenNotional),
    maxOpenOrders: row.maxOpenOrders,
    priceCollar: nullable(row.priceCollar),
    rejectDuplicates: row.rejectDuplicates,
  },
});

/** Sealed credentials are read by their own method only, so that no list can carry them out by accident. */
const WITHOUT_CREDENTIALS = { sealedCredentials: true } as const;

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
  async createAccount(account: Account, sealedCredentials: string): Promise<void> {
    const { privacy, risk, ...plain } = account;
    const data = { ...plain, ...privacy, ...risk, sealedCredentials, journal: { create: { seq: 0n } } };
    await creating('account', account.id, account.userId, () => this.#prisma.account.create({ data }));
  }

  /** Look-ups that come while another is under way are one statement, which begins after them. */
  async account(accountId: string): Promise<Account | null> {
    return (await this.#lookUps.add('account', accountId)).account;
  }

  accountsOfUser(userId: string): Promise<readonly Account[]> {
    return this.#accounts({ userId });
  }

  allAccounts(): Promise<readonly Account[]> {
    return this.#accounts({});
  }

  async sealedCredentials(accountId: string): Promise<string> {
    const select = { sealedCredentials: true } as const;
    const row = await this.#prisma.account.findUnique({ where: { id: accountId }, select });
    if (row === null) throw new NotFoundError('account', accountId);
    return row.sealedCredentials;
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

  async #accounts(where: { readonly userId?: string }): Promise<readonly Account[]> {
    const orderBy = [{ createdAt: 'asc' as const }, { id: 'asc' as const }];
    const rows = await this.#prisma.account.findMany({ where, orderBy, omit: WITHOUT_CREDENTIALS });
    return rows.map(toAccount);
  }
}
