import { NotAcceptedError, QueueFullError, QueueUnavailableError, ResultTimeoutError } from '@orderplane/queues';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { World } from '../testing/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(() => world[Symbol.asyncDispose]());

const PLACE = `mutation ($input: PlaceOrderInput!) {
  placeOrder(input: $input) { order { id clientOrderId status state size price createdAt } userErrors { code message field } }
}`;
const good = { accountId: 'acc-ada', symbol: 'BTC-USDT', side: 'BUY', type: 'LIMIT', size: '1.50', price: '0100.0' };
type Errors = readonly { code: string; message: string; field: string[] | null }[];
const userErrors = (data: unknown, field: string): Errors =>
  (data as Record<string, { userErrors: Errors }>)[field]?.userErrors ?? [];

test('a placed order comes back as it is stored, in canonical decimals', async () => {
  const { data } = await world.query(PLACE, { input: good });
  expect(data).toMatchObject({
    placeOrder: { order: { status: 'PENDING', state: 'VALIDATED', size: '1.5', price: '100' }, userErrors: [] },
  });
  expect(world.commands[0]).toMatchObject({
    kind: 'place',
    userId: 'ada',
    input: { size: '1.5', timeInForce: 'GTC', postOnly: false, expiresAt: null, quoteSize: null },
  });
});

test.each([
  [{ price: 'abc' }, ['input', 'price']],
  [{ price: '-1' }, ['input', 'price']],
  [{ price: '1e5' }, ['input', 'price']],
  [{ price: '' }, ['input', 'price']],
  [{ size: '0' }, ['input', 'size']],
  [{ size: '0.0000000000000000001' }, ['input', 'size']],
  [{ size: '9'.repeat(21) }, ['input', 'size']],
  [{ quoteSize: 'Infinity' }, ['input', 'quoteSize']],
  [{ stopPrice: '+5' }, ['input', 'stopPrice']],
  [{ clientOrderId: '' }, ['input', 'clientOrderId']],
  [{ clientOrderId: 'with space' }, ['input', 'clientOrderId']],
  [{ clientOrderId: 'x'.repeat(65) }, ['input', 'clientOrderId']],
  [{ expiresAt: 'tomorrow' }, ['input', 'expiresAt']],
  [{ expiresAt: '2026-13-01T00:00:00Z' }, ['input', 'expiresAt']],
  [{ expiresAt: '2026-01-01T00:00:00+02:00' }, ['input', 'expiresAt']],
  [{ accountId: 'a b' }, ['input', 'accountId']],
  [{ symbol: '' }, ['input', 'symbol']],
])('%j is INVALID_INPUT at %j, and nothing is sent', async (change, field) => {
  const { data } = await world.query(PLACE, { input: { ...good, ...change } });
  expect(userErrors(data, 'placeOrder')).toMatchObject([{ code: 'INVALID_INPUT', field }]);
  expect(world.commands).toEqual([]);
});

test('a JSON number has lost its digits already, so it is refused before anything runs', async () => {
  const variable = await world.query(PLACE, { input: { ...good, price: 100.1 } });
  expect([variable.status, variable.errors?.[0]?.extensions['code']]).toEqual([400, 'BAD_USER_INPUT']);
  const literal = await world.query(
    'mutation { placeOrder(input: { accountId: "acc-ada", symbol: "BTC-USDT", side: BUY, type: LIMIT, size: 1, price: "1" }) { order { id } } }',
  );
  expect([literal.status, literal.errors?.[0]?.extensions['code']]).toEqual([400, 'GRAPHQL_VALIDATION_FAILED']);
  expect(world.commands).toEqual([]);
});

test('a command says when it was given, and until when it may be carried out', async () => {
  await world.query(PLACE, { input: good });
  // 50 ms of patience, and ten seconds.
  const time = { issuedAt: '2026-01-01T00:00:00.000Z', expiresAt: '2026-01-01T00:00:10.050Z' };
  expect(world.commands[0]).toMatchObject({ time });
});

test('without the shared time no command is taken', async () => {
  vi.spyOn(world.clock, 'earliestMs').mockReturnValue(null);
  const { errors } = await world.query(PLACE, { input: good });
  expect(errors?.[0]).toMatchObject({ extensions: { code: 'SERVICE_UNAVAILABLE' } });
  expect(errors?.[0]?.message).toContain('nothing was accepted');
  expect(world.commands).toEqual([]);
});

test('an expiry is handed on with milliseconds', async () => {
  await world.query(PLACE, { input: { ...good, timeInForce: 'GTT', expiresAt: '2026-02-01T00:00:00Z' } });
  expect(world.commands[0]).toMatchObject({ input: { expiresAt: '2026-02-01T00:00:00.000Z', timeInForce: 'GTT' } });
});

test.each([
  ['no result in time', new ResultTimeoutError('order-commands', 50)],
  ['no Redis', new QueueUnavailableError('order-commands', new Error('refused'))],
  ['a worker that fell over', new Error('boom')],
])('%s: TIMEOUT, with the id that makes a repeat safe', async (_, error) => {
  world.onCommand = () => Promise.reject(error);
  const { data } = await world.query(PLACE, { input: good });
  const [timeout] = userErrors(data, 'placeOrder');
  const command = world.commands[0];
  expect(timeout?.code).toBe('TIMEOUT');
  expect(timeout?.message).toContain(command?.kind === 'place' ? command.input.clientOrderId : '?');
});

test.each([
  [
    'Redis that was not there',
    new QueueUnavailableError('order-commands', new Error('refused'), true),
    'commands can not',
  ],
  // As it comes out of the queue: the class is lost.
  ['a database that is full', new Error(new NotAcceptedError('its disk is full').message), 'its disk is full'],
])('%s has surely accepted nothing, and says so', async (_, error, words) => {
  world.onCommand = () => Promise.reject(error);
  const answer = await world.query(PLACE, { input: good });
  expect(answer.errors?.[0]?.extensions['code']).toBe('SERVICE_UNAVAILABLE');
  expect(answer.errors?.[0]?.message).toMatch(new RegExp(`nothing was accepted.*${words}`));
});

test('a full queue has surely accepted nothing', async () => {
  world.onCommand = () => Promise.reject(new QueueFullError('order-commands', 20_000));
  const answer = await world.query(PLACE, { input: good });
  expect(answer.errors?.[0]?.extensions['code']).toBe('SERVICE_UNAVAILABLE');
});

test('modify needs something to change; cancel answers with the order', async () => {
  const orderId = await world.orders.place('ada', 'acc-ada');
  await world.orders.acknowledge(orderId);
  const modify =
    'mutation ($input: ModifyOrderInput!) { modifyOrder(input: $input) { order { id } userErrors { code field } } }';
  const empty = await world.query(modify, { input: { orderId } });
  expect(userErrors(empty.data, 'modifyOrder')).toEqual([{ code: 'INVALID_INPUT', field: ['input'] }]);
  const changed = await world.query(modify, { input: { orderId, price: '99.5' } });
  expect(changed.data).toEqual({ modifyOrder: { order: { id: orderId }, userErrors: [] } });
  expect(world.commands.at(-1)).toMatchObject({ kind: 'modify', orderId, price: '99.5', size: null });

  const cancelled = await world.query(
    `mutation { cancelOrder(orderId: "${orderId}") { order { state pendingRequests { kind requestedAt sentAt } } userErrors { code } } }`,
  );
  expect(cancelled.data).toEqual({
    cancelOrder: {
      order: {
        state: 'ACKNOWLEDGED',
        pendingRequests: [{ kind: 'CANCEL', requestedAt: world.clock.iso(), sentAt: null }],
      },
      userErrors: [],
    },
  });
  const all = await world.query(
    'mutation { cancelAllOrders(input: { accountId: "acc-ada" }) { requested { id } userErrors { code } } }',
  );
  expect(all.data).toEqual({ cancelAllOrders: { requested: [{ id: orderId }], userErrors: [] } });
});

test('one order, with everything that is known of it', async () => {
  const orderId = await world.orders.place('ada', 'acc-ada');
  world.clock.advance(10);
  await world.orders.acknowledge(orderId);
  world.clock.advance(5);
  await world.orders.fill(orderId, 't1', '0.5');
  world.clock.advance(5);
  await world.orders.fill(orderId, 't2', '1.5', 'Fill');
  const { data, errors } = await world.query(`{ order(id: "${orderId}") {
    id exchange exchangeOrderId symbol side type timeInForce mode origin status state size filledSize remainingSize price
    averageFilledPrice filledValue fees { currency cost } postOnly reduceOnly expiresAt reason
    account { id } reconciliation { status generation observedGeneration attempts } latency { toSubmittedMs toAcknowledgedMs toDoneMs }
    legs { exchangeOrderId venueClientId state size filledSize submittedAt endedAt }
    events(first: 3) { nodes { cursor type fromState toState source at } pageInfo { hasNextPage endCursor } }
    fills(first: 1) { nodes { id exchangeTradeId size price fee { cost } liquidity } pageInfo { hasNextPage endCursor } }
  } }`);
  expect(errors).toBeUndefined();
  expect(data?.['order']).toMatchObject({
    exchangeOrderId: `x-${orderId}`,
    status: 'FILLED',
    state: 'FILLED',
    filledSize: '2',
    remainingSize: '0',
    averageFilledPrice: '100',
    filledValue: '200',
    fees: [{ currency: 'USDT', cost: '0.2' }],
    account: { id: 'acc-ada' },
    latency: { toSubmittedMs: 10, toAcknowledgedMs: 10, toDoneMs: 20 },
    legs: [{ venueClientId: `v-${orderId}`, state: 'FILLED', filledSize: '2' }],
    fills: { nodes: [{ exchangeTradeId: 't1', size: '0.5', liquidity: 'TAKER' }], pageInfo: { hasNextPage: true } },
  });
  const { events, fills } = data?.['order'] as Record<string, { pageInfo: { endCursor: string } }>;
  const rest = await world.query(
    `query ($e: String, $f: String) { order(id: "${orderId}") { events(after: $e) { nodes { type } } fills(after: $f) { nodes { exchangeTradeId } pageInfo { hasNextPage hasPreviousPage } } } }`,
    { e: events?.pageInfo.endCursor, f: fills?.pageInfo.endCursor },
  );
  expect(rest.data?.['order']).toEqual({
    events: { nodes: [{ type: 'ORDER_ACKNOWLEDGED' }, { type: 'ORDER_PARTIALLY_FILLED' }, { type: 'ORDER_FILLED' }] },
    fills: { nodes: [{ exchangeTradeId: 't2' }], pageInfo: { hasNextPage: false, hasPreviousPage: true } },
  });
});

test('what rests at the exchange was confirmed by the listing of its account; nothing else was', async () => {
  const waiting = await world.orders.place('ada', 'acc-ada');
  const resting = await world.orders.place('ada', 'acc-ada');
  const doubtful = await world.orders.place('ada', 'acc-ada');
  const ended = await world.orders.place('ada', 'acc-ada');
  for (const orderId of [resting, doubtful, ended]) await world.orders.acknowledge(orderId);
  await world.orders.fill(ended, 't1', '2', 'Fill');
  await world.orders.apply(doubtful, { type: 'Vanished', reason: 'not listed' });
  const query = '{ orders { nodes { id reconciliation { status lastSyncedAt } } } }';
  const lastSynced = async (text: string): Promise<Record<string, string | null>> => {
    type Nodes = { nodes: { id: string; reconciliation: { lastSyncedAt: string | null } }[] };
    const { nodes } = (await world.query(text)).data?.['orders'] as Nodes;
    return Object.fromEntries(nodes.map(({ id, reconciliation }) => [id, reconciliation.lastSyncedAt]));
  };
  expect(await lastSynced(query)).toEqual({ [waiting]: null, [resting]: null, [doubtful]: null, [ended]: null });
  world.clock.advance(5_000);
  const at = world.clock.iso();
  await world.store.access.setLastSynced('acc-ada', at);
  expect(await lastSynced(query)).toEqual({ [waiting]: null, [resting]: at, [doubtful]: null, [ended]: null });

  // Asked for in the same request, the exchange's answer counts already.
  world.clock.advance(60_000);
  const synced = world.clock.iso();
  const open = await world.query(
    '{ openOrders(accountId: "acc-ada") { orders { id reconciliation { lastSyncedAt } } } }',
  );
  expect(open.data?.['openOrders']).toMatchObject({
    orders: expect.arrayContaining([{ id: resting, reconciliation: { lastSyncedAt: synced } }]) as unknown,
  });
});

test('orders: newest first, in pages, with filters, and accounts and journals read once', async () => {
  const ids: string[] = [];
  for (let n = 0; n < 5; n += 1) {
    ids.unshift(await world.orders.place('ada', 'acc-ada', { side: n % 2 === 0 ? 'BUY' : 'SELL' }, `client-${n}`));
    world.clock.advance(1);
  }
  const accounts = vi.spyOn(world.store.access, 'accountsOfUser');
  const events = vi.spyOn(world.store.queries, 'firstEvents');
  const query = `query ($filter: OrderFilter, $first: Int, $after: String) {
    orders(filter: $filter, first: $first, after: $after) {
      nodes { id account { id } events(first: 2) { nodes { at } } latency { toDoneMs } } edges { cursor node { id } } totalCount pageInfo { hasNextPage hasPreviousPage endCursor }
    }
  }`;
  interface Page {
    nodes: { id: string }[];
    totalCount: number;
    pageInfo: { hasNextPage: boolean; endCursor: string };
  }
  const read = async (variables: object): Promise<Page> =>
    (await world.query(query, { ...variables })).data?.['orders'] as Page;
  const first = await read({ first: 3 });
  expect(first.nodes.map(({ id }) => id)).toEqual(ids.slice(0, 3));
  expect([first.totalCount, first.pageInfo.hasNextPage]).toEqual([5, true]);
  expect(accounts).toHaveBeenCalledTimes(1);
  expect(events).toHaveBeenCalledTimes(1);
  const second = await read({ first: 3, after: first.pageInfo.endCursor });
  expect(second.nodes.map(({ id }) => id)).toEqual(ids.slice(3));

  expect((await read({ filter: { side: 'SELL' } })).totalCount).toBe(2);
  expect((await read({ filter: { clientOrderId: 'client-3' } })).totalCount).toBe(1);
  expect((await read({ filter: { exchanges: ['kraken'] } })).totalCount).toBe(0);
  expect((await read({ filter: { exchanges: ['nowhere'] } })).totalCount).toBe(0);
  expect((await read({ filter: { symbols: [] } })).totalCount).toBe(0);
  expect(
    (await read({ filter: { statuses: ['PENDING'], symbols: ['BTC-USDT'], accountIds: ['acc-ada'] } })).totalCount,
  ).toBe(5);
  expect((await read({ filter: { accountIds: ['acc-bob'] } })).totalCount).toBe(0);
  expect((await read({ filter: { createdAfter: '2026-01-01T00:00:00.002Z' } })).totalCount).toBe(2);
});

test.each([
  ['{ orders(first: 201) { totalCount } }'],
  ['{ orders(first: 0) { totalCount } }'],
  ['{ orders(after: "nonsense") { nodes { id } } }'],
  ['{ orders(filter: { createdAfter: "yesterday" }) { nodes { id } } }'],
  ['{ openOrders(accountId: "acc-ada", maxAgeSeconds: -1) { fresh } }'],
  ['{ markets(exchange: "nowhere") { symbol } }'],
])('%s is INVALID_INPUT', async (query) => {
  const { errors } = await world.query(query);
  expect(errors?.[0]?.extensions['code']).toBe('INVALID_INPUT');
});

const OPEN = `query ($age: Int) { openOrders(accountId: "acc-ada", maxAgeSeconds: $age) {
  orders { id } syncedAt fresh complete adopted userErrors { code } account { lastSyncedAt } } }`;

test('openOrders asks the exchange only when what is known is too old', async () => {
  const orderId = await world.orders.place('ada', 'acc-ada');
  const asked: unknown[] = [];
  const answer = world.onSync;
  world.onSync = async (job) => {
    asked.push(job);
    await world.store.access.setLastSynced(job.accountId, job.requestedAt);
    return answer(job);
  };
  const at = world.clock.iso();
  const fresh = {
    orders: [{ id: orderId }],
    syncedAt: at,
    fresh: true,
    complete: true,
    adopted: 0,
    userErrors: [],
    account: { lastSyncedAt: at },
  };
  expect((await world.query(OPEN, { age: 30 })).data?.['openOrders']).toEqual(fresh);
  expect(asked).toEqual([{ accountId: 'acc-ada', reason: 'on-demand', maxAgeMs: 30_000, requestedAt: at }]);
  world.clock.advance(29_000);
  expect((await world.query(OPEN, { age: 30 })).data?.['openOrders']).toEqual(fresh);
  expect(asked).toHaveLength(1);
  world.clock.advance(2_000);
  await world.query(OPEN, { age: 30 });
  await world.query('mutation { syncOrders(accountId: "acc-ada") { fresh } }');
  expect(asked.slice(1)).toMatchObject([{ reason: 'on-demand' }, { reason: 'forced', maxAgeMs: 0 }]);
});

test.each([
  [
    'EXCHANGE_UNAVAILABLE',
    () =>
      Promise.resolve({
        accountId: 'acc-ada',
        syncedAt: null,
        fresh: false,
        complete: false,
        adopted: 0,
        error: 'down',
      }),
  ],
  ['TIMEOUT', () => Promise.reject(new ResultTimeoutError('sync', 50))],
])('%s: openOrders answers with what is known, and says so', async (code, onSync) => {
  const orderId = await world.orders.place('ada', 'acc-ada');
  world.onSync = onSync;
  expect((await world.query(OPEN, {})).data?.['openOrders']).toMatchObject({
    orders: [{ id: orderId }],
    fresh: false,
    complete: false,
    userErrors: [{ code }],
  });
});

test('a doubt is shown with since when and what was tried; an alert says why a person should look', async () => {
  const { data } = await world.query(PLACE, { input: good });
  const { id } = (data as { placeOrder: { order: { id: string } } }).placeOrder.order;
  const deadlineAt = world.clock.iso();
  await world.orders.apply(id, { type: 'SubmitSent', venueClientId: 'v', deadlineAt });
  await world.orders.apply(id, { type: 'SubmitUnknown', reason: 'timeout' });
  const record = await world.store.ledger.find(id);
  if (record === null) throw new Error('no order');
  const { machine, reconciliation, version } = record.actual;
  const tried = [{ at: deadlineAt, what: 'SUBMIT', result: 'NO_ANSWER', places: [], error: 'timeout' }] as const;
  const change = { orderId: id, machine, journal: [], at: deadlineAt };
  const read = async (): Promise<unknown> => {
    const fields = 'status unknownSince attention tried { at kind result places error }';
    const answer = await world.query(`{ order(id: "${id}") { reconciliation { ${fields} } } }`);
    return (answer.data?.['order'] as { reconciliation: unknown }).reconciliation;
  };
  expect(await read()).toMatchObject({ unknownSince: machine.unknownSince, tried: [], attention: null });
  await world.store.ledger.commit({
    ...change,
    expectedVersion: version,
    reconciliation: { ...reconciliation, status: 'AMBIGUOUS', tried },
  });
  expect(await read()).toEqual({
    status: 'AMBIGUOUS',
    unknownSince: machine.unknownSince,
    attention: null,
    tried: [{ at: deadlineAt, kind: 'SUBMIT', result: 'NO_ANSWER', places: [], error: 'timeout' }],
  });
  const attention = { ...reconciliation, status: 'NEEDS_ATTENTION', lastError: 'in doubt for long' } as const;
  await world.store.ledger.commit({ ...change, expectedVersion: version + 1, reconciliation: attention });
  expect(await read()).toMatchObject({ attention: 'in doubt for long' });
  const alerted = { ...attention, alert: 'there are two of it' };
  await world.store.ledger.commit({ ...change, expectedVersion: version + 2, reconciliation: alerted });
  expect(await read()).toMatchObject({ status: 'NEEDS_ATTENTION', attention: 'there are two of it' });
});
