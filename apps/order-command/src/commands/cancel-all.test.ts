import type { OrderCommand } from '@orderplane/queues';
import { found, happen } from '@orderplane/recorder/testing';
import { describe, expect, test } from 'vitest';
import { openDesk, placing, type Desk } from '../testing/desk.ts';

const all = (over: Partial<Extract<OrderCommand, { kind: 'cancelAll' }>> = {}): OrderCommand => ({
  commandId: 'all',
  userId: 'user-1',
  kind: 'cancelAll',
  accountId: 'account-1',
  symbol: null,
  side: null,
  ...over,
});

const rests = async (desk: Desk, index: number, side: 'BUY' | 'SELL', accountId = 'account-1'): Promise<string> => {
  const { orderIds } = await desk.run(placing({ side, accountId }));
  const orderId = orderIds[0] ?? '';
  const deadlineAt = '2026-01-01T00:00:05.000Z';
  await happen(
    desk.world,
    orderId,
    { type: 'SubmitSent', venueClientId: `c${index}`, deadlineAt },
    { type: 'Acknowledged', venueOrderId: `v${index}` },
  );
  return orderId;
};
const wished = async (desk: Desk, orderId: string): Promise<boolean> =>
  (await found(desk.world, orderId)).actual.machine.requests.length > 0;

describe('cancel all', () => {
  test('one cancel for each open order that is meant, and for no other', async () => {
    const desk = await openDesk();
    const ids = await Promise.all([rests(desk, 1, 'BUY'), rests(desk, 2, 'SELL'), rests(desk, 3, 'SELL', 'account-2')]);
    const result = await desk.run(all({ side: 'SELL' }));
    expect(result).toEqual({ orderIds: [ids[1]], userErrors: [] });
    expect(await Promise.all(ids.map((id) => wished(desk, id)))).toEqual([false, true, false]);
    expect((await desk.run(all({ symbol: 'ETH-USD' }))).orderIds).toEqual([]);
    expect([...(await desk.run(all())).orderIds].sort()).toEqual([ids[0], ids[1]].sort());
  });

  test('the same command again has one effect', async () => {
    const desk = await openDesk();
    const orderId = await rests(desk, 1, 'BUY');
    await desk.run(all());
    await desk.run(all());
    expect((await found(desk.world, orderId)).actual.machine.requests).toHaveLength(1);
  });

  test('of an account of another user is refused', async () => {
    const desk = await openDesk();
    const error = await desk.refusal(all({ accountId: 'account-3' }));
    expect(error).toMatchObject({ code: 'NOT_FOUND', field: ['input', 'accountId'] });
  });

  test('an account without open orders has nothing to do', async () => {
    const desk = await openDesk();
    expect(await desk.run(all())).toEqual({ orderIds: [], userErrors: [] });
  });
});
