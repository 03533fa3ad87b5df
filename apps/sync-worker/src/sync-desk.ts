import type { ExchangeId } from '@orderplane/domain';
import type { SyncJob, SyncOutcome } from '@orderplane/queues';
import { CredentialsError } from '@orderplane/store';
import type { SyncContext } from './context.ts';
import { syncAccount } from './sync-account.ts';

/**
 * Runs syncs, at most one per account at a time: who asks while one runs that was begun after the request (or young
 * enough for it) shares its answer; who needs a newer one waits for the next, together with everybody else.
 */
export interface SyncDesk {
  request(job: SyncJob): Promise<SyncOutcome>;
}

interface Running {
  readonly startedAtMs: number;
  readonly outcome: Promise<SyncOutcome>;
}

export function createSyncDesk(context: SyncContext): SyncDesk {
  const running = new Map<string, Running>();
  const waiting = new Map<string, Promise<SyncOutcome>>();

  const start = (job: SyncJob): Promise<SyncOutcome> => {
    const outcome = run(context, job).finally(() => running.delete(job.accountId));
    running.set(job.accountId, { startedAtMs: context.clock.now().getTime(), outcome });
    return outcome;
  };
  return {
    request: async (job) => {
      const wantedAfterMs = Date.parse(job.requestedAt) - job.maxAgeMs;
      const active = running.get(job.accountId);
      if (active !== undefined) {
        if (active.startedAtMs >= wantedAfterMs) return active.outcome;
        const next =
          waiting.get(job.accountId) ??
          active.outcome
            .catch(() => null)
            .then(() => {
              waiting.delete(job.accountId);
              // Somebody else may have begun one in the moment between: it was begun after this request too.
              return running.get(job.accountId)?.outcome ?? start(job);
            });
        waiting.set(job.accountId, next);
        return next;
      }
      const last = job.maxAgeMs === 0 ? null : await context.observations.lastSyncRun(job.accountId, true);
      if (last !== null && Date.parse(last.startedAt) >= wantedAfterMs) {
        return {
          accountId: job.accountId,
          syncedAt: last.startedAt,
          fresh: true,
          complete: true,
          adopted: 0,
          error: null,
        };
      }
      return running.get(job.accountId)?.outcome ?? start(job);
    },
  };
}

type Told = (outcome: 'complete' | 'partial' | 'failed') => void;

/** Says how long a sync took; time is read only for somebody who wants to know. */
function stopwatch({ onSync }: SyncContext, exchange: ExchangeId): Told {
  if (onSync === undefined) return () => undefined;
  const startedAt = performance.now();
  return (outcome) => onSync(exchange, outcome, performance.now() - startedAt);
}

async function run(context: SyncContext, job: SyncJob): Promise<SyncOutcome> {
  const account = await context.access.account(job.accountId);
  if (account === null || account.unlinkedAt !== null)
    return {
      accountId: job.accountId,
      syncedAt: null,
      fresh: false,
      complete: false,
      adopted: 0,
      error: 'there is no such account',
    };
  const told = stopwatch(context, account.exchange);
  try {
    const outcome = await syncAccount(context, account, job.reason);
    told(outcome.complete ? 'complete' : 'partial');
    return outcome;
  } catch (error) {
    told('failed');
    const message = error instanceof Error ? error.message : String(error);
    context.log.warn({ err: error, accountId: account.id }, 'a sync failed');
    // Adapters do not throw: what fails here is ours (the database is away), and says nothing of the exchange.
    if (error instanceof CredentialsError)
      await context.health.looked(account, { trouble: 'account', isLimited: false, error: message.slice(0, 200) });
    return {
      accountId: account.id,
      syncedAt: account.lastSyncedAt,
      fresh: false,
      complete: false,
      adopted: 0,
      error: message.slice(0, 200),
    };
  }
}
