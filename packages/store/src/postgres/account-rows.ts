import { DEFAULT_DATA_AGE_SECONDS, ExchangeIdSchema } from '@orderplane/domain';
import type { Account as AccountRow } from '../generated/client.ts';
import type { Account, AccountHalt } from '../contracts.ts';
import { firstSession } from '../account-defaults.ts';
import { haltAtBirth } from '../halt-terms.ts';
import { isLimited } from '../limits.ts';
import { AccountModeSchema } from '../row-schemas.ts';
import { decimalString } from './fills.ts';

/** What the account's own methods read and no list: it can't be carried out by accident. */
export const WITHOUT_CREDENTIALS = {
  sealedCredentials: true,
  credentialsId: true,
  keyFingerprint: true,
  venueOwner: true,
} as const;

const nullable = (value: Parameters<typeof decimalString>[0] | null): string | null =>
  value === null ? null : decimalString(value);

export const haltOf = (haltedAt: Date, cancelOpenBefore: Date | null): AccountHalt => ({
  since: haltedAt.toISOString(),
  cancelOpenBefore: cancelOpenBefore?.toISOString() ?? null,
});

export const toAccount = (row: Omit<AccountRow, keyof typeof WITHOUT_CREDENTIALS>): Account => ({
  id: row.id,
  userId: row.userId,
  exchange: ExchangeIdSchema.parse(row.exchange),
  label: row.label,
  mode: AccountModeSchema.parse(row.mode),
  halted: row.halted,
  ...(row.haltedAt === null ? {} : { halt: haltOf(row.haltedAt, row.cancelOpenBefore) }),
  lastSyncedAt: row.lastSyncedAt?.toISOString() ?? null,
  createdAt: row.createdAt.toISOString(),
  unlinkedAt: row.unlinkedAt?.toISOString() ?? null,
  privacy: {
    cacheOpenOrders: row.cacheOpenOrders,
    encryptAtRest: row.encryptAtRest,
    historyRetentionDays: row.historyRetentionDays,
    ...(row.cacheVersion === 0 ? {} : { cacheVersion: row.cacheVersion }),
    ...(row.converting ? { converting: true } : {}),
  },
  risk: {
    maxOrderNotional: nullable(row.maxOrderNotional),
    maxOpenNotional: nullable(row.maxOpenNotional),
    maxOpenOrders: row.maxOpenOrders,
    priceCollar: nullable(row.priceCollar),
    rejectDuplicates: row.rejectDuplicates,
    ...(row.maxDataAgeSeconds === DEFAULT_DATA_AGE_SECONDS ? {} : { maxDataAgeSeconds: row.maxDataAgeSeconds }),
    ...(row.requireFreshData ? { requireFreshData: true } : {}),
  },
});

interface CredentialColumns {
  readonly sealedCredentials: string;
  readonly credentialsId?: string;
  readonly keyFingerprint: string | null;
  readonly venueOwner?: string | null;
}

/** With its journal counter and its first session, in one statement's transaction. */
export function newAccountRow(account: Account, credentials: CredentialColumns) {
  const { privacy, risk, halt: _halt, ...plain } = account;
  const halt = haltAtBirth(account);
  const { accountId: _account, ...session } = firstSession(account);
  return {
    ...plain,
    haltedAt: halt?.since ?? null,
    cancelOpenBefore: halt?.cancelOpenBefore ?? null,
    ...privacy,
    ...risk,
    ...credentials,
    journal: {
      create: {
        seq: 0n,
        halted: plain.halted,
        limited: isLimited(risk),
        encrypted: privacy.encryptAtRest,
        sessionId: session.id,
      },
    },
    sessions: { create: session },
  };
}
