import { randomUUID } from 'node:crypto';
import type { ExchangeId } from '@orderplane/domain';
import { capabilitiesOf } from '@orderplane/exchange/capabilities';
import {
  createFiringDesk,
  createProducer,
  createRedisBudget,
  createRedisTurns,
  createWaker,
  openRedis,
  STREAMS,
  type Producer,
  type StreamJob,
  type Waker,
} from '@orderplane/queues';
import { cacheScopes, createCommitListener, limitsFrom, openExchanges } from '@orderplane/recorder';
import {
  backoffMs,
  crashPoints,
  createSharedClock,
  type ServiceContext,
  type SharedClock,
} from '@orderplane/service-kit';
import { createPostgresStore, payloadVault, type Store } from '@orderplane/store';
import type { Redis } from 'ioredis';
import type { ReconcilerContext } from './context.ts';
import type { Environment } from './environment.ts';
import { createKeyWatch } from './key-watch.ts';
import { lastCompleteSyncReader } from './sync-evidence.ts';

export interface Parts {
  readonly store: Store;
  readonly redis: Redis;
  readonly waker: Waker;
  readonly clock: SharedClock;
  readonly context: Omit<ReconcilerContext, 'lockLost'>;
}

/** The rules of an exchange are read again at most this often because of a refusal, ms. */
const RULES_PAUSE_MS = 5_000;

/** Opens every client that the reconciler needs and registers how each is closed. */
export function openParts(service: ServiceContext, env: Environment): Parts {
  const { log, metrics, shutdown } = service;
  const onRedisError = (error: unknown): void => log.debug({ err: error }, 'redis');
  const vault = payloadVault(env.ORDERPLANE_DATA_KEY);
  const store = createPostgresStore({ url: env.DATABASE_URL, poolSize: 16, vault });
  shutdown.defer('store', () => store.close());
  const clock = createSharedClock({
    read: () => store.nowMs(),
    onError: (error) => log.debug({ err: error }, 'clock'),
  });
  const redis = openRedis(env.REDIS_URL, 'producer', onRedisError);
  shutdown.defer('redis', () => redis.disconnect());
  const waker = createWaker({ redisUrl: env.REDIS_URL, onError: onRedisError });
  shutdown.defer('waker', () => waker.close());
  const streams = createProducer(STREAMS, { redisUrl: env.REDIS_URL, onError: onRedisError });
  shutdown.defer('streams', () => streams.close());
  const { adapters } = openExchanges(service, env, store, {
    clock,
    turns: createRedisTurns({ redis, onError: onRedisError }),
    budget: (onPause) => createRedisBudget({ redis, onError: onRedisError, onPause }),
  });
  const calls = metrics.counter('reconcile_actions_total', 'Calls, retries and errors', ['what']);
  const limits = limitsFrom(env);
  return {
    store,
    redis,
    waker,
    clock,
    context: {
      recorder: {
        ledger: store.ledger,
        listener: createCommitListener({
          redis,
          scopes: cacheScopes(store.access, clock.nowMs),
          onError: onRedisError,
          vault,
        }),
        clock,
        limits,
        visibilityDelayMs: (exchange) => capabilitiesOf(exchange).visibilityDelayMs,
        newId: randomUUID,
        log,
      },
      adapters,
      capabilities: capabilitiesOf,
      limits,
      lastCompleteSync: lastCompleteSyncReader(store.observations, clock.nowMs),
      ...neighbours(service, env, { store, waker, clock }),
      clock,
      newId: randomUUID,
      backoffMs: (attempt) => backoffMs(attempt),
      crashPoint: crashPoints(),
      onRulesChanged: (exchange) => nudgeMarkets(streams, exchange, onRedisError),
      count: (what) => calls.inc({ what }),
    },
  };
}

/** What reaches other orders of a group, order-command, and whoever looks after keys. */
function neighbours(
  { log, shutdown }: ServiceContext,
  env: Environment,
  { store, waker, clock }: Pick<Parts, 'store' | 'waker' | 'clock'>,
): Pick<ReconcilerContext, 'market' | 'wakeSiblings' | 'requestChecks' | 'keys'> {
  const firing = createFiringDesk({ redisUrl: env.REDIS_URL, onError: (error) => log.debug({ err: error }, 'redis') });
  shutdown.defer('firing', () => firing.close());
  const onError = (error: unknown): void => log.warn({ err: error }, 'a refused key was not written');
  return {
    market: async (exchange, symbol) => (await store.observations.markets(exchange, [symbol]))[0] ?? null,
    wakeSiblings: (exchange, orderIds) => waker.wakeMany(exchange, orderIds, 'cancel'),
    requestChecks: (intent) => firing.check(intent),
    keys: createKeyWatch({ observations: store.observations, clock, onError }),
  };
}

/** Many refusals at once are one reason to read; a job that is lost is made up for by the next refusal. */
function nudgeMarkets(
  streams: Pick<Producer<StreamJob, null>, 'add'>,
  exchange: ExchangeId,
  onError: (error: unknown) => void,
): void {
  const deduplication = { id: `markets-${exchange}`, ttl: RULES_PAUSE_MS };
  streams.add({ kind: 'markets', exchange }, { deduplication }).catch(onError);
}
