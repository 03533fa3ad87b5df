import { limitSpec } from '@orderplane/recorder/testing';
import { openOrdersKey, type CacheScope, type OpenOrderCache } from '@orderplane/store';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ownAccounts, type AccountOwner } from './account-owner.ts';
import { createSyncDesk } from './sync-desk.ts';
import { openFloor, type Floor } from './testing/floor.ts';
import { ScriptedAdapter } from './testing/scripted-adapter.ts';

const running: { stop: () => Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map(({ stop }) => stop()));
});

/** One process that owns accounts. `die` leaves its leases as a killed process does. */
function process(floor: Floor, name: string) {
  const stopping = new AbortController();
  const owned: number[] = [];
  const owner: AccountOwner = ownAccounts(
    floor.context,
    createSyncDesk(floor.context),
    name,
    stopping.signal,
    (count) => owned.push(count),
  );
  const stop = async (): Promise<void> => {
    stopping.abort();
    await owner.close();
  };
  running.push({ stop });
  return { owner, owned: () => owned.at(-1) ?? 0, rounds: () => owned.length, stop, die: () => stopping.abort() };
}

describe('who owns an account', () => {
  test('begins with a full sync and streams its orders', async () => {
    const floor = await openFloor();
    floor.adapter.venue.place('theirs', limitSpec, floor.world.clock.iso());
    const only = process(floor, 'one');
    await vi.waitFor(() => expect(only.owned()).toBe(3));
    await vi.waitFor(async () => {
      const run = await floor.world.store.observations.lastSyncRun('account-1', true);
      expect(run?.reason).toBe('takeover');
    });
    expect(floor.adapter.sink).not.toBeNull();
    expect(await floor.world.store.ledger.openOrders('account-1')).toHaveLength(1);
  });

  test('owns it alone; when it dies another takes over after the life of its lease, with a full sync', async () => {
    const floor = await openFloor();
    const first = process(floor, 'first');
    await vi.waitFor(() => expect(first.owned()).toBe(3));
    const second = process(floor, 'second');
    await vi.waitFor(() => expect(second.rounds()).toBeGreaterThan(1));
    expect([first.owned(), second.owned()]).toEqual([3, 0]);
    first.die();
    floor.world.clock.advance(399);
    second.owner.nudge();
    await vi.waitFor(() => expect(second.rounds()).toBeGreaterThan(3));
    expect(second.owned()).toBe(0);
    const before = floor.adapter.calls.length;
    floor.world.clock.advance(2);
    await vi.waitFor(() => expect(second.owned()).toBe(3));
    await vi.waitFor(() => expect(floor.adapter.calls.length).toBeGreaterThan(before));
  });

  test('lets go when it stops, so that another need not wait', async () => {
    const floor = await openFloor();
    const first = process(floor, 'first');
    await vi.waitFor(() => expect(first.owned()).toBe(3));
    await first.stop();
    expect(floor.adapter.sink).toBeNull();
    const second = process(floor, 'second');
    await vi.waitFor(() => expect(second.owned()).toBe(3));
  });

  test('syncs every 5 s while the stream is down, every 30 s while it is up', async () => {
    const floor = await openFloor();
    const only = process(floor, 'one');
    await vi.waitFor(() => expect(only.owned()).toBe(3));
    const opens = (): number => floor.adapter.calls.filter((call) => call === 'open').length;
    await vi.waitFor(() => expect(opens()).toBe(3));
    const look = async (ms: number): Promise<number> => {
      const before = opens();
      floor.world.clock.advance(ms);
      const rounds = only.rounds();
      await vi.waitFor(() => expect(only.rounds()).toBeGreaterThan(rounds + 1));
      return opens() - before;
    };
    // Three accounts, none of whose streams is up.
    expect([await look(4_000), await look(1_001), await look(4_900)]).toEqual([0, 3, 0]);
    // One comes up (the adapter of this test keeps the last subscription): that asks for a sync of its own.
    floor.adapter.sink?.({ type: 'connected' });
    await vi.waitFor(() => expect(opens()).toBe(7));
    await look(5_001);
    expect(await look(5_001)).toBe(2);
  });

  test('takes up new credentials with a new stream and a full sync; an unlinked account is let go', async () => {
    const floor = await openFloor();
    let current = floor.adapter;
    const cleared: string[] = [];
    const clear = async (scope: CacheScope): Promise<void> => void cleared.push(openOrdersKey(scope));
    const cache = Object.assign(Object.create(floor.context.cache) as OpenOrderCache, { clear });
    const context = {
      ...floor.context,
      cache,
      adapters: { ...floor.context.adapters, get: () => Promise.resolve(current) },
    };
    const only = process({ ...floor, context }, 'one');
    await vi.waitFor(() => expect(only.owned()).toBe(3));
    current = new ScriptedAdapter(floor.world.clock);
    only.owner.nudge();
    await vi.waitFor(() => expect(current.sink).not.toBeNull());
    await vi.waitFor(() => expect(current.calls).toContain('open'));
    expect(floor.adapter.sink).toBeNull();

    await floor.world.store.accounts.unlink('user-2', 'account-3', floor.world.clock.iso());
    await vi.waitFor(() => expect(only.owned()).toBe(2));
    const keys = ['orders:user-2:binance.account-3:open', 'orders:user-2:binance:open'];
    await vi.waitFor(() => expect(cleared).toEqual(keys));
  });
});
