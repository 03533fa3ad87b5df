import type { Account, AccountCandidate } from './contracts.ts';

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
