import type {
  ExchangeSession,
  OrderRecord,
  ProvedTransition,
  SessionOrders,
  SessionStore,
  Transitioning,
} from '../contracts.ts';
import { Prisma } from '../generated/client.ts';
import type { PrismaClient } from '../generated/client.ts';
import { pageLimit } from '../paging.ts';
import { takeCandidate } from './accounts.ts';
import { enter, lockSession, toSession } from './entering.ts';
import { withRetry } from './errors.ts';
import { IS_OPEN, recordColumns, toRecord } from './records.ts';
import type { RecordRow } from './records.ts';
import type { Sql } from './sql.ts';

const isOpen = Prisma.raw(IS_OPEN);

export class PostgresSessionStore implements SessionStore {
  readonly #prisma: PrismaClient;
  readonly #sql: Sql;

  constructor(prisma: PrismaClient, sql: Sql) {
    this.#prisma = prisma;
    this.#sql = sql;
  }

  async active(accountId: string): Promise<ExchangeSession | null> {
    const row = await this.#prisma.exchangeSession.findFirst({ where: { accountId, endedAt: null } });
    return row === null ? null : toSession(row);
  }

  async activeIds(accountIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const where = { accountId: { in: [...accountIds] }, endedAt: null };
    const rows = await this.#prisma.exchangeSession.findMany({ where, select: { id: true, accountId: true } });
    return new Map(rows.map((row) => [row.accountId, row.id]));
  }

  async chain(accountId: string, limit: number): Promise<readonly ExchangeSession[]> {
    const newest = { where: { accountId }, orderBy: { number: 'desc' }, take: pageLimit({ limit }) } as const;
    return (await this.#prisma.exchangeSession.findMany(newest)).map(toSession);
  }

  async subjects(accountId: string): Promise<readonly (string | null)[]> {
    const rows = await this.#sql.$queryRaw<{ subject: string | null }[]>`
      SELECT subject FROM exchange_sessions WHERE account_id = ${accountId} GROUP BY subject ORDER BY max(number) DESC`;
    return rows.map(({ subject }) => subject);
  }

  async byIds(userId: string, sessionIds: readonly string[]): Promise<readonly ExchangeSession[]> {
    const where = { id: { in: [...sessionIds] }, account: { userId } };
    return (await this.#prisma.exchangeSession.findMany({ where })).map(toSession);
  }

  async orders({ userId, session, activeOnly, byChain, limit }: SessionOrders): Promise<readonly OrderRecord[]> {
    const { accountId, number } = session;
    const ids = (position: Prisma.Sql): Prisma.Sql =>
      Prisma.sql`ARRAY(SELECT id FROM exchange_sessions WHERE account_id = ${accountId} AND ${position})`;
    const ofSession = byChain
      ? Prisma.sql`o.session_id = ANY(${ids(Prisma.sql`number >= ${number}`)})
          AND o.created_session_id = ANY(${ids(Prisma.sql`number <= ${number}`)})`
      : Prisma.sql`o.session_id = ${session.id}`;
    const rows = await this.#sql.$queryRaw<RecordRow[]>`
      SELECT ${recordColumns} FROM orders o
      WHERE ${ofSession} AND o.user_id = ${userId} AND o.version IS NOT NULL
        ${activeOnly ? Prisma.sql`AND ${isOpen}` : Prisma.empty}
      ORDER BY o.created_at DESC, o.id DESC LIMIT ${pageLimit({ limit })}`;
    return rows.map(toRecord);
  }

  transition(candidateId: string, proved: ProvedTransition): Promise<Transitioning> {
    return withRetry(() =>
      this.#prisma.$transaction(async (tx): Promise<Transitioning> => {
        const wanted = await tx.accountCandidate.findUnique({ where: { id: candidateId } });
        if (wanted === null || wanted.kind !== 'session') return { kind: 'gone' };
        const from = await lockSession(tx, wanted.accountId);
        if (from !== null && from.id !== proved.fromSessionId) return { kind: 'moved' };
        const candidate = from === null ? null : await takeCandidate(tx, candidateId, ['session'], proved.at);
        if (from === null || candidate?.session === undefined) return { kind: 'gone' };
        const { transition } = candidate.session;
        const { name, subject, at } = proved;
        return { kind: 'entered', ...(await enter(tx, from, { id: candidateId, transition, name, subject, at })) };
      }),
    );
  }
}
