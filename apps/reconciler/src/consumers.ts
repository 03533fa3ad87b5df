import { EXCHANGE_IDS, type ExchangeId } from '@orderplane/domain';
import { createConsumer, MAINTENANCE, reconcileQueue, type Consumer, type Waker } from '@orderplane/queues';
import { currentSpan, withLogScope, type Logger, type Metrics } from '@orderplane/service-kit';
import type { ReconcilerContext } from './context.ts';
import type { Environment } from './environment.ts';
import { guarded, wakeNext } from './job.ts';

export interface ConsumerDeps {
  readonly env: Environment;
  readonly context: Omit<ReconcilerContext, 'lockLost'>;
  readonly waker: Waker;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly resync: () => Promise<void>;
}

/** One consumer per exchange, so that one exchange's outage leaves the others alone, and one for maintenance. */
export function startConsumers(deps: ConsumerDeps): { readonly name: string; readonly consumer: Consumer }[] {
  const verdicts = deps.metrics.counter('reconcile_verdicts_total', 'Outcomes of reconcile jobs', [
    'exchange',
    'verdict',
  ]);
  const seconds = deps.metrics.histogram('reconcile_seconds', 'Duration of a reconcile job', ['exchange']);
  const onError = (error: Error, jobId: string | null): void => deps.log.warn({ err: error, jobId }, 'queue trouble');
  const now = (): number => deps.context.clock.now().getTime();

  const forExchange = (exchange: ExchangeId): Consumer =>
    createConsumer(reconcileQueue(exchange), {
      redisUrl: deps.env.REDIS_URL,
      concurrency: deps.env.RECONCILE_CONCURRENCY,
      now,
      onError,
      handle: ({ orderId }, { lockLost }) =>
        withLogScope({ orderId, exchange }, async () => {
          const stop = seconds.startTimer({ exchange });
          const verdict = await guarded({ ...deps.context, lockLost }, orderId, deps.log);
          stop();
          verdicts.inc({ exchange, verdict: verdict.kind });
          currentSpan()?.note({
            'orderplane.order_id': orderId,
            'orderplane.exchange': exchange,
            'orderplane.verdict': verdict.kind,
          });
          await wakeNext(deps, exchange, orderId, verdict);
          return null;
        }),
    });
  const maintenance = createConsumer(MAINTENANCE, {
    redisUrl: deps.env.REDIS_URL,
    concurrency: 8,
    now,
    onError,
    handle: async (job) => {
      switch (job.kind) {
        case 'recheck':
          await deps.waker.wake(job.exchange, job.orderId, 'read');
          break;
        case 'resync':
          await deps.resync();
          break;
      }
      return null;
    },
  });
  return [
    ...EXCHANGE_IDS.map((exchange) => ({ name: `reconcile-${exchange}`, consumer: forExchange(exchange) })),
    { name: 'maintenance', consumer: maintenance },
  ];
}
