import { createConsumer } from '../worker.ts';
import { contractOf } from './redis.ts';

/** Takes a job of the queue named on the command line, says so, and never ends it: to be killed. */
const [url = '', name = ''] = process.argv.slice(2);
createConsumer(contractOf({ name }), {
  redisUrl: url,
  concurrency: 1,
  now: () => Date.now(),
  onError: () => undefined,
  handle: ({ n }) => {
    process.stdout.write(`took ${n}\n`);
    return new Promise(() => undefined);
  },
});
