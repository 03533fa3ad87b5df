import { Agent, request } from 'node:http';
import { createClient } from 'graphql-ws';
import type { Client } from 'graphql-ws';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { nowUs } from './clock.ts';

const AnswerSchema = z.object({
  data: z.unknown().optional(),
  errors: z.array(z.object({ message: z.string() })).optional(),
});

export interface Timed<Data> {
  readonly data: Data;
  readonly sentUs: number;
  /** When the whole body was there, before it is parsed. */
  readonly answeredUs: number;
}

/** GraphQL over kept-alive connections, with as little of its own as can be: the same client times us and the floors. */
export class GraphQLCaller {
  readonly #url: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(url: string, token: string | null) {
    this.#url = new URL(url);
    this.#headers = {
      'content-type': 'application/json',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    };
  }

  /** Throws on any error in the answer. */
  async call<Data>(
    schema: z.ZodType<Data>,
    query: string,
    variables: Readonly<Record<string, unknown>>,
  ): Promise<Timed<Data>> {
    const body = JSON.stringify({ query, variables });
    const sentUs = nowUs();
    const text = await this.#post(body);
    const answeredUs = nowUs();
    const answer = AnswerSchema.parse(JSON.parse(text));
    if (answer.errors !== undefined) throw new Error(answer.errors.map(({ message }) => message).join('; '));
    return { data: schema.parse(answer.data), sentUs, answeredUs };
  }

  /** A server may close a connection in the moment in which it is used again: then nothing was read, and it is sent again. */
  async #post(body: string): Promise<string> {
    for (let isLast = false; ; isLast = true) {
      try {
        return await this.#send(body);
      } catch (cause) {
        if (isLast || (cause as NodeJS.ErrnoException).code !== 'ECONNRESET') throw cause;
      }
    }
  }

  #send(body: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const headers = { ...this.#headers, 'content-length': Buffer.byteLength(body) };
      const sent = request(this.#url, { method: 'POST', agent: this.#agent, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
        response.on('error', reject);
      });
      sent.setTimeout(30_000, () => sent.destroy(new Error('no answer within 30 s')));
      sent.on('error', reject);
      sent.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

const UpdateSchema = z.object({
  data: z.object({
    orderUpdates: z.object({
      kind: z.string(),
      order: z.object({ id: z.string() }).nullable(),
      event: z.object({ type: z.string() }).nullable(),
    }),
  }),
});
export const SUBSCRIPTION =
  'subscription ($accountIds: [ID!]!) { orderUpdates(accountIds: $accountIds) { kind order { id state status filledSize } event { type } } }';

/** A subscriber of `orderUpdates`: when each event of each order arrived. */
export class Subscriber {
  readonly #client: Client;
  readonly #arrived = new Map<string, number>();
  readonly #waiting = new Map<string, (atUs: number) => void>();
  readonly #fail: (cause: unknown) => void;
  readonly #failed: Promise<never>;
  readonly ready: Promise<void>;
  readonly accountId: string;
  /** Changes told so far. */
  events = 0;

  constructor(url: string, token: string, accountId: string) {
    this.accountId = accountId;
    this.#client = createClient({
      url,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${token}` },
      lazy: false,
      retryAttempts: 0,
    });
    const failed = Promise.withResolvers<never>();
    failed.promise.catch(() => undefined);
    this.#failed = failed.promise;
    this.#fail = failed.reject;
    const ready = Promise.withResolvers<void>();
    this.ready = Promise.race([ready.promise, this.#failed]);
    this.#client.subscribe(
      { query: SUBSCRIPTION, variables: { accountIds: [accountId] } },
      {
        next: (message) => {
          const atUs = nowUs();
          const { kind, order, event } = UpdateSchema.parse(message).data.orderUpdates;
          if (kind === 'SNAPSHOT_END') ready.resolve();
          if (kind === 'EVENT') this.events += 1;
          if (order !== null && event !== null) this.#note(`${event.type} ${order.id}`, atUs);
        },
        error: this.#fail,
        complete: () => this.#fail(new Error('the subscription has ended')),
      },
    );
  }

  /** When the event arrived, µs; waits for it at most 30 s. */
  async event(type: string, orderId: string): Promise<number> {
    const key = `${type} ${orderId}`;
    const known = this.#arrived.get(key);
    if (known !== undefined) return known;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${key} was not told within 30 s`)), 30_000);
    });
    const told = new Promise<number>((resolve) => this.#waiting.set(key, resolve));
    try {
      return await Promise.race([told, late, this.#failed]);
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(key);
    }
  }

  async close(): Promise<void> {
    await this.#client.dispose();
  }

  #note(key: string, atUs: number): void {
    this.#arrived.set(key, atUs);
    this.#waiting.get(key)?.(atUs);
  }
}
