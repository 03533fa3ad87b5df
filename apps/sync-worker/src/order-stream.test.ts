import { reportOf } from '@orderplane/planner/testing';
import { found, happen, limitSpec, openOrder, placeOrder } from '@orderplane/recorder/testing';
import { describe, expect, test } from 'vitest';
import { openOrderStream } from './order-stream.ts';
import { createSyncDesk } from './sync-desk.ts';
import { deferred, openFloor, settled } from './testing/floor.ts';

const open = async () => {
  const floor = await openFloor();
  const stream = openOrderStream(floor.context, createSyncDesk(floor.context), floor.account, floor.adapter);
  const tell = floor.adapter.sink;
  if (tell === null) throw new Error('nobody listens');
  const say = (...reports: ReturnType<typeof reportOf>[]) => tell({ type: 'reports', reports });
  return { ...floor, stream, tell, say };
};
const syncs = (calls: readonly string[]): number => calls.filter((call) => call === 'open').length;

describe('the order stream of an account', () => {
  test('what it says is booked, in the order in which it says it', async () => {
    const { world, adapter, say } = await open();
    const { intent } = await placeOrder(world);
    const deadlineAt = '2026-01-01T00:00:05.000Z';
    await happen(world, intent.orderId, { type: 'SubmitSent', venueClientId: 'c1', deadlineAt });
    const order = adapter.venue.place('c1', limitSpec, world.clock.iso());
    say(reportOf(order, 'stream', world.clock.iso()));
    for (const size of ['0.1', '0.2', '0.7']) {
      const fill = adapter.venue.fill(order, size, world.clock.iso());
      say(reportOf(order, 'stream', world.clock.iso(), fill === null ? [] : [fill]));
    }
    await settled();
    const { machine } = (await found(world, intent.orderId)).actual;
    expect([machine.life, machine.executions.map(({ size }) => size)]).toEqual(['FILLED', ['0.1', '0.2', '0.7']]);
    const journal = await world.store.ledger.journalOf(intent.orderId);
    expect(journal.flatMap(({ entries }) => entries.map(({ type }) => type)).slice(-4)).toEqual([
      'ORDER_ACKNOWLEDGED',
      'ORDER_PARTIALLY_FILLED',
      'ORDER_PARTIALLY_FILLED',
      'ORDER_FILLED',
    ]);
  });

  test('a question of a report wakes the order; so does an acknowledgement for which a cancel waited', async () => {
    const { world, adapter, say, woken } = await open();
    const claimed = adapter.venue.place('c1', limitSpec, world.clock.iso());
    const first = await openOrder(world, { client: 'c1', venue: claimed.orderId });
    adapter.venue.fill(claimed, '0.4', world.clock.iso());
    say(reportOf(claimed, 'stream', world.clock.iso()));
    const { intent } = await placeOrder(world);
    await happen(
      world,
      intent.orderId,
      { type: 'SubmitSent', venueClientId: 'c2', deadlineAt: '2026-01-01T00:00:05.000Z' },
      { type: 'CancelRequested', requestId: 'k', generation: 2, by: 'client' },
    );
    say(reportOf(adapter.venue.place('c2', limitSpec, world.clock.iso()), 'stream', world.clock.iso()));
    await settled();
    expect(woken).toEqual([first.intent.orderId, intent.orderId]);
  });

  test('connected, disconnected and unreadable each ask for a full sync', async () => {
    const { adapter, tell, stream, world } = await open();
    tell({ type: 'connected' });
    await settled();
    expect([stream.isTrusted(), syncs(adapter.calls)]).toEqual([true, 1]);
    world.clock.advance(1);
    tell({ type: 'unreadable', error: 'half a message' });
    await settled();
    world.clock.advance(1);
    tell({ type: 'disconnected', error: 'gone' });
    await settled();
    expect([stream.isTrusted(), syncs(adapter.calls)]).toEqual([false, 3]);
    expect((await world.store.observations.exchangeHealth())[0]).toMatchObject({ streamConnected: false });
  });

  test('an execution of a stranger leads to the order: the full sync adopts it', async () => {
    const { world, adapter, say } = await open();
    const order = adapter.venue.place('theirs', limitSpec, world.clock.iso());
    const fill = adapter.venue.fill(order, '1', world.clock.iso());
    say({ ...reportOf(order, 'stream', world.clock.iso()), order: null, fills: fill === null ? [] : [fill] });
    await settled();
    const ids = { venueClientIds: [], venueOrderIds: [order.orderId] };
    const [adopted] = await world.store.ledger.findByVenueIds('account-1', ids);
    expect(adopted?.actual.machine.life).toBe('FILLED');
  });

  test("reports that can't be booked are told again by the full sync that follows", async () => {
    const { world, adapter, say } = await open();
    const order = adapter.venue.place('c1', limitSpec, world.clock.iso());
    const { intent } = await openOrder(world, { client: 'c1', venue: order.orderId });
    const fill = adapter.venue.fill(order, '0.4', world.clock.iso());
    world.hooks.before = () => {
      world.hooks.before = () => undefined;
      throw new Error('the database is away');
    };
    say(reportOf(order, 'stream', world.clock.iso(), fill === null ? [] : [fill]));
    await settled();
    expect((await found(world, intent.orderId)).actual.machine.executions).toHaveLength(1);
    expect(syncs(adapter.calls)).toBe(1);
  });

  test('while the full sync that should tell them fails too, the stream is not trusted', async () => {
    const { world, adapter, say, tell, stream } = await open();
    tell({ type: 'connected' });
    await settled();
    expect(stream.isTrusted()).toBe(true);
    const order = adapter.venue.place('c1', limitSpec, world.clock.iso());
    await openOrder(world, { client: 'c1', venue: order.orderId });
    const fill = adapter.venue.fill(order, '0.4', world.clock.iso());
    world.clock.advance(1);
    world.hooks.before = () => {
      throw new Error('the database is away');
    };
    say(reportOf(order, 'stream', world.clock.iso(), fill === null ? [] : [fill]));
    await settled();
    expect(stream.isTrusted()).toBe(false);
    stream.synced('2026-01-01T00:00:00.000Z');
    expect(stream.isTrusted()).toBe(false);
    stream.synced(world.clock.iso());
    expect(stream.isTrusted()).toBe(true);
  });

  test('more than can be held is dropped, and a full sync tells all of it again', async () => {
    const { world, adapter, say } = await open();
    const order = adapter.venue.place('theirs', limitSpec, world.clock.iso());
    const slow = deferred();
    world.hooks.before = () => slow.promise;
    say(reportOf(order, 'stream', world.clock.iso()));
    await settled();
    const report = reportOf(order, 'stream', world.clock.iso());
    say(...Array.from({ length: 5_001 }, () => report));
    slow.resolve();
    await settled();
    expect(syncs(adapter.calls)).toBe(1);
  });

  test('a report that comes in the moment in which the pump ends is booked too', async () => {
    const { world, adapter, say } = await open();
    const order = adapter.venue.place('c1', limitSpec, world.clock.iso());
    const { intent } = await openOrder(world, { client: 'c1', venue: order.orderId });
    for (let turns = 0; turns < 40; turns += 1) {
      const fill = adapter.venue.fill(order, '0.01', world.clock.iso());
      say(reportOf(order, 'stream', world.clock.iso(), fill === null ? [] : [fill]));
      for (let ticks = 0; ticks < turns; ticks += 1) await Promise.resolve();
    }
    await settled();
    expect((await found(world, intent.orderId)).actual.machine.executions).toHaveLength(40);
  });

  describe('the silence clock', () => {
    const fillOf = (floor: Awaited<ReturnType<typeof open>>, order: ReturnType<typeof floor.adapter.venue.place>) => {
      const fill = floor.adapter.venue.fill(order, '0.4', floor.world.clock.iso());
      if (fill === null) throw new Error('no fill');
      return fill;
    };
    /** Connected, trusted, and a second old. */
    const connected = async () => {
      const floor = await open();
      floor.tell({ type: 'connected' });
      await settled();
      floor.world.clock.advance(1_000);
      return floor;
    };
    const looked = async (floor: Awaited<ReturnType<typeof open>>, ms: number) => {
      floor.world.clock.advance(ms);
      await floor.stream.look();
      await settled();
      return { mute: floor.counted.get('muteStream') ?? 0, trusted: floor.stream.isTrusted() };
    };

    test('dials anew when what was proved otherwise is not told, and trusts it when it tells something', async () => {
      const floor = await connected();
      const order = floor.adapter.venue.place('c1', limitSpec, floor.world.clock.iso());
      await openOrder(floor.world, { client: 'c1', venue: order.orderId });
      expect(await looked(floor, 9_999)).toEqual({ mute: 0, trusted: true });
      const dials = (): number => floor.adapter.calls.filter((call) => call === 'watch').length;
      expect(dials()).toBe(1);
      expect(await looked(floor, 1)).toEqual({ mute: 1, trusted: false });
      expect(dials()).toBe(2);
      expect((await floor.world.store.observations.exchangeHealth())[0]).toMatchObject({ streamConnected: false });
      const asked = syncs(floor.adapter.calls);
      floor.adapter.sink?.({ type: 'connected' });
      await settled();
      // A full sync follows, but a connection alone is no reason to trust it again; and old proofs count no more.
      expect([floor.stream.isTrusted(), syncs(floor.adapter.calls)]).toEqual([false, asked + 1]);
      expect(await looked(floor, 60_000)).toEqual({ mute: 1, trusted: false });
      const told = { type: 'reports', reports: [reportOf(order, 'stream', floor.world.clock.iso())] } as const;
      // Nor is the snapshot with which some streams begin.
      floor.adapter.sink?.({ type: 'connected' });
      floor.adapter.sink?.(told);
      await settled();
      expect(await looked(floor, 1_999)).toEqual({ mute: 1, trusted: false });
      floor.world.clock.advance(1);
      floor.adapter.sink?.(told);
      expect((await looked(floor, 0)).trusted).toBe(true);
    });

    test('an execution that a sync has booked and the stream has not told', async () => {
      const floor = await connected();
      const order = floor.adapter.venue.place('c1', limitSpec, floor.world.clock.iso());
      await openOrder(floor.world, { client: 'c1', venue: order.orderId });
      floor.say(reportOf(order, 'stream', floor.world.clock.iso()));
      expect((await looked(floor, 60_000)).mute).toBe(0);
      fillOf(floor, order);
      floor.world.clock.advance(1);
      const desk = createSyncDesk(floor.context);
      const job = {
        accountId: 'account-1',
        reason: 'forced',
        requestedAt: floor.world.clock.iso(),
        maxAgeMs: 0,
      } as const;
      expect((await desk.request(job)).complete).toBe(true);
      expect((await looked(floor, 9_000)).mute).toBe(0);
      expect((await looked(floor, 1_000)).mute).toBe(1);
    });

    test('a stream that tells, and one that has nothing to tell, are not mute', async () => {
      const floor = await connected();
      expect(await looked(floor, 600_000)).toEqual({ mute: 0, trusted: true });
      const order = floor.adapter.venue.place('c1', limitSpec, floor.world.clock.iso());
      await openOrder(floor.world, { client: 'c1', venue: order.orderId });
      const fill = fillOf(floor, order);
      floor.say({ ...reportOf(order, 'stream', floor.world.clock.iso(), [fill]), order: null });
      expect(await looked(floor, 600_000)).toEqual({ mute: 0, trusted: true });
    });

    test('what happened before the stream was connected is no proof', async () => {
      const floor = await open();
      const order = floor.adapter.venue.place('c1', limitSpec, floor.world.clock.iso());
      const { intent } = await openOrder(floor.world, { client: 'c1', venue: order.orderId });
      fillOf(floor, order);
      floor.world.clock.advance(1);
      floor.tell({ type: 'connected' });
      await settled();
      // Booked by the full sync, after the connection.
      expect((await found(floor.world, intent.orderId)).actual.machine.executions).toHaveLength(1);
      expect(await looked(floor, 60_000)).toEqual({ mute: 0, trusted: true });
    });

    test('a look that fails judges nothing', async () => {
      const floor = await connected();
      const order = floor.adapter.venue.place('c1', limitSpec, floor.world.clock.iso());
      await openOrder(floor.world, { client: 'c1', venue: order.orderId });
      const { ledger } = floor.world.recorder;
      const read = ledger.journalBounds.bind(ledger);
      ledger.journalBounds = () => Promise.reject(new Error('the database is away'));
      expect((await looked(floor, 60_000)).mute).toBe(0);
      ledger.journalBounds = read;
      expect((await looked(floor, 0)).mute).toBe(1);
    });
  });

  test('closing ends the subscription and waits for what is being booked', async () => {
    const { world, adapter, stream, say } = await open();
    const order = adapter.venue.place('c1', limitSpec, world.clock.iso());
    const { intent } = await openOrder(world, { client: 'c1', venue: order.orderId });
    const fill = adapter.venue.fill(order, '0.4', world.clock.iso());
    say(reportOf(order, 'stream', world.clock.iso(), fill === null ? [] : [fill]));
    await stream.close();
    expect(adapter.sink).toBeNull();
    expect((await found(world, intent.orderId)).actual.machine.executions).toHaveLength(1);
  });
});
