import { randomUUID } from 'node:crypto';
import { capabilitiesOf } from '@orderplane/exchange/capabilities';
import {
  createAlertBell,
  createConsumer,
  createProducer,
  createTraceBook,
  createWaker,
  openRedis,
  ORDER_COMMANDS,
  STREAMS,
  SYNC,
} from '@orderplane/queues';
import { cacheScopes, createCommitListener, limitsFrom } from '@orderplane/recorder';
import {
  crashPoints,
  ProgressWatch,
  readEnvironment,
  runService,
  sleep,
  startHealthServer,
  createSharedClock,
  type ServiceContext,
  type SharedClock,
} from '@orderplane/service-kit';
import { createPostgresStore, OpenOrderCache, payloadVault, type Store } from '@orderplane/store';
import { handleOrSay } from './commands/handle.ts';
import { observed } from './observed.ts';
import type { CommandContext } from './context.ts';
import { accountTroubles, marketDirectory, reachability } from './directories.ts';
import { keepConverting } from './convert-orders.ts';
import { EnvironmentSchema, type Environment } from './environment.ts';
import { openFundsBook } from './funds-book.ts';
import { lastPrices, readPrice } from './last-price.ts';
import { openPreTrade } from './pre-trade.ts';

/** Without the database's clock by then, the service starts all the same, ms. */
const CLOCK_WITHIN_MS = 5_000;

await runService({ name: 'order-command', main });

async function main({ log, metrics, shutdown, stopping }: ServiceContext): Promise<{ health: string }> {
  const env = readEnvironment(EnvironmentSchema);
  const onRedisError = (error: unknown): void => log.debug({ err: error }, 'redis');
  const vault = payloadVault(env.ORDERPLANE_DATA_KEY);
  const store = createPostgresStore({ url: env.DATABASE_URL, poolSize: 16, vault });
  shutdown.defer('store', () => store.close());
  const clock = createSharedClock({ read: () => store.nowMs() });
  await clock.start(stopping, CLOCK_WITHIN_MS);
  const now = clock.nowMs;
  const redis = openRedis(env.REDIS_URL, 'producer', onRedisError);
  shutdown.defer('redis', () => redis.disconnect());
  const waker = createWaker({ redisUrl: env.REDIS_URL, onError: onRedisError });
  shutdown.defer('waker', () => waker.close());
  const context: CommandContext = {
    recorder: {
      ledger: store.ledger,
      listener: createCommitListener({ redis, scopes: cacheScopes(store.access, now), onError: onRedisError, vault }),
      clock,
      limits: limitsFrom(env),
      visibilityDelayMs: (exchange) => capabilitiesOf(exchange).visibilityDelayMs,
      newId: randomUUID,
      log,
    },
    ...store,
    cache: new OpenOrderCache(redis, vault),
    canSeal: vault !== null,
    ...openAsks({ env, shutdown, store, clock, redis, onRedisError }),
    alertBell: createAlertBell(redis, onRedisError),
    maxArmedAlerts: env.MAX_ARMED_ALERTS,
    waker,
    capabilities: capabilitiesOf,
    markets: marketDirectory(store.observations, now),
    exchangeReachable: reachability(store.observations, now),
    accountTrouble: accountTroubles(store.observations, now),
    clock,
    newId: randomUUID,
    crashPoint: crashPoints(),
    pause: (ms) => sleep(ms),
  };
  const watch = new ProgressWatch({ name: 'commands', stallAfterMs: 15_000 });
  const consumer = createConsumer(ORDER_COMMANDS, {
    redisUrl: env.REDIS_URL,
    concurrency: env.COMMAND_CONCURRENCY,
    ...(vault === null ? {} : { seal: vault }),
    now,
    onError: (error, jobId) => log.warn({ err: error, jobId }, 'command trouble'),
    handle: observed({ log, metrics, traces: createTraceBook(redis) }, (command) =>
      watch.track(() => handleOrSay(context, command)),
    ),
  });
  shutdown.defer('consumer', () => consumer.close(5_000));
  const converting = vault === null ? Promise.resolve() : keepConverting(store, stopping, log);
  shutdown.defer('conversion', () => converting);
  const health = await startHealthServer({
    port: env.HEALTH_PORT,
    host: env.HEALTH_HOST,
    metrics,
    ready: {
      commands: watch.check,
      redis: () => redis.ping(),
      consumer: () => {
        if (!consumer.running()) throw new Error('the consumer has stopped');
      },
    },
  });
  shutdown.defer('health', () => health.close());
  return { health: health.url };
}

interface Around {
  readonly env: Environment;
  readonly shutdown: ServiceContext['shutdown'];
  readonly store: Store;
  readonly clock: SharedClock;
  readonly redis: ReturnType<typeof openRedis>;
  readonly onRedisError: (error: unknown) => void;
}

/** What orders have the sync-worker ask for them, and what is known from that. */
function openAsks({ env, shutdown, store, clock, redis, onRedisError: onError }: Around) {
  const streams = createProducer(STREAMS, { redisUrl: env.REDIS_URL, onError });
  shutdown.defer('streams', () => streams.close());
  const sync = createProducer(SYNC, { redisUrl: env.REDIS_URL, onError, awaitsResults: true });
  shutdown.defer('sync', () => sync.close());
  const preTrade = openPreTrade({ sync, clock });
  return {
    lastPrice: lastPrices({ read: readPrice(redis), streams, pause: (ms) => sleep(ms), onError }),
    freshOrders: preTrade.freshOrders,
    fundsBook: openFundsBook({ funds: store.funds, readNow: preTrade.readFunds, now: clock.nowMs, pause: sleep }),
  };
}
