import { afterEach, beforeEach, expect, test } from 'vitest';
import { World } from '../testing/world.ts';
import { whyRemaining } from './halt-fields.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(() => world[Symbol.asyncDispose]());

const ACCOUNT =
  'account { id halted halt { since cancelOpen remainingCount remaining { order { id } why } } } userErrors { code field }';
const HALT = `mutation ($id: ID!, $cancelOpen: Boolean) { haltAccount(accountId: $id, cancelOpen: $cancelOpen) { ${ACCOUNT} } }`;
const RESUME = `mutation ($id: ID!) { resumeAccount(accountId: $id) { ${ACCOUNT} } }`;
const run = async (mutation: string, variables: object, token?: string) => {
  const { data, errors } = await world.query(mutation, { id: 'acc-ada', ...variables }, token);
  expect(errors).toBeUndefined();
  return Object.values(data ?? {})[0];
};
const resting = async (): Promise<string> => {
  const orderId = await world.orders.place('ada', 'acc-ada');
  await world.orders.acknowledge(orderId);
  return orderId;
};

test('the halt tells what is still to be cancelled, and why, until nothing is', async () => {
  const orderId = await resting();
  world.clock.advance(1_000);
  const since = world.clock.iso();
  const remaining = [{ order: { id: orderId }, why: 'its cancel has not begun yet' }];
  const halted = { id: 'acc-ada', halted: true, halt: { since, cancelOpen: true, remainingCount: 1, remaining } };
  expect(await run(HALT, {})).toEqual({ account: halted, userErrors: [] });
  expect(world.commands.at(-1)).toMatchObject({ kind: 'halt', accountId: 'acc-ada', cancelOpen: true });
  await world.orders.apply(orderId, { type: 'Cancelled', reason: null });
  const after = await world.query('{ accounts { halted halt { cancelOpen remainingCount remaining { why } } } }');
  expect(after.data).toEqual({
    accounts: [{ halted: true, halt: { cancelOpen: true, remainingCount: 0, remaining: [] } }],
  });
  expect(await run(RESUME, {})).toEqual({ account: { id: 'acc-ada', halted: false, halt: null }, userErrors: [] });
});

test('nothing is to be cancelled where that was not asked for', async () => {
  await resting();
  world.clock.advance(1_000);
  expect(await run(HALT, { cancelOpen: false })).toMatchObject({
    account: { halt: { cancelOpen: false, remainingCount: 0, remaining: [] } },
  });
  expect(world.commands.at(-1)).toMatchObject({ kind: 'halt', cancelOpen: false });
});

test.each([
  ['a viewer', 'ada-viewer', 'acc-ada', 'FORBIDDEN'],
  ['another user', 'bob-trader', 'acc-ada', 'NOT_FOUND'],
  ['nobody’s account', 'ada-trader', 'nobody', 'NOT_FOUND'],
])('%s may not', async (_name, token, id, code) => {
  for (const mutation of [HALT, RESUME])
    expect(await run(mutation, { id }, token)).toMatchObject({ account: null, userErrors: [{ code }] });
  expect((await world.store.access.account('acc-ada'))?.halted).toBe(false);
});

test('why: how far its cancel is', async () => {
  const orderId = await resting();
  const why = async (): Promise<string> => {
    const record = await world.store.ledger.find(orderId);
    return record === null ? '' : whyRemaining(record);
  };
  const request = { requestId: 'halt-1', generation: 0, by: 'us', reason: 'the account is halted' } as const;
  await world.orders.apply(orderId, { type: 'CancelRequested', ...request });
  expect(await why()).toBe('its cancel waits to be sent');
  await world.orders.apply(orderId, { type: 'CancelSent', requestId: 'halt-1', deadlineAt: world.clock.iso() });
  expect(await why()).toBe('its cancel is on its way');
  await world.orders.apply(orderId, { type: 'RequestUnknown', requestId: 'halt-1', reason: 'no answer' });
  expect(await why()).toBe('the outcome of its cancel is unknown: the exchange is being asked');
  await world.orders.apply(orderId, { type: 'CancelPending', requestId: 'halt-1' });
  expect(await why()).toBe('the exchange has taken its cancel, and has not shown the end yet');
  const refusal = { refusal: 'OTHER', reason: 'not now' } as const;
  await world.orders.apply(orderId, { type: 'CancelRejected', requestId: 'halt-1', ...refusal });
  expect(await why()).toBe('its cancel was refused and will be sent again: not now');
});
