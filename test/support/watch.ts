import { createClient } from 'graphql-ws/client';
import { WebSocket } from 'ws';
import { z } from 'zod';
import type { Endpoint } from './client.ts';

/** One subscription over graphql-ws: what came so far, and how it ended. It does not connect again by itself. */
export interface Watch<Item> {
  readonly items: readonly Item[];
  /** Null while it is open; then why it ended. */
  readonly end: string | null;
  /** Resolves with the items when `accept` is satisfied; rejects when it ends before, or after `timeoutMs`. */
  until(accept: (items: readonly Item[]) => boolean, what: string, timeoutMs?: number): Promise<readonly Item[]>;
  close(): Promise<void>;
}

interface Query {
  readonly query: string;
  readonly variables: Record<string, unknown>;
}

export function watch<Item>(
  endpoint: Pick<Endpoint, 'http'> & { readonly token: string | null },
  query: Query,
  read: (data: unknown) => Item,
): Watch<Item> {
  const items: Item[] = [];
  const listeners = new Set<() => void>();
  const tell = (): void => listeners.forEach((listener) => listener());
  let end: string | null = null;
  const finish = (why: string): void => {
    end ??= why;
    tell();
  };
  const client = createClient({
    url: endpoint.http.replace(/^http/, 'ws'),
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    ...(endpoint.token === null ? {} : { connectionParams: { authorization: `Bearer ${endpoint.token}` } }),
  });
  const release = client.subscribe(query, {
    next: ({ data, errors }) => {
      if (errors !== undefined) return finish(textOf(errors));
      try {
        items.push(read(data));
      } catch (error) {
        return finish(`unreadable: ${String(error)}`);
      }
      tell();
    },
    error: (error) => finish(textOf(error)),
    complete: () => finish('complete'),
  });
  const until: Watch<Item>['until'] = (accept, what, timeoutMs = 15_000) =>
    new Promise((resolve, reject) => {
      const stop = (): void => {
        clearTimeout(timer);
        listeners.delete(look);
      };
      const fail = (why: string): void => {
        stop();
        reject(new Error(`${what}: ${why}; seen ${JSON.stringify(items).slice(-1_500)}`));
      };
      const look = (): void => {
        if (accept(items)) {
          stop();
          resolve(items);
        } else if (end !== null) fail(`ended with ${end}`);
      };
      const timer = setTimeout(() => fail(`not within ${timeoutMs} ms`), timeoutMs);
      listeners.add(look);
      look();
    });
  return {
    items,
    until,
    get end() {
      return end;
    },
    close: async () => {
      release();
      await client.dispose();
    },
  };
}

/** Close events and GraphQL errors as one line. */
function textOf(error: unknown): string {
  if (Array.isArray(error)) return error.map((one) => JSON.stringify(one)).join('; ');
  if (error instanceof Error) return error.message;
  const { code, reason } = (error ?? {}) as { code?: unknown; reason?: unknown };
  return `closed ${String(code)} ${String(reason)}`;
}

const UpdateSchema = z.object({
  orderUpdates: z.object({
    kind: z.enum(['SNAPSHOT', 'SNAPSHOT_END', 'EVENT']),
    cursor: z.string(),
    order: z
      .object({ id: z.string(), state: z.string(), status: z.string(), filledSize: z.string(), exchange: z.string() })
      .nullable(),
    event: z
      .object({
        cursor: z.string(),
        orderId: z.string(),
        type: z.string(),
        fromState: z.string().nullable(),
        toState: z.string(),
        at: z.string(),
      })
      .nullable(),
  }),
});
export type Update = z.infer<typeof UpdateSchema>['orderUpdates'];

export const watchOrders = (
  endpoint: Pick<Endpoint, 'http'> & { readonly token: string | null },
  accountIds: readonly string[],
  after: string | null = null,
): Watch<Update> =>
  watch(
    endpoint,
    {
      query: `subscription ($accountIds: [ID!]!, $after: Cursor) { orderUpdates(accountIds: $accountIds, after: $after) {
        kind cursor order { id state status filledSize exchange } event { cursor orderId type fromState toState at } } }`,
      variables: { accountIds, after },
    },
    (data) => UpdateSchema.parse(data).orderUpdates,
  );

const TickerSchema = z.object({
  ticker: z.object({
    exchange: z.string(),
    symbol: z.string(),
    last: z.string().nullable(),
    bid: z.string().nullable(),
    ask: z.string().nullable(),
    at: z.iso.datetime({ precision: 3 }),
  }),
});
export type TickerView = z.infer<typeof TickerSchema>['ticker'];

export const watchTicker = (endpoint: Endpoint, exchange: string, symbol: string): Watch<TickerView> =>
  watch(
    endpoint,
    {
      query: `subscription ($exchange: String!, $symbol: String!) { ticker(exchange: $exchange, symbol: $symbol) { exchange symbol last bid ask at } }`,
      variables: { exchange, symbol },
    },
    (data) => TickerSchema.parse(data).ticker,
  );
