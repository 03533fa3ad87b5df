import type { OrderReport } from '@orderplane/normalization';
import { ModelVenue, reportOf, type VenueOrder } from '@orderplane/planner/testing';
import { cumQty } from '@orderplane/state-machine';
import { expect, test } from 'vitest';
import type { AccountKey } from './adopt.ts';
import { observe } from './observe.ts';
import { RecordMemory } from './record-memory.ts';
import { found, happen, limitSpec, openOrder, openWorld, type World } from './testing/index.ts';

const ACCOUNT: AccountKey = { accountId: 'account-1', userId: 'user-1', exchange: 'binance' };

/** A world whose reads by exchange id are counted. */
async function rig() {
  const world = await openWorld();
  const reads: string[][] = [];
  const ledger = {
    ...world.recorder.ledger,
    findByVenueIds: async (...[accountId, ids]: Parameters<World['recorder']['ledger']['findByVenueIds']>) => {
      reads.push([...ids.venueOrderIds]);
      return world.recorder.ledger.findByVenueIds(accountId, ids);
    },
  };
  const memory = new RecordMemory();
  const see = (...reports: OrderReport[]) => observe({ ...world.recorder, ledger }, ACCOUNT, reports, memory);
  return { world, reads, memory, see };
}
const streamed = (world: World, order: VenueOrder, fills: OrderReport['fills'] = []): OrderReport =>
  reportOf(order, 'stream', world.clock.iso(), fills);
const filled = (world: World, venue: ModelVenue, order: VenueOrder, size: string): OrderReport => {
  const fill = venue.fill(order, size, world.clock.iso());
  return streamed(world, order, fill === null ? [] : [fill]);
};

test('a known order is booked without a read, and forgotten when it ends', async () => {
  const { world, reads, memory, see } = await rig();
  const { intent } = await openOrder(world, { client: 'c1', venue: 'v1' });
  const venue = new ModelVenue();
  const order = venue.place('c1', limitSpec, world.clock.iso());
  await see(filled(world, venue, order, '0.4'));
  await see(filled(world, venue, order, '0.2'));
  expect(reads).toHaveLength(1);
  expect(cumQty((await found(world, intent.orderId)).actual.machine)).toBe('0.6');
  expect(memory.size).toBe(1);
  await see(filled(world, venue, order, '0.4'));
  expect((await found(world, intent.orderId)).actual.machine.life).toBe('FILLED');
  expect([reads.length, memory.size]).toEqual([1, 0]);
});

test('what others have written since is not lost: the write fails on the version and is decided anew', async () => {
  const { world, see } = await rig();
  const { intent } = await openOrder(world, { client: 'c1', venue: 'v1' });
  const venue = new ModelVenue();
  const order = venue.place('c1', limitSpec, world.clock.iso());
  await see(filled(world, venue, order, '0.4'));
  await happen(world, intent.orderId, { type: 'CancelRequested', requestId: 'r1', generation: 2, by: 'client' });
  expect(await see(filled(world, venue, order, '0.2'))).toMatchObject({ changed: 1 });
  const { machine } = (await found(world, intent.orderId)).actual;
  expect(cumQty(machine)).toBe('0.6');
  expect(machine.requests).toHaveLength(1);
});

test('news that an old memory knows already are looked at again with the order as it is', async () => {
  const { world, see } = await rig();
  const { intent } = await openOrder(world, { client: 'c1', venue: 'v1' });
  const venue = new ModelVenue();
  const order = venue.place('c1', limitSpec, world.clock.iso());
  await see(filled(world, venue, order, '0.4'));
  await happen(world, intent.orderId, { type: 'Vanished', reason: 'not in the list' });
  expect((await found(world, intent.orderId)).actual.machine.unknownSince).not.toBeNull();
  world.clock.advance(5_000);
  await see(streamed(world, order));
  expect((await found(world, intent.orderId)).actual.machine.unknownSince).toBeNull();
});

test('the longest unused are forgotten first', async () => {
  const world = await openWorld();
  const memory = new RecordMemory(2);
  const venue = new ModelVenue();
  const orders = [];
  for (const n of [1, 2, 3]) {
    orders.push(await openOrder(world, { client: `c${n}`, venue: `v${n}` }));
  }
  const reports = [1, 2, 3].map((n) => streamed(world, venue.place(`c${n}`, limitSpec, world.clock.iso())));
  const [a, b, c] = orders;
  if (a === undefined || b === undefined || c === undefined) throw new Error('three were opened');
  memory.remember(a);
  memory.remember(b);
  memory.remember(a);
  memory.remember(c);
  expect(memory.recall(reports).map(({ intent }) => intent.orderId)).toEqual([a.intent.orderId, c.intent.orderId]);
});
