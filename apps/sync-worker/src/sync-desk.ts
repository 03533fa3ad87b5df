import type { ExchangeId } from '@orderplane/domain';
import type { SyncJob, SyncOutcome } from '@orderplane/queues';
import { CredentialsError } from '@orderplane/store';
import type { SyncContext } from './context.ts';
import { createFundsDesk, type FundsDesk } from './funds-desk.ts';
import { syncAccount } from './sync-account.ts';

/**
 * Runs syncs, at most one per account at a time: who asks while one runs that has not asked the exchange yet, or has asked
 * it after the request (or lately enough for it), shares its answer; who needs a newer one waits for the next, together
 * with everybody else.
 */
export interface SyncDesk {
  request(job: SyncJob): Promise<SyncOutcome>;
}

interface Asked {
  /** When the exchange was asked; null: it has not been yet. */
  atMs: number | null;
  /** How many share the answer. */
  by: number;
}

interface Running {
  readonly asked: Asked;
  readonly outcome: Promise<SyncOutcome>;
}

export function createSyncDesk(context: SyncContext, funds: FundsDesk = createFundsDesk(context)): SyncDesk {
  const orders = createOrderDesk(context);
  return {
    request: async (job) => {
      const parts = job.parts ?? ['orders'];
      const [synced, owned] = await Promise.all([
        parts.includes('orders') ? orders.request(job) : null,
        parts.includes('funds') ? readFunds(context, funds, job) : null,
      ]);
      if (owned === null) return synced ?? nothing(job.accountId, null, 'nothing was asked for');
      const outcome = synced ?? { ...nothing(job.accountId, owned.syncedAt, null), fresh: true, complete: true };
      const isRead = owned.askedAt !== null;
      return {
        ...outcome,
        fresh: outcome.fresh && isRead,
        complete: outcome.complete && isRead,
        fundsAt: owned.askedAt,
        error: outcome.error ?? owned.error,
      };
    },
  };
}

async function readFunds(context: SyncContext, funds: FundsDesk, job: SyncJob) {
  const account = await context.access.account(job.accountId);
  if (account === null || account.unlinkedAt !== null) return { askedAt: null, error: NO_ACCOUNT, syncedAt: null };
  const read = await funds.request(account, Date.parse(job.requestedAt) - job.maxAgeMs);
  return { ...read, syncedAt: account.lastSyncedAt };
}

const NO_ACCOUNT = 'there is no such account';
const nothing = (accountId: string, syncedAt: string | null, error: string | null): SyncOutcome => ({
  ...{ accountId, syncedAt, fresh: false, complete: false, adopted: 0, error },
});

function createOrderDesk(context: SyncContext): SyncDesk {
  const running = new Map<string, Running>();
  const waiting = new Map<string, Promise<SyncOutcome>>();

  const start = (job: SyncJob): Promise<SyncOutcome> => {
    const asked: Asked = { atMs: null, by: 1 };
    const outcome = run(context, job, asked).finally(() => running.delete(job.accountId));
    running.set(job.accountId, { asked, outcome });
    return outcome;
  };
  const join = ({ asked, outcome }: Running): Promise<SyncOutcome> => {
    asked.by += 1;
    return outcome;
  };
  const joinOrStart = (job: SyncJob): Promise<SyncOutcome> => {
    const active = running.get(job.accountId);
    return active === undefined ? start(job) : join(active);
  };
  return {
    request: async (job) => {
      const wantedAfterMs = Date.parse(job.requestedAt) - job.maxAgeMs;
      const active = running.get(job.accountId);
      if (active !== undefined) {
        if (active.asked.atMs === null || active.asked.atMs >= wantedAfterMs) return join(active);
        const next =
          waiting.get(job.accountId) ??
          active.outcome
            .catch(() => null)
            .then(() => {
              waiting.delete(job.accountId);
              // Somebody else may have begun one in the moment between: it was begun after this request too.
              return joinOrStart(job);
            });
        waiting.set(job.accountId, next);
        return next;
      }
      // Also for who wants one from now on: while the request lay in the queue one may have begun, and ended.
      const last = await context.observations.lastSyncRun(job.accountId, true);
      if (last !== null && Date.parse(last.startedAt) > wantedAfterMs) {
        return {
          accountId: job.accountId,
          syncedAt: last.startedAt,
          fresh: true,
          complete: true,
          // What an older one adopted was told to those who asked for it.
          adopted: last.startedAt > job.requestedAt ? last.adopted : 0,
          error: null,
        };
      }
      return joinOrStart(job);
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

const MOST_GATHERINGS = 5;

/** Waits until nobody else joins, for at most five times the pause: on a busy machine those who ask together come late. */
async function gathered({ gather }: SyncContext, asked: Asked): Promise<void> {
  for (let times = 0; gather !== undefined && times < MOST_GATHERINGS; times += 1) {
    const before = asked.by;
    await gather();
    if (asked.by === before) return;
  }
}

async function run(context: SyncContext, job: SyncJob, asked: Asked): Promise<SyncOutcome> {
  const account = await context.access.account(job.accountId);
  if (account === null || account.unlinkedAt !== null) return nothing(job.accountId, null, NO_ACCOUNT);
  const told = stopwatch(context, account.exchange);
  try {
    if (job.reason === 'on-demand' || job.reason === 'forced') await gathered(context, asked);
    const outcome = await syncAccount(context, account, job.reason, () => {
      asked.atMs = context.clock.now().getTime();
    });
    told(outcome.complete ? 'complete' : 'partial');
    return outcome;
  } catch (error) {
    told('failed');
    const message = error instanceof Error ? error.message : String(error);
    context.log.warn({ err: error, accountId: account.id }, 'a sync failed');
    // Adapters do not throw: what fails here is ours (the database is away), and says nothing of the exchange.
    if (error instanceof CredentialsError)
      await context.health.looked(account, { trouble: 'account', isLimited: false, error: message.slice(0, 200) });
    return nothing(account.id, account.lastSyncedAt, message.slice(0, 200));
  }
}
