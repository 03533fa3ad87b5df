import { canonicalDecimal } from '@orderplane/domain';
import type { LimitRefusal, LimitsSetting, RiskChange } from '../contracts.ts';
import type { Prisma } from '../generated/client.ts';
import { isLimited, limitsAfter } from '../limits.ts';
import { toAccount, WITHOUT_CREDENTIALS } from './account-rows.ts';
import { locked } from './halting.ts';

/** As `judge_limits` gives it: our own writing, but for the zeros of amounts. */
export type RefusalRow = LimitRefusal;

export function toRefusal(row: RefusalRow): LimitRefusal {
  switch (row.kind) {
    case 'maxOrderNotional':
      return { ...row, limit: canonicalDecimal(row.limit), value: canonicalDecimal(row.value) };
    case 'maxOpenNotional':
      return {
        ...row,
        limit: canonicalDecimal(row.limit),
        open: canonicalDecimal(row.open),
        value: canonicalDecimal(row.value),
      };
    case 'maxOpenOrders':
    case 'duplicate':
      return row;
  }
}

/** Under the lock of the account's journal: what is placed or changed after it is held against the new limits. */
export async function setRiskLimits(
  tx: Prisma.TransactionClient,
  userId: string,
  accountId: string,
  change: RiskChange,
): Promise<LimitsSetting> {
  const account = await locked(tx, userId, accountId);
  if (account === null) return { kind: 'notFound' };
  const risk = limitsAfter(account.risk, change);
  if (risk === account.risk) return { kind: 'set', account, again: true };
  await tx.accountJournal.update({ where: { accountId }, data: { limited: isLimited(risk) } });
  if (isLimited(risk) !== isLimited(account.risk)) await tx.$queryRaw`SELECT count_open(${accountId})::text`;
  const after = await tx.account.update({ where: { id: accountId }, data: risk, omit: WITHOUT_CREDENTIALS });
  return { kind: 'set', account: toAccount(after), again: false };
}
