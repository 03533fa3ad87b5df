import { randomUUID } from 'node:crypto';
import {
  ACCOUNT_CHECKS,
  ARMED_CHANNEL,
  createAlertBell,
  createConsumer,
  createFiringDesk,
  openRedis,
  parseArmed,
  STREAMS,
  SYNC,
  type Consumer,
} from '@orderplane/queues';
import {
  ProgressWatch,
  readEnvironment,
  runService,
  sleep,
  startHealthServer,
  withLogScope,
  type ServiceContext,
} from '@orderplane/service-kit';
import { ownAccounts, type AccountOwner } from './account-owner.ts';
import { checkCandidate, type CheckContext } from './credentials/check.ts';
import { tendCandidates } from './credentials/desk.ts';
import { EnvironmentSchema, type Environment } from './environment.ts';
import { keepMarkets, type MarketKeeper } from './markets.ts';
import { alertConsumer } from './prices/alerts.ts';
import { darkConsumer } from './prices/dark.ts';
import { createPriceDesk, type PriceDesk } from './prices/desk.ts';
import { tickerPublisher } from './prices/publish.ts';
import { keepRetention } from './retention.ts';
import { createSyncDesk, type SyncDesk } from './sync-desk.ts';
import { openParts, type Parts as Wiring } from './wiring.ts';

/** Together with the lease of a price watcher: how soon a dead one is replaced. */
const TEND_MS = 3_000;
/** Without the database's clock by then, the service starts all the same, ms. */
const CLOCK_WITHIN_MS = 5_000;

await runService({ name: 'sync-worker', main });

async function main(service: ServiceContext): Promise<{ health: string }> {
  const env = readEnvironment(EnvironmentSchema);
  const { log, metrics, shutdown, stopping } = service;
  const { store, redis, clock, context, checks, marketData } = openParts(service, env);
  await clock.start(stopping, CLOCK_WITHIN_MS);
  const markets = keepMarkets(marketData, store.observations, env.MARKETS_INTERVAL_MS, clock, stopping, log);

  const ownerId = randomUUID();
  const desk = createSyncDesk(context);
  const now = clock.nowMs;
  const prices = openPrices(env, service, { store, redis, marketData, context }, ownerId, now);
  const rounds = new ProgressWatch({ name: 'account rounds', stallAfterMs: 30_000, alwaysBeats: true });
  const ownedGauge = metrics.gauge('accounts_owned', 'Accounts streamed by this process');
  const owner = ownAccounts(context, desk, ownerId, stopping, (owned) => {
    rounds.beat();
    ownedGauge.set(owned);
  });
  shutdown.defer('accounts', () => owner.close());
  const credentials = checks(() => owner.nudge());
  void tendCandidates(credentials, stopping);
  const consumers = startConsumers(env, service, { desk, owner, prices, markets, credentials });
  openRetention(env, service, { store, context }, desk, ownerId);
  const watchedGauge = metrics.gauge('prices_watched', 'Markets whose price this process watches');
  void tendForEver(prices, service, (watched) => watchedGauge.set(watched));
  const health = await startHealthServer({
    port: env.HEALTH_PORT,
    host: env.HEALTH_HOST,
    metrics,
    ready: {
      rounds: rounds.check,
      database: () => store.ping(),
      redis: () => redis.ping(),
      consumers: () => {
        if (consumers.some((consumer) => !consumer.running())) throw new Error('a consumer has stopped');
      },
    },
  });
  shutdown.defer('health', () => health.close());
  return { health: health.url };
}

/** Prices for dark orders, for alerts and for who looks on, and the word that something was armed. */
function openPrices(
  env: Environment,
  { log, shutdown }: ServiceContext,
  { store, redis, marketData, context }: Pick<Wiring, 'store' | 'redis' | 'marketData' | 'context'>,
  ownerId: string,
  now: () => number,
): PriceDesk {
  const onRedisError = (error: unknown): void => log.debug({ err: error }, 'redis');
  const bell = createAlertBell(redis, onRedisError);
  const firing = createFiringDesk({ redisUrl: env.REDIS_URL, onError: onRedisError });
  shutdown.defer('firing', () => firing.close());
  const { clock, crashPoint, recorder } = context;
  const prices = createPriceDesk({
    marketData,
    consumers: [
      darkConsumer({ dark: store.dark, recorder, firing, crashPoint, log }),
      alertConsumer({ alerts: store.alerts, bell, clock, crashPoint, log }),
    ],
    observations: store.observations,
    publish: tickerPublisher(redis),
    ownerId,
    now,
    log,
  });
  shutdown.defer('prices', () => prices.close());
  const subscriber = openRedis(env.REDIS_URL, 'subscriber', onRedisError);
  shutdown.defer('armed', () => subscriber.disconnect());
  subscriber.on('message', (_channel: string, message: string) => {
    const armed = parseArmed(message);
    if (armed === null) return;
    prices
      .nudge(armed.exchange, armed.symbol)
      .catch((error: unknown) => log.warn({ err: error }, 'a price could not be watched: the next round tries again'));
  });
  subscriber.subscribe(ARMED_CHANNEL).catch(onRedisError);
  return prices;
}

/** History that accounts do not keep. Ends with the process: a round under way is waited for. */
function openRetention(
  env: Environment,
  { metrics, shutdown, stopping }: ServiceContext,
  { store, context }: Pick<Wiring, 'store' | 'context'>,
  desk: SyncDesk,
  ownerId: string,
): void {
  const gone = metrics.counter('retention_purged_total', 'History that was purged', ['what']);
  const oldest = metrics.gauge('retention_oldest_due_seconds', 'How long the oldest order has been due to be purged');
  const { visibilityDelayMs } = context.recorder;
  const rounds = keepRetention(
    {
      ...context,
      ...{ env, desk, visibilityDelayMs, retention: store.retention, nowMs: () => store.nowMs() },
      purged: (what, count) => gone.inc({ what }, count),
      waits: (seconds) => oldest.set(seconds),
    },
    ownerId,
    stopping,
  );
  shutdown.defer('retention', () => rounds);
}

interface Parts {
  readonly desk: SyncDesk;
  readonly owner: AccountOwner;
  readonly prices: PriceDesk;
  readonly markets: MarketKeeper;
  readonly credentials: CheckContext;
}

function startConsumers(
  env: Environment,
  service: ServiceContext,
  { desk, owner, prices, markets, credentials }: Parts,
): Consumer[] {
  const shared = {
    redisUrl: env.REDIS_URL,
    now: () => Date.now(),
    onError: (error: Error, jobId: string | null) => service.log.warn({ err: error, jobId }, 'queue trouble'),
  };
  const consumers = [
    createConsumer(SYNC, {
      ...shared,
      // Those who share a listing wait here for it, each in a place of its own.
      concurrency: 64,
      handle: (job) => withLogScope({ accountId: job.accountId }, () => desk.request(job)),
    }),
    createConsumer(ACCOUNT_CHECKS, {
      ...shared,
      concurrency: 4,
      handle: (job) => withLogScope({ accountId: job.accountId }, () => checkCandidate(credentials, job)),
    }),
    createConsumer(STREAMS, {
      ...shared,
      concurrency: 8,
      handle: async (job) => {
        switch (job.kind) {
          case 'orders':
            owner.nudge();
            break;
          case 'markets':
            markets.nudge(job.exchange);
            break;
          case 'ticker':
            await prices.need(job.exchange, job.symbol);
            break;
        }
        return null;
      },
    }),
  ];
  service.shutdown.defer('consumers', () => Promise.all(consumers.map((consumer) => consumer.close(5_000))));
  return consumers;
}

async function tendForEver(
  prices: PriceDesk,
  service: ServiceContext,
  onRound: (watched: number) => void,
): Promise<void> {
  while (!service.stopping.aborted) {
    await prices.tend().catch((error: unknown) => service.log.warn({ err: error }, 'prices could not be tended'));
    onRound(prices.watched);
    await sleep(TEND_MS, service.stopping);
  }
}
