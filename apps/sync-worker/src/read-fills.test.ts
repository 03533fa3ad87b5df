import { happen, limitSpec, openOrder } from '@orderplane/recorder/testing';
import { expect, test } from 'vitest';
import { syncAccount } from './sync-account.ts';
import { openFloor } from './testing/floor.ts';

test('an execution in a market where nothing is open is found, market by market, also when earlier looks left it out', async () => {
  const floor = await openFloor();
  const { adapter, world, account } = floor;
  adapter.listsAllMarkets = false;
  const order = adapter.venue.place('c1', limitSpec, world.clock.iso());
  const { intent } = await openOrder(world, { client: 'c1', venue: order.orderId });
  adapter.venue.end(order, 'CANCELLED', world.clock.iso());
  await happen(world, intent.orderId, { type: 'Cancelled', reason: null });
  const look = (reason: 'scheduled' | 'takeover') => syncAccount(floor.context, account, reason);
  await look('takeover');
  // Somebody else's, filled at once, and no stream told of it.
  world.clock.advance(1_000);
  const theirs = adapter.venue.place('theirs', limitSpec, world.clock.iso());
  adapter.venue.fill(theirs, '1', world.clock.iso());
  for (let looks = 0; looks < 5; looks += 1) {
    world.clock.advance(5_000);
    expect((await look('scheduled')).adopted).toBe(0);
  }
  world.clock.advance(300_000);
  expect((await look('scheduled')).adopted).toBe(1);
  const again = adapter.venue.place('theirs again', limitSpec, world.clock.iso());
  adapter.venue.fill(again, '1', world.clock.iso());
  world.clock.advance(1_000);
  expect((await look('takeover')).adopted).toBe(1);
});
