import type { ExchangeId } from '@orderplane/domain';
import type { ExchangeAdapter } from '@orderplane/exchange';
import { capabilitiesOf } from '@orderplane/exchange/capabilities';
import {
  accountTroubles,
  handleOrSay,
  marketDirectory,
  openFundsBook,
  reachability,
  type CommandContext,
} from '@orderplane/order-command';
import {
  createKeyWatch,
  guarded,
  lastCompleteSyncReader,
  resync,
  wakeNext,
  type ReconcilerContext,
} from '@orderplane/reconciler';
import { TriggerBook, type PlannerLimits } from '@orderplane/planner';
import type { RecorderOptions } from '@orderplane/recorder';
import { backoffMs, createLogger, createSharedClock, NO_CRASH_POINTS, type SharedClock } from '@orderplane/service-kit';
import { OpenOrderCache, type Store } from '@orderplane/store';
import {
  createHealthBoard,
  darkConsumer,
  keyStanding,
  createSyncDesk,
  openOrderStream,
  RetentionKeeper,
  type Environment,
  type OrderStream,
  type SyncContext,
  type SyncDesk,
} from '@orderplane/sync-worker';
import { Redis } from 'ioredis';
import { storePort, wakerPort } from './ports.ts';
import type { SimProcess } from './process.ts';
import type { CommandRunner, JobRunner, SimQueue } from './queue.ts';
import type { Random } from './random.ts';
import type { Faults } from './faults.ts';

/** What the real services are given in place of servers and exchanges. */
export interface Surroundings {
  readonly store: Store;
  readonly queue: SimQueue;
  readonly faults: Faults;
  /** Latencies and draws of the services' own. */
  readonly random: Random;
  readonly newId: () => string;
  /** Times that an order may stay in a state; {}: any. */
  readonly stateLimits: Pick<PlannerLimits, 'submittedMs' | 'pendingCancelMs' | 'pendingReplaceMs'>;
  /** Accounts keep no history. */
  readonly purges: boolean;
  /** The last price of a market; null: nobody can be asked now. */
  readonly priceOf: (exchange: ExchangeId, symbol: string) => { readonly price: string; readonly at: string } | null;
  readonly adapterFor: (process: SimProcess, accountId: string) => ExchangeAdapter;
}

const CALL_TIMEOUT_MS = 8_000;
const RESYNC_MS = 30_000;
/** How often the shared clock is measured, and looked at; more seldom than in operation, to spare steps. */
const MEASURE_EVERY_MS = 20_000;
const LOOK_AT_CLOCK_MS = 5_000;
const RETRY_CLOCK_MS = 1_000;
/** How often a sync-worker looks at its accounts; a second in operation, more here to spare steps. */
const ROUND_MS = 2_500;
/** How often what accounts do not keep is looked for. */
const PURGE_EVERY_MS = 2_500;
const LIMITS: PlannerLimits = { staleAfterMs: 60_000, attentionAfterMs: 120_000, callTimeoutMs: CALL_TIMEOUT_MS };
const SILENT = createLogger({ service: 'simulation', level: 'silent' });
/** Never connected: no account has a place in the cache here. */
const NO_CACHE = new OpenOrderCache(new Redis({ lazyConnect: true }));

const ENVIRONMENT: Environment = {
  LOG_LEVEL: 'silent',
  HEALTH_HOST: '127.0.0.1',
  HEALTH_PORT: 0,
  DATABASE_URL: 'postgresql://nowhere',
  REDIS_URL: 'redis://nowhere',
  ORDERPLANE_MASTER_KEY: 'none',
  STALE_AFTER_MS: LIMITS.staleAfterMs,
  ATTENTION_AFTER_MS: LIMITS.attentionAfterMs,
  CALL_TIMEOUT_MS,
  SYNC_INTERVAL_STREAMING_MS: 30_000,
  FUNDS_INTERVAL_MS: 30_000,
  SYNC_INTERVAL_BLIND_MS: 5_000,
  STREAM_SILENCE_MS: 10_000,
  LEASE_MS: 10_000,
  RETENTION_INTERVAL_MS: 2_000,
  RETENTION_GRACE_MS: 1_000,
  PURGED_IDS_DAYS: 400,
  MARKETS_INTERVAL_MS: 600_000,
};

function partsOf(process: SimProcess, around: Surroundings) {
  const parts = { process, random: around.random, faults: around.faults };
  const clock = sharedClock(process, storePort('store', { nowMs: () => around.store.nowMs() }, parts));
  process.useClock(clock);
  const recorder: RecorderOptions = {
    ledger: storePort('ledger', around.store.ledger, parts),
    listener: { committed: () => undefined },
    clock,
    limits: { ...LIMITS, ...around.stateLimits },
    visibilityDelayMs: (exchange: ExchangeId) => capabilitiesOf(exchange).visibilityDelayMs,
    newId: around.newId,
    log: SILENT,
  };
  return {
    recorder,
    access: storePort('access', around.store.access, parts),
    accounts: storePort('accounts', around.store.accounts, parts),
    observations: storePort('observations', around.store.observations, parts),
    unattributed: storePort('unattributed', around.store.unattributed, parts),
    waker: wakerPort(around.queue, parts),
    clock,
    newId: around.newId,
    crashPoint: NO_CRASH_POINTS,
  };
}

/** The real shared clock on this process's own clocks: measured at its start, every few seconds, and soon after a jump. */
function sharedClock(process: SimProcess, database: { nowMs(): Promise<number> }): SharedClock {
  const clock = createSharedClock({
    read: () => database.nowMs(),
    wallMs: () => process.wallMs,
    monotonicMs: () => process.monotonicMs,
  });
  let measuredAtMs = Number.NEGATIVE_INFINITY;
  const keep = (): void => {
    const isDue = process.monotonicMs - measuredAtMs >= MEASURE_EVERY_MS;
    if (isDue) measuredAtMs = process.monotonicMs;
    void (isDue || !clock.isSteady() ? clock.measure() : Promise.resolve()).then(() =>
      process.later(clock.isSteady() ? LOOK_AT_CLOCK_MS : RETRY_CLOCK_MS, 'clock', keep),
    );
  };
  keep();
  return clock;
}

/** What has fired is checked: one request of an order at most waits; any may be lost. */
const askForChecks = (
  process: SimProcess,
  { queue, faults, random }: Surroundings,
  { orderId, userId }: { readonly orderId: string; readonly userId: string },
): Promise<void> => {
  const isLost = faults.strikes('wakeLost');
  return process.call('ask for checks', { thereMs: random.whole(0, 2), backMs: random.whole(0, 2) }, async () => {
    if (!isLost) queue.command({ kind: 'fired', commandId: `fired-${orderId}`, userId, orderId }, () => undefined);
  });
};

/**
 * What waits for a price, with the consumer of operation. Who watches prices is told again in a few lines (watcher.ts waits
 * on timers): a look at every round, at the last price.
 */
function priceWatch(process: SimProcess, around: Surroundings, parts: ReturnType<typeof partsOf>): () => Promise<void> {
  const consumer = darkConsumer({
    dark: storePort('dark', around.store.dark, { process, random: around.random, faults: around.faults }),
    recorder: parts.recorder,
    firing: { check: (order) => askForChecks(process, around, order), close: () => Promise.resolve() },
    crashPoint: NO_CRASH_POINTS,
    log: SILENT,
  });
  return async () => {
    for (const { exchange, symbol } of await consumer.needs()) {
      const print = around.priceOf(exchange, symbol);
      if (print === null) continue;
      const book = new TriggerBook();
      for (const armed of await consumer.armed(exchange, symbol, null)) book.arm(armed);
      for (const armed of book.reached('LAST', print.price)) await consumer.fire(armed, { source: 'LAST', ...print });
    }
  };
}

/** Balances are none of what is simulated here. */
const NOTHING_SHOWN = { showsBalances: false, showsPositions: false } as const;
const NOT_SHOWN = { askedAt: null, error: 'not shown' } as const;

/** order-command, from a command to its result. */
export function bootCommander(process: SimProcess, around: Surroundings): CommandRunner {
  const parts = partsOf(process, around);
  const now = parts.clock.nowMs;
  const context: CommandContext = {
    ...parts,
    alerts: around.store.alerts,
    deadMansSwitches: around.store.deadMansSwitches,
    alertBell: { changed: () => undefined, armed: () => undefined },
    cache: { forget: () => Promise.resolve() },
    canSeal: false,
    maxArmedAlerts: 1_000,
    capabilities: (exchange) => ({ ...capabilitiesOf(exchange), ...NOTHING_SHOWN }),
    freshOrders: async ({ lastSyncedAt }) => ({ isFresh: true, asOf: lastSyncedAt, error: null }),
    fundsBook: openFundsBook({
      funds: around.store.funds,
      readNow: async () => NOT_SHOWN,
      now,
      pause: (ms) => process.pause(ms),
    }),
    markets: marketDirectory(parts.observations, now),
    exchangeReachable: reachability(parts.observations, now),
    accountTrouble: accountTroubles(parts.observations, now),
    lastPrice: async (exchange, symbol) => around.priceOf(exchange, symbol)?.price ?? null,
    pause: (ms) => process.pause(ms),
  };
  return (command) => handleOrSay(context, command);
}

/** reconciler: its jobs, and its own sweep over all that is not settled. */
export function bootReconciler(process: SimProcess, around: Surroundings): JobRunner {
  const parts = partsOf(process, around);
  const adapters = new Map<string, ExchangeAdapter>();
  const context: Omit<ReconcilerContext, 'lockLost'> = {
    ...parts,
    adapters: { get: async (accountId) => adapterOf(adapters, accountId, process, around) },
    capabilities: capabilitiesOf,
    limits: { ...LIMITS, ...around.stateLimits },
    lastCompleteSync: lastCompleteSyncReader(parts.observations, parts.clock.nowMs),
    backoffMs: (attempt) => backoffMs(attempt, undefined, () => around.random.next()),
    pause: (ms) => process.pause(ms),
    keys: createKeyWatch({ observations: parts.observations, clock: parts.clock, onError: () => undefined }),
    market: async (exchange, symbol) => (await parts.observations.markets(exchange, [symbol]))[0] ?? null,
    requestChecks: (intent) => askForChecks(process, around, intent),
    wakeSiblings: (exchange, orderIds) => parts.waker.wakeMany(exchange, orderIds, 'cancel'),
    onRulesChanged: () => undefined,
    count: () => undefined,
  };
  const sweep = (): void => {
    void resync(parts.recorder.ledger, parts.waker, () => false).catch(() => 0);
    process.later(RESYNC_MS, 'resync', sweep);
  };
  process.later(around.random.whole(0, 2_000), 'resync', sweep);
  return async ({ exchange, orderId }, lockLost) => {
    const verdict = await guarded({ ...context, lockLost }, orderId, SILENT);
    await wakeNext({ waker: parts.waker, log: SILENT }, exchange, orderId, verdict);
  };
}

function adapterOf(
  adapters: Map<string, ExchangeAdapter>,
  accountId: string,
  process: SimProcess,
  around: Surroundings,
): ExchangeAdapter {
  const known = adapters.get(accountId) ?? around.adapterFor(process, accountId);
  adapters.set(accountId, known);
  return known;
}

/**
 * sync-worker: order streams, their bookings, syncs on demand and on schedule. The owner's round is told again here
 * (account-owner.ts waits on timers): a sync every 30 s while the stream can be trusted, else every 5 s.
 */
export function bootSyncWorker(process: SimProcess, around: Surroundings): void {
  const parts = partsOf(process, around);
  const adapters = new Map<string, ExchangeAdapter>();
  const context: SyncContext = {
    ...parts,
    env: ENVIRONMENT,
    cache: NO_CACHE,
    scopes: () => Promise.resolve(null),
    adapters: {
      get: async (accountId) => adapterOf(adapters, accountId, process, around),
      refresh: () => Promise.resolve([]),
    },
    health: createHealthBoard(parts.observations, parts.clock, () => undefined),
    unattributed: parts.unattributed,
    deadMansSwitches: around.store.deadMansSwitches,
    funds: around.store.funds,
    keys: keyStanding({ observations: parts.observations, clock: parts.clock, env: ENVIRONMENT, log: SILENT }),
    log: SILENT,
    count: () => undefined,
  };
  const watch = priceWatch(process, around, parts);
  const desk = createSyncDesk(context);
  const streams = new Map<string, OrderStream>();
  const nextSyncMs = new Map<string, number>();
  const round = async (): Promise<void> => {
    for (const account of await parts.access.linkedAccounts()) {
      const known = streams.get(account.id);
      const stream = known ?? openOrderStream(context, desk, account, await context.adapters.get(account.id));
      streams.set(account.id, stream);
      void stream.look();
      const intervalMs = stream.isTrusted()
        ? ENVIRONMENT.SYNC_INTERVAL_STREAMING_MS
        : ENVIRONMENT.SYNC_INTERVAL_BLIND_MS;
      const dueMs = Math.min(nextSyncMs.get(account.id) ?? 0, parts.clock.nowMs() + intervalMs);
      nextSyncMs.set(account.id, parts.clock.nowMs() < dueMs ? dueMs : parts.clock.nowMs() + intervalMs);
      if (parts.clock.nowMs() < dueMs) continue;
      const maxAgeMs = known === undefined ? 0 : Math.floor(intervalMs / 2);
      const reason = known === undefined ? 'takeover' : 'scheduled';
      void desk.request({ accountId: account.id, reason, requestedAt: parts.clock.iso(), maxAgeMs }).then(
        (outcome) => {
          if (outcome.complete && outcome.syncedAt !== null) stream.synced(outcome.syncedAt);
        },
        () => undefined,
      );
    }
  };
  const rounds = (): void => {
    void Promise.all([round(), watch()])
      .catch(() => undefined)
      .then(() => process.later(ROUND_MS, 'round', rounds));
  };
  process.later(around.random.whole(0, 200), 'round', rounds);
  if (around.purges) purgeFor(process, around, context, desk);
}

/** What accounts do not keep, with the keeper of operation; its loop (it waits on timers) and its lease are told again here. */
function purgeFor(process: SimProcess, around: Surroundings, context: SyncContext, desk: SyncDesk): void {
  const parts = { process, random: around.random, faults: around.faults };
  const database = storePort('store', { nowMs: () => around.store.nowMs() }, parts);
  const keeper = new RetentionKeeper({
    ...context,
    retention: storePort('retention', around.store.retention, parts),
    visibilityDelayMs: context.recorder.visibilityDelayMs,
    nowMs: () => database.nowMs(),
    desk,
    purged: () => undefined,
    waits: () => undefined,
  });
  const rounds = (): void => {
    void keeper
      .round()
      .catch(() => 0)
      .then(() => process.later(PURGE_EVERY_MS, 'purge', rounds));
  };
  process.later(around.random.whole(0, PURGE_EVERY_MS), 'purge', rounds);
}
