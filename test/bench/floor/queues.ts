import { Redis } from 'ioredis';
import { given } from './child.ts';

/** Beside our own queues, in the same Redis. */
export const PREFIX = '{bench-floor}';
export const ACCEPT = 'accept';
export const SUBMIT = 'submit';
export const KEEP = { removeOnComplete: { count: 1_000 }, removeOnFail: { count: 100 } } as const;

export const openRedis = (): Redis => new Redis(given('REDIS_URL'), { maxRetriesPerRequest: null });
