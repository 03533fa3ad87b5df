import { Redis } from 'ioredis';
import { afterEach, describe, expect, test } from 'vitest';
import { NotAcceptedError, QUEUE_PREFIX } from './contract.ts';
import { createProducer } from './producer.ts';
import { dataPlace, sealed, unsealed, type JobSeal } from './sealing.ts';
import { contractOf, NO_REDIS, redisUrl } from './testing/redis.ts';
import { createConsumer } from './worker.ts';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

/** Not a secret, but nothing that a job holds can be read in it, and it knows its place. */
const seal: JobSeal = {
  seal: (place, text) => Buffer.from(JSON.stringify([place, text])).toString('base64'),
  open: (place, text) => {
    const [at, plain] = JSON.parse(Buffer.from(text, 'base64').toString()) as [string, string];
    if (at !== place) throw new Error('of another place');
    return plain;
  },
};

test('what is sealed opens in its place with a key; what is not comes as it is', () => {
  const value = sealed(seal, dataPlace('q'), { n: 4711 });
  expect(JSON.stringify(value)).not.toContain('4711');
  expect(unsealed(seal, dataPlace('q'), value)).toEqual({ n: 4711 });
  expect(() => unsealed(seal, dataPlace('other'), value)).toThrow('of another place');
  expect(() => unsealed(undefined, dataPlace('q'), value)).toThrow('has no key');
  expect(unsealed(seal, dataPlace('q'), { n: 1 })).toEqual({ n: 1 });
  expect(sealed(undefined, dataPlace('q'), { n: 1 })).toEqual({ n: 1 });
});

describe.skipIf(NO_REDIS)('sealed jobs on a real Redis', () => {
  const serve = (contract: ReturnType<typeof contractOf>, errors: Error[]) => {
    const consumer = createConsumer(contract, {
      redisUrl: redisUrl(),
      concurrency: 2,
      now: () => Date.now(),
      seal,
      onError: (error) => errors.push(error),
      handle: async ({ n }) => {
        if (n === 4713) throw new RangeError(`${n} is bad luck`);
        if (n === 4714) throw new NotAcceptedError('not today');
        return { doubled: 2 * n };
      },
    });
    open.push(() => consumer.close(5_000));
  };
  const producing = (contract: ReturnType<typeof contractOf>, by?: JobSeal) => {
    const options = { redisUrl: redisUrl(), onError: () => undefined, awaitsResults: true };
    const producer = createProducer(contract, { ...options, ...(by === undefined ? {} : { seal: by }) });
    open.push(() => producer.close());
    return producer;
  };

  test('neither job nor result nor failure can be read there, and who asked reads them', async () => {
    const contract = contractOf();
    const producer = producing(contract, seal);
    const errors: Error[] = [];
    serve(contract, errors);
    expect(await producer.request({ n: 4711 }, 5_000)).toEqual({ doubled: 9422 });
    await expect(producer.request({ n: 4713 }, 5_000)).rejects.toThrow('RangeError: the log of the service says more');
    expect(errors.map(({ message }) => message)).toContain('4713 is bad luck');
    // What surely had no effect is told in its own words: they are ours.
    await expect(producer.request({ n: 4714 }, 5_000)).rejects.toThrow('not today');
    const redis = new Redis(redisUrl());
    open.push(async () => redis.disconnect());
    const keys = await redis.keys(`${QUEUE_PREFIX}:${contract.name}:*`);
    expect(keys.length).toBeGreaterThan(2);
    for (const key of keys) {
      const dump = (await redis.dumpBuffer(key))?.toString('latin1') ?? '';
      for (const word of ['4711', '9422', '4713', '4714']) expect(dump).not.toContain(`:${word}`);
      const type = await redis.type(key);
      if (type === 'hash') expect(JSON.stringify(await redis.hgetall(key))).not.toMatch(/47(11|13|14)|9422/);
      if (type === 'stream') expect(JSON.stringify(await redis.xrange(key, '-', '+'))).not.toMatch(/47(11|13|14)|9422/);
    }
  });

  test('a job of somebody who does not seal is served all the same, plainly', async () => {
    const contract = contractOf();
    serve(contract, []);
    expect(await producing(contract).request({ n: 2 }, 5_000)).toEqual({ doubled: 4 });
    await expect(producing(contract).request({ n: 4713 }, 5_000)).rejects.toThrow('4713 is bad luck');
  });
});
