import type * as GraphQL from 'graphql';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import { useServer } from 'graphql-ws/use/ws';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { anOrder, serveGraphql } from '../testing.ts';
import { follow, updateText } from './watch.ts';
import type { OrderUpdate, WatchSink } from './watch.ts';

// The very module that graphql-ws loads: a schema of the package's other (ESM) build is foreign to it.
const { buildSchema } = createRequire(import.meta.url)('graphql') as typeof GraphQL;

/** The part of the public contract that the command subscribes to, with plain strings for the enums. */
const SDL = `
  scalar Cursor
  type Query { nothing: String }
  type Attempt { at: String! kind: String! result: String! error: String }
  type Reconciliation { status: String! unknownSince: String tried: [Attempt!]! attention: String }
  type Order {
    id: ID! exchange: String! exchangeOrderId: String clientOrderId: String! symbol: String! side: String! type: String!
    timeInForce: String! status: String! state: String! size: String filledSize: String! remainingSize: String price: String
    stopPrice: String quoteSize: String averageFilledPrice: String reason: String reconciliation: Reconciliation!
    createdAt: String! updatedAt: String!
  }
  type OrderEvent { type: String! fromState: String toState: String! reason: String source: String! at: String! }
  type OrderUpdate { kind: String! cursor: Cursor! order: Order event: OrderEvent }
  type Subscription { orderUpdates(accountIds: [ID!]!, after: Cursor): OrderUpdate! }
`;

const snapshot = (cursor: string): OrderUpdate => ({ kind: 'SNAPSHOT', cursor, order: anOrder(), event: null });
const snapshotEnd = (cursor: string): OrderUpdate => ({ kind: 'SNAPSHOT_END', cursor, order: null, event: null });
const change = (cursor: string): OrderUpdate => ({
  kind: 'EVENT',
  cursor,
  order: anOrder({ filledSize: '0.1' }),
  event: {
    type: 'ORDER_PARTIALLY_FILLED',
    fromState: 'ACKNOWLEDGED',
    toState: 'PARTIALLY_FILLED',
    reason: null,
    source: 'exchange',
    at: '2026-02-13T16:26:41.000Z',
  },
});

type Turn = (after: string | null) => AsyncGenerator<OrderUpdate>;

/** A real graphql-ws server; the n-th subscription is served by the n-th turn. `drop` breaks every connection. */
function serveSubscriptions(server: Server, turns: readonly Turn[], seen: (string | null)[]) {
  const sockets = new WebSocketServer({ server, path: '/graphql' });
  const drop = (): void => sockets.clients.forEach((client) => client.terminate());
  const schema = buildSchema(SDL);
  const field = schema.getSubscriptionType()?.getFields()['orderUpdates'];
  if (field === undefined) throw new Error('the schema lost its subscription');
  field.subscribe = async function* (_root: unknown, { after }: { after?: string | null }) {
    const turn = turns[seen.length];
    seen.push(after ?? null);
    if (turn === undefined) return;
    for await (const update of turn(after ?? null)) yield { orderUpdates: update };
  };
  const token = 'Bearer op_test';
  const disposable = useServer(
    { schema, onConnect: ({ connectionParams }) => connectionParams?.['authorization'] === token },
    sockets,
  );
  return { drop, close: () => disposable.dispose() };
}

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(turns: (drop: () => void) => readonly Turn[], token = 'op_test') {
  const { connection, server, close } = await serveGraphql(() => ({ body: {} }));
  const seen: (string | null)[] = [];
  let drop: () => void = () => undefined;
  const sockets = serveSubscriptions(
    server,
    turns(() => drop()),
    seen,
  );
  drop = sockets.drop;
  closers.push(close, sockets.close);
  const cursors: string[] = [];
  const notices: string[] = [];
  const ending = new AbortController();
  const sink: WatchSink = {
    update: (_account, { kind, cursor }) => {
      cursors.push(`${kind} ${cursor}`);
      if (cursor === 'last') ending.abort();
    },
    notice: (message) => notices.push(message),
  };
  const pauses = { firstMs: 1, lastMs: 5 };
  const done = follow({ ...connection, token }, 'a1', null, sink, ending.signal, pauses);
  return { done, cursors, notices, seen };
}

const forever = (): Promise<never> => new Promise(() => undefined);

describe('following an account', () => {
  it('goes on after the last cursor when the connection breaks', async () => {
    const { done, cursors, notices, seen } = await start((drop) => [
      async function* () {
        yield snapshot('c1');
        yield snapshotEnd('c1');
        yield change('c2');
        setTimeout(drop, 20);
        await forever();
      },
      async function* (after) {
        yield change(`after-${after}`);
        yield change('last');
        await forever();
      },
    ]);
    await done;
    expect(cursors).toEqual(['SNAPSHOT c1', 'SNAPSHOT_END c1', 'EVENT c2', 'EVENT after-c2', 'EVENT last']);
    expect(seen).toEqual([null, 'c2']);
    expect(notices).toHaveLength(1);
  });

  it('asks for the whole snapshot again when half of it was lost, and when the service ends the subscription', async () => {
    const { done, seen } = await start((drop) => [
      async function* () {
        yield snapshot('c1');
        setTimeout(drop, 20);
        await forever();
      },
      async function* () {
        yield snapshotEnd('c3');
      },
      async function* () {
        yield change('last');
        await forever();
      },
    ]);
    await done;
    expect(seen).toEqual([null, null, 'c3']);
  });

  it('ends when the token is refused, without trying again', async () => {
    const { done, notices } = await start(() => [], 'op_wrong');
    await expect(done).rejects.toMatchObject({ exitCode: 4 });
    expect(notices).toEqual([]);
  });

  it('ends when the subscription is refused', async () => {
    const { done } = await start(() => [
      // eslint-disable-next-line require-yield
      async function* () {
        throw new Error('NOT_FOUND: no such account');
      },
    ]);
    await expect(done).rejects.toMatchObject({ message: expect.stringContaining('NOT_FOUND') as string });
  });
});

it('tells a change in one line', () => {
  expect(updateText(change('c'))).toBe(
    '2026-02-13T16:26:41.000Z  ORDER_PARTIALLY_FILLED  kraken BTC-USD BUY LIMIT 0.25 @ 40000.5  OPEN filled 0.1  o1',
  );
  expect(updateText(snapshotEnd('c'))).toMatch(/changes/);
});
