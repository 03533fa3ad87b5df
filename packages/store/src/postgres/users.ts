import { AlreadyExistsError, NotFoundError } from '../contracts.ts';
import type {
  ApiTokenRecord,
  AuditEntry,
  AuditLine,
  Identity,
  Listing,
  PageRequest,
  User,
  UserStore,
} from '../contracts.ts';
import { Prisma } from '../generated/client.ts';
import type { PrismaClient } from '../generated/client.ts';
import { storableText } from '../json.ts';
import { checkedIds, pageLimit, parseAuditCursor, parseOrderCursor } from '../paging.ts';
import { RoleSchema } from '../row-schemas.ts';
import { storableEntry } from './audit.ts';
import { UNNAMED } from './client.ts';
import { databaseFailure } from './errors.ts';
import type { Sql } from './sql.ts';

const IDENTITIES = {
  identities: { select: { issuer: true, subject: true }, orderBy: [{ issuer: 'asc' }, { subject: 'asc' }] },
} satisfies Prisma.UserInclude;
type UserRow = Prisma.UserGetPayload<{ include: typeof IDENTITIES }>;

const toUser = ({ id, name, createdAt, disabledAt, identities }: UserRow): User => ({
  id,
  name,
  createdAt: createdAt.toISOString(),
  disabledAt: disabledAt?.toISOString() ?? null,
  identities,
});

const WITHOUT_HASH = { tokenHash: true } as const;
type TokenRow = Prisma.ApiTokenGetPayload<{ omit: typeof WITHOUT_HASH }>;

const toToken = ({ role, createdAt, expiresAt, revokedAt, ...rest }: TokenRow): ApiTokenRecord => ({
  ...rest,
  role: RoleSchema.parse(role),
  createdAt: createdAt.toISOString(),
  expiresAt: expiresAt?.toISOString() ?? null,
  revokedAt: revokedAt?.toISOString() ?? null,
});

interface AuditRow {
  readonly id: bigint;
  readonly at: Date;
  readonly user_id: string | null;
  readonly action: string;
  readonly target: string | null;
  readonly outcome: string;
  readonly remote: string | null;
  readonly via: string | null;
}

const NEWEST_FIRST = [{ createdAt: 'desc' as const }, { id: 'desc' as const }];

/** What comes after this cursor, newest first. */
function beyond(after: string | undefined): { readonly OR?: Prisma.UserWhereInput[] & Prisma.ApiTokenWhereInput[] } {
  if (after === undefined) return {};
  const { createdAt, orderId: id } = parseOrderCursor(after);
  return { OR: [{ createdAt: { lt: createdAt } }, { createdAt, id: { lt: id } }] };
}

const listing = <T>(items: readonly T[], limit: number): Listing<T> => ({
  items: items.slice(0, limit),
  hasNext: items.length > limit,
});

export class PostgresUserStore implements UserStore {
  readonly #prisma: PrismaClient;
  readonly #sql: Sql;

  constructor(prisma: PrismaClient, sql: Sql) {
    this.#prisma = prisma;
    this.#sql = sql;
  }

  async create(
    { id, name, createdAt }: { readonly id: string; readonly name: string; readonly createdAt: string },
    identity: Identity | null,
  ): Promise<User> {
    const identities = identity === null ? {} : { identities: { create: { ...identity, createdAt } } };
    try {
      const data = { id, name: storableText(name), createdAt, ...identities };
      return toUser(await this.#prisma.user.create({ data, include: IDENTITIES }));
    } catch (error) {
      const { kind, constraint } = databaseFailure(error);
      if (kind !== 'unique') throw error;
      throw constraint?.includes('subject') === true || constraint?.startsWith('identities') === true
        ? new AlreadyExistsError('identity', identity?.subject ?? '')
        : new AlreadyExistsError('user', id);
    }
  }

  async byIds(userIds: readonly string[]): Promise<readonly User[]> {
    const where = { id: { in: checkedIds(userIds) } };
    return (await this.#prisma.user.findMany({ where, include: IDENTITIES })).map(toUser);
  }

  async byIdentity({ issuer, subject }: Identity): Promise<User | null> {
    const where = { issuer_subject: { issuer, subject } };
    const found = await this.#prisma.identity.findUnique({ where, include: { user: { include: IDENTITIES } } });
    return found === null ? null : toUser(found.user);
  }

  async page(page: PageRequest): Promise<Listing<User>> {
    const limit = pageLimit(page);
    const rows = await this.#prisma.user.findMany({
      where: beyond(page.after),
      orderBy: NEWEST_FIRST,
      take: limit + 1,
      include: IDENTITIES,
    });
    return listing(rows.map(toUser), limit);
  }

  async setDisabled(userId: string, at: string | null): Promise<User | null> {
    const count = await (at === null
      ? this.#sql.$executeRaw`UPDATE users SET disabled_at = NULL WHERE id = ${userId}`
      : this.#sql
          .$executeRaw`UPDATE users SET disabled_at = COALESCE(disabled_at, ${at}::timestamptz) WHERE id = ${userId}`);
    return count === 0 ? null : ((await this.byIds([userId]))[0] ?? null);
  }

  async linkIdentity(userId: string, identity: Identity, at: string): Promise<void> {
    try {
      await this.#prisma.identity.create({ data: { ...identity, userId, createdAt: at } });
    } catch (error) {
      const { kind } = databaseFailure(error);
      if (kind === 'foreignKey') throw new NotFoundError('user', userId);
      if (kind !== 'unique') throw error;
      if ((await this.byIdentity(identity))?.id !== userId) throw new AlreadyExistsError('identity', identity.subject);
    }
  }

  async unlinkIdentity(userId: string, { issuer, subject }: Identity): Promise<boolean> {
    const { count } = await this.#prisma.identity.deleteMany({ where: { userId, issuer, subject } });
    return count > 0;
  }

  async tokenById(tokenId: string): Promise<ApiTokenRecord | null> {
    const row = await this.#prisma.apiToken.findUnique({ where: { id: tokenId }, omit: WITHOUT_HASH });
    return row === null ? null : toToken(row);
  }

  async tokens(filter: Parameters<UserStore['tokens']>[0], page: PageRequest): Promise<Listing<ApiTokenRecord>> {
    const limit = pageLimit(page);
    const rows = await this.#prisma.apiToken.findMany({
      where: { ...filter, ...beyond(page.after) },
      orderBy: NEWEST_FIRST,
      take: limit + 1,
      omit: WITHOUT_HASH,
    });
    return listing(rows.map(toToken), limit);
  }

  async revokeToken(tokenId: string, at: string): Promise<ApiTokenRecord | null> {
    const count = await this.#sql
      .$executeRaw`UPDATE api_tokens SET revoked_at = COALESCE(revoked_at, ${at}::timestamptz) WHERE id = ${tokenId}`;
    return count === 0 ? null : this.tokenById(tokenId);
  }

  async writeAudit(entries: readonly AuditEntry[]): Promise<void> {
    if (entries.length > 0) await this.#prisma.audit.createMany({ data: entries.map(storableEntry) });
  }

  async auditLog(
    { userId, action }: Parameters<UserStore['auditLog']>[0],
    page: PageRequest,
  ): Promise<Listing<AuditLine>> {
    const limit = pageLimit(page);
    const conditions = [
      ...(page.after === undefined ? [] : [Prisma.sql`id < ${parseAuditCursor(page.after)}`]),
      ...(userId === undefined ? [] : [Prisma.sql`user_id = ${userId}`]),
      ...(action === undefined ? [] : [Prisma.sql`action = ${action}`]),
    ];
    const where = conditions.length === 0 ? Prisma.empty : Prisma.sql`WHERE ${Prisma.join(conditions, ' AND ')}`;
    const rows = await this.#sql.$queryRaw<AuditRow[]>(
      Prisma.sql`${Prisma.raw(UNNAMED)} SELECT id, at, user_id, action, target, outcome, remote, via
        FROM audit ${where} ORDER BY id DESC LIMIT ${limit + 1}`,
    );
    const lines = rows.map(({ id, at, user_id, ...rest }) => ({
      ...rest,
      id: String(id),
      at: at.toISOString(),
      userId: user_id,
    }));
    return listing(lines, limit);
  }
}
