import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { booksAgree } from '../support/books.ts';
import { allOrders, cancelOrder, eventually, modifyOrder, request } from '../support/client.ts';
import { openDesk } from '../support/desk.ts';
import type { Desk } from '../support/desk.ts';
import { readDetail } from '../support/detail.ts';
import { EXCHANGES, openSystem } from '../support/system.ts';
import type { Exchange, System } from '../support/system.ts';
import { watchOrders, watchTicker } from '../support/watch.ts';
import type { Update, Watch } from '../support/watch.ts';

/** What subscribers are told: everything, once, in order, whatever becomes of the gateway. */
let system: System;
const desks = new Map<Exchange, Desk>();
beforeAll(async () => {
  system = await openSystem();
  for (const exchange of EXCHANGES) desks.set(exchange, await openDesk(system, exchange));
});
afterAll(() => system?.stop());

const deskOf = (exchange: Exchange): Desk => {
  const desk = desks.get(exchange);
  if (desk === undefined) throw new Error(`no desk at ${exchange}`);
  return desk;
};
const ofKind = (items: readonly Update[], kind: Update['kind']): readonly Update[] =>
  items.filter((item) => item.kind === kind);
const started = async (watch: Watch<Update>): Promise<string> => {
  const items = await watch.until((seen) => seen.some(({ kind }) => kind === 'SNAPSHOT_END'), 'the snapshot');
  return items.at(-1)?.cursor ?? '';
};
const told = (id: string, type: string) => (items: readonly Update[]) =>
  items.some(({ event }) => event?.orderId === id && event.type === type);

/** The journal of the account as its orders tell it, in the order of the account. */
async function journal(exchange: Exchange): Promise<string[]> {
  const orders = (await allOrders(system.trader)).filter((order) => order.exchange === exchange);
  const lines = (await Promise.all(orders.map(({ id }) => readDetail(system.trader, id)))).flatMap(
    (detail) => detail.events.nodes,
  );
  // A cursor of one account is {"account":"position"} in base64url.
  const position = (cursor: string): number =>
    Number(Object.values(JSON.parse(Buffer.from(cursor, 'base64url').toString()) as Record<string, string>)[0]);
  return lines.sort((a, b) => position(a.cursor) - position(b.cursor)).map(({ cursor }) => cursor);
}
const cursorsOf = (items: readonly Update[]): string[] =>
  ofKind(items, 'EVENT').map(({ event }) => event?.cursor ?? '');

describe.each(EXCHANGES)('%s', (exchange) => {
  test('the first order reaches the exchange and comes back FILLED to the subscriber', async () => {
    const desk = deskOf(exchange);
    const watch = watchOrders(system.trader, [desk.accountId]);
    const beginning = await started(watch);
    expect(watch.items.map(({ kind }) => kind)).toEqual(['SNAPSHOT_END']);
    const market = desk.market('BTC');
    const { id } = await desk.placed({ symbol: market.symbol, side: 'BUY', type: 'MARKET', size: market.size });
    const items = await watch.until(told(id, 'ORDER_FILLED'), 'the order is filled');
    expect(items.at(-1)).toMatchObject({
      kind: 'EVENT',
      order: { id, state: 'FILLED', status: 'FILLED', filledSize: market.size },
    });
    const types = ofKind(items, 'EVENT').map(({ event }) => event?.type);
    expect(types.slice(0, 3)).toEqual(['ORDER_CREATED', 'ORDER_VALIDATED', 'ORDER_SUBMITTED']);
    expect(cursorsOf(items)).toEqual(await journal(exchange));
    await watch.close();

    const again = watchOrders(system.trader, [desk.accountId], beginning);
    const replayed = await again.until(told(id, 'ORDER_FILLED'), 'the same story from its beginning');
    expect(replayed.map(({ event }) => event)).toEqual(ofKind(items, 'EVENT').map(({ event }) => event));
    await again.close();
  });

  test('snapshot: every order that has not ended and no other, then the changes', async () => {
    const desk = deskOf(exchange);
    const market = desk.market('ETH');
    const rest = (factor: string) =>
      desk.resting({ symbol: market.symbol, side: 'BUY', type: 'LIMIT', size: market.size, price: market.at(factor) });
    const [a, b, gone] = [await rest('0.9'), await rest('0.89'), await rest('0.88')];
    await cancelOrder(system.trader, gone.id);
    await desk.reaches(gone.id, 'CANCELLED');
    const watch = watchOrders(system.trader, [desk.accountId]);
    await started(watch);
    const snapshot = ofKind(watch.items, 'SNAPSHOT');
    expect(snapshot.map(({ order }) => order?.id).sort()).toEqual([a.id, b.id].sort());
    expect(new Set(watch.items.map(({ cursor }) => cursor)).size).toBe(1);
    expect(watch.items.at(-1)).toMatchObject({ kind: 'SNAPSHOT_END', order: null, event: null });

    await modifyOrder(system.trader, { orderId: a.id, price: market.at('0.87') });
    await watch.until(told(a.id, 'ORDER_REPLACED'), 'the change');
    await system.venue.price(exchange, market.symbol, market.at('0.89'));
    await watch.until(told(b.id, 'ORDER_FILLED'), 'the fill');
    await cancelOrder(system.trader, a.id);
    const items = await watch.until(told(a.id, 'ORDER_CANCELLED'), 'the cancel');
    for (const id of [a.id, b.id]) {
      const steps = ofKind(items, 'EVENT').filter(({ event }) => event?.orderId === id);
      let state: string | null | undefined = 'ACKNOWLEDGED';
      for (const { event } of steps) {
        expect(event?.fromState).toBe(state);
        state = event?.toState;
      }
    }
    await watch.close();
  });

  test('viewers may watch; a stranger, nobody, and a foreign account get nothing', async () => {
    const { accountId } = deskOf(exchange);
    const viewer = watchOrders(await system.token('viewer', 'trader'), [accountId]);
    await started(viewer);
    expect(viewer.end).toBeNull();
    await viewer.close();
    const refused = async (watch: Watch<Update>): Promise<string> => {
      await eventually(
        () => Promise.resolve(watch.end),
        (end) => end !== null,
        'it is refused',
      );
      expect(watch.items).toEqual([]);
      await watch.close();
      return watch.end ?? '';
    };
    expect(await refused(watchOrders(await system.token('trader', 'stranger'), [accountId]))).toContain('NOT_FOUND');
    expect(await refused(watchOrders(await system.token('admin', 'stranger'), [accountId]))).toContain('NOT_FOUND');
    expect(await refused(watchOrders(system.trader, [accountId, 'no-such-account']))).toContain('NOT_FOUND');
    expect(await refused(watchOrders({ ...system.trader, token: null }, [accountId]))).toContain('4401');
    expect(await refused(watchOrders({ ...system.trader, token: `${system.trader.token}x` }, [accountId]))).toContain(
      '4401',
    );
    expect(await refused(watchOrders(system.trader, [accountId], 'no-cursor'))).toMatch(/INVALID_INPUT|BAD_USER_INPUT/);
  });

  test('ticker: last, bid and ask as the market moves', async () => {
    const market = deskOf(exchange).market('SOL');
    const watch = watchTicker(system.trader, exchange, market.symbol);
    await watch.until((items) => items.length > 0, 'a first price');
    const price = market.at('1.01');
    await system.venue.price(exchange, market.symbol, price);
    const items = await watch.until((seen) => seen.at(-1)?.last === price, 'the new price');
    const last = items.at(-1);
    expect(last).toMatchObject({ exchange, symbol: market.symbol });
    expect(Number(last?.bid)).toBeLessThan(Number(last?.ask));
    const { markets } = await request<{ markets: { lastPrice: string | null }[] }>(
      system.trader,
      'query ($exchange: String!, $symbols: [String!]) { markets(exchange: $exchange, symbols: $symbols) { lastPrice } }',
      { exchange, symbols: [market.symbol] },
    );
    expect(markets).toEqual([{ lastPrice: price }]);
    await watch.close();
    const nowhere = watchTicker(system.trader, exchange, 'NO-SUCH');
    await eventually(
      () => Promise.resolve(nowhere.end),
      (end) => end !== null,
      'there is no such market',
    );
    expect(nowhere.end).toMatch(/INVALID_INPUT|NOT_FOUND/);
    await nowhere.close();
  });
});

test('across a restart of the gateway nothing is skipped and nothing repeated', async () => {
  const accountIds = EXCHANGES.map((exchange) => deskOf(exchange).accountId);
  const first = watchOrders(system.trader, accountIds);
  await started(first);
  const place = (exchange: Exchange) => {
    const market = deskOf(exchange).market('XRP');
    return deskOf(exchange).resting({
      symbol: market.symbol,
      side: 'BUY',
      type: 'LIMIT',
      size: market.size,
      price: market.at('0.9'),
    });
  };
  const orders = await Promise.all(EXCHANGES.flatMap((exchange) => [place(exchange), place(exchange)]));
  for (const { id } of orders) await first.until(told(id, 'ORDER_ACKNOWLEDGED'), 'all are acknowledged');

  // Killed, not stopped: the subscriber learns it from the broken connection. Meanwhile the orders fill.
  await system.stack.kill('gateway', { stayDown: true });
  await eventually(
    () => Promise.resolve(first.end),
    (end) => end !== null,
    'the connection is gone',
  );
  for (const exchange of EXCHANGES) {
    const market = deskOf(exchange).market('XRP');
    await system.venue.price(exchange, market.symbol, market.at('0.9'));
  }
  await system.stack.up('gateway');
  const cursor = first.items.at(-1)?.cursor ?? '';
  const second = watchOrders(system.trader, accountIds, cursor);
  for (const { id } of orders) await second.until(told(id, 'ORDER_FILLED'), 'all are filled');
  expect(ofKind(second.items, 'SNAPSHOT')).toEqual([]);

  const seen = [...first.items, ...second.items].filter(({ kind }) => kind === 'EVENT');
  for (const exchange of EXCHANGES) {
    const own = seen.filter(({ order }) => order?.exchange === exchange).map(({ event }) => event?.cursor ?? '');
    const whole = await journal(exchange);
    expect(own).toEqual(whole.slice(-own.length));
    expect(own.length).toBeGreaterThanOrEqual(10);
  }
  await second.close();

  // The same gap read once more, in the old cursor's place, and from the middle of the journal.
  const middle = ofKind(first.items, 'EVENT').at(5)?.cursor ?? '';
  const third = watchOrders(system.trader, accountIds, middle);
  const expected = seen.slice(6).map(({ event }) => event?.cursor);
  const items = await third.until((all) => all.length >= expected.length, 'the rest of the story');
  expect(items.map(({ event }) => event?.cursor).sort()).toEqual([...expected].sort());
  await third.close();
});

test('the books agree with the ledgers', () => booksAgree(system));
