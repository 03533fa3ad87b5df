import { Queue, Worker } from 'bullmq';
import { z } from 'zod';
import { serveBench } from './child.ts';
import { openCommit } from './commit.ts';
import { ACCEPT, KEEP, openRedis, PREFIX, SUBMIT } from './queues.ts';

/** The other end of the mutation's round trip: one commit, and where asked one hop to the submitter. */

const JobSchema = z.object({ text: z.string(), handOn: z.boolean() });
const commit = openCommit();
const submits = new Queue(SUBMIT, { connection: openRedis(), prefix: PREFIX });
const worker = new Worker(
  ACCEPT,
  async (job) => {
    const { text, handOn } = JobSchema.parse(job.data);
    await commit(text);
    if (handOn) await submits.add(SUBMIT, { text }, KEEP);
    return text;
  },
  { connection: openRedis(), prefix: PREFIX, concurrency: 32 },
);
await worker.waitUntilReady();
serveBench(null, async () => null);
