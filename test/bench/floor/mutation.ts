import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { Queue, QueueEvents } from 'bullmq';
import { serveBench } from './child.ts';
import { ACCEPT, KEEP, openRedis, PREFIX } from './queues.ts';

/** A bare GraphQL mutation: one BullMQ round trip to a worker in another process, nothing else. */

const queue = new Queue(ACCEPT, { connection: openRedis(), prefix: PREFIX });
const events = new QueueEvents(ACCEPT, { connection: openRedis(), prefix: PREFIX });
events.setMaxListeners(0);
await events.waitUntilReady();

const server = new ApolloServer({
  typeDefs: `
    type Query { ok: Boolean }
    type Mutation {
      "one round trip, one commit"
      accept(text: String!): String!
      "as accept; the worker hands the work on to the submitter"
      submit(text: String!): String!
    }`,
  resolvers: {
    Mutation: {
      accept: (_: unknown, { text }: { text: string }) => run({ text, handOn: false }),
      submit: (_: unknown, { text }: { text: string }) => run({ text, handOn: true }),
    },
  },
});

async function run(data: { readonly text: string; readonly handOn: boolean }): Promise<string> {
  const job = await queue.add(ACCEPT, data, KEEP);
  return String(await job.waitUntilFinished(events));
}

const { url } = await startStandaloneServer(server, { listen: { host: '127.0.0.1', port: 0 } });
serveBench({ url }, async () => null);
