import type { Redis } from 'ioredis';

/** What an exchange tells later than this is no part of the trace any more, s. */
const KEPT_S = 900;
const keyOf = (orderId: string): string => `orderplane:trace:${orderId}`;

/**
 * Which trace an order belongs to, for what comes without a job: an exchange's stream names the order and nothing else.
 * A hint in Redis, written only while somebody traces; without it such news stand in no trace.
 */
export interface TraceBook {
  /** Never throws, never waits. */
  keep(orderIds: readonly string[], traceparent: string): void;
  /** Null: none is known. Never throws. */
  of(orderId: string): Promise<string | null>;
}

export const createTraceBook = (redis: Redis): TraceBook => ({
  keep: (orderIds, traceparent) => {
    for (const orderId of orderIds) redis.set(keyOf(orderId), traceparent, 'EX', KEPT_S).catch(() => undefined);
  },
  of: (orderId) => redis.get(keyOf(orderId)).catch(() => null),
});
