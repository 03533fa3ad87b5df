import { DEFAULT_DATA_AGE_SECONDS } from '@orderplane/domain';
import type { SyncJob, SyncOutcome } from '@orderplane/queues';
import type { Account } from '@orderplane/store';

/** How long an order waits for its exchange to be asked, below the caller's patience, ms. */
const WAIT_MS = 2_500;

/** Has the sync-worker ask an exchange, for an order that is to be judged by the answer. Never throws. */
export interface PreTrade {
  /** Asks for the open orders where what is known of them is older than the account wants; otherwise nobody is asked. */
  readonly freshOrders: (account: Account) => Promise<Freshness>;
  /** A new reading of what the account owns. */
  readonly readFunds: (
    accountId: string,
  ) => Promise<{ readonly askedAt: string | null; readonly error: string | null }>;
}

/** The open orders that an order is judged by. */
export interface Freshness {
  /** As young as the account wants them. */
  readonly isFresh: boolean;
  /** When they were asked for; null: never. */
  readonly asOf: string | null;
  readonly error: string | null;
}

export interface PreTradeOptions {
  readonly sync: { request(job: SyncJob, timeoutMs: number): Promise<SyncOutcome> };
  readonly clock: { now(): Date; iso(): string };
}

/** Who asks for the same account at the same time is answered by one call at the exchange: that is the sync-worker's doing. */
export function openPreTrade({ sync, clock }: PreTradeOptions): PreTrade {
  const ask = async (job: Omit<SyncJob, 'reason' | 'requestedAt'>): Promise<SyncOutcome | string> => {
    try {
      return await sync.request({ ...job, reason: 'pre-trade', requestedAt: clock.iso() }, WAIT_MS);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
  return {
    freshOrders: async ({ id, lastSyncedAt, risk }) => {
      const maxAgeMs = (risk.maxDataAgeSeconds ?? DEFAULT_DATA_AGE_SECONDS) * 1_000;
      const isYoung = lastSyncedAt !== null && clock.now().getTime() - Date.parse(lastSyncedAt) <= maxAgeMs;
      if (isYoung) return { isFresh: true, asOf: lastSyncedAt, error: null };
      const outcome = await ask({ accountId: id, parts: ['orders'], maxAgeMs });
      if (typeof outcome === 'string') return { isFresh: false, asOf: lastSyncedAt, error: outcome };
      return { isFresh: outcome.fresh, asOf: outcome.syncedAt ?? lastSyncedAt, error: outcome.error };
    },
    readFunds: async (accountId) => {
      const outcome = await ask({ accountId, parts: ['funds'], maxAgeMs: 0 });
      if (typeof outcome === 'string') return { askedAt: null, error: outcome };
      return { askedAt: outcome.fundsAt ?? null, error: outcome.error };
    },
  };
}
