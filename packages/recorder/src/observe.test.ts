import type { OrderReport } from '@orderplane/normalization';
import { ModelVenue, reportOf, shown, type VenueOrder } from '@orderplane/planner/testing';
import { cumQty } from '@orderplane/state-machine';
import { describe, expect, test } from 'vitest';
import { adopt, type AccountKey } from './adopt.ts';
import { observe } from './observe.ts';
import { found, happen, limitSpec, openOrder, openWorld, placeOrder, type World } from './testing/index.ts';

const ACCOUNT: AccountKey = { accountId: 'account-1', userId: 'user-1', exchange: 'binance' };
const see = (world: World, ...reports: OrderReport[]) => observe(world.recorder, ACCOUNT, reports);
const streamed = (world: World, order: VenueOrder, fills: OrderReport['fills'] = []): OrderReport =>
  reportOf(order, 'stream', world.clock.iso(), fills);
const count = async (world: World): Promise<number> => (await world.store.ledger.openOrders('account-1')).length;

const deadline = (world: World): string => new Date(world.clock.nowMs + 5_000).toISOString();
const sentOrder = async (world: World, client = 'c1') => {
  const { intent } = await placeOrder(world);
  return happen(world, intent.orderId, { type: 'SubmitSent', venueClientId: client, deadlineAt: deadline(world) });
};

describe('whose is it?', () => {
  test('by our client id, before the exchange gave an id', async () => {
    const world = await openWorld();
    const { intent } = await sentOrder(world);
    const observed = await see(world, streamed(world, new ModelVenue().place('c1', limitSpec, world.clock.iso())));
    expect([observed.changed, observed.adopted, [...observed.seen]]).toEqual([1, 0, [intent.orderId]]);
    expect((await found(world, intent.orderId)).actual.machine.life).toBe('ACKNOWLEDGED');
  });

  test("by the exchange's id, where the report names no client id", async () => {
    const world = await openWorld();
    const { intent } = await openOrder(world, { client: 'c1', venue: 'v1' });
    const venue = new ModelVenue();
    const order = venue.place(null, limitSpec, world.clock.iso());
    const fill = venue.fill(order, '0.4', world.clock.iso());
    await see(world, { ...streamed(world, order), order: null, fills: fill === null ? [] : [fill] });
    expect(cumQty((await found(world, intent.orderId)).actual.machine)).toBe('0.4');
  });

  test.each([
    ['side', { ...limitSpec, side: 'SELL' as const }],
    ['size', { ...limitSpec, size: '2' }],
    ['symbol', { ...limitSpec, symbol: 'ETH-USD' }],
  ])(
    "our client id on an order of another %s is somebody else's: ours stays in flight, the other is adopted",
    async (_what, spec) => {
      const world = await openWorld();
      const { intent } = await sentOrder(world);
      const observed = await see(world, streamed(world, new ModelVenue().place('c1', spec, world.clock.iso())));
      expect(observed.adopted).toBe(1);
      expect((await found(world, intent.orderId)).actual.machine.life).toBe('SUBMITTED');
      const external = (await world.store.ledger.openOrders('account-1')).find(
        ({ intent: { origin } }) => origin === 'EXTERNAL',
      );
      expect(external?.intent.spec).toMatchObject(spec);
    },
  );

  test('a leg whose size the exchange has changed since is still ours', async () => {
    const world = await openWorld();
    const { intent } = await openOrder(world, { client: 'c1', venue: 'v1' });
    const order = new ModelVenue().place('c1', { ...limitSpec, size: '2' }, world.clock.iso());
    await see(world, streamed(world, order));
    expect((await found(world, intent.orderId)).actual.machine.terms.size).toBe('2');
  });

  test("what a stop's trigger placed has another id and the stop's size; another size is another order", async () => {
    const world = await openWorld();
    const stop = { ...limitSpec, type: 'STOP_LIMIT' as const, stopPrice: '99' };
    const { intent } = await openOrder(world, { client: 'c1', venue: 'algo-1' }, stop);
    const venue = new ModelVenue();
    await see(world, streamed(world, venue.place('c1', stop, world.clock.iso())));
    const other = { ...limitSpec, size: '2' };
    expect((await see(world, streamed(world, venue.place('c1', other, world.clock.iso())))).adopted).toBe(1);
    const ours = (await found(world, intent.orderId)).actual.machine;
    expect([ours.terms.size, ours.legs[0]?.venueOrderIds]).toEqual(['1', ['algo-1', 'v1']]);
  });

  test('orders of another account with the same ids are not touched', async () => {
    const world = await openWorld();
    const { intent } = await openOrder(world, { client: 'c1', venue: 'v1' }, limitSpec, 'account-3');
    const venue = new ModelVenue();
    const order = venue.place('c1', limitSpec, world.clock.iso());
    venue.end(order, 'CANCELLED', world.clock.iso());
    const observed = await see(world, streamed(world, order));
    expect([observed.changed, observed.orphans.length]).toEqual([0, 1]);
    expect((await found(world, intent.orderId)).actual.machine.life).toBe('ACKNOWLEDGED');
  });

  test('two reports of one batch about one order are folded one after the other', async () => {
    const world = await openWorld();
    const { intent } = await sentOrder(world);
    const venue = new ModelVenue();
    const order = venue.place('c1', limitSpec, world.clock.iso());
    const first = streamed(world, order);
    const fill = venue.fill(order, '1', world.clock.iso());
    const second = streamed(world, order, fill === null ? [] : [fill]);
    const observed = await see(world, first, second);
    expect([observed.changed, observed.questions]).toEqual([2, []]);
    expect((await found(world, intent.orderId)).actual.machine.life).toBe('FILLED');
  });
});

describe('orders from outside', () => {
  test('an open one is adopted once, with its executions, and then followed like any other', async () => {
    const world = await openWorld();
    const venue = new ModelVenue();
    const order = venue.place('their-id', limitSpec, world.clock.iso());
    const fill = venue.fill(order, '0.4', world.clock.iso());
    const report = streamed(world, order, fill === null ? [] : [fill]);
    expect((await see(world, report)).adopted).toBe(1);
    expect((await see(world, report)).adopted).toBe(0);
    const [external] = await world.store.ledger.openOrders('account-1');
    expect(external?.intent).toMatchObject({ origin: 'EXTERNAL', userId: 'user-1', spec: limitSpec });
    expect(external?.actual.machine).toMatchObject({ life: 'PARTIALLY_FILLED', unknownSince: null });
    venue.end(order, 'CANCELLED', world.clock.iso());
    await see(world, streamed(world, order));
    expect((await found(world, external?.intent.orderId ?? '')).actual.machine.life).toBe('CANCELLED');
  });

  test('ten at the same time adopt it once', async () => {
    const world = await openWorld();
    const report = streamed(world, new ModelVenue().place('their-id', limitSpec, world.clock.iso()));
    const results = await Promise.all(Array.from({ length: 10 }, () => see(world, report)));
    expect(results.map(({ adopted }) => adopted).sort()).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    expect(await count(world)).toBe(1);
  });

  test('two of them with the same client id are two orders', async () => {
    const world = await openWorld();
    const venue = new ModelVenue();
    const first = venue.place('their-id', limitSpec, world.clock.iso());
    const second = venue.place('their-id', limitSpec, world.clock.iso());
    expect((await see(world, streamed(world, first), streamed(world, second))).adopted).toBe(2);
  });

  test('an ended one, and an execution of an unknown order, are handed back', async () => {
    const world = await openWorld();
    const venue = new ModelVenue();
    const order = venue.place('their-id', limitSpec, world.clock.iso());
    const fill = venue.fill(order, '1', world.clock.iso());
    const ended = streamed(world, order);
    const execution: OrderReport = { ...ended, order: null, fills: fill === null ? [] : [fill] };
    const observed = await see(world, ended, execution);
    expect([observed.adopted, observed.orphans]).toEqual([0, [ended, execution]]);
  });

  test('one that says too little is not adopted', async () => {
    const world = await openWorld();
    const order = new ModelVenue().place('their-id', limitSpec, world.clock.iso());
    for (const missing of [{ symbol: null }, { side: null }, { type: null }, { size: null }]) {
      const report: OrderReport = { ...streamed(world, order), order: { ...shown(order), ...missing } };
      expect(await adopt(world.recorder, ACCOUNT, report)).toBeNull();
    }
    expect(world.warnings).toHaveLength(4);
    expect(await count(world)).toBe(0);
  });

  test('an adopted order has no generation of ours to wait for and replays from its journal', async () => {
    const world = await openWorld();
    await see(world, streamed(world, new ModelVenue().place(null, limitSpec, world.clock.iso())));
    const [external] = await world.store.ledger.openOrders('account-1');
    expect(external?.actual.reconciliation).toMatchObject({ status: 'IN_SYNC', observedGeneration: 1, attempts: 0 });
    const journal = await world.store.ledger.journalOf(external?.intent.orderId ?? '');
    expect(journal.map(({ event }) => event.type)).toEqual(['Adopted', 'Acknowledged']);
    expect(journal[0]?.entries[0]?.type).toBe('ORDER_ADOPTED');
  });
});

describe('what is written', () => {
  test('the same batch again writes nothing', async () => {
    const world = await openWorld();
    const { intent } = await sentOrder(world);
    const venue = new ModelVenue();
    const order = venue.place('c1', limitSpec, world.clock.iso());
    const fill = venue.fill(order, '0.4', world.clock.iso());
    const batch = [streamed(world, order, fill === null ? [] : [fill])];
    expect((await see(world, ...batch)).changed).toBe(1);
    const { version } = (await found(world, intent.orderId)).actual;
    world.clock.advance(10_000);
    const again = await see(world, ...batch.map((report) => ({ ...report, askedAt: world.clock.iso() })));
    expect([again.changed, again.adopted, again.questions]).toEqual([0, 0, []]);
    expect((await found(world, intent.orderId)).actual.version).toBe(version);
  });

  test('an empty batch asks the store nothing', async () => {
    const world = await openWorld();
    expect(await see(world)).toMatchObject({ changed: 0, adopted: 0, questions: [], orphans: [] });
  });

  test('a question is recorded once, for the planner to answer with a look-up', async () => {
    const world = await openWorld();
    const { intent } = await openOrder(world, { client: 'c1', venue: 'v1' });
    const venue = new ModelVenue();
    const order = venue.place('c1', limitSpec, world.clock.iso());
    venue.fill(order, '0.4', world.clock.iso());
    const claim = streamed(world, order);
    const why = 'the exchange says 0.4 is filled, 0 is booked';
    expect((await see(world, claim)).questions).toEqual([{ orderId: intent.orderId, why }]);
    const asked = await found(world, intent.orderId);
    expect(asked.actual.reconciliation).toMatchObject({ attempts: 1, nextAttemptAt: null, lastError: why });
    expect((await see(world, claim)).questions).toHaveLength(1);
    expect((await found(world, intent.orderId)).actual.version).toBe(asked.actual.version);
  });

  test('a question that the executions answer by themselves ends with the order', async () => {
    const world = await openWorld();
    const { intent } = await openOrder(world, { client: 'c1', venue: 'v1' });
    const venue = new ModelVenue();
    const order = venue.place('c1', limitSpec, world.clock.iso());
    const fill = venue.fill(order, '1', world.clock.iso());
    await see(world, streamed(world, order));
    expect((await found(world, intent.orderId)).actual.reconciliation.lastError).toContain('0 is booked');
    await see(world, { ...streamed(world, order, fill === null ? [] : [fill]), order: null });
    expect((await found(world, intent.orderId)).actual).toMatchObject({
      machine: { life: 'FILLED' },
      reconciliation: { attempts: 0, lastError: null },
    });
  });

  test('a fee that was not told is still asked for after the end', async () => {
    const world = await openWorld();
    const { intent } = await openOrder(world, { client: 'c1', venue: 'v1' });
    const venue = new ModelVenue();
    const order = venue.place('c1', limitSpec, world.clock.iso());
    const fill = venue.fill(order, '0.4', world.clock.iso());
    await see(world, streamed(world, order, fill === null ? [] : [{ ...fill, fee: null }]));
    venue.end(order, 'CANCELLED', world.clock.iso());
    await see(world, streamed(world, order));
    expect((await found(world, intent.orderId)).actual).toMatchObject({
      machine: { life: 'CANCELLED' },
      reconciliation: { attempts: 1, nextAttemptAt: null, lastError: 'the fee of an execution is not told' },
    });
  });

  test('an alarm of the machine is told', async () => {
    const world = await openWorld();
    const { intent } = await openOrder(world, { client: 'c1', venue: 'v1' });
    await happen(world, intent.orderId, { type: 'Rejected', reason: 'no', venueOrderId: 'v1' });
    const venue = new ModelVenue();
    const order = venue.place('c1', limitSpec, world.clock.iso());
    const fill = venue.fill(order, '0.4', world.clock.iso());
    await see(world, streamed(world, order, fill === null ? [] : [fill]));
    expect((await found(world, intent.orderId)).actual.machine.life).toBe('CANCELLED');
    expect(world.warnings).toEqual(['the exchange contradicts the order']);
  });
});
