import { alertChannel } from '@orderplane/queues';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { encodeAlertCursor, encodeCursor } from '../subscriptions/cursor.ts';
import { World } from '../testing/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(() => world[Symbol.asyncDispose]());

const ALERT = `id symbol note status createdAt updatedAt account { id } trigger { symbol source direction price firedAt firedPrice }`;
const CREATE = `mutation ($input: CreateAlertInput!) { createAlert(input: $input) { alert { ${ALERT} } userErrors { code message field } } }`;
const CANCEL = `mutation ($id: ID!) { cancelAlert(alertId: $id) { alert { id status } userErrors { code field } } }`;
const LIST = `query ($accountId: ID!, $status: AlertStatus, $first: Int, $after: String) {
  alerts(accountId: $accountId, status: $status, first: $first, after: $after) { nodes { ${ALERT} } pageInfo { hasNextPage hasPreviousPage endCursor } } }`;

interface View {
  readonly id: string;
  readonly status: string;
  readonly trigger: { readonly symbol: string; readonly firedPrice: string | null };
}
interface Payload {
  readonly alert: View | null;
  readonly userErrors: readonly { readonly code: string; readonly message: string; readonly field: string[] }[];
}

const inputOf = (over: Record<string, unknown> = {}, trigger: Record<string, unknown> = {}) => ({
  accountId: 'acc-ada',
  symbol: 'BTC-USDT',
  trigger: { direction: 'AT_OR_ABOVE', price: '100.10', ...trigger },
  ...over,
});
async function create(input: Record<string, unknown> = inputOf(), token = 'ada-trader'): Promise<Payload> {
  const { data, errors } = await world.query(CREATE, { input }, token);
  if (data === null || data === undefined) throw new Error(JSON.stringify(errors));
  return data['createAlert'] as Payload;
}
async function created(input: Record<string, unknown> = inputOf()): Promise<View> {
  const { alert, userErrors } = await create(input);
  if (alert === null) throw new Error(JSON.stringify(userErrors));
  return alert;
}
const list = async (variables: Record<string, unknown> = {}, token = 'ada-trader') =>
  world.query(LIST, { accountId: 'acc-ada', ...variables }, token);
const nodesOf = (answer: Awaited<ReturnType<typeof list>>): readonly View[] =>
  (answer.data?.['alerts'] as { nodes: View[] }).nodes;

test('created as given, with what stands for what was not', async () => {
  const alert = await created(inputOf({ note: 'coffee' }));
  expect(alert).toMatchObject({
    symbol: 'BTC-USDT',
    note: 'coffee',
    status: 'ARMED',
    account: { id: 'acc-ada' },
    trigger: { symbol: 'BTC-USDT', source: 'LAST', direction: 'AT_OR_ABOVE', price: '100.1', firedAt: null },
  });
  const other = await created(inputOf({}, { symbol: 'ETH-USDT', source: 'BID' }));
  expect(other.trigger).toMatchObject({ symbol: 'ETH-USDT', source: 'BID' });
});

test('what makes no sense is refused, and nothing goes on', async () => {
  const wrong: [Record<string, unknown>, string[]][] = [
    [inputOf({}, { price: '' }), ['input', 'trigger', 'price']],
    [inputOf({}, { price: '0' }), ['input', 'trigger', 'price']],
    [inputOf({}, { price: '1e5' }), ['input', 'trigger', 'price']],
    [inputOf({ symbol: '' }), ['input', 'symbol']],
    [inputOf({}, { symbol: 'no symbol' }), ['input', 'trigger', 'symbol']],
    [inputOf({ note: 'x'.repeat(501) }), ['input', 'note']],
    [inputOf({ accountId: '?' }), ['input', 'accountId']],
  ];
  for (const [input, field] of wrong) {
    const { alert, userErrors } = await create(input);
    expect(alert).toBeNull();
    expect(userErrors, JSON.stringify(input)).toMatchObject([{ code: 'INVALID_INPUT', field }]);
  }
  expect((await create(inputOf(), 'ada-viewer')).userErrors).toMatchObject([{ code: 'FORBIDDEN' }]);
  expect(world.commands).toEqual([]);
});

test('pages of the own alerts, by status; somebody else’s account does not exist', async () => {
  const ids: string[] = [];
  for (let n = 0; n < 3; n += 1) {
    ids.unshift((await created()).id);
    world.clock.advance(1_000);
  }
  await world.query(CANCEL, { id: ids[1] });
  expect(nodesOf(await list()).map(({ id }) => id)).toEqual(ids);
  expect(nodesOf(await list({ status: 'CANCELLED' })).map(({ id }) => id)).toEqual([ids[1]]);
  const first = await list({ first: 2 });
  const { endCursor, hasNextPage } = (first.data?.['alerts'] as { pageInfo: Record<string, unknown> }).pageInfo;
  expect(hasNextPage).toBe(true);
  expect(nodesOf(await list({ after: endCursor, first: 2 })).map(({ id }) => id)).toEqual([ids[2]]);
  expect((await list({}, 'bob-trader')).errors?.[0]?.extensions['code']).toBe('NOT_FOUND');
  const { data } = await world.query(CANCEL, { id: ids[0] }, 'bob-trader');
  expect(data?.['cancelAlert']).toMatchObject({ alert: null, userErrors: [{ code: 'NOT_FOUND' }] });
});

const follow = (accountIds: string[], token = 'ada-trader', after: string | null = null) =>
  world.client(token).iterate<{ alertUpdates: View & { cursor: string } }>({
    query: `subscription ($accountIds: [ID!]!, $after: Cursor) { alertUpdates(accountIds: $accountIds, after: $after) { cursor ${ALERT} } }`,
    variables: { accountIds, after },
  });
const LIST_CURSOR = '{ alerts(accountId: "acc-ada") { cursor nodes { cursor } } }';

/** All that a subscription tells, as it comes. */
function collect(): { readonly told: View[]; readonly end: () => Promise<unknown> } {
  const updates = follow(['acc-ada']);
  const told: View[] = [];
  void (async () => {
    for await (const { data } of updates) if (data) told.push(data.alertUpdates);
  })();
  return { told, end: async () => updates.return?.() };
}

test('alertUpdates: armed, fired, cancelled, in order and once, to all who follow', async () => {
  const all = [collect(), collect()];
  // A subscription tells what comes after it and not when it has begun: markers show that.
  await vi.waitFor(
    async () => {
      await created(inputOf({ note: 'marker' }));
      expect(all.every(({ told }) => told.length > 0)).toBe(true);
    },
    { timeout: 15_000, interval: 50 },
  );
  const one = await created();
  const two = await created();
  const at = world.clock.iso();
  // Without a word from Redis: the poll finds both.
  await world.store.alerts.fire(one.id, { price: '101', priceAt: at, at });
  await world.query(CANCEL, { id: two.id });
  for (const { told } of all) {
    const own = () => told.filter(({ id }) => id === one.id || id === two.id);
    await vi.waitFor(() => expect(own()).toHaveLength(4), { timeout: 15_000 });
    expect(own()).toMatchObject([
      { id: one.id, status: 'ARMED', trigger: { firedPrice: null } },
      { id: two.id, status: 'ARMED' },
      { id: one.id, status: 'TRIGGERED', trigger: { firedPrice: '101', firedAt: at } },
      { id: two.id, status: 'CANCELLED' },
    ]);
  }
  for (const { end } of all) await end();
  await vi.waitFor(() => expect(world.listeners.get(alertChannel('acc-ada'))?.size).toBe(0), { timeout: 15_000 });
});

test('alertUpdates of somebody else’s account: NOT_FOUND', async () => {
  const updates = follow(['acc-ada'], 'bob-trader');
  const { value } = (await updates.next()) as { value: { errors?: readonly { extensions?: object }[] } };
  expect(value.errors).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
});

test('alertUpdates go on from the cursor of a list, and from that of an update', async () => {
  const listed = await created();
  const { data } = await world.query(LIST_CURSOR);
  const { cursor, nodes } = data?.['alerts'] as { cursor: string; nodes: unknown };
  expect(nodes).toEqual([{ cursor: null }]);
  const one = await created();
  await world.query(CANCEL, { id: listed.id });
  const first = follow(['acc-ada'], 'ada-trader', cursor);
  const take = async (updates: ReturnType<typeof follow>) => {
    const { value } = (await updates.next()) as { value: { data?: { alertUpdates: View & { cursor: string } } } };
    return value.data?.alertUpdates;
  };
  const told = await take(first);
  expect(told).toMatchObject({ id: one.id, status: 'ARMED' });
  await first.return?.();
  await world.query(CANCEL, { id: one.id });
  const second = follow(['acc-ada'], 'ada-trader', told?.cursor);
  expect(await take(second)).toMatchObject({ id: listed.id, status: 'CANCELLED' });
  expect(await take(second)).toMatchObject({ id: one.id, status: 'CANCELLED' });
  await second.return?.();
});

test('a cursor that alertUpdates can not go on from is refused', async () => {
  const refusal = async (after: string): Promise<unknown> => {
    const { value } = (await follow(['acc-ada'], 'ada-trader', after).next()) as { value: { errors?: unknown } };
    return value.errors;
  };
  const code = [{ extensions: { code: 'INVALID_INPUT', field: ['after'] } }];
  expect(await refusal('nonsense')).toMatchObject(code);
  expect(await refusal(encodeCursor(new Map([['acc-ada', 0n]])))).toMatchObject(code);
  expect(await refusal(encodeAlertCursor(new Map([['acc-bob', 0n]])))).toMatchObject(code);
  expect(await refusal(encodeAlertCursor(new Map([['acc-ada', 1n]])))).toMatchObject(code);
});
