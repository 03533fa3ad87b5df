import { afterEach, beforeEach, expect, test } from 'vitest';
import { World } from '../testing/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
});
afterEach(() => world[Symbol.asyncDispose]());

const RISK = 'risk { maxOrderNotional maxOpenNotional maxOpenOrders priceCollar rejectDuplicates }';
const SET = `mutation ($input: RiskInput!) { setRiskLimits(input: $input) {
  account { id ${RISK} } userErrors { code message field } } }`;
const NONE = {
  ...{ maxOrderNotional: null, maxOpenNotional: null, maxOpenOrders: null },
  ...{ priceCollar: null, rejectDuplicates: false },
};
const set = async (input: object, token?: string) => {
  const { data, errors } = await world.query(SET, { input: { accountId: 'acc-ada', ...input } }, token);
  expect(errors).toBeUndefined();
  return data?.['setRiskLimits'];
};

test('what is left out stays, null takes a limit off, and the account shows it', async () => {
  const first = { maxOrderNotional: '1000', maxOpenOrders: 5, rejectDuplicates: true };
  expect(await set({ ...first, maxOrderNotional: '1000.0' })).toEqual({
    account: { id: 'acc-ada', risk: { ...NONE, ...first } },
    userErrors: [],
  });
  const second = { ...NONE, maxOrderNotional: '1000', maxOpenNotional: '0.5', priceCollar: '0.05' };
  const change = { maxOpenOrders: null, rejectDuplicates: null, maxOpenNotional: '0.5', priceCollar: '0.050' };
  expect(await set(change)).toMatchObject({ account: { risk: second }, userErrors: [] });
  const { data } = await world.query(`{ account(id: "acc-ada") { ${RISK} } }`);
  expect(data).toEqual({ account: { risk: second } });
});

test.each([
  ['a negative notional', { maxOrderNotional: '-1' }, ['input', 'maxOrderNotional'], /greater than zero/],
  ['a notional of zero', { maxOpenNotional: '0' }, ['input', 'maxOpenNotional'], /greater than zero/],
  ['an exponent', { maxOpenNotional: '1e5' }, ['input', 'maxOpenNotional'], /plain notation/],
  ['no orders at all', { maxOpenOrders: 0 }, ['input', 'maxOpenOrders'], /at least 1.*haltAccount/],
  ['fewer than none', { maxOpenOrders: -1 }, ['input', 'maxOpenOrders'], /at least 1/],
  ['data older than an hour', { maxDataAgeSeconds: 3_601 }, ['input', 'maxDataAgeSeconds'], /give 1 to 3600/],
  ['a collar in per cent', { priceCollar: '5' }, ['input', 'priceCollar'], /5 % is "0.05"/],
  ['a collar of nothing', { priceCollar: '0' }, ['input', 'priceCollar'], /greater than zero/],
  ['nothing', {}, ['input'], /nothing to change/],
])('%s is refused, with the field and what to do', async (_name, input, field, message) => {
  expect(await set(input)).toEqual({
    account: null,
    userErrors: [{ code: 'INVALID_INPUT', field, message: expect.stringMatching(message) as string }],
  });
  expect((await world.store.access.account('acc-ada'))?.risk).toEqual(NONE);
});

test.each([
  ['a viewer', 'ada-viewer', 'acc-ada', 'FORBIDDEN'],
  ['another user', 'bob-trader', 'acc-ada', 'NOT_FOUND'],
  ['nobody’s account', 'ada-trader', 'nobody', 'NOT_FOUND'],
])('%s may not', async (_name, token, accountId, code) => {
  expect(await set({ accountId, maxOpenOrders: 1 }, token)).toMatchObject({ account: null, userErrors: [{ code }] });
  expect((await world.store.access.account('acc-ada'))?.risk).toEqual(NONE);
});

test('it stands in the audit when it is answered, with what was set', async () => {
  await set({ maxOpenOrders: 1, maxOrderNotional: null, priceCollar: '0.05' });
  const { items } = await world.store.users.auditLog({ action: 'setRiskLimits' }, { limit: 5 });
  const outcome = 'ok: maxOrderNotional null, maxOpenOrders 1, priceCollar 0.05';
  expect(items).toMatchObject([{ target: 'acc-ada', outcome, via: expect.any(String) as string }]);
});
