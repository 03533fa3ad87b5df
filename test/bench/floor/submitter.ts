import { Worker } from 'bullmq';
import { z } from 'zod';
import { nowUs } from '../clock.ts';
import { serveBench } from './child.ts';
import { openCommit } from './commit.ts';
import { openExchange } from './exchange.ts';
import { openRedis, PREFIX, SUBMIT } from './queues.ts';

/** Bare ccxt createOrder: after one hop and one commit, or many at once as fast as this process can. */

const LoadSchema = z.object({ count: z.number(), concurrency: z.number(), price: z.string(), size: z.string() });
const JobSchema = z.object({ text: z.string() });
/** The order that a job places: "clientId price size". */
const commit = openCommit();
const exchange = await openExchange();

const place = (clientId: string, price: string, size: string): Promise<unknown> =>
  exchange.createOrder('BTC/USDT', 'limit', 'buy', size as unknown as number, price as unknown as number, {
    clientOrderId: clientId,
  });

const worker = new Worker(
  SUBMIT,
  async (job) => {
    const { text } = JobSchema.parse(job.data);
    const [clientId = '', price = '', size = ''] = text.split(' ');
    await commit(text);
    await place(clientId, price, size);
  },
  { connection: openRedis(), prefix: PREFIX, concurrency: 32 },
);
await worker.waitUntilReady();

let sent = 0;
serveBench(null, async (question) => {
  const { count, concurrency, price, size } = LoadSchema.parse(question);
  const startedUs = nowUs();
  let left = count;
  const client = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      sent += 1;
      await place(`floor-load-${process.pid}-${sent}`, price, size);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, client));
  return (nowUs() - startedUs) / 1_000_000;
});
