import type { Waker } from '@orderplane/queues';
import { openWorld, type World } from '@orderplane/recorder/testing';
import { createLogger, NO_CRASH_POINTS } from '@orderplane/service-kit';
import { OpenOrderCache, type Account } from '@orderplane/store';
import { Redis } from 'ioredis';
import type { SyncContext } from '../context.ts';
import type { Environment } from '../environment.ts';
import { createHealthBoard } from '../health-board.ts';
import { keyStanding } from '../key-standing.ts';
import { ScriptedAdapter } from './scripted-adapter.ts';

export interface Floor {
  readonly world: World;
  readonly context: SyncContext;
  readonly adapter: ScriptedAdapter;
  readonly account: Account;
  /** Orders that somebody wanted looked at, in order. */
  readonly woken: string[];
  /** What was counted for the metrics. */
  readonly counted: ReadonlyMap<string, number>;
}

/** The real sync-worker parts on the in-memory store, with one exchange account that only the test's script moves. */
export async function openFloor(): Promise<Floor> {
  const world = await openWorld();
  const { store, clock } = world;
  const adapter = new ScriptedAdapter(clock);
  const woken: string[] = [];
  const counted = new Map<string, number>();
  const account = await store.access.account('account-1');
  if (account === null) throw new Error('no account');
  const log = createLogger({ service: 'test', level: 'silent' });
  const context: SyncContext = {
    env: ENVIRONMENT,
    recorder: world.recorder,
    access: store.access,
    observations: store.observations,
    unattributed: store.unattributed,
    deadMansSwitches: store.deadMansSwitches,
    funds: store.funds,
    // No scope: the cache is never written. It has tests of its own beside the store.
    cache: new OpenOrderCache(new Redis({ lazyConnect: true })),
    scopes: () => Promise.resolve(null),
    adapters: { get: () => Promise.resolve(adapter), refresh: () => Promise.resolve([]) },
    waker: collectingWaker(woken),
    health: createHealthBoard(store.observations, clock, () => undefined),
    keys: keyStanding({ observations: store.observations, clock, env: ENVIRONMENT, log }),
    clock,
    newId: world.newId,
    log,
    count: (what, by) => counted.set(what, (counted.get(what) ?? 0) + by),
    crashPoint: NO_CRASH_POINTS,
  };
  return { world, context, adapter, account, woken, counted };
}

const ENVIRONMENT: Environment = {
  LOG_LEVEL: 'silent',
  HEALTH_HOST: '127.0.0.1',
  HEALTH_PORT: 0,
  DATABASE_URL: 'postgresql://nowhere',
  REDIS_URL: 'redis://nowhere',
  ORDERPLANE_MASTER_KEY: 'none',
  STALE_AFTER_MS: 60_000,
  ATTENTION_AFTER_MS: 120_000,
  CALL_TIMEOUT_MS: 5_000,
  SYNC_INTERVAL_STREAMING_MS: 30_000,
  SYNC_INTERVAL_BLIND_MS: 5_000,
  FUNDS_INTERVAL_MS: 30_000,
  STREAM_SILENCE_MS: 10_000,
  LEASE_MS: 400,
  RETENTION_INTERVAL_MS: 1_000,
  RETENTION_GRACE_MS: 10_000,
  PURGED_IDS_DAYS: 400,
  MARKETS_INTERVAL_MS: 600_000,
};

const collectingWaker = (woken: string[]): Waker => ({
  wake: (_exchange, orderId) => {
    woken.push(orderId);
    return Promise.resolve();
  },
  wakeMany: (_exchange, orderIds) => {
    woken.push(...orderIds);
    return Promise.resolve();
  },
  wakeLater: () => Promise.resolve(),
  pending: () => Promise.resolve({ waiting: 0, active: 0, delayed: 0 }),
  close: () => Promise.resolve(),
});

/** A promise and its ending. */
export function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** Everything that is already on its way has happened. */
export const settled = async (): Promise<void> => {
  for (let turns = 0; turns < 5; turns += 1) await new Promise<void>((resolve) => void setImmediate(resolve));
};
