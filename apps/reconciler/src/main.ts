import {
  ProgressWatch,
  readEnvironment,
  runService,
  sleep,
  startHealthServer,
  type ServiceContext,
} from '@orderplane/service-kit';
import { keepSwitches } from '@orderplane/recorder';
import { keepConnections } from './connections.ts';
import { startConsumers } from './consumers.ts';
import { EnvironmentSchema } from './environment.ts';
import { resync } from './resync.ts';
import { openParts } from './wiring.ts';

/** Without the database's clock by then, the service starts all the same, and takes no step until it has it, ms. */
const CLOCK_WITHIN_MS = 5_000;

await runService({ name: 'reconciler', main });

async function main(service: ServiceContext): Promise<{ health: string }> {
  const env = readEnvironment(EnvironmentSchema);
  const { log, metrics, shutdown } = service;
  const parts = openParts(service, env);
  await parts.clock.start(service.stopping, CLOCK_WITHIN_MS);
  const switches = keepSwitches({
    ...parts.context,
    switches: parts.store.deadMansSwitches,
    bound: 'connection',
    callTimeoutMs: env.CALL_TIMEOUT_MS,
    log,
  });
  await keepConnections(switches, parts.context.adapters, service.stopping, log);
  const unsettled = metrics.gauge('orders_unsettled', 'Orders that the last resync woke, of all exchanges');
  const sweep = async (): Promise<void> => {
    const woken = await resync(parts.store.ledger, parts.waker, () => service.stopping.aborted);
    unsettled.set(woken);
    log.debug({ woken }, 'resync');
  };
  const consumers = startConsumers({
    env,
    waker: parts.waker,
    log,
    metrics,
    resync: sweep,
    context: parts.context,
  });
  shutdown.defer('consumers', () => Promise.all(consumers.map(({ consumer }) => consumer.close(5_000))));
  const watch = new ProgressWatch({
    name: 'resync',
    stallAfterMs: env.RESYNC_INTERVAL_MS * 3 + 5_000,
    alwaysBeats: true,
  });
  void sweepForEver(service, env.RESYNC_INTERVAL_MS, sweep, watch);
  const health = await startHealthServer({
    port: env.HEALTH_PORT,
    host: env.HEALTH_HOST,
    metrics,
    ready: {
      resync: watch.check,
      database: () => parts.store.ping(),
      redis: () => parts.redis.ping(),
      consumers: () => {
        const stopped = consumers.filter(({ consumer }) => !consumer.running());
        if (stopped.length > 0) throw new Error(`stopped: ${stopped.map(({ name }) => name).join(', ')}`);
      },
    },
  });
  shutdown.defer('health', () => health.close());
  return { health: health.url };
}

/** In-process timer rather than a job: it goes on when Redis has lost everything. Several reconcilers sweep harmlessly. */
async function sweepForEver(
  service: ServiceContext,
  intervalMs: number,
  sweep: () => Promise<void>,
  watch: ProgressWatch,
): Promise<void> {
  while (!service.stopping.aborted) {
    try {
      await watch.track(sweep);
    } catch (error) {
      service.log.warn({ err: error }, 'the resync failed; the next one follows');
    }
    await sleep(intervalMs, service.stopping);
  }
}
