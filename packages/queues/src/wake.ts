import type { ExchangeId } from '@orderplane/domain';
import {
  MAINTENANCE,
  RECONCILE_PRIORITY,
  reconcileQueue,
  type MaintenanceJob,
  type ReconcileJob,
  type ReconcileUrgency,
} from './contracts.ts';
import { createProducer, type Producer, type ProducerOptions } from './producer.ts';

/**
 * Wakes orders. One job per order at most waits or runs; a wake-up while it runs gives one more run afterwards, one
 * while it waits makes it more urgent if it is. A wake-up that is lost is healed by the periodic resync, so failures are
 * reported and swallowed: the order is durable.
 */
export interface Waker {
  wake(exchange: ExchangeId, orderId: string, urgency: ReconcileUrgency): Promise<void>;
  wakeMany(exchange: ExchangeId, orderIds: readonly string[], urgency: ReconcileUrgency): Promise<void>;
  /** Wakes the order after `delayMs`; a later call for the same order replaces an earlier one. */
  wakeLater(exchange: ExchangeId, orderId: string, delayMs: number): Promise<void>;
  pending(
    exchange: ExchangeId,
  ): Promise<{ readonly waiting: number; readonly active: number; readonly delayed: number }>;
  close(): Promise<void>;
}

/** What an order does later than this is no part of the trace any more: one in doubt is looked at for days, ms. */
const TRACED_WITHIN_MS = 5_000;

export function createWaker(options: ProducerOptions): Waker {
  const producers = new Map<ExchangeId, Producer<ReconcileJob, null>>();
  const producerOf = (exchange: ExchangeId): Producer<ReconcileJob, null> => {
    let producer = producers.get(exchange);
    if (producer === undefined) {
      producer = createProducer(reconcileQueue(exchange), options);
      producers.set(exchange, producer);
    }
    return producer;
  };
  const maintenance: Producer<MaintenanceJob, null> = createProducer(MAINTENANCE, options);
  const jobOptions = (orderId: string, urgency: ReconcileUrgency) => ({
    priority: RECONCILE_PRIORITY[urgency],
    deduplication: { id: orderId, keepLastIfActive: true },
    removeOnComplete: true,
  });
  const swallow = (error: unknown): void => options.onError(error instanceof Error ? error : new Error(String(error)));
  return {
    wake: async (exchange, orderId, urgency) => {
      await producerOf(exchange).addUrgent({ orderId }, jobOptions(orderId, urgency)).catch(swallow);
    },
    wakeMany: async (exchange, orderIds, urgency) => {
      await producerOf(exchange)
        .addBulk(orderIds.map((orderId) => ({ data: { orderId }, options: jobOptions(orderId, urgency) })))
        .catch(swallow);
    },
    wakeLater: async (exchange, orderId, delayMs) => {
      await maintenance
        .add(
          { kind: 'recheck', orderId, exchange },
          {
            delay: Math.max(1, Math.round(delayMs)),
            // A wish that comes while the last one is being passed on must not be taken for it.
            deduplication: { id: `recheck-${orderId}`, replace: true, keepLastIfActive: true },
            removeOnComplete: true,
            ...(delayMs > TRACED_WITHIN_MS ? { telemetry: { omitContext: true } } : {}),
          },
        )
        .catch(swallow);
    },
    pending: (exchange) => producerOf(exchange).counts(),
    close: async () => {
      await Promise.all([maintenance.close(), ...[...producers.values()].map((producer) => producer.close())]);
    },
  };
}
