import { found, happen, limitSpec, openOrder, openRetaining, placeOrder } from '@orderplane/recorder/testing';
import type { SyncJob } from '@orderplane/queues';
import { expect, test } from 'vitest';
import { RetentionKeeper, type RetentionContext } from './retention.ts';
import { syncAccount } from './sync-account.ts';
import { openFloor, type Floor } from './testing/floor.ts';

const accountId = 'account-r';

interface Keeping {
  readonly floor: Floor;
  readonly keeper: RetentionKeeper;
  /** A purger that begins anew. */
  readonly fresh: (over?: Partial<RetentionContext>) => RetentionKeeper;
  readonly requested: SyncJob[];
  readonly counted: Map<string, number>;
  readonly gauge: number[];
  readonly end: (client: string) => Promise<string>;
}

async function openKeeping(): Promise<Keeping> {
  const floor = await openFloor();
  const { store } = floor.world;
  await openRetaining(floor.world, accountId, 0);
  const requested: SyncJob[] = [];
  const counted = new Map<string, number>();
  const gauge: number[] = [];
  const context: RetentionContext = {
    ...floor.context,
    retention: store.retention,
    visibilityDelayMs: () => 2_000,
    nowMs: () => store.nowMs(),
    desk: {
      request: (job) => {
        requested.push(job);
        return Promise.reject(new Error('not in this test'));
      },
    },
    purged: (what, count) => void counted.set(what, (counted.get(what) ?? 0) + count),
    waits: (seconds) => void gauge.push(seconds),
  };
  const end = async (client: string): Promise<string> => {
    const { intent } = await openOrder(floor.world, { client, venue: `v-${client}` }, limitSpec, accountId);
    await happen(floor.world, intent.orderId, { type: 'Cancelled', reason: null });
    return intent.orderId;
  };
  const fresh = (over: Partial<RetentionContext> = {}): RetentionKeeper => new RetentionKeeper({ ...context, ...over });
  return { floor, keeper: fresh(), fresh, requested, counted, gauge, end };
}

test('what is due goes after the grace, once its executions have been read, which is asked for', async () => {
  const { floor, keeper, requested, counted, gauge, end } = await openKeeping();
  const { store, clock } = floor.world;
  await end('c1');
  clock.advance(9_000);
  expect(await keeper.round()).toBe(0);
  expect([requested.length, gauge.at(-1)]).toEqual([0, 0]);
  clock.advance(1_000);
  expect(await keeper.round()).toBe(0);
  expect(requested).toMatchObject([{ accountId, reason: 'forced', maxAgeMs: 0 }]);
  expect(gauge.at(-1)).toBe(10);
  // Asked again at growing distances.
  for (let second = 0; second < 60; second += 1) {
    clock.advance(1_000);
    await keeper.round();
  }
  expect(requested.length).toBeGreaterThan(3);
  expect(requested.length).toBeLessThan(8);
  await store.observations.setFillsWatermark(accountId, clock.iso());
  clock.advance(30_000);
  expect(await keeper.round()).toBe(1);
  expect([...counted]).toEqual([
    ['orders', 1],
    ['events', 5],
    ['fills', 0],
  ]);
  expect(await keeper.round()).toBe(0);
  expect(gauge.at(-1)).toBe(0);
});

test('one account that can not be purged does not stop the others; a purger that dies leaves the rest to the next', async () => {
  const { floor, fresh, end } = await openKeeping();
  const { store, clock } = floor.world;
  await openRetaining(floor.world, 'account-q', 0);
  const other = await placeOrder(floor.world, limitSpec, 'account-q');
  await happen(floor.world, other.intent.orderId, { type: 'Denied', code: 'INVALID_INPUT', reason: 'x' });
  const orderId = await end('c1');
  clock.advance(20_000);
  await store.observations.setFillsWatermark(accountId, clock.iso());
  const { retention } = store;
  const broken = fresh({
    retention: {
      due: (now, graceMs) => retention.due(now, graceMs),
      forget: (before, limit) => retention.forget(before, limit),
      purge: (terms) => (terms.accountId === 'account-q' ? Promise.reject(new Error('away')) : retention.purge(terms)),
    },
  });
  expect(await broken.round()).toBe(1);
  expect(await store.ledger.find(orderId)).toBeNull();
  const dying = fresh({
    crashPoint: (point) => {
      if (point === 'retention:after-purge') throw new Error('killed');
    },
  });
  await dying.round();
  expect(await store.ledger.find(other.intent.orderId)).toBeNull();
  expect(await fresh().round()).toBe(0);
});

test('a full look at the account after a purge reads its executions again, and finds nothing new', async () => {
  const { floor, keeper, end } = await openKeeping();
  const { store, clock } = floor.world;
  const order = floor.adapter.venue.place('c1', limitSpec, clock.iso());
  const { intent } = await openOrder(floor.world, { client: 'c1', venue: order.orderId }, limitSpec, accountId);
  const account = await store.access.account(accountId);
  if (account === null) throw new Error('no account');
  floor.adapter.venue.fill(order, '1', clock.iso());
  await syncAccount(floor.context, account, 'scheduled');
  expect((await found(floor.world, intent.orderId)).actual.machine.life).toBe('FILLED');
  await end('c2');
  clock.advance(11_000);
  await store.observations.setFillsWatermark(accountId, clock.iso());
  expect(await keeper.round()).toBe(3);
  const outcome = await syncAccount(floor.context, account, 'forced');
  expect([outcome.complete, outcome.adopted, await store.unattributed.pendingCount(accountId)]).toEqual([true, 0, 0]);
  expect([floor.counted.get('lateFill'), floor.counted.get('unattributedFill')]).toEqual([undefined, undefined]);
  // One that nobody has heard of is kept with its order.
  const late = { ...order.fills[0], tradeId: 'late', executedAt: clock.iso() };
  order.fills.push(late as (typeof order.fills)[number]);
  expect((await syncAccount(floor.context, account, 'forced')).adopted).toBe(0);
  expect(floor.counted.get('lateFill')).toBe(1);
  const { items } = await store.unattributed.list(accountId, { limit: 10, pendingOnly: false });
  expect(items).toMatchObject([{ exchangeTradeId: 'late', orderId: intent.orderId }]);
});

test('an execution that waits for an order which was purged meanwhile waits no longer', async () => {
  const { floor, keeper, end } = await openKeeping();
  const { store, clock } = floor.world;
  const orderId = await end('c1');
  clock.advance(11_000);
  await store.observations.setFillsWatermark(accountId, clock.iso());
  expect(await keeper.round()).toBe(1);
  const account = await store.access.account(accountId);
  if (account === null) throw new Error('no account');
  await store.unattributed.add([
    {
      ...{ accountId, symbol: 'BTC-USD', exchangeOrderId: 'v-c1', exchangeTradeId: 't', clientOrderId: null },
      ...{ side: null, size: '0.1', price: '100', fee: null, liquidity: null, executedAt: clock.iso() },
      ...{ firstSeenAt: clock.iso(), tries: 3, lastTriedAt: null, lastError: 'no', attributedAt: null, orderId: null },
    },
  ]);
  await syncAccount(floor.context, account, 'scheduled');
  expect(await store.unattributed.pendingCount(accountId)).toBe(0);
  const { items } = await store.unattributed.list(accountId, { limit: 10, pendingOnly: false });
  expect(items).toMatchObject([{ exchangeTradeId: 't', orderId, tries: 3, lastError: null }]);
});
