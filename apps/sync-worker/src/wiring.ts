import { randomUUID } from 'node:crypto';
import type { ExchangeId } from '@orderplane/domain';
import { createMarketData, type AdapterPool, type MarketDataAdapter } from '@orderplane/exchange';
import { capabilitiesOf } from '@orderplane/exchange/capabilities';
import { createRedisBudget, createRedisTurns, createTraceBook, createWaker, openRedis } from '@orderplane/queues';
import { cacheScopes, createCommitListener, limitsFrom, openExchanges } from '@orderplane/recorder';
import { createPostgresStore, OpenOrderCache, payloadVault, type Store } from '@orderplane/store';
import { crashPoints, createSharedClock, sleep, type ServiceContext, type SharedClock } from '@orderplane/service-kit';
import type { Redis } from 'ioredis';
import type { SyncContext } from './context.ts';
import type { Environment } from './environment.ts';
import type { CheckContext } from './credentials/check.ts';
import { openCheckContext } from './credentials/desk.ts';
import { createHealthBoard } from './health-board.ts';
import { keyStanding } from './key-standing.ts';

/** Twenty requests over two gateways come within this time of each other on a machine that has time for them. */
const GATHER_MS = 20;

export interface Parts {
  readonly store: Store;
  readonly redis: Redis;
  readonly clock: SharedClock;
  readonly context: SyncContext;
  /** `onActivated`: an account has come, or has new credentials. */
  readonly checks: (onActivated: () => void) => CheckContext;
  readonly marketData: (exchange: ExchangeId) => MarketDataAdapter;
}

/** Opens every client that the sync-worker needs and registers how each is closed. */
export function openParts(service: ServiceContext, env: Environment): Parts {
  const { log, shutdown } = service;
  const onRedisError = (error: unknown): void => log.debug({ err: error }, 'redis');
  const vault = payloadVault(env.ORDERPLANE_DATA_KEY);
  const store = createPostgresStore({ url: env.DATABASE_URL, poolSize: 12, vault });
  shutdown.defer('store', () => store.close());
  const clock = createSharedClock({
    read: () => store.nowMs(),
    onError: (error) => log.debug({ err: error }, 'clock'),
  });
  const redis = openRedis(env.REDIS_URL, 'producer', onRedisError);
  shutdown.defer('redis', () => redis.disconnect());
  const waker = createWaker({ redisUrl: env.REDIS_URL, onError: onRedisError });
  shutdown.defer('waker', () => waker.close());
  const { adapters, meter, options } = openExchanges(service, env, store, {
    clock,
    turns: createRedisTurns({ redis, onError: onRedisError }),
    budget: (onPause) => createRedisBudget({ redis, onError: onRedisError, onPause }),
  });
  const traces = createTraceBook(redis);
  const scopes = cacheScopes(store.access, clock.nowMs);
  const context: SyncContext = {
    env,
    recorder: {
      ledger: store.ledger,
      listener: createCommitListener({ redis, scopes, onError: onRedisError, vault }),
      clock,
      limits: limitsFrom(env),
      visibilityDelayMs: (exchange) => capabilitiesOf(exchange).visibilityDelayMs,
      newId: randomUUID,
      traceOf: (orderId) => traces.of(orderId),
      log,
    },
    access: store.access,
    observations: store.observations,
    unattributed: store.unattributed,
    deadMansSwitches: store.deadMansSwitches,
    funds: store.funds,
    cache: new OpenOrderCache(redis, vault),
    scopes,
    adapters,
    waker,
    health: createHealthBoard(store.observations, clock, (error) => log.warn({ err: error }, 'health not written')),
    keys: keyStanding({ observations: store.observations, clock, env, log }),
    clock,
    newId: randomUUID,
    log,
    count: countedBy(service),
    onSync: timedBy(service),
    gather: () => sleep(GATHER_MS),
    crashPoint: crashPoints(),
  };
  return {
    store,
    redis,
    clock,
    context,
    checks: (onActivated) => {
      const onEntered = entering(context, adapters, onActivated);
      return openCheckContext(env, store, adapters, options, clock, log, onActivated, onEntered);
    },
    marketData: openMarketData((exchange) => meter.marketData(createMarketData(exchange, options)), shutdown),
  };
}

/** Takes up a session that has begun, and tells those who follow the account's orders. */
const entering =
  (context: SyncContext, adapters: AdapterPool, nudge: () => void): CheckContext['onEntered'] =>
  async (accountId, { firstCursor, lastCursor }) => {
    try {
      await adapters.refresh();
      nudge();
      if (firstCursor === null) return;
      const orders = await context.recorder.ledger.openOrders(accountId);
      for (const record of orders) context.recorder.listener.committed(record, firstCursor, lastCursor);
    } catch (error) {
      context.log.warn({ err: error, accountId }, 'a new session is taken up later');
    }
  };

function countedBy({ metrics }: ServiceContext): SyncContext['count'] {
  const counters = {
    unattributedFill: metrics.counter('unattributed_fills_total', 'Executions that belonged to no order when seen'),
    lateFill: metrics.counter('late_fills_total', 'Executions that were told after their order had been purged'),
    muteStream: metrics.counter('mute_streams_total', 'Order streams that were connected and said nothing'),
  };
  return (what, by) => counters[what].inc(by);
}

function timedBy({ metrics }: ServiceContext): NonNullable<SyncContext['onSync']> {
  const seconds = metrics.histogram('sync_seconds', 'Duration of a full look at an account', ['exchange', 'outcome']);
  return (exchange, outcome, ms) => seconds.observe({ exchange, outcome }, ms / 1_000);
}

function openMarketData(
  create: (exchange: ExchangeId) => MarketDataAdapter,
  shutdown: ServiceContext['shutdown'],
): (exchange: ExchangeId) => MarketDataAdapter {
  const open = new Map<ExchangeId, MarketDataAdapter>();
  shutdown.defer('market data', () => Promise.all([...open.values()].map((adapter) => adapter.close())));
  return (exchange) => {
    const known = open.get(exchange) ?? create(exchange);
    open.set(exchange, known);
    return known;
  };
}
