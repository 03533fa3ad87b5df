import type { SyncJob, SyncOutcome } from '@orderplane/queues';

/** How long an order waits for its exchange to be asked, below the caller's patience, ms. */
const WAIT_MS = 2_500;

/** Has the sync-worker ask an exchange, for an order that is to be judged by the answer. Never throws. */
export interface PreTrade {
  /** A new reading of what the account owns. */
  readonly readFunds: (
    accountId: string,
  ) => Promise<{ readonly askedAt: string | null; readonly error: string | null }>;
}

export interface PreTradeOptions {
  readonly sync: { request(job: SyncJob, timeoutMs: number): Promise<SyncOutcome> };
  readonly clock: { iso(): string };
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
    readFunds: async (accountId) => {
      const outcome = await ask({ accountId, parts: ['funds'], maxAgeMs: 0 });
      if (typeof outcome === 'string') return { askedAt: null, error: outcome };
      return { askedAt: outcome.fundsAt ?? null, error: outcome.error };
    },
  };
}
