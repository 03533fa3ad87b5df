import { found, happen, limitSpec, openOrder, placeOrder } from '@orderplane/recorder/testing';
import { cumQty } from '@orderplane/state-machine';
import { cacheScope, type CacheScope, type OpenOrderCache } from '@orderplane/store';
import { describe, expect, test } from 'vitest';
import { syncAccount } from './sync-account.ts';
import { openFloor, type Floor } from './testing/floor.ts';
import { ScriptedAdapter } from './testing/scripted-adapter.ts';

const sync = (floor: Floor) => syncAccount(floor.context, floor.account, 'on-demand');
/** An order of ours, at the exchange and in the books. */
const resting = async (floor: Floor) => {
  const order = floor.adapter.venue.place('c1', limitSpec, floor.world.clock.iso());
  const { intent } = await openOrder(floor.world, { client: 'c1', venue: order.orderId });
  floor.world.clock.advance(1_000);
  return { order, orderId: intent.orderId };
};
const machine = async (floor: Floor, orderId: string) => (await found(floor.world, orderId)).actual.machine;

describe('a complete look', () => {
  test('that shows what is known writes nothing but the run', async () => {
    const floor = await openFloor();
    const { orderId } = await resting(floor);
    const { version } = (await found(floor.world, orderId)).actual;
    const outcome = await sync(floor);
    expect(outcome).toMatchObject({ fresh: true, complete: true, adopted: 0, error: null });
    expect((await found(floor.world, orderId)).actual.version).toBe(version);
    expect(floor.woken).toEqual([]);
    const run = await floor.world.store.observations.lastSyncRun('account-1', true);
    expect(run).toMatchObject({ reason: 'on-demand', complete: true, changed: 0, adopted: 0 });
    expect(run?.coverage.map(({ part, complete }) => [part, complete])).toEqual([
      ['open-orders', true],
      ['fills', true],
    ]);
    expect((await floor.world.store.access.account('account-1'))?.lastSyncedAt).toBe(outcome.syncedAt);
  });

  test('books executions, whether their order is listed or not', async () => {
    const floor = await openFloor();
    const { order, orderId } = await resting(floor);
    floor.adapter.venue.fill(order, '0.4', floor.world.clock.iso());
    await sync(floor);
    expect(cumQty(await machine(floor, orderId))).toBe('0.4');
    floor.adapter.venue.fill(order, '0.6', floor.world.clock.iso());
    await sync(floor);
    expect((await machine(floor, orderId)).life).toBe('FILLED');
  });

  test('in which an order is missing puts it in doubt and has it looked up; it ends nothing', async () => {
    const floor = await openFloor();
    const { order, orderId } = await resting(floor);
    floor.adapter.venue.end(order, 'CANCELLED', floor.world.clock.iso());
    await sync(floor);
    const after = await machine(floor, orderId);
    expect([after.life, after.restInDoubt]).toEqual(['ACKNOWLEDGED', true]);
    expect(floor.woken).toEqual([orderId]);
  });

  test('in which an order with a fresh execution is missing puts it in doubt too', async () => {
    const floor = await openFloor();
    const { order, orderId } = await resting(floor);
    floor.adapter.venue.fill(order, '0.4', floor.world.clock.iso());
    floor.adapter.venue.end(order, 'CANCELLED', floor.world.clock.iso());
    await sync(floor);
    const after = await machine(floor, orderId);
    expect([after.life, cumQty(after), after.restInDoubt]).toEqual(['PARTIALLY_FILLED', '0.4', true]);
    expect(floor.woken).toEqual([orderId]);
  });

  test('in which an order that is filled is missing does not put it in doubt', async () => {
    const floor = await openFloor();
    const { order, orderId } = await resting(floor);
    floor.adapter.venue.fill(order, '1', floor.world.clock.iso());
    await sync(floor);
    expect(await machine(floor, orderId)).toMatchObject({ life: 'FILLED', restInDoubt: false, unknownSince: null });
  });

  test('says nothing about an order that was acknowledged after it was asked', async () => {
    const floor = await openFloor();
    const order = await placeOrder(floor.world);
    const { orderId } = order.intent;
    const deadlineAt = '2026-01-01T00:00:05.000Z';
    await happen(floor.world, orderId, { type: 'SubmitSent', venueClientId: 'c1', deadlineAt });
    floor.adapter.gate = happen(floor.world, orderId, { type: 'Acknowledged', venueOrderId: 'v9' }).then(
      () => undefined,
    );
    await sync(floor);
    expect(await machine(floor, orderId)).toMatchObject({ life: 'ACKNOWLEDGED', restInDoubt: false });
  });

  test('tells nothing of an order that is not sent yet, and has one in flight looked up', async () => {
    const floor = await openFloor();
    const unsent = await placeOrder(floor.world);
    const sent = await placeOrder(floor.world);
    await happen(floor.world, sent.intent.orderId, {
      type: 'SubmitSent',
      venueClientId: 'c1',
      deadlineAt: '2026-01-01T00:00:05.000Z',
    });
    await sync(floor);
    expect(floor.woken).toEqual([sent.intent.orderId]);
    expect((await machine(floor, unsent.intent.orderId)).life).toBe('VALIDATED');
    expect((await machine(floor, sent.intent.orderId)).legs[0]?.phase).toBe('sent');
  });

  test('finds a lost submission', async () => {
    const floor = await openFloor();
    const { intent } = await placeOrder(floor.world);
    const deadlineAt = '2026-01-01T00:00:05.000Z';
    await happen(
      floor.world,
      intent.orderId,
      { type: 'SubmitSent', venueClientId: 'c1', deadlineAt },
      { type: 'SubmitUnknown', reason: 'no answer' },
      { type: 'CancelRequested', requestId: 'k', generation: 2, by: 'client' },
    );
    floor.adapter.venue.place('c1', limitSpec, floor.world.clock.iso());
    await sync(floor);
    expect(await machine(floor, intent.orderId)).toMatchObject({ life: 'ACKNOWLEDGED', unknownSince: null });
    // A cancel waited for it: now it can be sent.
    expect(floor.woken).toEqual([intent.orderId]);
  });
});

test('executions are asked for in every market of the account, and where one has no order', async () => {
  const floor = await openFloor();
  const asked: (readonly string[])[] = [];
  const list = floor.adapter.fills.bind(floor.adapter);
  floor.adapter.fills = (from, symbols) => {
    asked.push([...symbols].sort());
    return list(from, symbols);
  };
  await resting(floor);
  const eth = { ...limitSpec, symbol: 'ETH-USD' };
  const over = await openOrder(floor.world, { client: 'c2', venue: 'v9' }, eth);
  await happen(floor.world, over.intent.orderId, { type: 'Cancelled', reason: null });
  const theirs = floor.adapter.venue.place('theirs', { ...limitSpec, symbol: 'SOL-USD' }, floor.world.clock.iso());
  floor.adapter.venue.fill(theirs, '1', floor.world.clock.iso());
  floor.adapter.hidden.add(theirs.orderId);
  await sync(floor);
  floor.world.clock.advance(600_000);
  await sync(floor);
  expect(asked).toEqual([
    ['BTC-USD', 'ETH-USD'],
    ['BTC-USD', 'ETH-USD', 'SOL-USD'],
  ]);
});

describe('a look that failed in part', () => {
  test('concludes nothing from what is missing', async () => {
    const floor = await openFloor();
    const { orderId } = await resting(floor);
    for (const fault of ['partial', 'failed'] as const) {
      floor.adapter.venue.orders.length = 0;
      floor.adapter.openFaults.push(fault);
      const outcome = await sync(floor);
      expect(outcome).toMatchObject({ fresh: false, complete: false, error: 'page 2 did not come' });
    }
    expect((await machine(floor, orderId)).restInDoubt).toBe(false);
    expect(floor.woken).toEqual([]);
    expect(await floor.world.store.observations.lastSyncRun('account-1', true)).toBeNull();
    expect((await floor.world.store.access.account('account-1'))?.lastSyncedAt).toBeNull();
  });

  test('books what it did show', async () => {
    const floor = await openFloor();
    const { order, orderId } = await resting(floor);
    floor.adapter.venue.fill(order, '0.4', floor.world.clock.iso());
    floor.adapter.openFaults.push('partial');
    await sync(floor);
    expect(cumQty(await machine(floor, orderId))).toBe('0.4');
  });

  test('reads the executions again from where the last complete read began', async () => {
    const floor = await openFloor();
    await sync(floor);
    floor.world.clock.advance(600_000);
    floor.adapter.fillFaults.push('failed');
    expect((await sync(floor)).complete).toBe(false);
    floor.world.clock.advance(600_000);
    await sync(floor);
    const [first, second, third] = floor.adapter.fillsFrom;
    expect(third).toBe(second);
    expect(second === first).toBe(true);
    await sync(floor);
    expect(floor.adapter.fillsFrom.at(-1)).toBe('2026-01-01T00:18:00.000Z');
  });

  test('a refused key does not close the exchange for others: the account shows it', async () => {
    const floor = await openFloor();
    const { observations } = floor.world.store;
    floor.adapter.openFaults.push('keyRefused');
    expect((await sync(floor)).complete).toBe(false);
    expect((await observations.exchangeHealth())[0]).toMatchObject({ reachable: true, lastError: null });
    const [trouble] = await observations.accountsInTrouble();
    expect(trouble).toMatchObject({ reachable: false, lastError: 'page 2 did not come', keyRefused: null });
  });

  test('that a key is refused which was replaced meanwhile says nothing of the account', async () => {
    const floor = await openFloor();
    const { adapters } = floor.context;
    let isReplaced = false;
    const another = new ScriptedAdapter(floor.world.clock);
    const get = (id: string) => (isReplaced ? Promise.resolve(another) : adapters.get(id));
    const refresh = () => {
      isReplaced = true;
      return Promise.resolve(['account-1']);
    };
    floor.adapter.openFaults.push('keyRefused');
    const context = { ...floor.context, adapters: { get, refresh } };
    expect((await sync({ ...floor, context })).complete).toBe(false);
    expect(await floor.world.store.observations.accountsInTrouble()).toEqual([]);
  });

  test('a key that is refused twice in a row stops submissions, until a check says that it may trade again', async () => {
    const floor = await openFloor();
    const { adapter } = floor;
    const standing = async () => (await floor.world.store.observations.accountHealth(['account-1']))[0]?.keyRefused;
    const again = async () => {
      floor.world.clock.advance(5_000);
      await sync(floor);
    };
    adapter.openFaults.push('keyRefused', 'keyRefused', 'keyRefused');
    await again();
    expect(await standing()).toBeNull();
    await again();
    const since = floor.world.clock.iso();
    expect(await standing()).toEqual({ since, reason: 'page 2 did not come' });
    await again();
    expect(await standing()).toEqual({ since, reason: 'page 2 did not come' });
    // It reads again, and may not trade.
    const { verdict } = adapter;
    adapter.verdict = { kind: 'accepted', permissions: { read: true, trade: false, withdraw: false }, owner: null };
    await again();
    expect(await standing()).not.toBeNull();
    adapter.verdict = { kind: 'unknown', message: 'not reached', retryAfterMs: null };
    await again();
    expect(await standing()).not.toBeNull();
    adapter.verdict = verdict;
    await again();
    expect(await standing()).toBeNull();
  });

  test("is shown as an exchange that can't be reached, until one succeeds", async () => {
    const floor = await openFloor();
    const health = async () => (await floor.world.store.observations.exchangeHealth())[0];
    floor.adapter.openFaults.push('failed');
    await sync(floor);
    expect(await health()).toMatchObject({ reachable: false, lastError: 'page 2 did not come' });
    floor.world.clock.advance(1);
    await sync(floor);
    expect(await health()).toMatchObject({ reachable: true, lastError: null });
  });
});

describe('what nobody here placed', () => {
  test('an open order is adopted, once', async () => {
    const floor = await openFloor();
    floor.adapter.venue.place('theirs', limitSpec, floor.world.clock.iso());
    expect((await sync(floor)).adopted).toBe(1);
    expect((await sync(floor)).adopted).toBe(0);
    const [external] = await floor.world.store.ledger.openOrders('account-1');
    expect(external?.intent.origin).toBe('EXTERNAL');
  });

  test('an execution of an order that is over: the order is asked for and adopted with it', async () => {
    const floor = await openFloor();
    const order = floor.adapter.venue.place('theirs', limitSpec, floor.world.clock.iso());
    floor.adapter.venue.fill(order, '0.4', floor.world.clock.iso());
    floor.adapter.venue.end(order, 'CANCELLED', floor.world.clock.iso());
    expect((await sync(floor)).adopted).toBe(1);
    expect((await sync(floor)).adopted).toBe(0);
    const [adopted] = await floor.world.store.ledger.findByVenueIds('account-1', {
      venueClientIds: [],
      venueOrderIds: [order.orderId],
    });
    expect(adopted?.actual.machine).toMatchObject({ life: 'CANCELLED' });
    expect(adopted && cumQty(adopted.actual.machine)).toBe('0.4');
  });

  test('what was over before the account was linked stays out: it may be in the books of an earlier link', async () => {
    const floor = await openFloor();
    const early = new Date(floor.world.clock.nowMs - 60_000).toISOString();
    const over = floor.adapter.venue.place('over', limitSpec, early);
    floor.adapter.venue.fill(over, '0.4', early);
    floor.adapter.venue.end(over, 'CANCELLED', early);
    const open = floor.adapter.venue.place('open', limitSpec, early);
    floor.adapter.venue.fill(open, '0.3', early);
    expect((await sync(floor)).adopted).toBe(1);
    const [adopted] = await floor.world.store.ledger.openOrders('account-1');
    expect(adopted && cumQty(adopted.actual.machine)).toBe('0.3');
  });
});

test('the cache is written under the settings that the account had when the sync began', async () => {
  const { context, account, adapter, world } = await openFloor();
  const written: CacheScope[] = [];
  const rebuild = async (scope: CacheScope): Promise<number> => written.push(scope);
  const cache = Object.assign(Object.create(context.cache) as OpenOrderCache, { rebuild });
  const scopes = async () => {
    const now = await context.access.account(account.id);
    return now === null ? null : cacheScope(now, [now]);
  };
  const { promise, resolve } = Promise.withResolvers<void>();
  adapter.gate = promise;
  const syncing = syncAccount({ ...context, cache, scopes }, account, 'scheduled');
  await world.store.accounts.setPrivacy('user-1', account.id, { cacheOpenOrders: false });
  resolve();
  await syncing;
  expect(written).toMatchObject([{ enabled: true, version: 0 }]);
});
