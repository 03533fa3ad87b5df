import type { OrderReport } from '@orderplane/normalization';
import { ModelVenue, reportOf, type VenueOrder } from '@orderplane/planner/testing';
import { cumQty } from '@orderplane/state-machine';
import { beforeEach, expect, test } from 'vitest';
import { PURGED_AS, type AccountKey } from './adopt.ts';
import { observe } from './observe.ts';
import { RecordMemory } from './record-memory.ts';
import { record, recordOnce } from './record.ts';
import { found, limitSpec, openOrder, openRetaining, openWorld, purgeNow, type World } from './testing/index.ts';

const ACCOUNT: AccountKey = { accountId: 'account-r', userId: 'user-1', exchange: 'binance' };

let world: World;
let venue: ModelVenue;
let order: VenueOrder;
let orderId: string;

/** An order that was filled in part, has ended, and was purged. */
beforeEach(async () => {
  world = await openWorld();
  await openRetaining(world, 'account-r', 0);
  venue = new ModelVenue();
  order = venue.place('c1', limitSpec, world.clock.iso());
  ({
    intent: { orderId },
  } = await openOrder(world, { client: 'c1', venue: order.orderId }, limitSpec, 'account-r'));
});

const see = (...reports: OrderReport[]) => observe(world.recorder, ACCOUNT, reports);
const told = (source: OrderReport['source'], fills: OrderReport['fills'] = []): OrderReport =>
  reportOf(order, source, world.clock.iso(), fills);
const fill = (size: string) => {
  const made = venue.fill(order, size, world.clock.iso());
  if (made === null) throw new Error('no fill');
  return made;
};
const end = async (): Promise<void> => {
  const first = fill('0.4');
  venue.end(order, 'CANCELLED', world.clock.iso());
  await see(told('lookup', [first]));
  expect((await found(world, orderId)).actual.machine.life).toBe('CANCELLED');
};
const unattributed = async () =>
  (await world.store.unattributed.list('account-r', { limit: 10, pendingOnly: false })).items;
const everything = async () => (await world.store.queries.page({ userId: 'user-1' }, { limit: 50 })).records;

test('what is told again of a purged order is no news: nothing is adopted, kept or asked for', async () => {
  await end();
  expect(await purgeNow(world, 'account-r')).toEqual([orderId]);
  const again = order.fills.map((made) => made);
  for (const source of ['stream', 'fills', 'open-list', 'lookup'] as const) {
    const observed = await see(told(source, again));
    expect([observed.adopted, observed.changed, observed.late, observed.orphans]).toEqual([0, 0, 0, []]);
  }
  expect([await unattributed(), await everything()]).toEqual([[], []]);
});

test('a late execution of a purged order is kept once, as its own', async () => {
  await end();
  await purgeNow(world, 'account-r');
  order.status = 'OPEN';
  const late = fill('0.1');
  order.status = 'CANCELLED';
  const observed = await see({ ...told('fills', [late]), order: null });
  expect([observed.late, observed.orphans]).toEqual([1, []]);
  expect((await see(told('stream', [late]))).late).toBe(0);
  expect(await unattributed()).toMatchObject([
    { exchangeTradeId: late.tradeId, size: '0.1', orderId, attributedAt: world.clock.iso() },
  ]);
  expect(await everything()).toEqual([]);
});

test('one that the exchange goes on to list as open comes back into the books, and is raised', async () => {
  await end();
  await purgeNow(world, 'account-r');
  order.status = 'OPEN';
  // Old news: told by a stream, or asked for before the purge could be known there.
  expect((await see(told('stream'))).adopted).toBe(0);
  expect((await see(told('open-list'))).adopted).toBe(0);
  world.clock.advance(2_001);
  expect((await see(told('stream'))).adopted).toBe(0);
  expect((await see(told('open-list'))).adopted).toBe(1);
  const [back] = await world.store.ledger.openOrders('account-r');
  expect(back?.intent).toMatchObject({ origin: 'EXTERNAL', metadata: { [PURGED_AS]: orderId } });
  expect(back?.actual.reconciliation).toMatchObject({ status: 'NEEDS_ATTENTION' });
  expect(back?.actual.reconciliation.alert).toContain('was purged');
  // From here on it is an order like any other.
  const next = fill('0.2');
  expect((await see(told('stream', [...order.fills]))).changed).toBe(1);
  expect(back && cumQty((await found(world, back.intent.orderId)).actual.machine)).toBe('0.6');
  expect(next.size).toBe('0.2');
});

test('who has read an order before its purge finds it gone, and what is told of it then is late news', async () => {
  const memory = new RecordMemory();
  await observe(world.recorder, ACCOUNT, [told('open-list')], memory);
  expect(memory.size).toBe(1);
  const before = await found(world, orderId);
  await end();
  await purgeNow(world, 'account-r');
  order.status = 'OPEN';
  const late = fill('0.1');
  const observed = await observe(world.recorder, ACCOUNT, [told('stream', [late])], memory);
  expect([observed.changed, observed.late, observed.orphans, memory.size]).toEqual([0, 1, [], 0]);
  const change = { machine: before.actual.machine, journal: [], reconciliation: { lastError: 'x' } };
  expect(await record(world.recorder, orderId, () => change, before)).toBeNull();
  expect(await recordOnce(world.recorder, before, change)).toBeNull();
});
