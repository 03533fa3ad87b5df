import { z } from 'zod';
import { FloorProcess } from './floor/child.ts';
import { TABLE } from './floor/commit.ts';
import { GraphQLCaller } from './graphql.ts';
import type { Timed } from './graphql.ts';
import { FAR_PRICE, SIZE } from './orders.ts';

const UrlSchema = z.object({ url: z.string() });
const TextSchema = z.record(z.string(), z.string());

export interface FloorAddresses {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly simulatorUrl: string;
  /** An exchange account of the floors' own. */
  readonly apiKey: string;
  readonly secret: string;
}

/** The bare versions, in processes of their own on the same servers. Needs the table `TABLE`. */
export class Floors {
  readonly #mutation: GraphQLCaller;
  readonly #submitter: FloorProcess;
  readonly #pusher: FloorProcess;
  readonly #receiver: FloorProcess;
  readonly #processes: readonly FloorProcess[];

  private constructor(mutationUrl: string, [mutation, worker, submitter, pusher, receiver]: readonly FloorProcess[]) {
    if (!mutation || !worker || !submitter || !pusher || !receiver) throw new Error('a floor is missing');
    this.#mutation = new GraphQLCaller(mutationUrl, null);
    this.#submitter = submitter;
    this.#pusher = pusher;
    this.#receiver = receiver;
    this.#processes = [mutation, worker, submitter, pusher, receiver];
  }

  static async start(addresses: FloorAddresses): Promise<Floors> {
    const environment = {
      DATABASE_URL: addresses.databaseUrl,
      REDIS_URL: addresses.redisUrl,
      SIMULATOR_URL: addresses.simulatorUrl,
      FLOOR_API_KEY: addresses.apiKey,
      FLOOR_SECRET: addresses.secret,
    };
    const processes = ['mutation', 'worker', 'submitter', 'pusher'].map((name) => new FloorProcess(name, environment));
    try {
      const [mutation, , , pusher] = await Promise.all(processes.map(({ ready }) => ready));
      const receiver = new FloorProcess('receiver', { ...environment, PUSHER_URL: UrlSchema.parse(pusher).url });
      processes.push(receiver);
      await receiver.ready;
      return new Floors(UrlSchema.parse(mutation).url, processes);
    } catch (cause) {
      await Promise.all(processes.map((one) => one.stop()));
      throw cause;
    }
  }

  /** A bare mutation with one round trip and one commit. */
  accept(text: string): Promise<Timed<unknown>> {
    return this.#mutation.call(TextSchema, 'mutation ($text: String!) { accept(text: $text) }', { text });
  }

  /** The same, whose worker hands on to one more hop, one more commit and createOrder. */
  submit(clientId: string): Promise<Timed<unknown>> {
    const text = `${clientId} ${FAR_PRICE} ${SIZE}`;
    return this.#mutation.call(TextSchema, 'mutation ($text: String!) { submit(text: $text) }', { text });
  }

  /** From a WebSocket push to the end of the commit in the process that received it, µs. */
  async push(): Promise<number> {
    const took = this.#receiver.ask(z.number(), null);
    await this.#pusher.ask(z.null(), null);
    return took;
  }

  /** Bare createOrder, so many at once: seconds for all. */
  load(count: number, concurrency: number): Promise<number> {
    return this.#submitter.ask(z.number(), { count, concurrency, price: FAR_PRICE, size: SIZE });
  }

  async stop(): Promise<void> {
    this.#mutation.close();
    await Promise.all(this.#processes.map((one) => one.stop()));
  }
}

export const FLOOR_TABLE = `CREATE TABLE IF NOT EXISTS ${TABLE} (id bigserial PRIMARY KEY, body text NOT NULL)`;
