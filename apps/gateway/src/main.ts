import { randomUUID } from 'node:crypto';
import { CAPABILITIES } from '@orderplane/exchange/capabilities';
import {
  ACCOUNT_CHECKS,
  createProducer,
  openRedis,
  ORDER_COMMANDS,
  redisReady,
  STREAMS,
  SYNC,
} from '@orderplane/queues';
import {
  createSharedClock,
  runService,
  startHealthServer,
  type ServiceContext,
  type SharedClock,
} from '@orderplane/service-kit';
import { createPostgresStore, payloadVault, type PayloadVault, type Store } from '@orderplane/store';
import type { Redis } from 'ioredis';
import { readGatewayEnvironment, type Environment } from './environment.ts';
import { startGateway } from './gateway.ts';
import type { Ports } from './ports.ts';
import { readPolicy } from './read-policy.ts';
import { createRedisChannels } from './redis/channels.ts';
import { createLastPrices } from './redis/last-prices.ts';
import { createPauses } from './redis/pauses.ts';
import { createRateLimits } from './redis/rate-limits.ts';
import { watchQueues } from './redis/queue-metrics.ts';
import { createReconcilerProbe } from './redis/reconciler-probe.ts';

const START_TIMEOUT_MS = 10_000;
const POOL_SIZE = 20;
const GATEWAYS_CHANNEL = 'orderplane:gateways';

await runService({
  name: 'gateway',
  main: async (context) => {
    const environment = readGatewayEnvironment();
    const vault = payloadVault(environment.ORDERPLANE_DATA_KEY);
    const store = openStore(environment, context, vault);
    const clock = createSharedClock({ read: () => store.nowMs() });
    const policy = await readPolicy(environment, { users: store.users, clock });
    const redis = openRedisConnection(environment, context);
    const queues = openQueues(environment, context, vault);
    watchQueues(redis, context.metrics);
    // Ready means that no result of the first command can be missed.
    await Promise.all([
      store.ping(),
      clock.start(context.stopping, START_TIMEOUT_MS),
      redisReady(redis, START_TIMEOUT_MS),
      queues.ready(),
    ]);

    const ports = connectPorts(environment, context, { store, clock, redis, queues });
    const gateway = await startGateway({
      host: environment.HOST,
      port: environment.PORT,
      ports,
      policy,
      timeouts: {
        commandMs: environment.COMMAND_TIMEOUT_MS,
        syncMs: environment.SYNC_TIMEOUT_MS,
        accountMs: environment.ACCOUNT_TIMEOUT_MS,
      },
    });
    context.shutdown.defer('gateway', () => gateway.close());

    const health = await startHealthServer({
      host: environment.HEALTH_HOST,
      port: environment.HEALTH_PORT,
      metrics: context.metrics,
      ready: { postgres: () => store.ping(), redis: () => redis.ping() },
    });
    context.shutdown.defer('health server', () => health.close());
    context.shutdown.defer('readiness', () => health.drain());
    return { http: gateway.http, ws: gateway.ws, health: health.url };
  },
});

function openStore(environment: Environment, { shutdown, log }: ServiceContext, vault: PayloadVault | null): Store {
  const store = createPostgresStore({
    url: environment.DATABASE_URL,
    vault,
    poolSize: POOL_SIZE,
    onConnectionError: (error) => log.warn({ err: error }, 'a database connection broke'),
  });
  shutdown.defer('store', () => store.close());
  return store;
}

function onRedisError({ log }: ServiceContext): (error: unknown) => void {
  return (error) => log.warn({ err: error }, 'Redis failed');
}

/** For quick reads: fails fast, because a caller waits. */
function openRedisConnection(environment: Environment, context: ServiceContext): Redis {
  const redis = openRedis(environment.REDIS_URL, 'producer', onRedisError(context));
  context.shutdown.defer('redis', () => redis.disconnect());
  return redis;
}

interface Queues extends Pick<Ports, 'commands' | 'accountChecks' | 'sync' | 'streams'> {
  /** Throws QueueUnavailableError. */
  ready(): Promise<void>;
}

function openQueues(environment: Environment, context: ServiceContext, vault: PayloadVault | null): Queues {
  const options = { redisUrl: environment.REDIS_URL, onError: onRedisError(context) };
  const commands = createProducer(ORDER_COMMANDS, {
    ...{ ...options, awaitsResults: true },
    ...(vault === null ? {} : { seal: vault }),
  });
  const sync = createProducer(SYNC, { ...options, awaitsResults: true });
  const streams = createProducer(STREAMS, options);
  const accountChecks = createProducer(ACCOUNT_CHECKS, { ...options, awaitsResults: true });
  const all = [commands, accountChecks, sync, streams];
  context.shutdown.defer('queues', () => Promise.all(all.map((producer) => producer.close())));
  const ready = async (): Promise<void> => {
    await Promise.all(all.map((producer) => producer.ready(START_TIMEOUT_MS)));
  };
  return { commands, accountChecks, sync, streams, ready };
}

interface Connections {
  readonly store: Store;
  readonly clock: SharedClock;
  readonly redis: Redis;
  readonly queues: Queues;
}

function connectPorts(
  environment: Environment,
  context: ServiceContext,
  { store, clock, redis, queues }: Connections,
): Ports {
  const { log, metrics, shutdown } = context;
  const onError = onRedisError(context);
  const subscriber = openRedis(environment.REDIS_URL, 'subscriber', onError);
  const channels = createRedisChannels(subscriber, onError);
  const reconciler = createReconcilerProbe(redis, onError);
  shutdown.defer('reconciler probe', () => reconciler.close());
  shutdown.defer('subscriber', () => subscriber.disconnect());
  return {
    ledger: store.ledger,
    groups: store.ledger.groups,
    queries: store.queries,
    access: store.access,
    users: store.users,
    accounts: store.accounts,
    observations: store.observations,
    unattributed: store.unattributed,
    funds: store.funds,
    alerts: store.alerts,
    deadMansSwitches: store.deadMansSwitches,
    sessions: store.sessions,
    commands: queues.commands,
    accountChecks: queues.accountChecks,
    sync: queues.sync,
    streams: queues.streams,
    channels,
    gateways: {
      listen: (listener) => channels.listen(GATEWAYS_CHANNEL, listener),
      tell: async (message) => void (await redis.publish(GATEWAYS_CHANNEL, message)),
    },
    rates: createRateLimits({
      redis,
      perSecond: environment.LIMIT_REQUESTS_PER_SECOND,
      burst: environment.LIMIT_REQUESTS_AT_ONCE,
      onError,
    }),
    prices: createLastPrices(redis, clock, onError),
    pauses: createPauses(redis, clock, onError),
    reconciler,
    capabilities: CAPABILITIES,
    clock,
    newId: randomUUID,
    log,
    metrics,
  };
}
