import type * as GraphQL from 'graphql';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import { useServer } from 'graphql-ws/use/ws';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { createClient } from './client.ts';

// The very module that graphql-ws loads: a schema of the package's other (ESM) build is foreign to it.
const { buildSchema } = createRequire(import.meta.url)('graphql') as typeof GraphQL;
const SDL = `type Query { nothing: String }
  type Ticker { exchange: String! symbol: String! last: String bid: String ask: String at: String! }
  type Subscription { ticker(exchange: String!, symbol: String!): Ticker! }`;
const TOKEN = 'op_very_secret_token';

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A real server of the protocol; the n-th subscription gets the n-th list of prices and then waits, or fails. */
async function serve(lists: readonly (readonly string[] | Error)[]) {
  const server = createServer();
  const sockets = new WebSocketServer({ server, path: '/graphql' });
  const schema = buildSchema(SDL);
  const field = schema.getSubscriptionType()?.getFields()['ticker'];
  if (field === undefined) throw new Error('the schema lost its subscription');
  let count = 0;
  field.subscribe = async function* (_root: unknown, market: { exchange: string; symbol: string }) {
    const list = lists[count++] ?? [];
    if (list instanceof Error) throw list;
    for (const last of list) {
      const at = '2026-01-01T00:00:00.000Z';
      yield { ticker: { exchange: market.exchange, symbol: market.symbol, last, bid: null, ask: null, at } };
    }
    await new Promise(() => undefined);
  };
  const disposable = useServer(
    {
      schema,
      onConnect: ({ connectionParams, extra }) => {
        if (connectionParams?.['authorization'] === `Bearer ${TOKEN}`) return true;
        extra.socket.close(4401, `not ${TOKEN}`);
        return false;
      },
    },
    sockets,
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(async () => {
    sockets.clients.forEach((socket) => socket.terminate());
    await disposable.dispose();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    breakAll: () => sockets.clients.forEach((socket) => socket.terminate()),
    closeAll: () => sockets.clients.forEach((socket) => socket.close(1000, 'bye')),
  };
}

describe.each([
  ['the one of Node', undefined],
  ['that of ws', WebSocket],
])('with the WebSocket %s', (_name, implementation) => {
  const open = (url: string, token = TOKEN) => {
    const injected = implementation === undefined ? {} : { WebSocket: implementation };
    const client = createClient({ urls: url, token, ...injected, pauses: { firstMs: 1, lastMs: 5 } });
    closers.push(() => client.close());
    return client.ticker('kraken', 'BTC-USD');
  };

  test('goes on with a new connection, whether the old one broke or was closed in good order', async () => {
    const { url, breakAll, closeAll } = await serve([['1', '2'], ['3'], ['4']]);
    const ticker = open(url);
    const last = async (): Promise<string | null> => (await ticker.next()).value?.last ?? null;
    expect([await last(), await last()]).toEqual(['1', '2']);
    breakAll();
    expect(await last()).toBe('3');
    closeAll();
    expect(await last()).toBe('4');
  });

  test('a refused token ends it, and is not quoted', async () => {
    const { url } = await serve([]);
    const error: unknown = await open(url, `${TOKEN}x`)
      .next()
      .catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'UNAUTHENTICATED', isPassing: false });
  });

  test('a refused subscription ends it with the reason', async () => {
    const { url } = await serve([new Error('there is no such market')]);
    await expect(open(url).next()).rejects.toMatchObject({ message: 'there is no such market' });
  });
});
