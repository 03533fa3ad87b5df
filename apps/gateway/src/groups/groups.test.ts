import { afterEach, beforeEach, expect, test } from 'vitest';
import { World } from '../testing/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(() => world[Symbol.asyncDispose]());

const PLACE = `mutation ($input: PlaceOrderGroupInput!) { placeOrderGroup(input: $input) {
  group { id kind onPartialFill conflict { at reason } orders { id clientOrderId price group { id } } }
  userErrors { code message field } } }`;
const GROUP = '{ id onPartialFill conflict { at reason } orders { id } }';
const order = { accountId: 'acc-ada', symbol: 'BTC-USDT', side: 'SELL', type: 'LIMIT', size: '1', price: '0100.0' };
const two = [
  { ...order, clientOrderId: 'one' },
  { ...order, price: '90' },
];

interface Placed {
  readonly group: { readonly id: string; readonly orders: readonly { readonly id: string }[] } | null;
  readonly userErrors: readonly { readonly code: string; readonly message: string; readonly field: string[] | null }[];
}
async function place(input: object, token?: string): Promise<Placed> {
  const { data } = await world.query(PLACE, { input }, token);
  return (data as { placeOrderGroup: Placed }).placeOrderGroup;
}

test('a placed group comes back with its orders, CANCEL unless told otherwise', async () => {
  expect(await place({ kind: 'OCO', orders: two })).toMatchObject({
    group: {
      kind: 'OCO',
      onPartialFill: 'CANCEL',
      conflict: null,
      orders: expect.arrayContaining([expect.objectContaining({ clientOrderId: 'one', price: '100' })]) as unknown,
    },
    userErrors: [],
  });
  expect(world.commands[0]).toMatchObject({
    kind: 'placeGroup',
    groupKind: 'OCO',
    onPartialFill: 'CANCEL',
    orders: [{ clientOrderId: 'one', price: '100' }, { price: '90' }],
  });
});

test.each([
  [{ orders: [order] }, ['input', 'orders']],
  [{ orders: [] }, ['input', 'orders']],
  [{ orders: Array(21).fill(order) }, ['input', 'orders']],
  [{ orders: [order, { ...order, price: '1e5' }] }, ['input', 'orders', '1', 'price']],
  [{ orders: [order, { ...order, accountId: 'a b' }] }, ['input', 'orders', '1', 'accountId']],
])('bad shape %# is INVALID_INPUT at %j, and nothing is sent', async (input, field) => {
  expect(await place({ kind: 'OCO', ...input })).toMatchObject({
    group: null,
    userErrors: [{ code: 'INVALID_INPUT', field }],
  });
  expect(world.commands).toEqual([]);
});

test('without an answer in time the client order ids are named, those made up too', async () => {
  world.onCommand = () => Promise.reject(new Error('gone'));
  const { group, userErrors } = await place({ kind: 'OCO', orders: two });
  expect(group).toBeNull();
  const [command] = world.commands;
  const ids = command?.kind === 'placeGroup' ? command.orders.map(({ clientOrderId }) => clientOrderId) : [];
  expect(ids).toHaveLength(2);
  expect(userErrors).toMatchObject([{ code: 'TIMEOUT' }]);
  for (const id of ids) expect(userErrors[0]?.message).toContain(`"${id}"`);
});

test('viewers place none', async () => {
  expect(await place({ kind: 'OCO', orders: two }, 'ada-viewer')).toMatchObject({
    group: null,
    userErrors: [{ code: 'FORBIDDEN' }],
  });
});

test('a group is read by its id, by its orders, and found by the filter; not by others', async () => {
  const { group } = await place({ kind: 'OCO', onPartialFill: 'REDUCE', orders: two });
  const id = group?.id ?? '';
  await world.orders.place('ada', 'acc-ada');
  await world.store.ledger.groups.recordConflict(id, { at: '2026-01-01T00:00:00.000Z', reason: 'too much' });
  const read = `query ($id: ID!) { orderGroup(id: $id) ${GROUP}
    orders(filter: { groupId: $id }) { totalCount nodes { id group ${GROUP} } } }`;
  const expected = {
    id,
    onPartialFill: 'REDUCE',
    conflict: { at: '2026-01-01T00:00:00.000Z', reason: 'too much' },
    orders: group?.orders.map((member) => ({ id: member.id })),
  };
  const own = await world.query(read, { id });
  expect(own.data).toMatchObject({
    orderGroup: expected,
    orders: { totalCount: 2, nodes: [{ group: expected }, { group: expected }] },
  });
  const others = await world.query(read, { id }, 'bob-trader');
  expect(others.data).toMatchObject({ orderGroup: null, orders: { totalCount: 0, nodes: [] } });
});
