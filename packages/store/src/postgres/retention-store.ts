import { randomBytes } from 'node:crypto';
import type { ExchangeId } from '@orderplane/domain';
import type { Purged, PurgeTerms, RetainedAccount, RetentionStore } from '../contracts.ts';
import type { Prisma, PrismaClient } from '../generated/client.ts';
import { checkedLimit, WALK_LIMIT } from '../paging.ts';
import { cutsAt, NOTHING_PURGED, PURGE_ACTION, purgeOutcome } from '../retention.ts';
import { withRetry } from './errors.ts';
import type { Sql } from './sql.ts';
import { DUE_ACCOUNTS, FORGET, PURGE } from './statements/purge.ts';

type Transaction = Prisma.TransactionClient;

interface Kept {
  readonly user_id: string;
  readonly days: number | null;
  readonly unlinked: boolean;
  readonly purge_key: string | null;
  readonly read_at: Date | null;
}

interface PurgeRow {
  readonly ids: readonly string[];
  readonly events: bigint;
  readonly fills: bigint;
  readonly ended_from: Date | null;
  readonly ended_to: Date | null;
}

const KEY_BYTES = 32;

export class PostgresRetentionStore implements RetentionStore {
  readonly #prisma: PrismaClient;
  readonly #sql: Sql;

  constructor(prisma: PrismaClient, sql: Sql) {
    this.#prisma = prisma;
    this.#sql = sql;
  }

  async due(now: string, graceMs: number): Promise<readonly RetainedAccount[]> {
    const { quiet } = cutsAt(now, graceMs, 0);
    const rows = await this.#sql.$queryRawUnsafe<{ id: string; exchange: ExchangeId; ended_at: Date | null }[]>(
      DUE_ACCOUNTS,
      quiet,
    );
    return rows.map(({ id, exchange, ended_at }) => ({
      accountId: id,
      exchange,
      oldestDueAt: ended_at?.toISOString() ?? null,
    }));
  }

  async purge(terms: PurgeTerms): Promise<Purged> {
    checkedLimit(terms.limit, WALK_LIMIT);
    return withRetry(() => this.#prisma.$transaction((tx) => purgeLocked(tx, terms)));
  }

  async forget(before: string, limit: number): Promise<number> {
    return withRetry(() => this.#sql.$executeRawUnsafe(FORGET, before, checkedLimit(limit, WALK_LIMIT)));
  }
}

/** The account's row is held too: from when `setPrivacy` has said that history is kept, none of it goes any more. */
async function purgeLocked(tx: Transaction, terms: PurgeTerms): Promise<Purged> {
  const { accountId, now, graceMs, visibilityMs, limit } = terms;
  await tx.$queryRaw`SELECT account_id FROM account_journals WHERE account_id = ${accountId} FOR UPDATE`;
  const [kept] = await tx.$queryRaw<Kept[]>`
    SELECT a.user_id, a.history_retention_days AS days, a.unlinked_at IS NOT NULL AS unlinked, j.purge_key,
      (SELECT w.at FROM fills_watermarks w WHERE w.account_id = a.id) AS read_at
    FROM accounts a JOIN account_journals j ON j.account_id = a.id WHERE a.id = ${accountId} FOR SHARE OF a`;
  if (kept === undefined || kept.days === null) return NOTHING_PURGED;
  const cuts = cutsAt(now, graceMs, kept.days);
  const readUpTo = kept.read_at === null ? null : new Date(kept.read_at.getTime() - visibilityMs).toISOString();
  const key = kept.purge_key ?? randomBytes(KEY_BYTES).toString('base64');
  const facts = [accountId, cuts.quiet, cuts.attention, cuts.fee, kept.unlinked, readUpTo];
  const [row] = await tx.$queryRawUnsafe<PurgeRow[]>(PURGE, ...facts, limit, key, now);
  if (row === undefined || (row.ids.length === 0 && row.fills === 0n)) return NOTHING_PURGED;
  const purged: Purged = {
    orderIds: row.ids,
    events: Number(row.events),
    fills: Number(row.fills),
    endedFrom: row.ended_from?.toISOString() ?? null,
    endedTo: row.ended_to?.toISOString() ?? null,
  };
  const line = { userId: kept.user_id, action: PURGE_ACTION, target: accountId, remote: null, via: null };
  await tx.audit.create({ data: { ...line, at: now, outcome: purgeOutcome(purged) } });
  return purged;
}
