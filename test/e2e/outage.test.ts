import { afterAll, beforeAll, expect, test } from 'vitest';
import { booksAgree } from '../support/books.ts';
import { cancelOrder, eventually, modifyOrder, readOrder, request } from '../support/client.ts';
import type { OrderView, UserErrorView } from '../support/client.ts';
import { openDesk } from '../support/desk.ts';
import type { Desk } from '../support/desk.ts';
import { EXCHANGES, openSystem } from '../support/system.ts';
import type { Exchange, System } from '../support/system.ts';

/** Both exchanges are gone for a while: nothing is lost, nothing is invented, and everything converges when they are back. */
let system: System;
const desks = new Map<Exchange, Desk>();
beforeAll(async () => {
  system = await openSystem({ serviceEnv: { 'sync-worker': { SYNC_INTERVAL_BLIND_MS: '1000' } } });
  for (const exchange of EXCHANGES) desks.set(exchange, await openDesk(system, exchange));
});
afterAll(() => system?.stop());

interface Open {
  readonly orders: readonly { readonly id: string }[];
  readonly fresh: boolean;
  readonly complete: boolean;
  readonly syncedAt: string;
  readonly userErrors: readonly UserErrorView[];
}
const openOrders = async (desk: Desk, maxAgeSeconds: number): Promise<Open> =>
  (
    await request<{ openOrders: Open }>(
      system.trader,
      'query ($id: ID!, $age: Int) { openOrders(accountId: $id, maxAgeSeconds: $age) { orders { id } fresh complete syncedAt userErrors { code message } } }',
      { id: desk.accountId, age: maxAgeSeconds },
    )
  ).openOrders;
/** Of the exchanges that this file trades on, in their order. */
const reachable = async (): Promise<readonly boolean[]> => {
  const { exchanges } = await request<{ exchanges: { id: string; health: { reachable: boolean } }[] }>(
    system.trader,
    '{ exchanges { id health { reachable } } }',
  );
  const used: readonly string[] = EXCHANGES;
  return exchanges.filter(({ id }) => used.includes(id)).map(({ health }) => health.reachable);
};

interface Held {
  readonly desk: Desk;
  readonly stays: OrderView;
  readonly goes: OrderView;
  readonly moves: OrderView;
}

test('an exchange that is down, and back', async () => {
  const held: Held[] = await Promise.all(
    [...desks.values()].map(async (desk) => {
      const market = desk.market('BTC');
      const rest = (factor: string) =>
        desk.resting({
          symbol: market.symbol,
          side: 'BUY',
          type: 'LIMIT',
          size: market.size,
          price: market.at(factor),
        });
      return { desk, stays: await rest('0.9'), goes: await rest('0.89'), moves: await rest('0.88') };
    }),
  );
  await system.stack.kill('venue-simulator', { stayDown: true });
  const downAt = new Date().toISOString();

  // Orders accepted before anybody noticed are accepted: they wait.
  const waiting: { readonly desk: Desk; readonly id: string }[] = [];
  for (const { desk } of held) {
    const market = desk.market('ETH');
    const refused = await eventually(
      async () => {
        const { order, userErrors } = await desk.place({
          symbol: market.symbol,
          side: 'BUY',
          type: 'LIMIT',
          size: market.size,
          price: market.at('0.9'),
        });
        if (order !== null) waiting.push({ desk, id: order.id });
        return userErrors;
      },
      (userErrors) => userErrors.length > 0,
      `${desk.exchange} is known to be away`,
      10_000,
    );
    expect(refused).toMatchObject([{ code: 'EXCHANGE_UNAVAILABLE' }]);
  }
  expect(await reachable()).toEqual(EXCHANGES.map(() => false));

  for (const { desk, stays, goes, moves } of held) {
    const asked = await openOrders(desk, 0);
    expect(asked).toMatchObject({ fresh: false, complete: false, userErrors: [{ code: 'EXCHANGE_UNAVAILABLE' }] });
    expect(asked.syncedAt < downAt).toBe(true);
    const expected = [stays, goes, moves, ...waiting.filter((one) => one.desk === desk)].map(({ id }) => id);
    expect(asked.orders.map(({ id }) => id).sort()).toEqual(expected.sort());
    // Wishes about what rests there are taken and wait.
    expect((await cancelOrder(system.trader, goes.id)).userErrors).toEqual([]);
    expect(
      (await modifyOrder(system.trader, { orderId: moves.id, price: desk.market('BTC').at('0.87') })).userErrors,
    ).toEqual([]);
    expect((await readOrder(system.trader, goes.id))?.state).toBe('ACKNOWLEDGED');
  }
  for (const { health } of system.stack.info.processes.filter((one) => one.health !== null))
    expect((await fetch(`${health}/readyz`)).status).toBe(200);

  await system.stack.up('venue-simulator');
  for (const exchange of EXCHANGES) await system.venue.walk(exchange, false);
  for (const { desk, stays, goes, moves } of held) {
    await desk.reaches(goes.id, 'CANCELLED', 40_000);
    await desk.reaches(stays.id, 'ACKNOWLEDGED', 40_000);
    const moved = await eventually(
      () => readOrder(system.trader, moves.id),
      (order) => order?.reconciliation.observedGeneration === 2,
      'the change is proved',
      40_000,
    );
    expect(moved).toMatchObject({ state: 'ACKNOWLEDGED', price: desk.market('BTC').at('0.87') });
  }
  for (const { desk, id } of waiting) await desk.reaches(id, 'ACKNOWLEDGED', 40_000);
  await eventually(reachable, (seen) => seen.every(Boolean), 'both are reachable again');
  for (const { desk } of held) {
    const market = desk.market('SOL');
    const placed = await eventually(
      () => desk.place({ symbol: market.symbol, side: 'BUY', type: 'MARKET', size: market.size }),
      ({ order }) => order !== null,
      'orders are taken again',
    );
    await desk.reaches(placed.order?.id ?? '', 'FILLED');
    expect(await openOrders(desk, 0)).toMatchObject({ fresh: true, complete: true, userErrors: [] });
  }
}, 120_000);

test.each([
  ['kraken', 'binance'],
  ['binance', 'kraken'],
] as const)(
  'trouble at %s leaves %s alone',
  async (ill, well) => {
    const [away, here] = [desks.get(ill), desks.get(well)];
    if (away === undefined || here === undefined) throw new Error('a desk is missing');
    const [far, near] = [away.market('XRP'), here.market('XRP')];
    const resting = await away.resting({
      symbol: far.symbol,
      side: 'BUY',
      type: 'LIMIT',
      size: far.size,
      price: far.at('0.9'),
    });
    await system.venue.fault({ exchange: ill, fault: 'maintenance', ms: 4_000 });
    await cancelOrder(system.trader, resting.id);
    const began = Date.now();
    for (const side of ['BUY', 'SELL', 'BUY']) {
      const { id } = await here.placed({ symbol: near.symbol, side, type: 'MARKET', size: near.size });
      await here.reaches(id, 'FILLED');
    }
    expect(Date.now() - began).toBeLessThan(4_000);
    await away.reaches(resting.id, 'CANCELLED', 45_000);
  },
  60_000,
);

test('the books agree with the ledgers', () => booksAgree(system));
