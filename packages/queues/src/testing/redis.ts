import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { QueueContract } from '../contract.ts';

/** Address of a Redis for tests; `npm test` sets it. */
const GIVEN = process.env['ORDERPLANE_TEST_REDIS_URL'] ?? '';

/** A logical database of its own for each test file that empties it: files run side by side. */
const DATABASES = { queues: 11, wake: 12, budget: 13, turns: 14 } as const;

export const redisUrl = (file: keyof typeof DATABASES = 'queues'): string => {
  const url = new URL(GIVEN);
  url.pathname = `/${DATABASES[file]}`;
  return url.toString();
};

export const NO_REDIS = GIVEN === '';
export const WHY_SKIPPED = 'ORDERPLANE_TEST_REDIS_URL is not set: npm test sets it';

export const JobSchema = z.object({ n: z.number().int() });
export type Job = z.infer<typeof JobSchema>;
export const ResultSchema = z.object({ doubled: z.number() });

/** A queue that no other test has. */
export const contractOf = (
  over: Partial<QueueContract<Job, { readonly doubled: number }>> = {},
): QueueContract<Job, { readonly doubled: number }> => ({
  name: `test-${randomBytes(6).toString('hex')}`,
  data: JobSchema,
  result: ResultSchema,
  maxWaiting: 1_000,
  lockMs: 1_000,
  ...over,
});

export const pause = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));
