import { sleep } from '@orderplane/service-kit';
import type { ObservationStore, OpenOrderCache, RetainedAccount, RetentionStore } from '@orderplane/store';
import type { SyncContext } from './context.ts';
import type { SyncDesk } from './sync-desk.ts';

/** Orders that go in one transaction, which holds the account's journal, and transactions for one account in one round. */
const BATCH = 200;
const MAX_BATCHES = 20;
/** What has nothing to give although something is old enough is asked again at growing distances, ms. */
const MAX_PATIENCE_MS = 30_000;
const FORGET_EVERY_MS = 60_000;
const MAX_FORGOTTEN = 1_000;
const DAY_MS = 86_400_000;
const LEASE = 'retention';

export interface RetentionContext extends Pick<SyncContext, 'scopes' | 'log' | 'crashPoint'> {
  readonly retention: RetentionStore;
  readonly observations: Pick<ObservationStore, 'acquireLease' | 'releaseLease' | 'fillsWatermark'>;
  readonly cache: Pick<OpenOrderCache, 'remove'>;
  readonly desk: Pick<SyncDesk, 'request'>;
  readonly visibilityDelayMs: SyncContext['recorder']['visibilityDelayMs'];
  /** The database's clock: ages are judged by the one that all processes share. */
  readonly nowMs: () => Promise<number>;
  readonly env: Pick<
    SyncContext['env'],
    'LEASE_MS' | 'RETENTION_INTERVAL_MS' | 'RETENTION_GRACE_MS' | 'PURGED_IDS_DAYS'
  >;
  /** Told of what has gone. */
  readonly purged: (what: 'orders' | 'events' | 'fills', count: number) => void;
  /** How long the oldest order has been due by its age, seconds; 0: none is. */
  readonly waits: (seconds: number) => void;
}

/**
 * Purges what accounts do not keep, of all accounts, also unlinked ones. Level-triggered: what is due is asked anew each
 * round, so that a purger that dies leaves nothing behind but the rest. One process does it at a time, to spare the
 * others the work; the transaction itself judges each order, so two at once would do no harm.
 */
export class RetentionKeeper {
  readonly #context: RetentionContext;
  readonly #patience = new Map<string, { readonly untilMs: number; readonly waitMs: number }>();
  #forgottenAtMs = -Infinity;

  constructor(context: RetentionContext) {
    this.#context = context;
  }

  /** One round. Gives how many orders and fills went. */
  async round(): Promise<number> {
    const { retention, env } = this.#context;
    const nowMs = await this.#context.nowMs();
    const accounts = await retention.due(iso(nowMs), env.RETENTION_GRACE_MS);
    const ids = new Set(accounts.map(({ accountId }) => accountId));
    for (const accountId of this.#patience.keys()) if (!ids.has(accountId)) this.#patience.delete(accountId);
    let gone = 0;
    for (const account of accounts) {
      if ((this.#patience.get(account.accountId)?.untilMs ?? 0) > nowMs) continue;
      gone += await this.#tend(account, nowMs);
    }
    this.#context.waits(oldestSeconds(accounts, nowMs));
    await this.#forget(nowMs);
    return gone;
  }

  async #tend(account: RetainedAccount, nowMs: number): Promise<number> {
    const { accountId } = account;
    try {
      const gone = await this.#purge(account, nowMs);
      if (gone > 0) this.#patience.delete(accountId);
      else await this.#wait(account, nowMs);
      return gone;
    } catch (error) {
      this.#context.log.warn({ err: error, accountId }, 'history could not be purged: the next round tries again');
      await this.#wait(account, nowMs);
      return 0;
    }
  }

  async #purge({ accountId, exchange }: RetainedAccount, nowMs: number): Promise<number> {
    const { retention, env, crashPoint, log } = this.#context;
    const terms = {
      ...{ accountId, now: iso(nowMs), graceMs: env.RETENTION_GRACE_MS, limit: BATCH },
      visibilityMs: this.#context.visibilityDelayMs(exchange),
    };
    let gone = 0;
    for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
      crashPoint('retention:before-purge', exchange);
      const purged = await retention.purge(terms);
      crashPoint('retention:after-purge', exchange);
      const { orderIds, events, fills } = purged;
      if (orderIds.length === 0 && fills === 0) break;
      gone += orderIds.length + fills;
      this.#context.purged('orders', orderIds.length);
      this.#context.purged('events', events);
      this.#context.purged('fills', fills);
      log.info({ accountId, orders: orderIds.length, events, fills }, 'history purged');
      await this.#uncache(accountId, orderIds);
      if (orderIds.length < BATCH) break;
    }
    return gone;
  }

  /** What has ended left the cache at its end; where that was lost, the next sync writes the cache anew. */
  async #uncache(accountId: string, orderIds: readonly string[]): Promise<void> {
    try {
      const scope = await this.#context.scopes(accountId);
      if (scope !== null) for (const orderId of orderIds) await this.#context.cache.remove(scope, orderId);
    } catch (error) {
      this.#context.log.debug({ err: error, accountId }, 'the open-order cache was not written');
    }
  }

  /**
   * Something keeps it: often that its executions were not read since, which a full look at the account cures, as soon as
   * the exchange has had its time to list them.
   */
  async #wait({ accountId, exchange, oldestDueAt }: RetainedAccount, nowMs: number): Promise<void> {
    const { env, observations, desk, log } = this.#context;
    const lagMs = this.#context.visibilityDelayMs(exchange);
    const endedMs = oldestDueAt === null ? -Infinity : Date.parse(oldestDueAt);
    const waited = this.#patience.get(accountId)?.waitMs ?? env.RETENTION_INTERVAL_MS / 2;
    if (endedMs + lagMs > nowMs) {
      this.#patience.set(accountId, { untilMs: endedMs + lagMs, waitMs: waited });
      return;
    }
    const waitMs = Math.min(MAX_PATIENCE_MS, waited * 2);
    this.#patience.set(accountId, { untilMs: nowMs + waitMs, waitMs });
    const readAt = await observations.fillsWatermark(accountId).catch(() => null);
    if (readAt !== null && Date.parse(readAt) - lagMs >= endedMs) return;
    const job = { accountId, reason: 'forced', requestedAt: iso(nowMs), maxAgeMs: 0 } as const;
    desk.request(job).then(
      ({ complete }) => {
        if (complete) this.#patience.delete(accountId);
      },
      (error: unknown) => log.debug({ err: error, accountId }, 'executions could not be read for a purge'),
    );
  }

  async #forget(nowMs: number): Promise<void> {
    if (nowMs - this.#forgottenAtMs < FORGET_EVERY_MS) return;
    const before = iso(nowMs - this.#context.env.PURGED_IDS_DAYS * DAY_MS);
    const forgotten = await this.#context.retention.forget(before, MAX_FORGOTTEN);
    // More are left: the next round goes on.
    if (forgotten < MAX_FORGOTTEN) this.#forgottenAtMs = nowMs;
    if (forgotten > 0) this.#context.log.info({ forgotten }, 'what was left of purged orders is forgotten');
  }
}

const iso = (ms: number): string => new Date(ms).toISOString();

function oldestSeconds(accounts: readonly RetainedAccount[], nowMs: number): number {
  const oldest = accounts.reduce((min, { oldestDueAt }) => Math.min(min, Date.parse(oldestDueAt ?? iso(nowMs))), nowMs);
  return Math.max(0, (nowMs - oldest) / 1_000);
}

/** Rounds for as long as the process runs, while it holds the lease. */
export async function keepRetention(context: RetentionContext, ownerId: string, stopping: AbortSignal): Promise<void> {
  const { env, observations, log } = context;
  const keeper = new RetentionKeeper(context);
  const ttlMs = env.LEASE_MS + env.RETENTION_INTERVAL_MS;
  while (!stopping.aborted) {
    try {
      if (await observations.acquireLease(LEASE, ownerId, ttlMs)) await keeper.round();
    } catch (error) {
      log.warn({ err: error }, 'a round over the history of accounts failed');
    }
    await sleep(env.RETENTION_INTERVAL_MS, stopping);
  }
  await observations.releaseLease(LEASE, ownerId).catch(() => undefined);
}
