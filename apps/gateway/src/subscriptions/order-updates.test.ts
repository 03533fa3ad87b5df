import { setImmediate } from 'node:timers/promises';
import type { GraphQLError } from 'graphql';
import type { Client } from 'graphql-ws';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { World } from '../testing/world.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { OrderUpdates, type OrderUpdateModel } from './order-updates.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(() => world[Symbol.asyncDispose]());

const UPDATES = `subscription ($ids: [ID!]!, $after: Cursor) { orderUpdates(accountIds: $ids, after: $after) {
  kind cursor order { id state filledSize account { id } } event { type toState orderId } } }`;

interface Update {
  kind: string;
  cursor: string;
  order: { id: string; state: string; filledSize: string } | null;
  event: { type: string; toState: string; orderId: string } | null;
}

/** Reads updates one by one; fails the test on an error. */
function follow(client: Client, after: string | null = null, ids = ['acc-ada']) {
  const source = client.iterate<{ orderUpdates: Update }>({ query: UPDATES, variables: { ids, after } });
  const next = async (): Promise<Update> => {
    const { value } = (await source.next()) as { value: { data?: { orderUpdates: Update }; errors?: unknown } };
    if (!value.data) throw new Error(JSON.stringify(value.errors));
    return value.data.orderUpdates;
  };
  const take = async (count: number): Promise<Update[]> => {
    const updates: Update[] = [];
    while (updates.length < count) updates.push(await next());
    return updates;
  };
  return { next, take, stop: () => source.return?.() };
}

const types = (updates: readonly Update[]): (string | undefined)[] => updates.map(({ event }) => event?.type);

test('a snapshot, its end, then every change', async () => {
  const open = await world.orders.place('ada', 'acc-ada');
  await world.orders.acknowledge(open);
  const ended = await world.orders.place('ada', 'acc-ada');
  await world.orders.acknowledge(ended);
  await world.orders.fill(ended, 't1', '2', 'Fill');

  const updates = follow(world.client());
  expect(await updates.take(2)).toMatchObject([
    { kind: 'SNAPSHOT', order: { id: open, state: 'ACKNOWLEDGED' }, event: null },
    { kind: 'SNAPSHOT_END', order: null, event: null },
  ]);
  await world.orders.fill(open, 't2', '0.5');
  expect(await updates.next()).toMatchObject({
    kind: 'EVENT',
    order: { id: open, filledSize: '0.5' },
    event: { type: 'ORDER_PARTIALLY_FILLED', toState: 'PARTIALLY_FILLED', orderId: open },
  });
});

test('with a cursor: everything since, then everything later, nothing twice', async () => {
  const orderId = await world.orders.place('ada', 'acc-ada');
  const first = follow(world.client());
  const [, end] = await first.take(2);
  await world.orders.acknowledge(orderId);
  const seen = await first.take(2);
  await first.stop();
  await world.orders.fill(orderId, 't1', '0.5');

  const resumed = follow(world.client(), seen[1]?.cursor);
  expect(types(await resumed.take(1))).toEqual(['ORDER_PARTIALLY_FILLED']);
  await world.orders.fill(orderId, 't2', '1.5', 'Fill');
  expect(types(await resumed.take(1))).toEqual(['ORDER_FILLED']);

  const all = follow(world.client(), end?.cursor);
  expect(types(await all.take(4))).toEqual([
    'ORDER_SUBMITTED',
    'ORDER_ACKNOWLEDGED',
    'ORDER_PARTIALLY_FILLED',
    'ORDER_FILLED',
  ]);
});

test('many at once, joining while lines are written: each sees every line since its snapshot once', async () => {
  const orderId = await world.orders.place('ada', 'acc-ada', { size: '1000' });
  await world.orders.acknowledge(orderId);
  let joined = 0;
  const joining = Array.from({ length: 8 }, async (_, n) => {
    for (let turn = 0; turn < n * 5; turn += 1) await setImmediate();
    const updates = follow(world.client());
    const [, end] = await updates.take(2);
    joined += 1;
    return { updates, from: decodeCursor(end?.cursor ?? '')?.get('acc-ada') ?? 0n };
  });
  for (let n = 0; joined < joining.length || n % 50 !== 0; n += 1) {
    await world.orders.fill(orderId, `t${n}`, '0.01');
    await setImmediate();
  }
  const followers = await Promise.all(joining);
  expect(new Set(followers.map(({ from }) => from)).size).toBeGreaterThan(1);
  for (const { updates, from } of followers) {
    const { lines } = await world.store.ledger.accountJournal('acc-ada', from, 10_000);
    const seen = await updates.take(lines.length);
    expect(seen.map(({ cursor }) => decodeCursor(cursor)?.get('acc-ada'))).toEqual(lines.map(({ cursor }) => cursor));
    await updates.stop();
  }
});

test('a lost wake-up is healed by the poll', async () => {
  const orderId = await world.orders.place('ada', 'acc-ada');
  const updates = follow(world.client());
  await updates.take(2);
  world.publish = () => undefined;
  await world.orders.acknowledge(orderId);
  expect(types(await updates.take(2))).toEqual(['ORDER_SUBMITTED', 'ORDER_ACKNOWLEDGED']);
});

test('a database that fails for a moment only delays', async () => {
  const orderId = await world.orders.place('ada', 'acc-ada');
  const updates = follow(world.client());
  await updates.take(2);
  vi.spyOn(world.store.ledger, 'accountJournal').mockRejectedValueOnce(new Error('gone'));
  await world.orders.acknowledge(orderId);
  expect(types(await updates.take(2))).toEqual(['ORDER_SUBMITTED', 'ORDER_ACKNOWLEDGED']);
});

test('two accounts in one subscription resume exactly, each at its own place', async () => {
  await world.store.access.createAccount(
    { ...(await world.store.access.account('acc-ada'))!, id: 'acc-two' },
    'sealed',
  );
  const ids = ['acc-ada', 'acc-two'];
  const one = await world.orders.place('ada', 'acc-ada');
  const two = await world.orders.place('ada', 'acc-two');
  const first = follow(world.client(), null, ids);
  expect((await first.take(3)).map(({ kind }) => kind)).toEqual(['SNAPSHOT', 'SNAPSHOT', 'SNAPSHOT_END']);
  await world.orders.acknowledge(one);
  const seen = await first.take(2);
  await first.stop();
  await world.orders.acknowledge(two);
  const resumed = follow(world.client(), seen[1]?.cursor, ids);
  expect((await resumed.take(2)).map(({ order }) => order?.id)).toEqual([two, two]);

  const wrong = follow(world.client(), seen[1]?.cursor, ['acc-ada']);
  await expect(wrong.next()).rejects.toThrow('INVALID_INPUT');
  await expect(follow(world.client(), 'nonsense').next()).rejects.toThrow('INVALID_INPUT');
  await expect(follow(world.client(), null, []).next()).rejects.toThrow('INVALID_INPUT');
});

test('nobody follows any more: nobody reads any more', async () => {
  const updates = follow(world.client());
  await updates.next();
  await vi.waitFor(() => expect(listening()).toBe(1));
  await updates.stop();
  await vi.waitFor(() => expect(listening()).toBe(0));
});
const listening = (): number => [...world.listeners.values()].reduce((count, set) => count + set.size, 0);

test('a client that reads too slowly is told to resume, and can', async () => {
  const orderId = await world.orders.place('ada', 'acc-ada');
  const accountIds = ['acc-ada'];
  const updates = new OrderUpdates({ ...world.ports, log: world.ports.log });
  const stream = updates.subscribe(accountIds, null);
  const take = async (): Promise<OrderUpdateModel> => {
    const { value } = await stream.next();
    if (value === undefined) throw new Error('ended');
    return value;
  };
  await take();
  const end = await take();
  const waiting = take();
  await world.orders.acknowledge(orderId);
  await waiting;
  // Each request and its refusal is a line; nobody reads them here.
  for (let n = 0; n < 2_600; n += 1) {
    const requestId = `r${n}`;
    await world.orders.apply(
      orderId,
      { type: 'CancelRequested', requestId, generation: n, by: 'client' },
      { type: 'CancelSent', requestId, deadlineAt: world.clock.iso() },
      { type: 'CancelRejected', requestId, refusal: 'OTHER', reason: 'no' },
    );
  }
  let last = end;
  const refusal = await vi.waitFor(
    async () => {
      const next = await stream.next().catch((error: unknown) => error as GraphQLError);
      if (next instanceof Error) return next;
      if (next.value !== undefined) last = next.value;
      throw new Error('not yet');
    },
    { timeout: 20_000 },
  );
  expect(refusal.extensions).toEqual({ code: 'SLOW_CONSUMER', cursor: last.cursor });
  const resumed = updates.subscribe(accountIds, decodeCursor(last.cursor));
  const position = (cursor: string): bigint => decodeCursor(cursor)?.get('acc-ada') ?? 0n;
  const { lines } = await world.store.ledger.accountJournal('acc-ada', position(last.cursor), 10);
  const { value } = await resumed.next();
  expect(position(value?.cursor ?? '')).toBe(lines.find(({ entry }) => entry !== null)?.cursor);
  await resumed.return?.();
});

test('a cursor that can not be resumed from exactly is refused, and says what to do', async () => {
  const orderId = await world.orders.place('ada', 'acc-ada');
  const refusalOf = (after: string, ids = ['acc-ada']): Promise<string> =>
    follow(world.client(), after, ids)
      .next()
      .then(
        (update) => `no refusal but ${update.kind}`,
        (error: unknown) => (error instanceof Error ? error.message : JSON.stringify(error)),
      );
  const { newest } = (await world.store.ledger.journalBounds(['acc-ada'])).get('acc-ada') ?? { newest: 0n };
  const at = (position: bigint, accountId = 'acc-ada'): string => encodeCursor(new Map([[accountId, position]]));
  expect(await refusalOf(at(newest + 1n))).toMatch(/ahead of the journal.*INVALID_INPUT/);
  expect(await refusalOf(at(newest, 'acc-bob'))).toMatch(/other accounts.*INVALID_INPUT/);
  expect(await refusalOf('bm90IGEgY3Vyc29y')).toMatch(/not a cursor.*subscribe without it.*INVALID_INPUT/);

  const bounds = vi.spyOn(world.store.ledger, 'journalBounds');
  bounds.mockResolvedValue(new Map([['acc-ada', { oldest: newest, newest }]]));
  expect(await refusalOf(at(newest - 1n))).toMatch(/purged.*CURSOR_EXPIRED/);
  const resumed = follow(world.client(), at(newest));
  await world.orders.acknowledge(orderId);
  expect(types(await resumed.take(1))).toEqual(['ORDER_SUBMITTED']);
});

test('the gateway goes away: its clients hear 1001', async () => {
  const client = world.client();
  const closed = new Promise<unknown>((resolve) => client.on('closed', resolve));
  const updates = follow(client);
  await updates.next();
  const pending = updates.next().catch(() => 'ended');
  await world.gateway.close();
  expect(await closed).toMatchObject({ code: 1001 });
  await pending;
});
