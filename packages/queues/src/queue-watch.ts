import type { Redis } from 'ioredis';
import { QUEUE_PREFIX } from './contract.ts';
import { RECONCILE_PRIORITY } from './contracts.ts';

export interface QueueReading {
  readonly queue: string;
  /** Jobs that could begin now. */
  readonly waiting: number;
  readonly active: number;
  /** Jobs for later. */
  readonly delayed: number;
  /** Jobs kept because they failed. */
  readonly failed: number;
  /** How long the oldest of those that could begin now has waited, ms; 0 where none waits. */
  readonly oldestMs: number;
}

/** BullMQ's score of a waiting job: its priority times this, and a running number. */
const PRIORITY_STEP = 2 ** 32;
const PRIORITIES = Object.values(RECONCILE_PRIORITY);
/** Counts, then the head of each line that waits: of one priority the first is the oldest. */
const COUNTS = 5;

/** How full these queues are, in two round trips. Throws when Redis does not answer. */
export async function readQueues(redis: Redis, queues: readonly string[], nowMs: number): Promise<QueueReading[]> {
  const first = redis.pipeline();
  for (const queue of queues) {
    const key = (part: string): string => `${QUEUE_PREFIX}:${queue}:${part}`;
    first
      .llen(key('wait'))
      .zcard(key('prioritized'))
      .llen(key('active'))
      .zcard(key('delayed'))
      .zcard(key('failed'))
      .lindex(key('wait'), -1);
    for (const priority of PRIORITIES)
      first.zrangebyscore(
        key('prioritized'),
        priority * PRIORITY_STEP,
        `(${(priority + 1) * PRIORITY_STEP}`,
        'LIMIT',
        0,
        1,
      );
  }
  const answers = (await first.exec()) ?? [];
  const perQueue = COUNTS + 1 + PRIORITIES.length;
  const heads = queues.map((_, index) =>
    answers.slice(index * perQueue + COUNTS, (index + 1) * perQueue).flatMap(([, value]) => idsIn(value)),
  );
  const second = redis.pipeline();
  queues.forEach((queue, index) => {
    for (const id of heads[index] ?? []) second.hget(`${QUEUE_PREFIX}:${queue}:${id}`, 'timestamp');
  });
  const times = (await second.exec()) ?? [];
  let at = 0;
  return queues.map((queue, index) => {
    const count = (position: number): number => Number(answers[index * perQueue + position]?.[1] ?? 0);
    const own = times.slice(at, (at += heads[index]?.length ?? 0));
    const oldest = Math.min(...own.flatMap(([, value]) => (typeof value === 'string' ? [Number(value)] : [])));
    return {
      queue,
      waiting: count(0) + count(1),
      active: count(2),
      delayed: count(3),
      failed: count(4),
      oldestMs: Number.isFinite(oldest) ? Math.max(0, nowMs - oldest) : 0,
    };
  });
}

const idsIn = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((id): id is string => typeof id === 'string') : [];
};
