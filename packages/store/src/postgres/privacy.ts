import type { Privacy, PrivacyChange, PrivacySetting } from '../contracts.ts';
import type { Prisma } from '../generated/client.ts';
import { privacyAfter, renewed } from '../privacy-terms.ts';
import { toAccount, WITHOUT_CREDENTIALS } from './account-rows.ts';
import { locked } from './halting.ts';

type Transaction = Prisma.TransactionClient;

async function write(tx: Transaction, accountId: string, privacy: Privacy): Promise<PrivacySetting> {
  const account = await tx.account.update({ where: { id: accountId }, data: privacy, omit: WITHOUT_CREDENTIALS });
  return { kind: 'set', account: toAccount(account), again: false };
}

/** Under the lock of the journal's row, which every place and commit takes: none of them comes between. */
export async function setPrivacy(
  tx: Transaction,
  userId: string,
  accountId: string,
  change: PrivacyChange,
): Promise<PrivacySetting> {
  const account = await locked(tx, userId, accountId);
  if (account === null) return { kind: 'notFound' };
  const { privacy, converts } = privacyAfter(account.privacy, change);
  if (privacy === account.privacy) return { kind: 'set', account, again: true };
  if (converts) await tx.accountJournal.update({ where: { accountId }, data: { encrypted: privacy.encryptAtRest } });
  return write(tx, accountId, privacy);
}

export async function renewCache(tx: Transaction, userId: string, accountId: string): Promise<PrivacySetting> {
  const account = await locked(tx, userId, accountId);
  return account === null ? { kind: 'notFound' } : write(tx, accountId, renewed(account.privacy));
}
