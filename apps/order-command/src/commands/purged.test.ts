import type { OrderCommand } from '@orderplane/queues';
import { happen, openRetaining, purgeNow } from '@orderplane/recorder/testing';
import { expect, test } from 'vitest';
import { ANY_TIME, cancelling, modifying, openDesk, placing, type Desk } from '../testing/desk.ts';

const accountId = 'account-r';

/** Accepted, ended before it was sent, and purged. */
async function purgedBy(desk: Desk, command: OrderCommand): Promise<readonly string[]> {
  const { orderIds } = await desk.run(command);
  for (const orderId of orderIds)
    await happen(desk.world, orderId, { type: 'Denied', code: 'INVALID_INPUT', reason: 'for the test' });
  expect(await purgeNow(desk.world, accountId)).toEqual([...orderIds].sort());
  return orderIds;
}

test('a repeat of a purged order is told so, and is never placed again, whatever has changed since', async () => {
  const desk = await openDesk();
  const { world } = desk;
  await openRetaining(world, accountId, 0);
  const [orderId = ''] = await purgedBy(desk, placing({ accountId, clientOrderId: 'mine' }));
  const same = await desk.refusal(placing({ accountId, clientOrderId: 'mine' }));
  expect(same).toMatchObject({ code: 'ALREADY_EXISTS', field: ['input', 'clientOrderId'] });
  expect(same.message).toMatch(new RegExp(`^this was placed before: order ${orderId}, REJECTED, .{10,80}$`));
  const other = await desk.refusal(placing({ accountId, clientOrderId: 'mine', size: '2' }));
  expect(other.message).toMatch(new RegExp(`^clientOrderId belongs to another request \\(order ${orderId}`));
  // Before any other refusal, as for an order that is there.
  await world.store.accounts.halt('user-1', accountId, { cancelOpen: true, at: world.clock.iso() });
  expect((await desk.refusal(placing({ accountId, clientOrderId: 'mine' }))).code).toBe('ALREADY_EXISTS');
  expect((await desk.refusal(placing({ accountId, clientOrderId: 'new' }))).code).toBe('ACCOUNT_HALTED');
  for (const command of [cancelling(orderId), modifying(orderId, { size: '2' })])
    expect((await desk.refusal(command)).code).toBe('NOT_FOUND');
});

test('nor is a group of which an order was purged', async () => {
  const desk = await openDesk();
  await openRetaining(desk.world, accountId, 0);
  const group = (...ids: readonly string[]): OrderCommand => ({
    ...{
      kind: 'placeGroup',
      commandId: 'g',
      userId: 'user-1',
      groupKind: 'OCO',
      onPartialFill: 'CANCEL',
      time: ANY_TIME,
    },
    orders: ids.map((clientOrderId) => placing({ accountId, clientOrderId, side: 'SELL' }).input),
  });
  await purgedBy(desk, group('a', 'b'));
  const same = await desk.refusal(group('a', 'b'));
  expect(same).toMatchObject({ code: 'ALREADY_EXISTS', field: ['input', 'orders', '0', 'clientOrderId'] });
  expect(same.message).toMatch(/^this was placed before/);
  const mixed = await desk.refusal(group('c', 'b'));
  expect(mixed).toMatchObject({ code: 'ALREADY_EXISTS', field: ['input', 'orders', '1', 'clientOrderId'] });
  expect((await desk.refusal(placing({ accountId, clientOrderId: 'b' }))).message).toMatch(/another request/);
});
