import { Worker, type Job } from 'bullmq';
import { NotAcceptedError, QUEUE_PREFIX, type QueueContract } from './contract.ts';
import { openRedis } from './connection.ts';
import { tellWaiter } from './results.ts';
import { dataPlace, isSealedJob, resultPlace, sealed, unsealed, type JobSeal } from './sealing.ts';
import { tracedJob } from './tracing.ts';

export interface Consumer {
  readonly running: () => boolean;
  /** Jobs begun and ended by this process, for health checks that watch progress. */
  readonly progress: () => {
    readonly started: number;
    readonly finished: number;
    readonly lastFinishedAtMs: number | null;
  };
  /** Waits for jobs in progress at most `graceMs`, then lets go of them: they are picked up by others. */
  close(graceMs: number): Promise<void>;
}

export interface ConsumerOptions<Data, Result> {
  readonly redisUrl: string;
  readonly concurrency: number;
  readonly handle: (data: Data, signal: { readonly lockLost: () => boolean }) => Promise<Result>;
  readonly onError: (error: Error, jobId: string | null) => void;
  readonly now: () => number;
  /** Opens jobs that came sealed, and seals what comes of them. Jobs that came plain stay so. */
  readonly seal?: JobSeal;
}

/**
 * A job that does not parse fails and is reported, it is
 * never acted on. A crash does not count as an attempt: the job is run again by whoever finds its lock expired.
 */
export function createConsumer<Data, Result>(
  contract: QueueContract<Data, Result>,
  options: ConsumerOptions<Data, Result>,
): Consumer {
  const connection = openRedis(options.redisUrl, 'worker', (error) => options.onError(error, null));
  let started = 0;
  let finished = 0;
  let lastFinishedAtMs: number | null = null;
  /** Until when each job's lock surely holds, on the monotonic clock: a process that was stopped finds out by itself. */
  const heldUntilMs = new Map<string, number>();
  const hold = (jobId: string): void => {
    heldUntilMs.set(jobId, performance.now() + contract.lockMs);
  };

  const worker: Worker = new Worker(
    contract.name,
    async (job: Job) => {
      started += 1;
      const jobId = job.id ?? '';
      hold(jobId);
      try {
        const data = contract.data.parse(unsealed(options.seal, dataPlace(contract.name), job.data));
        const lockLost = (): boolean => performance.now() >= (heldUntilMs.get(jobId) ?? 0);
        const handled = await tracedJob(contract.name, job, () => options.handle(data, { lockLost }));
        const given = contract.result.parse(handled);
        const seal = isSealedJob(job.data) ? options.seal : undefined;
        const result = sealed(seal, resultPlace(contract.name, jobId), given);
        tellWaiter(connection, { jobId, result });
        return result;
      } catch (error) {
        if (!isSealedJob(job.data)) throw error;
        throw wordless(error, (cause) => options.onError(cause, jobId));
      } finally {
        heldUntilMs.delete(jobId);
        finished += 1;
        lastFinishedAtMs = options.now();
      }
    },
    {
      connection,
      prefix: QUEUE_PREFIX,
      concurrency: options.concurrency,
      lockDuration: contract.lockMs,
      stalledInterval: Math.max(1_000, Math.floor(contract.lockMs / 3)),
      // A job of a crashed worker is given out again this often; its key is safe to run any number of times.
      maxStalledCount: 1_000,
      maxStartedAttempts: 1_000,
      // The check of the server's version stays on: without it BullMQ waits in whole seconds, and every delayed job
      // would end up to a second late.
      drainDelay: 5,
    },
  );
  worker.on('error', (error) => options.onError(error, null));
  worker.on('failed', (job, error) => {
    options.onError(error, job?.id ?? null);
    if (job?.id !== undefined) tellWaiter(connection, { jobId: job.id, error: error.message });
  });
  worker.on('lockRenewalFailed', (jobIds: string[]) => {
    for (const id of jobIds) heldUntilMs.set(id, 0);
  });
  worker.on('locksRenewed', ({ jobIds }: { readonly jobIds: string[] }) => {
    for (const id of jobIds) if (heldUntilMs.has(id)) hold(id);
  });
  return {
    running: () => worker.isRunning() && !worker.closing,
    progress: () => ({ started, finished, lastFinishedAtMs }),
    close: async (graceMs) => {
      await closeWithin(worker, graceMs);
      connection.disconnect();
    },
  };
}

/** What Redis may keep of the failure of a sealed job: words may quote what was sealed, so they go to the log only. */
function wordless(error: unknown, tell: (cause: Error) => void): Error {
  if (NotAcceptedError.from(error) !== null && error instanceof Error) return error;
  const cause = error instanceof Error ? error : new Error(String(error));
  tell(cause);
  return new Error(`${cause.name}: the log of the service says more`);
}

async function closeWithin(worker: Worker, graceMs: number): Promise<void> {
  const closed = worker.close().catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  const grace = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, graceMs);
  });
  await Promise.race([closed, grace]);
  clearTimeout(timer);
}
