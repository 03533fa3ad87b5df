import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openArmory, type Armory } from '../support/armory.ts';
import { cancelOrder, eventually, ordersOf, readOrder, request } from '../support/client.ts';
import { openDesk, type Desk } from '../support/desk.ts';
import { openSystem, type Exchange, type System } from '../support/system.ts';
import { watchOrders } from '../support/watch.ts';

/** History that accounts do not keep goes, and nothing else: nothing is placed again, nothing told later is lost or made up. */
let system: System;
let armory: Armory;
const home = mkdtempSync(join(tmpdir(), 'orderplane-retention-'));
const desks = new Map<Exchange, Desk>();
beforeAll(async () => {
  armory = openArmory(home);
  const env = { RETENTION_GRACE_MS: '2500', RETENTION_INTERVAL_MS: '300', LEASE_MS: '2000' };
  system = await openSystem({ env: { ...env, ORDERPLANE_CRASH_POINTS: armory.directory } });
  for (const exchange of ['binance', 'kraken', 'okx'] as const) desks.set(exchange, await openDesk(system, exchange));
});
afterAll(async () => {
  await system?.stop();
  rmSync(home, { recursive: true, force: true });
});

const keep = async (accountId: string, days: number | null): Promise<void> => {
  const { setPrivacy } = await request<{ setPrivacy: { userErrors: readonly unknown[] } }>(
    system.trader,
    'mutation ($input: PrivacyInput!) { setPrivacy(input: $input) { userErrors { code message } } }',
    { input: { accountId, historyRetentionDays: days } },
  );
  expect(setPrivacy.userErrors).toEqual([]);
};
const isGone = (orderId: string): Promise<unknown> =>
  eventually(
    () => readOrder(system.trader, orderId),
    (order) => order === null,
    `order ${orderId} is purged`,
  );
interface Line {
  readonly action: string;
  readonly target: string | null;
  readonly outcome: string;
}
const purges = async (accountId: string): Promise<readonly string[]> => {
  const { auditLog } = await request<{ auditLog: { nodes: readonly Line[] } }>(
    system.admin,
    '{ auditLog(first: 100, filter: { action: "account.purge" }) { nodes { action target outcome } } }',
  );
  return auditLog.nodes.filter(({ target }) => target === accountId).map(({ outcome }) => outcome);
};
const syncNow = (accountId: string): Promise<unknown> =>
  request(system.trader, 'mutation ($id: ID!) { syncOrders(accountId: $id) { complete } }', { id: accountId });
const fillsWithout = async (accountId: string) => {
  const { items } = await system.store.unattributed.list(accountId, { limit: 50, pendingOnly: false });
  return items;
};

const deskOf = (exchange: Exchange): Desk => {
  const desk = desks.get(exchange);
  if (desk === undefined) throw new Error(`no desk at ${exchange}`);
  return desk;
};

/** An order goes soon after its end, and who follows was told all of it before. */
async function goesAfterItsEnd(desk: Desk): Promise<void> {
  const { accountId, exchange } = desk;
  await keep(accountId, 0);
  const market = desk.market('BTC');
  const open = await desk.resting({
    symbol: market.symbol,
    side: 'BUY',
    type: 'LIMIT',
    size: market.size,
    price: market.at('0.8'),
  });
  const watch = watchOrders(system.trader, [accountId]);
  const begun = await watch.until((items) => items.some(({ kind }) => kind === 'SNAPSHOT_END'), 'the snapshot');
  const oldest = begun.at(-1)?.cursor ?? '';
  const input = { clientOrderId: 'once', symbol: market.symbol, side: 'BUY', type: 'MARKET', size: market.size };
  const filled = await desk.placed(input);
  const rest = { symbol: market.symbol, side: 'BUY', type: 'LIMIT', size: market.size, price: market.at('0.7') };
  const { id: cancelled } = await desk.resting(rest);
  expect((await cancelOrder(system.trader, cancelled)).userErrors).toEqual([]);
  await isGone(filled.id);
  await isGone(cancelled);
  const told = (orderId: string) => watch.items.filter(({ event }) => event?.orderId === orderId).at(-1)?.event?.type;
  await watch.until(() => told(cancelled) === 'ORDER_CANCELLED', 'the end was told');
  expect([told(filled.id), told(cancelled)]).toEqual(['ORDER_FILLED', 'ORDER_CANCELLED']);
  expect((await ordersOf(system.trader, accountId)).map(({ id }) => id)).toEqual([open.id]);

  // The audit says how much, and nothing of what it was.
  const lines = await purges(accountId);
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) expect(line).toMatch(/^ok: \d+ orders, \d+ events, \d+ fills, ended from 2\S+Z to 2\S+Z$/);

  // A repeat is told what it is, and places nothing.
  const before = (await system.venue.ledger(exchange)).orders.length;
  const repeat = await desk.place(input);
  expect(repeat.order).toBeNull();
  expect(repeat.userErrors).toMatchObject([{ code: 'ALREADY_EXISTS', field: ['input', 'clientOrderId'] }]);
  expect(repeat.userErrors[0]?.message).toContain(filled.id);
  expect((await system.venue.ledger(exchange)).orders.length).toBe(before);

  // Who comes back with a cursor from before is sent for a snapshot; the newest one goes on, as does who stayed.
  const late = watchOrders(system.trader, [accountId], oldest);
  await expect(late.until(() => false, 'an expired cursor')).rejects.toThrow('CURSOR_EXPIRED');
  const newest = watch.items.at(-1)?.cursor ?? '';
  const resumed = watchOrders(system.trader, [accountId], newest);
  expect((await cancelOrder(system.trader, open.id)).userErrors).toEqual([]);
  for (const follower of [resumed, watch])
    await follower.until(
      (items) => items.some(({ event }) => event?.orderId === open.id && event.type === 'ORDER_CANCELLED'),
      'what follows',
    );
  await isGone(open.id);
  await Promise.all([watch, late, resumed].map((one) => one.close()));
}

/** What the exchange tells later is neither lost nor taken for somebody else's. */
async function lateNewsIsKnown(desk: Desk): Promise<void> {
  const { accountId, exchange } = desk;
  await keep(accountId, 0);
  const market = desk.market('ETH');
  const rest = { symbol: market.symbol, side: 'BUY', type: 'LIMIT', size: market.size, price: market.at('0.7') };
  const order = await desk.resting(rest);
  expect((await cancelOrder(system.trader, order.id)).userErrors).toEqual([]);
  await isGone(order.id);
  const { exchangeOrderId } = order;
  await system.venue.script('orders/execute-late', { exchange, exchangeOrderId, size: market.third });
  const [fill] = await eventually(
    () => fillsWithout(accountId),
    (fills) => fills.length > 0,
    'the late execution is kept',
  );
  expect(fill).toMatchObject({ orderId: order.id, exchangeOrderId, size: market.third });
  await syncNow(accountId);
  expect(await system.store.unattributed.pendingCount(accountId)).toBe(0);
  expect(await ordersOf(system.trader, accountId)).toEqual([]);
  // It is history as well.
  await eventually(
    () => fillsWithout(accountId),
    (fills) => fills.length === 0,
    'it goes like the rest',
  );
  await syncNow(accountId);
  expect([await fillsWithout(accountId), await ordersOf(system.trader, accountId)]).toEqual([[], []]);
}

/** From the moment that setPrivacy says so; once the other account's order is gone, this one's would be. */
async function isKeptAgain(desk: Desk, other: Desk): Promise<void> {
  const buy = async (at: Desk): Promise<string> => {
    const market = at.market('BTC');
    const { id } = await at.placed({ symbol: market.symbol, side: 'BUY', type: 'MARKET', size: market.size });
    return id;
  };
  await keep(desk.accountId, 0);
  await keep(desk.accountId, null);
  const kept = await buy(desk);
  await desk.reaches(kept, 'FILLED');
  await isGone(await buy(other));
  expect((await readOrder(system.trader, kept))?.state).toBe('FILLED');
}

describe.concurrent('an account that keeps nothing', () => {
  // Where executions are listed for all markets at once, and at once.
  test('kraken', async () => {
    await goesAfterItsEnd(deskOf('kraken'));
    await lateNewsIsKnown(deskOf('kraken'));
  });

  // Where they are listed market by market, and some seconds later.
  test('binance', async () => {
    await lateNewsIsKnown(deskOf('binance'));
    await isKeptAgain(deskOf('okx'), deskOf('binance'));
  });
});

test('a purger that is killed before or after its transaction leaves nothing behind and nothing undone', async () => {
  const desk = deskOf('kraken');
  const market = desk.market('BTC');
  const ids: string[] = [];
  for (const step of ['retention:before-purge', 'retention:after-purge']) {
    armory.arm(step, 'kraken');
    const order = { symbol: market.symbol, side: 'BUY', type: 'MARKET', size: market.size };
    ids.push((await desk.placed(order)).id, (await desk.placed(order)).id);
    await armory.strikes(step, 'kraken');
  }
  for (const id of ids) await isGone(id);
  const counted = (await purges(desk.accountId)).map((line) => Number(/^ok: (\d+)/.exec(line)?.[1]));
  // Three orders of the first test, one of the second, and these: each is counted once.
  expect(counted.reduce((sum, count) => sum + count, 0)).toBe(4 + ids.length);
  await syncNow(desk.accountId);
  expect(await ordersOf(system.trader, desk.accountId)).toEqual([]);
  const ledger = await system.venue.ledger('kraken');
  expect(ledger.orders.filter(({ status }) => status === 'OPEN')).toEqual([]);
  expect(ledger.orders.filter(({ source }) => source === 'api')).toHaveLength(counted.reduce((a, b) => a + b, 0));
});
