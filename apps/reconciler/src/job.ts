import type { ExchangeId } from '@orderplane/domain';
import type { Waker } from '@orderplane/queues';
import type { Logger } from '@orderplane/service-kit';
import type { ReconcilerContext, Verdict } from './context.ts';
import { reconcile } from './reconcile.ts';

type JobLog = Pick<Logger, 'error' | 'warn' | 'info'>;

/** A failure inside (the database is away, a bug) says nothing about the order: it is looked at again after a pause. */
export async function guarded(context: ReconcilerContext, orderId: string, log: JobLog): Promise<Verdict> {
  try {
    return await reconcile(context, orderId);
  } catch (error) {
    log.error({ err: error, orderId }, 'reconciling failed');
    return { kind: 'Recheck', afterMs: context.backoffMs(2) };
  }
}

/** When the order is to be looked at next, told to the queue. */
export async function wakeNext(
  deps: { readonly waker: Pick<Waker, 'wakeLater'>; readonly log: JobLog },
  exchange: ExchangeId,
  orderId: string,
  verdict: Verdict,
): Promise<void> {
  switch (verdict.kind) {
    case 'Settled':
      break;
    case 'Recheck':
      await deps.waker.wakeLater(exchange, orderId, verdict.afterMs);
      break;
    case 'Escalated':
      deps.log.warn({ orderId, reason: verdict.reason }, 'an order needs attention');
      await deps.waker.wakeLater(exchange, orderId, verdict.afterMs);
      break;
    case 'Throttled':
      deps.log.info({ exchange, orderId, retryAfterMs: verdict.retryAfterMs }, 'a limit makes an order wait');
      // This order waits; what else has to wait, the shared budget knows: a limit of new orders stops no cancel.
      await deps.waker.wakeLater(exchange, orderId, Math.max(1, verdict.retryAfterMs));
      break;
  }
}
