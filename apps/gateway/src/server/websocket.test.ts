import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { scopeFields } from '@orderplane/service-kit';
import { World } from '../testing/world.ts';

let world: World;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  world = await World.start();
});
afterEach(async () => {
  vi.useRealTimers();
  await world[Symbol.asyncDispose]();
});

test('a connection ends when its token does', async () => {
  const client = world.client();
  const closed = new Promise<unknown>((resolve) => client.on('closed', resolve));
  const updates = client.iterate({ query: 'subscription { orderUpdates(accountIds: ["acc-ada"]) { kind } }' });
  expect((await updates.next()).value).toMatchObject({ data: { orderUpdates: { kind: 'SNAPSHOT_END' } } });
  updates.next().catch(() => undefined);
  vi.spyOn(world.store.access, 'principalByTokenHash').mockResolvedValue(null);
  world.clock.advance(60_000);
  vi.advanceTimersByTime(60_000);
  expect(await closed).toMatchObject({ code: 4401 });
});

test('a stream that fails inside tells nothing about itself', async () => {
  vi.spyOn(world.store.ledger, 'accountSnapshot').mockRejectedValue(new Error('password=hunter2'));
  const client = world.client();
  const failure = await new Promise<unknown>((resolve) => {
    const query = 'subscription { orderUpdates(accountIds: ["acc-ada"]) { kind } }';
    client.subscribe({ query }, { next: resolve, error: resolve, complete: () => resolve('completed') });
  });
  expect(failure).toEqual([{ message: 'internal error', extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
});

test('no answer while nobody can say who is asking', async () => {
  vi.spyOn(world.store.access, 'principalByTokenHash').mockRejectedValue(new Error('password=hunter2'));
  const client = world.client();
  const closed = new Promise<unknown>((resolve) => client.on('closed', resolve));
  client.subscribe(
    { query: '{ accounts { id } }' },
    { next: () => undefined, error: () => undefined, complete: () => undefined },
  );
  expect(await closed).toMatchObject({ code: 1013 });
  const answer = await world.query('{ accounts { id } }');
  expect([answer.status, answer.errors?.[0]?.extensions['code']]).toEqual([503, 'SERVICE_UNAVAILABLE']);
  expect(JSON.stringify(answer)).not.toContain('hunter2');
});

const PLACE = `mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { userErrors { code } } }`;
const input = { accountId: 'acc-ada', symbol: 'BTC-USDT', side: 'BUY', type: 'LIMIT', size: '1', price: '100' };

test.each([
  ['of the caller', { requestId: 'request-of-mine', traceparent: 'no trace' }, /^request-of-mine$/],
  ['of ours, where the caller has none', undefined, /^[0-9a-f-]{36}$/],
  ['of ours, where it is not one', { requestId: 'x\ny' }, /^[0-9a-f-]{36}$/],
])('an operation has a request id: %s', async (_name, extensions, expected) => {
  const client = world.client();
  const message = { query: PLACE, variables: { input }, ...(extensions && { extensions }) };
  const value: unknown = (await client.iterate(message).next()).value;
  expect(value).toMatchObject({ data: { placeOrder: { userErrors: [] } } });
  const { requestId } = world.commands.at(-1) ?? {};
  expect(requestId).toMatch(expected);
  if (extensions?.requestId === requestId) expect(value).toMatchObject({ extensions: { requestId } });
});

test('an answer with errors names its request, for whoever looks for it in the logs', async () => {
  vi.spyOn(world.store.access, 'accountsOfUser').mockRejectedValue(new Error('password=hunter2'));
  const answers = world.client().iterate({ query: '{ accounts { id } }' });
  const value: unknown = (await answers.next()).value;
  expect(value).toMatchObject({ errors: [{}], extensions: { requestId: expect.any(String) as string } });
});

test.each([
  ['no document', '{ accounts {', {}, 'GRAPHQL_PARSE_FAILED'],
  ['a field that there is not', '{ nothing }', {}, 'GRAPHQL_VALIDATION_FAILED'],
  ['a variable that nobody uses', 'query ($id: ID!) { accounts { id } }', { id: 'x' }, 'GRAPHQL_VALIDATION_FAILED'],
  ['a wrong variable', 'query ($f: OrderFilter) { orders(filter: $f) { totalCount } }', { f: 5 }, 'BAD_USER_INPUT'],
  ['a missing variable', 'query ($id: ID!) { order(id: $id) { id } }', {}, 'BAD_USER_INPUT'],
  ['two operations', 'query A { accounts { id } } query B { accounts { id } }', {}, 'OPERATION_RESOLUTION_FAILURE'],
])('%s has the same code over both transports', async (_, query, variables, code) => {
  const overHttp = await world.query(query, variables);
  expect(overHttp.errors?.[0]?.extensions['code']).toBe(code);
  const errors = await world
    .client()
    .iterate({ query, variables })
    .next()
    .then(
      ({ value }) => (value as { errors: { extensions?: { code?: string } }[] }).errors,
      (thrown: unknown) => thrown as { extensions?: { code?: string } }[],
    );
  expect(errors[0]?.extensions?.code).toBe(code);
});

test('what is logged for an operation names its request, also from within a subscription', async () => {
  const seen: unknown[] = [];
  const look = async (): Promise<never> => {
    seen.push(scopeFields()['requestId']);
    throw new Error('away');
  };
  const client = world.client();
  const query = 'subscription { orderUpdates(accountIds: ["acc-ada"]) { kind } }';
  const ended = (requestId: string): Promise<void> =>
    new Promise((resolve) => {
      const sink = { next: () => undefined, error: () => resolve(), complete: () => resolve() };
      client.subscribe({ query, extensions: { requestId } }, sink);
    });
  vi.spyOn(world.store.ledger, 'accountSnapshot').mockImplementation(look);
  await ended('follow-1');
  expect(seen).toEqual(['follow-1']);
});
