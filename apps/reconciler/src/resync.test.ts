import type { Waker } from '@orderplane/queues';
import { happen, limitSpec, openOrder, openWorld, placeOrder } from '@orderplane/recorder/testing';
import { createMemoryStore } from '@orderplane/store/memory';
import { describe, expect, test } from 'vitest';
import { resync } from './resync.ts';
import { lastCompleteSyncReader } from './sync-evidence.ts';

const waking = (woken: string[]): Waker => ({
  wake: () => Promise.resolve(),
  wakeMany: (exchange, orderIds, urgency) => {
    woken.push(...orderIds.map((orderId) => `${exchange} ${orderId} ${urgency}`));
    return Promise.resolve();
  },
  wakeLater: () => Promise.resolve(),
  pending: () => Promise.resolve({ waiting: 0, active: 0, delayed: 0 }),
  close: () => Promise.resolve(),
});

describe('the periodic resync', () => {
  test('wakes every order that is not settled, on its own exchange, and no other', async () => {
    const world = await openWorld();
    const placed = await placeOrder(world);
    const resting = await openOrder(world, { client: 'c1', venue: 'v1' }, limitSpec, 'account-2');
    const over = await openOrder(world, { client: 'c2', venue: 'v2' });
    await happen(world, over.intent.orderId, { type: 'Cancelled', reason: null, venueOrderId: 'v2' });
    const woken: string[] = [];
    expect(await resync(world.store.ledger, waking(woken), () => false)).toBe(2);
    expect(woken.sort()).toEqual([
      `binance ${placed.intent.orderId} resync`,
      `kraken ${resting.intent.orderId} resync`,
    ]);
  });

  test('takes page after page, each order once, and stops when the service does', async () => {
    const world = await openWorld();
    const ids: string[] = [];
    for (let index = 0; index < 2_100; index += 1) ids.push((await placeOrder(world)).intent.orderId);
    const woken: string[] = [];
    expect(await resync(world.store.ledger, waking(woken), () => false)).toBe(2_100);
    expect(new Set(woken).size).toBe(2_100);
    let pages = 0;
    const stopped = await resync(world.store.ledger, waking([]), () => {
      pages += 1;
      return pages > 1;
    });
    expect(stopped).toBe(1_000);
  });

  test('has nothing to do when all is settled', async () => {
    const world = await openWorld();
    expect(await resync(world.store.ledger, waking([]), () => false)).toBe(0);
  });
});

test('the newest complete listing is evidence, read at most once a second', async () => {
  const { observations } = createMemoryStore({ nowMs: () => 0 });
  let nowMs = 0;
  const read = lastCompleteSyncReader(observations, () => nowMs);
  const at = (second: number): string => new Date(second * 1_000).toISOString();
  const run = (id: string, second: number, complete: boolean) =>
    observations.saveSyncRun({
      id,
      accountId: 'account-1',
      reason: 'scheduled',
      startedAt: at(second),
      finishedAt: at(second + 1),
      coverage: [{ part: 'open-orders', askedAt: at(second), complete, from: null, pages: 1, items: 0, error: null }],
      complete,
      adopted: 0,
      changed: 0,
    });
  expect(await read('account-1')).toBeNull();
  await run('1', 10, true);
  await run('2', 20, false);
  expect(await read('account-1')).toBeNull();
  nowMs = 1_000;
  expect(await read('account-1')).toBe(at(10));
});
