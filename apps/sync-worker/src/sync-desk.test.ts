import type { SyncJob } from '@orderplane/queues';
import { describe, expect, test } from 'vitest';
import { createSyncDesk } from './sync-desk.ts';
import { deferred, openFloor, settled, type Floor } from './testing/floor.ts';

const job = (floor: Floor, over: Partial<SyncJob> = {}): SyncJob => ({
  accountId: 'account-1',
  reason: 'on-demand',
  requestedAt: floor.world.clock.iso(),
  maxAgeMs: 0,
  ...over,
});
const listings = (floor: Floor): number => floor.adapter.calls.filter((call) => call === 'open').length;

describe('the sync desk', () => {
  test('who asks while a young enough sync runs shares it', async () => {
    const floor = await openFloor();
    const desk = createSyncDesk(floor.context);
    const { promise, resolve } = deferred();
    floor.adapter.gate = promise;
    const first = desk.request(job(floor));
    await settled();
    floor.world.clock.advance(3_000);
    const second = desk.request(job(floor, { maxAgeMs: 5_000 }));
    resolve();
    expect(await second).toEqual(await first);
    expect(listings(floor)).toBe(1);
  });

  test('who needs a newer one waits for the next, together with everybody else', async () => {
    const floor = await openFloor();
    const desk = createSyncDesk(floor.context);
    const { promise, resolve } = deferred();
    floor.adapter.gate = promise;
    const first = desk.request(job(floor));
    await settled();
    floor.world.clock.advance(1_000);
    const others = Array.from({ length: 10 }, () => desk.request(job(floor)));
    await settled();
    expect(listings(floor)).toBe(1);
    resolve();
    await first;
    const outcomes = await Promise.all(others);
    expect(listings(floor)).toBe(2);
    expect(new Set(outcomes.map(({ syncedAt }) => syncedAt)).size).toBe(1);
    expect(outcomes[0]?.syncedAt).not.toBe((await first).syncedAt);
  });

  test('never two at once for an account, whatever comes when', async () => {
    const floor = await openFloor();
    const desk = createSyncDesk(floor.context);
    let running = 0;
    let most = 0;
    const openOrders = floor.adapter.openOrders.bind(floor.adapter);
    floor.adapter.openOrders = async () => {
      running += 1;
      most = Math.max(most, running);
      const listing = await openOrders();
      await settled();
      running -= 1;
      return listing;
    };
    const requests: Promise<unknown>[] = [];
    for (let times = 0; times < 60; times += 1) {
      requests.push(desk.request(job(floor, { maxAgeMs: [0, 1, 50][times % 3] ?? 0 })));
      floor.world.clock.advance(7);
      for (let turns = 0; turns < times % 5; turns += 1) await Promise.resolve();
      if (times % 7 === 0) await settled();
    }
    await Promise.all(requests);
    expect(most).toBe(1);
  });

  test('a sync that was asked lately enough is the answer, and the exchange is not asked', async () => {
    const floor = await openFloor();
    const desk = createSyncDesk(floor.context);
    const first = await desk.request(job(floor));
    floor.world.clock.advance(4_000);
    expect(await desk.request(job(floor, { maxAgeMs: 5_000 }))).toMatchObject({
      syncedAt: first.syncedAt,
      fresh: true,
    });
    expect(listings(floor)).toBe(1);
    floor.world.clock.advance(2_000);
    await desk.request(job(floor, { maxAgeMs: 5_000 }));
    expect(listings(floor)).toBe(2);
  });

  test('a request that lay in the queue while a listing began and ended needs no other', async () => {
    const floor = await openFloor();
    const desk = createSyncDesk(floor.context);
    const late = job(floor);
    const later = job(floor, { requestedAt: new Date(floor.world.clock.now().getTime() + 2_000).toISOString() });
    floor.world.clock.advance(1_000);
    const first = await desk.request(job(floor));
    expect(await desk.request(late)).toEqual(first);
    expect(listings(floor)).toBe(1);
    floor.world.clock.advance(2_000);
    expect((await desk.request(later)).syncedAt).not.toBe(first.syncedAt);
    expect(listings(floor)).toBe(2);
  });

  test('who asks at the same moment is waited for while others come, five pauses at most', async () => {
    const floor = await openFloor();
    const coming: Promise<unknown>[] = [];
    let pauses = 0;
    let mostPauses = 3;
    const gather = async (): Promise<void> => {
      pauses += 1;
      if (pauses < mostPauses) coming.push(desk.request(job(floor)));
      await settled();
    };
    const desk = createSyncDesk({ ...floor.context, gather });
    await desk.request(job(floor));
    expect([pauses, listings(floor)]).toEqual([3, 1]);
    mostPauses = 100;
    floor.world.clock.advance(1_000);
    pauses = 0;
    await desk.request(job(floor));
    expect([pauses, listings(floor)]).toEqual([5, 2]);
    await Promise.all(coming);
    expect(listings(floor)).toBe(2);
  });

  test('a failed sync is no answer to the next who asks', async () => {
    const floor = await openFloor();
    const desk = createSyncDesk(floor.context);
    floor.adapter.openFaults.push('failed');
    expect((await desk.request(job(floor))).fresh).toBe(false);
    expect((await desk.request(job(floor, { maxAgeMs: 60_000 }))).fresh).toBe(true);
  });

  test('an error is an answer, not a crash, and the next sync works', async () => {
    const floor = await openFloor();
    const desk = createSyncDesk(floor.context);
    floor.adapter.gate = Promise.reject(new Error('socket hang up'));
    floor.adapter.gate.catch(() => undefined);
    expect(await desk.request(job(floor))).toMatchObject({ fresh: false, complete: false, error: 'socket hang up' });
    // What fails on this side says nothing of the exchange.
    expect(await floor.world.store.observations.exchangeHealth()).toEqual([]);
    floor.adapter.gate = Promise.resolve();
    expect((await desk.request(job(floor))).fresh).toBe(true);
  });

  test('an account that does not exist', async () => {
    const floor = await openFloor();
    const outcome = await createSyncDesk(floor.context).request(job(floor, { accountId: 'account-9' }));
    expect(outcome).toMatchObject({ fresh: false, error: 'there is no such account' });
  });
});
