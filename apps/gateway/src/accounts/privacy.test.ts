import { afterEach, beforeEach, expect, test } from 'vitest';
import { World } from '../testing/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(() => world[Symbol.asyncDispose]());

const FIELDS =
  '{ account { id privacy { cacheOpenOrders encryptAtRest historyRetentionDays converting } } userErrors { code field message } }';
const SET = `mutation ($input: PrivacyInput!) { setPrivacy(input: $input) ${FIELDS} }`;
const CLEAR = `mutation ($id: ID!) { clearOrderCache(accountId: $id) ${FIELDS} }`;
const ask = async (mutation: string, variables: Record<string, unknown>, token?: string) => {
  const { data, errors } = await world.query(mutation, variables, token);
  expect(errors).toBeUndefined();
  return Object.values(data ?? {})[0];
};
const set = (input: object, token?: string) => ask(SET, { input: { accountId: 'acc-ada', ...input } }, token);

test('settings are shown as they are after the change; what was left out, or is null for a switch, stays', async () => {
  const before = { cacheOpenOrders: true, encryptAtRest: false, historyRetentionDays: null, converting: false };
  expect(await set({ cacheOpenOrders: false })).toEqual({
    account: { id: 'acc-ada', privacy: { ...before, cacheOpenOrders: false } },
    userErrors: [],
  });
  expect(world.commands.at(-1)).toMatchObject({ kind: 'setPrivacy', change: { cacheOpenOrders: false } });
  await set({ historyRetentionDays: 0, cacheOpenOrders: null });
  expect(world.commands.at(-1)).toMatchObject({ change: { historyRetentionDays: 0 } });
  await set({ historyRetentionDays: null, encryptAtRest: true });
  expect(world.commands.at(-1)).toMatchObject({ change: { historyRetentionDays: null, encryptAtRest: true } });
  expect(await ask(CLEAR, { id: 'acc-ada' })).toEqual({
    account: { id: 'acc-ada', privacy: { ...before, cacheOpenOrders: false, encryptAtRest: true } },
    userErrors: [],
  });
});

test('the audit says what was set, and of a refusal nothing but its code', async () => {
  await set({ encryptAtRest: true, historyRetentionDays: null });
  await set({ historyRetentionDays: -1 });
  const { items } = await world.store.users.auditLog({ action: 'setPrivacy' }, { limit: 5 });
  const outcomes = items.map(({ outcome }) => outcome);
  expect(outcomes).toEqual(['INVALID_INPUT', 'ok: encryptAtRest true, historyRetentionDays null']);
});

test.each([
  ['nothing to change', {}, ['input']],
  ['only nulls for switches', { cacheOpenOrders: null, encryptAtRest: null }, ['input']],
  ['fewer days than none', { historyRetentionDays: -1 }, ['input', 'historyRetentionDays']],
  ['more days than a century has', { historyRetentionDays: 36_501 }, ['input', 'historyRetentionDays']],
  ['no id', { accountId: 'not an id', cacheOpenOrders: true }, ['input', 'accountId']],
])('%s is INVALID_INPUT', async (_what, input, field) => {
  expect(await set(input)).toMatchObject({ account: null, userErrors: [{ code: 'INVALID_INPUT', field }] });
  expect(world.commands).toEqual([]);
});

test.each([
  ['a viewer', 'ada-viewer', 'acc-ada', 'FORBIDDEN'],
  ['another user', 'bob-trader', 'acc-ada', 'NOT_FOUND'],
  ['nobody’s account', 'ada-trader', 'nobody', 'NOT_FOUND'],
])('%s may not', async (_name, token, accountId, code) => {
  const refused = { account: null, userErrors: [{ code }] };
  expect(await set({ accountId, cacheOpenOrders: false }, token)).toMatchObject(refused);
  expect(await ask(CLEAR, { id: accountId }, token)).toMatchObject(refused);
  expect((await world.store.access.account('acc-ada'))?.privacy.cacheOpenOrders).toBe(true);
});
