import { randomUUID } from 'node:crypto';
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { openRedis } from './connection.ts';
import { QUEUE_PREFIX, ResultTimeoutError } from './contract.ts';
import { within } from './patience.ts';

/**
 * How the result of a job finds whoever waits for it. The id of a job that somebody waits for names its waiter, and the
 * consumer tells the waiter's channel what came of the job. That is a hint: the truth stays in the job, which is looked
 * at when nothing is heard. BullMQ's own QueueEvents reads five entries of a stream for each job of everybody, and hears
 * of the end only after the job has been put away.
 */

/** First look at the job itself, ms; then after twice as long each time. A lost hint delays a result by this. */
const LOOK_AFTER_MS = 250;
const WAITED_FOR = /^w-([0-9a-f-]{36})\.\d+$/;

const channelOf = (waiter: string): string => `${QUEUE_PREFIX}:results:${waiter}`;

const ToldSchema = z.union([
  z.object({ jobId: z.string(), error: z.string() }),
  z.object({ jobId: z.string(), result: z.unknown() }),
]);
type Told = z.infer<typeof ToldSchema>;

/** The consumer's side: tells the waiter, if there is one. Never throws, never waits. */
export function tellWaiter(redis: Redis, told: Told): void {
  const [, waiter] = WAITED_FOR.exec(told.jobId) ?? [];
  if (waiter !== undefined) redis.publish(channelOf(waiter), JSON.stringify(told)).catch(() => undefined);
}

/** One job whose result is waited for; the wait begins before the job is added, so that nothing is missed. */
export interface Awaited {
  readonly jobId: string;
  /** What the job gave, unparsed. Throws the job's own error, and ResultTimeoutError. */
  readonly result: Promise<unknown>;
  /** Nobody waits any more: the job was not added. */
  cancel(): void;
}

export interface Results {
  /** Resolves when results are heard as they come. Rejects with QueueUnavailableError after `timeoutMs`. */
  listening(timeoutMs: number): Promise<void>;
  expect(timeoutMs: number): Awaited;
  close(): void;
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (cause: Error) => void;
}

/** The waiter's side. `queue`: where the jobs are. */
export function openResults(
  queue: Queue,
  { redisUrl, onError }: { readonly redisUrl: string; readonly onError: (error: Error) => void },
): Results {
  const waiter = randomUUID();
  const waiting = new Map<string, Waiting>();
  const subscriber = openRedis(redisUrl, 'subscriber', onError);
  let jobs = 0;
  subscriber.on('message', (_channel: string, message: string) => {
    const told = parse(message);
    const entry = told === null ? undefined : waiting.get(told.jobId);
    if (told === null || entry === undefined) return;
    if ('error' in told) entry.reject(new Error(told.error));
    else entry.resolve(told.result);
  });
  const subscribed = subscriber.subscribe(channelOf(waiter));
  subscribed.catch(() => undefined);
  return {
    listening: (timeoutMs) => within(subscribed, timeoutMs, queue.name),
    expect: (timeoutMs) => {
      jobs += 1;
      const jobId = `w-${waiter}.${jobs}`;
      const told = Promise.withResolvers<unknown>();
      waiting.set(jobId, told);
      const endLooking = lookRepeatedly(queue, jobId, told);
      const timer = setTimeout(() => told.reject(new ResultTimeoutError(queue.name, timeoutMs)), timeoutMs);
      const forget = (): void => {
        waiting.delete(jobId);
        clearTimeout(timer);
        endLooking();
      };
      // Also handles the rejection of a job that nobody waits for any more.
      told.promise.then(forget, forget);
      return { jobId, result: told.promise, cancel: () => told.resolve(null) };
    },
    close: () => subscriber.disconnect(),
  };
}

/** Looks whether the job has ended, until the returned function is called. */
function lookRepeatedly(queue: Queue, jobId: string, { resolve, reject }: Waiting): () => void {
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  const lookIn = (ms: number): void => {
    if (!ended) timer = setTimeout(() => void look(ms), ms);
  };
  const look = async (afterMs: number): Promise<void> => {
    // A failing look says nothing about the job: the next one follows.
    const job = await queue.getJob(jobId).catch(() => undefined);
    if (job?.finishedOn === undefined) lookIn(2 * afterMs);
    else if (typeof job.failedReason === 'string') reject(new Error(job.failedReason));
    else resolve(job.returnvalue);
  };
  lookIn(LOOK_AFTER_MS);
  return () => {
    ended = true;
    clearTimeout(timer);
  };
}

function parse(message: string): Told | null {
  try {
    const parsed = ToldSchema.safeParse(JSON.parse(message));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
