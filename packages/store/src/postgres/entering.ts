import type { Entered, ExchangeSession } from '../contracts.ts';
import type { ExchangeSession as SessionRow, Prisma } from '../generated/client.ts';
import { SessionTransitionSchema } from '../row-schemas.ts';
import { IS_OPEN, OPEN_ACCOUNT } from './records.ts';

type Transaction = Prisma.TransactionClient;

export const toSession = (row: SessionRow): ExchangeSession => ({
  ...row,
  transition: SessionTransitionSchema.parse(row.transition),
  startedAt: row.startedAt.toISOString(),
  endedAt: row.endedAt?.toISOString() ?? null,
});

/**
 * The active session, with the journal's row locked as every place, commit and halt does: none of them comes between
 * here and the end of the transaction. Null: there is no such account, or it is unlinked.
 */
export async function lockSession(tx: Transaction, accountId: string): Promise<ExchangeSession | null> {
  await tx.$queryRaw`SELECT account_id FROM account_journals WHERE account_id = ${accountId} FOR UPDATE`;
  const row = await tx.exchangeSession.findFirst({ where: { accountId, endedAt: null } });
  return row === null ? null : toSession(row);
}

/**
 * Gives every open order of an account to a session: one statement. $1 account, $2 session, $3 reason, $4 instant. The
 * version is raised whatever it is: who has read the order before finds it changed at its own compare-and-swap, and reads
 * again. The journal's row is locked by the transaction, so no such writer is between its check and its write.
 */
export const MIGRATE = `
WITH moved AS (
  UPDATE orders o SET session_id = $2, version = o.version + 1, event_count = o.event_count + 1,
    actual_updated_at = GREATEST(o.actual_updated_at, $4::timestamptz)
  WHERE ${OPEN_ACCOUNT} = $1 AND ${IS_OPEN} AND o.version IS NOT NULL
  RETURNING o.id, o.version, o.event_count, o.state, o.created_at
), numbered AS (
  SELECT m.*, row_number() OVER (ORDER BY m.created_at, m.id) AS n FROM moved m
), journal AS (
  UPDATE account_journals SET seq = seq + (SELECT count(*) FROM moved), session_id = $2 WHERE account_id = $1
  RETURNING seq - (SELECT count(*) FROM moved) AS before, seq
), lines AS (
  INSERT INTO order_events (account_id, cursor, order_id, sequence, order_version, type, from_state, to_state, reason, source, at)
  SELECT $1, j.before + n.n, n.id, n.event_count, n.version, 'SESSION_MIGRATED', n.state, n.state, $3, 'client', $4::timestamptz
  FROM numbered n CROSS JOIN journal j
)
SELECT j.before, j.seq FROM journal j`;

/** Ends the active session `from` and begins the next; `lockSession` has been called in this transaction. */
export async function enter(
  tx: Transaction,
  from: ExchangeSession,
  next: Pick<ExchangeSession, 'id' | 'transition' | 'name' | 'subject'> & { readonly at: string },
): Promise<Entered> {
  const { id, transition, name, subject } = next;
  const { accountId } = from;
  // Another process's clock may lag: the chain is in the order of its instants all the same.
  const at = next.at > from.startedAt ? next.at : from.startedAt;
  await tx.exchangeSession.update({ where: { id: from.id }, data: { endedAt: at } });
  const [moved] = await tx.$queryRawUnsafe<{ before: bigint; seq: bigint }[]>(
    MIGRATE,
    accountId,
    id,
    `${transition}: from session ${from.id} to ${id}`,
    at,
  );
  const { before = 0n, seq = 0n } = moved ?? {};
  const row = await tx.exchangeSession.create({
    data: {
      ...{ id, accountId, number: from.number + 1, name, transition, subject },
      ...{ previousId: from.id, startedAt: at, migrated: Number(seq - before) },
    },
  });
  const none = seq === before;
  return { session: toSession(row), firstCursor: none ? null : before + 1n, lastCursor: none ? null : seq };
}
