import { EXCHANGE_IDS } from '@orderplane/domain';
import type { ExchangeId } from '@orderplane/domain';
import { capabilitiesOf } from '@orderplane/exchange/capabilities';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { booksAgree } from '../support/books.ts';
import { cancelOrder, ENDED, eventually, isQuiet, modifyOrder, readOrder } from '../support/client.ts';
import type { OrderView } from '../support/client.ts';
import { openDesk } from '../support/desk.ts';
import type { Desk, Market } from '../support/desk.ts';
import { openSystem } from '../support/system.ts';
import type { System } from '../support/system.ts';

/** Every exchange, as a new user tries it: what it offers is taken, what it lacks is refused before anything is sent. */
let system: System;
const desks = new Map<ExchangeId, Desk>();
beforeAll(async () => {
  system = await openSystem();
  for (const exchange of EXCHANGE_IDS) desks.set(exchange, await openDesk(system, exchange));
});
afterAll(() => system?.stop());

const deskOf = (exchange: ExchangeId): Desk => {
  const desk = desks.get(exchange);
  if (desk === undefined) throw new Error(`no desk of ${exchange}`);
  return desk;
};
const limit = (market: Market, factor: string): Record<string, unknown> => ({
  symbol: market.symbol,
  side: 'BUY',
  type: 'LIMIT',
  size: market.size,
  price: market.at(factor),
});
const reachesEnd = async (id: string): Promise<OrderView> => {
  const order = await eventually(
    () => readOrder(system.trader, id),
    (found) => found !== null && ENDED.has(found.state) && isQuiet(found),
    `order ${id} has ended`,
  );
  if (order === null) throw new Error(`order ${id} is gone`);
  return order;
};

test('an order is placed, changed, partly filled, found again after every service was killed, and cancelled', async () => {
  const partly = await Promise.all(
    EXCHANGE_IDS.map(async (exchange) => {
      const desk = deskOf(exchange);
      const market = desk.market('BTC');
      const { id } = await desk.resting(limit(market, '0.9'));
      const price = market.at('0.92');
      expect((await modifyOrder(system.trader, { orderId: id, price })).userErrors, exchange).toEqual([]);
      await eventually(
        () => readOrder(system.trader, id),
        (order) => order !== null && isQuiet(order) && order.reconciliation.observedGeneration === 2,
        `${exchange}: the change of ${id} is proved`,
      );
      await system.venue.partialPrice(exchange, market.symbol, price, market.third);
      const order = await desk.reaches(id, 'PARTIALLY_FILLED');
      expect(order, exchange).toMatchObject({ price, filledSize: market.third });
      await system.venue.price(exchange, market.symbol, market.last);
      return { exchange, id };
    }),
  );
  const services = ['gateway', 'order-command', 'reconciler', 'sync-worker'];
  await Promise.all(services.map((name) => system.stack.kill(name)));
  for (const name of services) await system.stack.whenReady(name);
  for (const { exchange, id } of partly) {
    const order = await eventually(
      () => readOrder(system.trader, id),
      (found) => found !== null,
      `${exchange}: ${id} is there again`,
    );
    expect(order?.state, exchange).toBe('PARTIALLY_FILLED');
    const { userErrors } = await cancelOrder(system.trader, id);
    expect(userErrors, exchange).toEqual([]);
  }
  for (const { exchange, id } of partly) {
    const order = await reachesEnd(id);
    expect(order, exchange).toMatchObject({ state: 'CANCELLED', filledSize: deskOf(exchange).market('BTC').third });
  }
}, 120_000);

describe.concurrent.each(EXCHANGE_IDS)('%s', (exchange) => {
  const can = capabilitiesOf(exchange);
  const refused = async (input: Record<string, unknown>): Promise<void> => {
    const { order, userErrors } = await deskOf(exchange).place(input);
    expect(order).toBeNull();
    expect(userErrors[0]?.code).toBe('UNSUPPORTED_BY_EXCHANGE');
  };
  /** Ends as expected where the exchange takes it; else refused, and never replaced by something similar. */
  const either = async (offered: boolean, input: Record<string, unknown>, end: string): Promise<void> => {
    if (!offered) return refused(input);
    const { id } = await deskOf(exchange).placed(input);
    expect((await reachesEnd(id)).state).toBe(end);
  };

  test('market orders by size and by quote size', async () => {
    const { symbol, size } = deskOf(exchange).market('ETH');
    const market = { symbol, side: 'BUY', type: 'MARKET' };
    await either(true, { ...market, size }, 'FILLED');
    await either(can.marketByQuoteSize.BUY, { ...market, quoteSize: '150' }, 'FILLED');
    await either(can.marketByQuoteSize.SELL, { ...market, side: 'SELL', quoteSize: '150' }, 'FILLED');
  });

  test('IOC and FOK that find nothing', async () => {
    const market = deskOf(exchange).market('ETH');
    for (const timeInForce of ['IOC', 'FOK'] as const) {
      const offered = can.timesInForce.LIMIT.includes(timeInForce);
      await either(offered, { ...limit(market, '0.8'), timeInForce }, 'EXPIRED');
    }
  });

  test('post-only: rests below the market, ends without a fill where it would cross', async () => {
    const desk = deskOf(exchange);
    const market = desk.market('ETH');
    const input = { ...limit(market, '0.85'), postOnly: true };
    if (!can.postOnly) return refused(input);
    const { id } = await desk.resting(input);
    await cancelOrder(system.trader, id);
    expect((await reachesEnd(id)).state).toBe('CANCELLED');
    const crossing = await desk.placed({ ...limit(market, '1.1'), postOnly: true });
    const end = await reachesEnd(crossing.id);
    expect(['REJECTED', 'CANCELLED', 'EXPIRED']).toContain(end.state);
    expect(end.filledSize).toBe('0');
  });

  test('stops trigger at the exchange, or wait here', async () => {
    const desk = deskOf(exchange);
    const market = desk.market('SOL');
    const stop = { symbol: market.symbol, side: 'SELL', size: market.size };
    const stopLimit = { ...stop, type: 'STOP_LIMIT', price: market.at('0.85'), stopPrice: market.at('0.9') };
    const stopMarket = { ...stop, type: 'STOP_MARKET', stopPrice: market.at('0.9') };
    const placed: string[] = [];
    for (const input of [stopLimit, stopMarket] as const) {
      if (can.orderTypes.some((type) => type === input.type)) placed.push((await desk.resting(input)).id);
      else placed.push((await desk.placed(input)).id);
    }
    await system.venue.price(exchange, market.symbol, market.at('0.89'));
    for (const id of placed) expect((await reachesEnd(id)).state).toBe('FILLED');
  });

  test('a time limit ends the order at its time, by the exchange or by us', async () => {
    const desk = deskOf(exchange);
    const expiresAt = new Date(Date.now() + 4_000).toISOString();
    const market = desk.market('XRP');
    const { id } = await desk.placed({ ...limit(market, '0.9'), timeInForce: 'GTT', expiresAt });
    expect((await reachesEnd(id)).state).toBe(can.timesInForce.LIMIT.includes('GTT') ? 'EXPIRED' : 'CANCELLED');
  });

  test('a submission and a cancel whose answers are lost', async () => {
    const desk = deskOf(exchange);
    const market = desk.market('XRP');
    await system.venue.fault({ exchange, fault: 'ackLost', times: 1, symbol: market.symbol, method: 'submit' });
    const { id } = await desk.placed(limit(market, '0.88'));
    await eventually(
      () => readOrder(system.trader, id),
      (order) => order?.state === 'ACKNOWLEDGED' && isQuiet(order),
      `${exchange}: ${id} is found`,
      60_000,
    );
    await system.venue.fault({ exchange, fault: 'ackLost', times: 1, symbol: market.symbol, method: 'cancel' });
    await cancelOrder(system.trader, id);
    expect((await reachesEnd(id)).state).toBe('CANCELLED');
    const { orders } = await system.venue.ledger(exchange);
    const [leg] = (await readOrder(system.trader, id))?.legs ?? [];
    expect(orders.filter((order) => order.clientId === leg?.venueClientId)).toHaveLength(1);
  });
});

test('the ledgers of all exchanges, added up, are the orders of the database, fill by fill', async () => {
  await booksAgree(system, 60_000);
});
