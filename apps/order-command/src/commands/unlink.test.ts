import { beforeEach, expect, test } from 'vitest';
import { cancelling, openDesk, placing, type Desk } from '../testing/desk.ts';

let desk: Desk;
beforeEach(async () => {
  desk = await openDesk();
});

const unlinking = (accountId: string, userId = 'user-1') =>
  ({ kind: 'unlink', commandId: 'unlink-1', userId, accountId }) as const;

test('an account without open orders is unlinked, once and for all', async () => {
  expect(await desk.run(unlinking('account-1'))).toEqual({ orderIds: [], userErrors: [] });
  expect(await desk.run(unlinking('account-1'))).toEqual({ orderIds: [], userErrors: [] });
  expect((await desk.refusal(placing())).code).toBe('NOT_FOUND');
  expect((await desk.context.access.account('account-1'))?.unlinkedAt).not.toBeNull();
});

test('what is not the caller’s does not exist', async () => {
  expect((await desk.refusal(unlinking('account-3'))).code).toBe('NOT_FOUND');
  expect((await desk.refusal(unlinking('nobody'))).code).toBe('NOT_FOUND');
});

test('an open order keeps the account, and the answer says what to do', async () => {
  const { orderIds } = await desk.run(placing());
  const error = await desk.refusal(unlinking('account-1'));
  expect(error).toMatchObject({ code: 'INVALID_STATE_TRANSITION', field: ['accountId'] });
  expect(error.message).toMatch(/one order .*cancelAllOrders/);
  // Never sent, so the cancel ends it here and now.
  await desk.run(cancelling(orderIds[0] ?? ''));
  expect((await desk.run(unlinking('account-1'))).userErrors).toEqual([]);
});

test('an order that overtakes the check finds the account gone', async () => {
  const { access } = desk.context;
  const before = await access.account('account-1');
  await desk.run(unlinking('account-1'));
  const late = {
    ...desk.context,
    access: Object.assign(Object.create(access) as typeof access, { account: async () => before }),
  };
  const { place } = await import('./place.ts');
  const result = await place(late, placing());
  expect(result.userErrors[0]).toMatchObject({ code: 'NOT_FOUND', field: ['input', 'accountId'] });
});
