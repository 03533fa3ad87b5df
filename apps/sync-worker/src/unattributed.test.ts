import { found, happen, limitSpec, openOrder, placeOrder } from '@orderplane/recorder/testing';
import { cumQty } from '@orderplane/state-machine';
import { describe, expect, test } from 'vitest';
import { syncAccount } from './sync-account.ts';
import { openFloor, type Floor } from './testing/floor.ts';

const sync = (floor: Floor) => syncAccount(floor.context, floor.account, 'on-demand');
/** An order of ours, at the exchange and in the books. */
const resting = async (floor: Floor) => {
  const order = floor.adapter.venue.place('c1', limitSpec, floor.world.clock.iso());
  const { intent } = await openOrder(floor.world, { client: 'c1', venue: order.orderId });
  floor.world.clock.advance(1_000);
  return { order, orderId: intent.orderId };
};
const machine = async (floor: Floor, orderId: string) => (await found(floor.world, orderId)).actual.machine;

const filled = (floor: Floor, clientId: string, size = '0.4') => {
  const at = floor.world.clock.iso();
  const order = floor.adapter.venue.place(clientId, limitSpec, at);
  floor.adapter.venue.fill(order, size, at);
  floor.adapter.venue.end(order, 'CANCELLED', at);
  return order;
};
const byVenueId = async (floor: Floor, venueOrderId: string) =>
  (
    await floor.world.store.ledger.findByVenueIds('account-1', { venueClientIds: [], venueOrderIds: [venueOrderId] })
  )[0];

describe('executions without an order', () => {
  test('are kept, asked for at every sync, and attributed when the exchange shows their order', async () => {
    const floor = await openFloor();
    const { unattributed } = floor.world.store;
    const order = filled(floor, 'theirs');
    floor.adapter.hidden.add(order.orderId);
    await sync(floor);
    floor.world.clock.advance(5_000);
    await sync(floor);
    expect(await unattributed.pending('account-1', 10)).toMatchObject([
      { exchangeOrderId: order.orderId, exchangeTradeId: 't1', size: '0.4', tries: 2, orderId: null },
    ]);
    expect([floor.counted.get('unattributedFill'), await byVenueId(floor, order.orderId)]).toEqual([1, undefined]);
    // Long after the window in which executions are read again.
    floor.world.clock.advance(3_600_000);
    floor.adapter.hidden.clear();
    expect((await sync(floor)).adopted).toBe(1);
    const adopted = await byVenueId(floor, order.orderId);
    expect(adopted && cumQty(adopted.actual.machine)).toBe('0.4');
    expect(await unattributed.pendingCount('account-1')).toBe(0);
    const { items } = await unattributed.list('account-1', { limit: 10, pendingOnly: false });
    expect(items).toMatchObject([{ orderId: adopted?.intent.orderId, attributedAt: floor.world.clock.iso() }]);
    expect((await sync(floor)).adopted).toBe(0);
  });

  test('of more orders than one run asks for: the others are kept for the next', async () => {
    const floor = await openFloor();
    for (let n = 0; n < 45; n += 1) filled(floor, `theirs-${n}`);
    // The watermark moves on: only what was kept can tell of them.
    expect((await sync(floor)).adopted).toBe(20);
    floor.world.clock.advance(3_600_000);
    expect([(await sync(floor)).adopted, (await sync(floor)).adopted]).toEqual([20, 5]);
    expect(await floor.world.store.unattributed.pendingCount('account-1')).toBe(0);
    for (const order of floor.adapter.venue.orders) expect(await byVenueId(floor, order.orderId)).toBeDefined();
  });

  test('one whose order cannot be asked for stops neither the others nor the sync', async () => {
    const floor = await openFloor();
    const bad = filled(floor, 'bad');
    const good = filled(floor, 'good');
    const lookup = floor.adapter.lookup.bind(floor.adapter);
    floor.adapter.lookup = (request) => {
      if (request.venueOrderId === bad.orderId) throw new Error('no such market');
      return lookup(request);
    };
    expect(await sync(floor)).toMatchObject({ complete: true, adopted: 1 });
    expect(await byVenueId(floor, good.orderId)).toBeDefined();
    expect(await floor.world.store.unattributed.pending('account-1', 10)).toMatchObject([
      { exchangeOrderId: bad.orderId, lastError: 'no such market', tries: 1 },
    ]);
  });

  test('an execution of an order of ours whose id is not known yet is booked, and nothing is kept of it', async () => {
    const floor = await openFloor();
    const { intent } = await placeOrder(floor.world);
    const deadlineAt = '2026-01-01T00:00:05.000Z';
    await happen(floor.world, intent.orderId, { type: 'SubmitSent', venueClientId: 'c1', deadlineAt });
    const order = floor.adapter.venue.place('c1', limitSpec, floor.world.clock.iso());
    const fill = floor.adapter.venue.fill(order, '1', floor.world.clock.iso());
    // Some exchanges list executions without the client id.
    if (fill !== null) order.fills[0] = { ...fill, clientOrderId: null };
    expect((await sync(floor)).adopted).toBe(0);
    expect((await machine(floor, intent.orderId)).life).toBe('FILLED');
    expect((await floor.world.store.unattributed.list('account-1', { limit: 9, pendingOnly: false })).items).toEqual(
      [],
    );
  });
});

describe('a second order under the client id of one of ours', () => {
  const venueIds = async (floor: Floor, orderId: string) =>
    (await machine(floor, orderId)).legs.flatMap((leg) => leg.venueOrderIds);

  test('is an order of its own with its executions; both are raised, and neither is touched', async () => {
    const floor = await openFloor();
    const { order, orderId } = await resting(floor);
    const second = floor.adapter.venue.place('c1', limitSpec, floor.world.clock.iso());
    floor.adapter.venue.fill(second, '0.3', floor.world.clock.iso());
    expect((await sync(floor)).adopted).toBe(1);
    const extra = await byVenueId(floor, second.orderId);
    expect(extra?.intent).toMatchObject({ origin: 'EXTERNAL', metadata: { secondOf: orderId } });
    expect(extra && cumQty(extra.actual.machine)).toBe('0.3');
    expect(extra?.actual.reconciliation).toMatchObject({ status: 'NEEDS_ATTENTION' });
    // It may be somebody else's: nobody here has asked for its end.
    expect(extra?.actual.machine.requests).toEqual([]);
    const original = await found(floor.world, orderId);
    expect(original.actual.reconciliation.status).toBe('NEEDS_ATTENTION');
    expect(original.actual.reconciliation.alert).toContain(second.orderId);
    expect([await venueIds(floor, orderId), cumQty(original.actual.machine)]).toEqual([[order.orderId], '0']);
    // Once.
    await sync(floor);
    expect((await found(floor.world, orderId)).actual.version).toBe(original.actual.version);
  });

  test('that is over: its execution leads to it, and is not counted for the first', async () => {
    const floor = await openFloor();
    const { orderId } = await resting(floor);
    const second = filled(floor, 'c1');
    await sync(floor);
    const extra = await byVenueId(floor, second.orderId);
    expect(extra?.intent.metadata).toEqual({ secondOf: orderId });
    expect(extra && cumQty(extra.actual.machine)).toBe('0.4');
    expect(cumQty(await machine(floor, orderId))).toBe('0');
    expect(await floor.world.store.unattributed.pendingCount('account-1')).toBe(0);
  });
});
