import { describe, expect, test } from 'vitest';
import { modifying, openDesk, placing, type Desk } from '../testing/desk.ts';

const limit = async (desk: Desk, change: object): Promise<void> => {
  const result = await desk.world.store.accounts.setRiskLimits('user-1', 'account-1', change);
  expect(result.kind).toBe('set');
};
/** The reason of the line that says that the order is valid, or that a change of it is wished. */
const noteOf = async (desk: Desk, orderId = '', line = 'ORDER_VALIDATED'): Promise<string | null | undefined> => {
  const journal = await desk.world.store.ledger.journalOf(orderId);
  return journal.flatMap(({ entries }) => entries).find(({ type }) => type === line)?.reason;
};
const placed = async (desk: Desk, clientOrderId: string): Promise<string> => {
  const { orderIds, userErrors } = await desk.run(placing({ clientOrderId }));
  expect(userErrors).toEqual([]);
  return orderIds[0] ?? '';
};

describe('open orders that an order is judged by', () => {
  test('are not asked for where nothing depends on them', async () => {
    const desk = await openDesk();
    desk.owned.shown = { balances: [{ asset: 'USD', free: '9000', held: '0' }], positions: [] };
    await placed(desk, 'a');
    await limit(desk, { maxOrderNotional: '1000', priceCollar: null });
    await placed(desk, 'b');
    expect(desk.owned.syncs).toEqual([]);
  });

  test('are asked for when they are older than the account wants, and only then', async () => {
    const desk = await openDesk();
    desk.owned.shown = { balances: [{ asset: 'USD', free: '9000', held: '0' }], positions: [] };
    await limit(desk, { maxOpenOrders: 10 });
    expect(await noteOf(desk, await placed(desk, 'a'))).toBeNull();
    expect(desk.owned.syncs).toMatchObject([{ reason: 'pre-trade', parts: ['orders'], maxAgeMs: 5_000 }]);
    desk.world.clock.advance(4_000);
    await placed(desk, 'b');
    expect(desk.owned.syncs).toHaveLength(1);
    desk.world.clock.advance(2_000);
    await placed(desk, 'c');
    expect(desk.owned.syncs).toHaveLength(2);
    await limit(desk, { maxDataAgeSeconds: 60 });
    desk.world.clock.advance(50_000);
    await placed(desk, 'd');
    expect(desk.owned.syncs).toHaveLength(2);
  });

  test('that can not be had: the journal says so, or the order is refused where the account demands them', async () => {
    const desk = await openDesk();
    await limit(desk, { maxOpenOrders: 10 });
    expect(await noteOf(desk, await placed(desk, 'a'))).toMatch(
      /^STALE_DATA: judged by open orders that were never read/,
    );
    await limit(desk, { requireFreshData: true });
    const refusal = await desk.refusal(placing({ clientOrderId: 'b' }));
    expect(refusal).toMatchObject({ code: 'STALE_DATA', field: ['input', 'accountId'] });
    expect(refusal.message).toMatch(/could not be asked for now \(not reached\).*requireFreshData/);
    await limit(desk, { requireFreshData: false });
    await placed(desk, 'b');
  });

  test('that can not be had: the journal says so of a change, too', async () => {
    const desk = await openDesk();
    const orderId = await placed(desk, 'a');
    await limit(desk, { maxOpenOrders: 10 });
    const change = modifying(orderId, { price: '99' });
    expect((await desk.run(change)).userErrors).toEqual([]);
    expect(await noteOf(desk, orderId, 'REPLACE_REQUESTED')).toMatch(/^STALE_DATA: judged by open orders/);
    await limit(desk, { requireFreshData: true });
    expect(await desk.refusal(modifying(orderId, { price: '98' }))).toMatchObject({ code: 'STALE_DATA' });
  });

  test('balances that can not be asked for are refused too, where the account demands fresh data', async () => {
    const desk = await openDesk();
    await limit(desk, { requireFreshData: true });
    await desk.world.store.access.setLastSynced('account-1', desk.world.clock.iso());
    expect(await desk.refusal(placing())).toMatchObject({
      code: 'STALE_DATA',
      message: expect.stringContaining('whether 100 USD are free') as string,
    });
  });
});
