import { afterEach, beforeEach, expect, test } from 'vitest';
import { World } from '../testing/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(() => world[Symbol.asyncDispose]());

const SWITCH = 'deadMansSwitch { timeoutSeconds armedUntil refreshedAt lastError }';
const SET = `mutation ($id: ID!, $seconds: Int) { setDeadMansSwitch(accountId: $id, timeoutSeconds: $seconds) {
  account { ${SWITCH} } userErrors { code field } } }`;
const set = async (seconds: number | null, token?: string, id = 'acc-ada') => {
  const { data, errors } = await world.query(SET, { id, seconds }, token);
  expect(errors).toBeUndefined();
  return data?.['setDeadMansSwitch'];
};
const read = async () => (await world.query(`{ accounts { ${SWITCH} } }`)).data;

test('what is wished, what the exchange has confirmed, and what it has not', async () => {
  expect(await read()).toEqual({ accounts: [{ deadMansSwitch: null }] });
  const wished = { timeoutSeconds: 60, armedUntil: null, refreshedAt: null, lastError: null };
  expect(await set(60)).toEqual({ account: { deadMansSwitch: wished }, userErrors: [] });
  expect(world.commands.at(-1)).toMatchObject({ kind: 'setDeadMansSwitch', accountId: 'acc-ada', timeoutSeconds: 60 });
  const refreshedAt = world.clock.iso();
  world.clock.advance(60_000);
  const until = world.clock.iso();
  const store = world.store.deadMansSwitches;
  await store.mayFire('acc-ada', until);
  await store.confirmed('acc-ada', { timeoutSeconds: 60, refreshedAt, until }, null);
  await store.unconfirmed('acc-ada', 'no permission');
  const known = { ...wished, armedUntil: until, refreshedAt, lastError: 'no permission' };
  expect(await read()).toEqual({ accounts: [{ deadMansSwitch: known }] });
  // Off, and armed all the same until the exchange has confirmed that, or it has run out.
  world.clock.advance(-1);
  expect(await set(null)).toMatchObject({ account: { deadMansSwitch: { timeoutSeconds: null, armedUntil: until } } });
  world.clock.advance(1);
  expect(await read()).toEqual({ accounts: [{ deadMansSwitch: null }] });
});

test.each([
  ['a viewer', 'ada-viewer', 'acc-ada', 'FORBIDDEN'],
  ['another user', 'bob-trader', 'acc-ada', 'NOT_FOUND'],
  ['nobody’s account', 'ada-trader', 'nobody', 'NOT_FOUND'],
])('%s may not', async (_name, token, id, code) => {
  expect(await set(60, token, id)).toMatchObject({ account: null, userErrors: [{ code }] });
  expect(await world.store.deadMansSwitches.standing()).toEqual([]);
});
