import { randomUUID } from 'node:crypto';
import { ACCOUNT_CHECKS, createConsumer, STREAMS, SYNC, type Consumer } from '@orderplane/queues';
import {
  ProgressWatch,
  readEnvironment,
  runService,
  sleep,
  startHealthServer,
  type ServiceContext,
} from '@orderplane/service-kit';
import { ownAccounts, type AccountOwner } from './account-owner.ts';
import { checkCandidate, type CheckContext } from './credentials/check.ts';
import { tendCandidates } from './credentials/desk.ts';
import { EnvironmentSchema, type Environment } from './environment.ts';
import { keepMarkets, type MarketKeeper } from './markets.ts';
import { createPriceDesk, type PriceDesk } from './prices.ts';
import { createSyncDesk, type SyncDesk } from './sync-desk.ts';
import { openParts } from './wiring.ts';

const TEND_MS = 5_000;
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
  const prices = createPriceDesk({ marketData, observations: store.observations, redis, ownerId, now, log });
  shutdown.defer('prices', () => prices.close());
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
  void tendForEver(prices, service);
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
      concurrency: 16,
      handle: (job) => desk.request(job),
    }),
    createConsumer(ACCOUNT_CHECKS, {
      ...shared,
      concurrency: 4,
      handle: (job) => checkCandidate(credentials, job),
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

async function tendForEver(prices: PriceDesk, service: ServiceContext): Promise<void> {
  while (!service.stopping.aborted) {
    await prices.tend().catch((error: unknown) => service.log.warn({ err: error }, 'prices could not be tended'));
    await sleep(TEND_MS, service.stopping);
  }
}
