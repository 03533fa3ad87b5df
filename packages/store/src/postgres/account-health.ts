import type { PrismaClient } from '../generated/client.ts';
import type { AccountHealthRecord, AccountLook } from '../contracts.ts';
import { storableText } from '../json.ts';
import { withRetry } from './errors.ts';

/** An account that was purged since has no health. */
export async function writeAccountReachable(prisma: PrismaClient, look: AccountLook): Promise<void> {
  const lastError = look.lastError === null ? null : storableText(look.lastError);
  await withRetry(
    () => prisma.$executeRaw`
      INSERT INTO account_health AS h (account_id, reachable, since, last_error, at)
      SELECT a.id, ${look.reachable}, ${look.at}::timestamptz, ${lastError}, ${look.at}::timestamptz
      FROM accounts a WHERE a.id = ${look.accountId}
      ON CONFLICT (account_id) DO UPDATE SET reachable = excluded.reachable, last_error = excluded.last_error, at = excluded.at,
        since = CASE WHEN h.reachable = excluded.reachable THEN h.since ELSE excluded.since END
      WHERE h.at <= excluded.at`,
  );
}

export async function writeKeyRefused(
  prisma: PrismaClient,
  accountId: string,
  reason: string | null,
  at: string,
): Promise<void> {
  const text = reason === null ? null : storableText(reason);
  const since = reason === null ? null : at;
  await withRetry(
    () => prisma.$executeRaw`
      INSERT INTO account_health AS h (account_id, reachable, since, key_refused_at, key_refused_reason, at)
      SELECT a.id, true, ${at}::timestamptz, ${since}::timestamptz, ${text}, ${at}::timestamptz
      FROM accounts a WHERE a.id = ${accountId}
      ON CONFLICT (account_id) DO UPDATE SET key_refused_reason = excluded.key_refused_reason,
        key_refused_at = CASE WHEN excluded.key_refused_at IS NULL THEN NULL
          ELSE COALESCE(h.key_refused_at, excluded.key_refused_at) END`,
  );
}

export async function readAccountHealth(
  prisma: PrismaClient,
  accountIds: readonly string[] | 'in trouble',
): Promise<readonly AccountHealthRecord[]> {
  const where =
    accountIds === 'in trouble'
      ? { OR: [{ reachable: false }, { keyRefusedAt: { not: null } }] }
      : { accountId: { in: [...accountIds] } };
  const rows = await prisma.accountHealth.findMany({ where, orderBy: { accountId: 'asc' } });
  return rows.map((row) => ({
    accountId: row.accountId,
    reachable: row.reachable,
    lastError: row.lastError,
    at: row.at.toISOString(),
    since: row.since.toISOString(),
    keyRefused:
      row.keyRefusedAt === null
        ? null
        : { since: row.keyRefusedAt.toISOString(), reason: row.keyRefusedReason ?? 'refused' },
  }));
}
