import type { Account, Halting, Resuming } from '../contracts.ts';
import type { Prisma } from '../generated/client.ts';
import { haltAfter } from '../halt-terms.ts';
import { toAccount, WITHOUT_CREDENTIALS } from './account-rows.ts';

type Transaction = Prisma.TransactionClient;

/**
 * The journal's row first, as every place and commit does: what was written before it is seen here, and what comes
 * after it finds the account halted.
 */
export async function locked(tx: Transaction, userId: string, accountId: string): Promise<Account | null> {
  await tx.$queryRaw`SELECT account_id FROM account_journals WHERE account_id = ${accountId} FOR UPDATE`;
  const row = await tx.account.findUnique({ where: { id: accountId }, omit: WITHOUT_CREDENTIALS });
  return row === null || row.userId !== userId || row.unlinkedAt !== null ? null : toAccount(row);
}

async function write(tx: Transaction, accountId: string, halt: Account['halt']): Promise<Account> {
  const halted = halt !== undefined;
  await tx.accountJournal.update({ where: { accountId }, data: { halted } });
  const data = { halted, haltedAt: halt?.since ?? null, cancelOpenBefore: halt?.cancelOpenBefore ?? null };
  return toAccount(await tx.account.update({ where: { id: accountId }, data, omit: WITHOUT_CREDENTIALS }));
}

export async function halt(
  tx: Transaction,
  userId: string,
  accountId: string,
  { cancelOpen, at }: { readonly cancelOpen: boolean; readonly at: string },
): Promise<Halting> {
  const account = await locked(tx, userId, accountId);
  if (account === null) return { kind: 'notFound' };
  const newest = await tx.order.findFirst({
    where: { accountId },
    orderBy: { createdAt: 'desc' },
    select: { createdAt: true },
  });
  const before = account.halt ?? null;
  const after = haltAfter(before, { cancelOpen, at, newestOrderAt: newest?.createdAt.toISOString() ?? null });
  if (after === before) return { kind: 'halted', account, again: true };
  return { kind: 'halted', account: await write(tx, accountId, after), again: false };
}

export async function resume(tx: Transaction, userId: string, accountId: string): Promise<Resuming> {
  const account = await locked(tx, userId, accountId);
  if (account === null) return { kind: 'notFound' };
  if (!account.halted) return { kind: 'resumed', account, again: true };
  return { kind: 'resumed', account: await write(tx, accountId, undefined), again: false };
}
