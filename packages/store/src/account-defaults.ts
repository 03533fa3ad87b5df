import type { Account, AccountCandidate, ExchangeSession } from './contracts.ts';

/** Id of an account's first session; a later one has the id of the candidate that brought it. */
export const firstSessionId = (accountId: string): string => `${accountId}.1`;

export const firstSession = (account: Account): ExchangeSession => ({
  id: firstSessionId(account.id),
  accountId: account.id,
  number: 1,
  name: null,
  transition: 'INITIAL',
  subject: null,
  previousId: null,
  startedAt: account.createdAt,
  endedAt: account.unlinkedAt,
  migrated: 0,
});

/** The account that a candidate becomes, with the settings that every account begins with. */
export const newAccount = (candidate: AccountCandidate, createdAt: string): Account => ({
  id: candidate.accountId,
  userId: candidate.userId,
  exchange: candidate.exchange,
  label: candidate.label,
  mode: candidate.mode,
  halted: false,
  lastSyncedAt: null,
  createdAt,
  unlinkedAt: null,
  privacy: { cacheOpenOrders: true, encryptAtRest: false, historyRetentionDays: null },
  risk: {
    maxOrderNotional: null,
    maxOpenNotional: null,
    maxOpenOrders: null,
    priceCollar: null,
    rejectDuplicates: false,
  },
});
