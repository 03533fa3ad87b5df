import { randomUUID } from 'node:crypto';
import { Queue, type Job, type JobsOptions } from 'bullmq';
import type { Redis } from 'ioredis';
import { QUEUE_PREFIX, QueueFullError, QueueUnavailableError, type QueueContract } from './contract.ts';
import { openRedis, redisReady } from './connection.ts';
import { patiently, within } from './patience.ts';
import { openResults } from './results.ts';
import { dataPlace, resultPlace, sealed, unsealed, type JobSeal } from './sealing.ts';
import { carried, tracedRequest } from './tracing.ts';

export interface QueueCounts {
  readonly waiting: number;
  readonly active: number;
  readonly delayed: number;
}

export interface Producer<Data, Result> {
  /** Adds a job; parsed first. Throws QueueFullError, QueueUnavailableError. */
  add(data: Data, options?: JobsOptions): Promise<void>;
  /** As `add`; where deduplication finds the job waiting already, it takes over the priority if that is more urgent. */
  addUrgent(data: Data, options: JobsOptions & { readonly priority: number }): Promise<void>;
  addBulk(items: readonly { readonly data: Data; readonly options?: JobsOptions }[]): Promise<void>;
  /** Adds a job and waits for its result. Also throws ResultTimeoutError; a job that failed throws its error. */
  request(data: Data, timeoutMs: number): Promise<Result>;
  /**
   * Resolves when jobs can be added and, with `awaitsResults`, no result of a later job can be missed. Rejects with
   * QueueUnavailableError after `timeoutMs` (default 10 s). `request` waits for it by itself.
   */
  ready(timeoutMs?: number): Promise<void>;
  counts(): Promise<QueueCounts>;
  close(): Promise<void>;
}

const KEEP: JobsOptions = {
  attempts: 1,
  // Whoever missed the hint looks for the result in the job itself: the last ones are kept for a while.
  removeOnComplete: { age: 60, count: 2_000 },
  removeOnFail: { age: 3_600, count: 1_000 },
};

/** How often the waiting count is read for `maxWaiting`, in added jobs: a limit, not an exact gate. */
const CHECK_EVERY = 64;

/** Longest wait of `ready` where the caller names none, ms. */
const READY_TIMEOUT_MS = 10_000;
/** A connection that is not there by then is not waited for: the caller has somebody waiting too. */
const READY_WITHIN_MS = 1_000;

export interface ProducerOptions {
  readonly redisUrl: string;
  readonly onError: (error: Error) => void;
  /** True where `request` is used: opens one more connection, which listens for results. */
  readonly awaitsResults?: boolean;
  /** Jobs lie in Redis sealed, and so do their results. Left out: plain. */
  readonly seal?: JobSeal;
}

export function createProducer<Data, Result>(
  contract: QueueContract<Data, Result>,
  options: ProducerOptions,
): Producer<Data, Result> {
  const redis = openRedis(options.redisUrl, 'producer', options.onError);
  const queue = new Queue(contract.name, { connection: redis, prefix: QUEUE_PREFIX, skipVersionCheck: true });
  queue.on('error', options.onError);
  const results = options.awaitsResults === true ? openResults(queue, options) : null;
  const gate = createGate(contract, queue);
  const reachable = readiness(contract.name, redis);

  const enqueue = async (job: Data, jobOptions: JobsOptions | undefined) => {
    const parsed = contract.data.parse(job);
    await reachable();
    await gate(1);
    try {
      const data = sealed(options.seal, dataPlace(contract.name), parsed);
      return await queue.add(contract.name, data, { ...KEEP, ...jobOptions, ...carried(jobOptions) });
    } catch (cause) {
      throw new QueueUnavailableError(contract.name, cause);
    }
  };
  return {
    add: async (data, jobOptions) => {
      await enqueue(data, jobOptions);
    },
    addUrgent: async (data, jobOptions) => {
      // With an id of our own, another one in the answer means that the job was there already.
      const jobId = randomUUID();
      const job = await enqueue(data, { ...jobOptions, jobId });
      if (job.id !== undefined && job.id !== jobId) await raise(queue, job.id, jobOptions.priority);
    },
    addBulk: async (items) => {
      const jobs = items.map((item) => ({
        name: contract.name,
        data: sealed(options.seal, dataPlace(contract.name), contract.data.parse(item.data)),
        opts: { ...KEEP, ...item.options, ...carried(item.options) },
      }));
      await reachable();
      await gate(jobs.length);
      try {
        await queue.addBulk(jobs);
      } catch (cause) {
        throw new QueueUnavailableError(contract.name, cause);
      }
    },
    request: (data, timeoutMs) =>
      tracedRequest(contract.name, async () => {
        if (results === null) throw new Error(`the producer of ${contract.name} was opened without awaitsResults`);
        await results.listening(READY_WITHIN_MS);
        const awaited = results.expect(timeoutMs);
        try {
          await enqueue(data, { jobId: awaited.jobId });
        } catch (error) {
          awaited.cancel();
          throw error;
        }
        const result = await awaited.result;
        return contract.result.parse(unsealed(options.seal, resultPlace(contract.name, awaited.jobId), result));
      }),
    ready: async (timeoutMs = READY_TIMEOUT_MS) => {
      await Promise.all([within(queue.waitUntilReady(), timeoutMs, contract.name), results?.listening(timeoutMs)]);
    },
    counts: () => countJobs(queue),
    close: async () => {
      results?.close();
      await patiently(queue.close());
      redis.disconnect();
    },
  };
}

async function countJobs(queue: Queue): Promise<QueueCounts> {
  const counts = await queue.getJobCounts('wait', 'prioritized', 'active', 'delayed');
  return {
    waiting: (counts['wait'] ?? 0) + (counts['prioritized'] ?? 0),
    active: counts['active'] ?? 0,
    delayed: counts['delayed'] ?? 0,
  };
}

/** One wait for all callers: each would add listeners to the connection. */
function readiness(name: string, redis: Redis): () => Promise<void> {
  let waiting: Promise<void> | null = null;
  return async () => {
    if (redis.status === 'ready') return;
    waiting ??= redisReady(redis, READY_WITHIN_MS).finally(() => {
      waiting = null;
    });
    try {
      await waiting;
    } catch (cause) {
      throw new QueueUnavailableError(name, cause, true);
    }
  };
}

/** The job may have begun or ended in the meantime: then there is nothing to raise. */
async function raise(queue: Queue, jobId: string, priority: number): Promise<void> {
  const waiting = (await queue.getJob(jobId)) as Job | undefined;
  if (waiting !== undefined && waiting.priority > priority)
    await waiting.changePriority({ priority }).catch(() => undefined);
}

function createGate<Data, Result>(
  contract: QueueContract<Data, Result>,
  queue: Queue,
): (jobs: number) => Promise<void> {
  let sinceCheck = CHECK_EVERY;
  let waiting = 0;
  return async (jobs) => {
    sinceCheck += jobs;
    if (sinceCheck >= CHECK_EVERY) {
      sinceCheck = 0;
      try {
        waiting = (await queue.getWaitingCount()) + (await queue.getPrioritizedCount());
      } catch (cause) {
        throw new QueueUnavailableError(contract.name, cause, true);
      }
    }
    if (waiting + sinceCheck > contract.maxWaiting) {
      sinceCheck = CHECK_EVERY;
      throw new QueueFullError(contract.name, waiting);
    }
  };
}
