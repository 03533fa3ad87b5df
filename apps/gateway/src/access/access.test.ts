import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, expect, test } from 'vitest';
import WebSocket from 'ws';
import { World } from '../testing/world.ts';

let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world[Symbol.asyncDispose]());

const PLACE = `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { order { id } userErrors { code message field } } }`;
const input = { accountId: 'acc-ada', symbol: 'BTC-USDT', side: 'BUY', type: 'LIMIT', size: '1', price: '100' };

test.each([
  ['no token', {}],
  ['an empty token', { authorization: 'Bearer ' }],
  ['a made-up token', { authorization: `Bearer op_00000000_${'a'.repeat(43)}` }],
  ['another scheme', { authorization: 'Basic op_x' }],
])('%s: no answer, not even to introspection', async (_, headers) => {
  const answer = await world.post(JSON.stringify({ query: '{ __schema { queryType { name } } }' }), headers);
  expect(answer.status).toBe(401);
  expect(answer.data).toBeUndefined();
  expect(answer.errors?.[0]?.extensions['code']).toBe('UNAUTHENTICATED');
});

test('a WebSocket without a valid token is closed for good', async () => {
  const client = createClient({
    url: world.gateway.ws,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: 'Bearer x' },
    retryAttempts: 3,
  });
  const failure = await new Promise<unknown>((resolve) => {
    client.subscribe(
      { query: '{ accounts { id } }' },
      { next: resolve, error: resolve, complete: () => resolve('completed') },
    );
  });
  expect((failure as { code: number }).code).toBe(4401);
});

test('the Authorization header of the upgrade request will do as well', async () => {
  class WithHeader extends WebSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols, { headers: { authorization: `Bearer ${world.tokens['ada-trader']}` } });
    }
  }
  const client = createClient({ url: world.gateway.ws, webSocketImpl: WithHeader, retryAttempts: 0 });
  const answers = [];
  for await (const answer of client.iterate({ query: '{ accounts { id } }' })) answers.push(answer);
  expect(answers).toEqual([{ data: { accounts: [{ id: 'acc-ada' }] } }]);
  await client.dispose();
});

test('a viewer reads, and is refused a mutation', async () => {
  const read = await world.query(
    '{ accounts { id exchange risk { rejectDuplicates } privacy { cacheOpenOrders } } }',
    {},
    'ada-viewer',
  );
  expect(read.data?.['accounts']).toHaveLength(1);
  const before = world.commands.length;
  const placed = await world.query(PLACE, { input }, 'ada-viewer');
  expect(placed.data).toMatchObject({ placeOrder: { order: null, userErrors: [{ code: 'FORBIDDEN' }] } });
  const synced = await world.query(
    'mutation { syncOrders(accountId: "acc-ada") { fresh userErrors { code } } }',
    {},
    'ada-viewer',
  );
  expect(synced.data).toMatchObject({ syncOrders: { fresh: false, userErrors: [{ code: 'FORBIDDEN' }] } });
  expect(world.commands).toHaveLength(before);
});

test('orders and accounts of others look as if they did not exist', async () => {
  const orderId = await world.orders.place('ada', 'acc-ada');
  const seen = await world.query(
    `query ($id: ID!) { order(id: $id) { id } account(id: "acc-ada") { id } orders { totalCount nodes { id } } }`,
    { id: orderId },
    'bob-trader',
  );
  expect(seen.data).toEqual({ order: null, account: null, orders: { totalCount: 0, nodes: [] } });

  const cancelled = await world.query(
    `mutation ($id: ID!) { cancelOrder(orderId: $id) { order { id } userErrors { code } } }`,
    { id: orderId },
    'bob-trader',
  );
  expect(cancelled.data).toEqual({ cancelOrder: { order: null, userErrors: [{ code: 'NOT_FOUND' }] } });

  for (const query of [
    '{ openOrders(accountId: "acc-ada") { fresh } }',
    'mutation { syncOrders(accountId: "acc-ada") { fresh } }',
  ]) {
    const answer = await world.query(query, {}, 'bob-trader');
    expect(answer.errors?.[0]?.extensions['code']).toBe('NOT_FOUND');
  }
  const updates = world
    .client('bob-trader')
    .iterate({ query: 'subscription { orderUpdates(accountIds: ["acc-ada"]) { kind } }' });
  const first = await updates.next();
  expect((first.value as { errors: { extensions: { code: string } }[] }).errors[0]?.extensions.code).toBe('NOT_FOUND');
});

test('ids that can not be ids are answered, not looked up', async () => {
  const answer = await world.query('{ order(id: "\\u0000; drop table") { id } account(id: "") { id } }');
  expect(answer.data).toEqual({ order: null, account: null });
  expect(answer.errors).toMatchObject([{ extensions: { code: 'INVALID_INPUT', field: ['id'] } }]);
  const cancelled = await world.query('mutation { cancelOrder(orderId: "a b") { userErrors { code field } } }');
  expect(cancelled.data).toEqual({ cancelOrder: { userErrors: [{ code: 'INVALID_INPUT', field: ['orderId'] }] } });
});
