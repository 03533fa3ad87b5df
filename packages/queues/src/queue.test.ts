import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  QUEUE_PREFIX,
  QueueFullError,
  QueueUnavailableError,
  ResultTimeoutError,
  type QueueContract,
} from './contract.ts';
import { createProducer, type Producer } from './producer.ts';
import { contractOf, NO_REDIS, pause, redisUrl, WHY_SKIPPED, type Job } from './testing/redis.ts';
import { createConsumer, type ConsumerOptions } from './worker.ts';

type Result = { readonly doubled: number };
type Contract = QueueContract<Job, Result>;

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

function producing(contract: Contract, url = redisUrl()): Producer<Job, Result> {
  const producer = createProducer(contract, { redisUrl: url, onError: () => undefined, awaitsResults: true });
  open.push(() => producer.close());
  return producer;
}

function consuming(contract: Contract, options: Partial<ConsumerOptions<Job, Result>> = {}) {
  const errors: string[] = [];
  const consumer = createConsumer(contract, {
    redisUrl: redisUrl(),
    concurrency: 4,
    now: () => Date.now(),
    onError: (error) => void errors.push(error.message),
    handle: ({ n }) => Promise.resolve({ doubled: 2 * n }),
    ...options,
  });
  open.push(() => consumer.close(5_000));
  return { consumer, errors };
}

/** A job written past the contract, as another program or an older version might. */
async function smuggle(contract: Contract, data: unknown): Promise<void> {
  const connection = new Redis(redisUrl(), { maxRetriesPerRequest: null });
  const queue = new Queue(contract.name, { connection, prefix: QUEUE_PREFIX });
  await queue.add(contract.name, data);
  await queue.close();
  connection.disconnect();
}

test.runIf(NO_REDIS)(`skipped: ${WHY_SKIPPED}`, () => undefined);

describe.skipIf(NO_REDIS)('queues on a real Redis', () => {
  test('a request is answered with the result of its job', async () => {
    const contract = contractOf();
    const producer = producing(contract);
    consuming(contract);
    const results = await Promise.all([1, 2, 3].map((n) => producer.request({ n }, 5_000)));
    expect(results.map(({ doubled }) => doubled)).toEqual([2, 4, 6]);
  });

  test('a request whose job fails throws its error', async () => {
    const contract = contractOf();
    const producer = producing(contract);
    consuming(contract, { handle: () => Promise.reject(new Error('no such thing')) });
    await expect(producer.request({ n: 1 }, 5_000)).rejects.toThrow('no such thing');
  });

  test('a request that nobody answers in time is unknown, and the job is still there', async () => {
    const contract = contractOf();
    const producer = producing(contract);
    await expect(producer.request({ n: 1 }, 100)).rejects.toBeInstanceOf(ResultTimeoutError);
    expect((await producer.counts()).waiting).toBe(1);
    const seen: number[] = [];
    consuming(contract, {
      handle: ({ n }) => {
        seen.push(n);
        return Promise.resolve({ doubled: 0 });
      },
    });
    await vi.waitFor(() => expect(seen).toEqual([1]));
  });

  test('what does not fit the contract is not written', async () => {
    const producer = producing(contractOf());
    await expect(producer.add({ n: 1.5 })).rejects.toThrow();
    await expect(producer.addBulk([{ data: { n: 1 } }, { data: { n: Number.NaN } }])).rejects.toThrow();
    expect(await producer.counts()).toEqual({ waiting: 0, active: 0, delayed: 0 });
  });

  test('what was written past the contract fails, is told and is not acted upon; the queue goes on', async () => {
    const contract = contractOf();
    const acted: number[] = [];
    await smuggle(contract, { n: 'one' });
    const { consumer, errors } = consuming(contract, {
      handle: ({ n }) => {
        acted.push(n);
        return Promise.resolve({ doubled: 2 * n });
      },
    });
    await producing(contract).add({ n: 7 });
    await vi.waitFor(() => expect(consumer.progress()).toMatchObject({ started: 2, finished: 2 }));
    expect(acted).toEqual([7]);
    // Told once Redis has put the job away, which may be later than its end here.
    await vi.waitFor(() => expect(errors).toHaveLength(1), 5_000);
  });

  test('a result that does not fit fails the job', async () => {
    const contract = contractOf();
    const producer = producing(contract);
    consuming(contract, { handle: () => Promise.resolve({} as Result) });
    await expect(producer.request({ n: 1 }, 5_000)).rejects.toThrow();
  });

  test('a full queue refuses instead of filling Redis', async () => {
    const producer = producing(contractOf({ maxWaiting: 10 }));
    for (let n = 0; n < 11; n += 1) await producer.add({ n });
    await expect(producer.add({ n: 11 })).rejects.toBeInstanceOf(QueueFullError);
    await expect(producer.addBulk([{ data: { n: 12 } }])).rejects.toBeInstanceOf(QueueFullError);
    expect((await producer.counts()).waiting).toBe(11);
  });

  test('a Redis that is away is told at once', async () => {
    const producer = producing(contractOf(), 'redis://127.0.0.1:1');
    const began = performance.now();
    await expect(producer.add({ n: 1 })).rejects.toBeInstanceOf(QueueUnavailableError);
    expect(performance.now() - began).toBeLessThan(15_000);
  });

  test('a job whose worker was killed is given out again when its lock has run out', async () => {
    const contract = contractOf();
    await producing(contract).add({ n: 42 });
    const script = fileURLToPath(new URL('./testing/stuck-worker.ts', import.meta.url));
    const child = spawn(process.execPath, [script, redisUrl(), contract.name], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise<void>((resolve) => {
      child.stdout.on('data', (chunk: Buffer) => {
        if (chunk.toString().includes('took 42')) resolve();
      });
    });
    const taken: number[] = [];
    consuming(contract, {
      handle: ({ n }) => {
        taken.push(n);
        return Promise.resolve({ doubled: 0 });
      },
    });
    await pause(1_500);
    // Its worker lives and renews the lock: nobody else gets it.
    expect(taken).toEqual([]);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    await vi.waitFor(() => expect(taken).toEqual([42]), { timeout: 10_000 });
  }, 20_000);

  test('a handler is told when its lock can have run out', async () => {
    const contract = contractOf();
    const lost: boolean[] = [];
    consuming(contract, {
      handle: async (_job, { lockLost }) => {
        lost.push(lockLost());
        // A process that is stopped renews nothing: the event loop stands still for longer than the lock holds.
        const until = performance.now() + 1_300;
        while (performance.now() < until);
        lost.push(lockLost());
        return { doubled: 0 };
      },
    });
    await producing(contract).add({ n: 1 });
    await vi.waitFor(() => expect(lost).toEqual([false, true]), { timeout: 5_000 });
  });

  test('closing waits for jobs in progress, but not for ever', async () => {
    const contract = contractOf();
    let ended = 0;
    const { consumer } = consuming(contract, {
      handle: async ({ n }) => {
        await pause(n);
        ended += 1;
        return { doubled: 0 };
      },
    });
    await producing(contract).add({ n: 150 });
    await vi.waitFor(() => expect(consumer.progress().started).toBe(1));
    expect(consumer.running()).toBe(true);
    await consumer.close(3_000);
    expect([ended, consumer.running()]).toEqual([1, false]);

    const stuck = consuming(contract, { handle: () => new Promise(() => undefined) }).consumer;
    await producing(contract).add({ n: 1 });
    await vi.waitFor(() => expect(stuck.progress().started).toBe(1));
    const began = performance.now();
    await stuck.close(200);
    expect(performance.now() - began).toBeLessThan(15_000);
  });
});
