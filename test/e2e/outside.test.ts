import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { add } from '@orderplane/domain';
import { booksAgree } from '../support/books.ts';
import { allOrders, cancelOrder, eventually, modifyOrder, request } from '../support/client.ts';
import type { OrderView } from '../support/client.ts';
import { openDesk } from '../support/desk.ts';
import type { Desk, Market } from '../support/desk.ts';
import { brokenLinks, eventTypes, readDetail } from '../support/detail.ts';
import { EXCHANGES, openSystem } from '../support/system.ts';
import type { System } from '../support/system.ts';

/** Other clients trade in the same account: their orders are adopted once and can be handled like our own. */
let system: System;
beforeAll(async () => {
  system = await openSystem();
});
afterAll(() => system?.stop());

describe.each(EXCHANGES)('%s', (exchange) => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await openDesk(system, exchange);
  });
  const outside = (market: Market, terms: Record<string, unknown>) =>
    system.venue.outsideOrder({
      exchange,
      symbol: market.symbol,
      side: 'BUY',
      type: 'LIMIT',
      size: market.size,
      price: market.at('0.9'),
      ...terms,
    });
  const withId = async (exchangeOrderId: string): Promise<readonly OrderView[]> =>
    (await allOrders(system.trader)).filter(
      (order) => order.exchange === exchange && order.exchangeOrderId === exchangeOrderId,
    );
  const adopted = async (exchangeOrderId: string): Promise<string> => {
    const found = await eventually(
      () => withId(exchangeOrderId),
      (orders) => orders.length > 0,
      `${exchange} ${exchangeOrderId} is adopted`,
    );
    return found[0]?.id ?? '';
  };
  const sync = () =>
    request<{ syncOrders: { adopted: number; complete: boolean } }>(
      system.trader,
      'mutation ($id: ID!) { syncOrders(accountId: $id) { adopted complete } }',
      {
        id: desk.accountId,
      },
    );

  describe.concurrent('an order of another client', () => {
    test('is adopted once, whoever sees it first', async () => {
      const market = desk.market('BTC');
      const [placed] = await Promise.all([outside(market, { clientId: 'theirs' }), sync(), sync()]);
      await Promise.all([sync(), sync(), sync()]);
      const id = await adopted(placed.exchangeOrderId);
      expect(await withId(placed.exchangeOrderId)).toHaveLength(1);
      await desk.reaches(id, 'ACKNOWLEDGED');
      const detail = await readDetail(system.trader, id);
      expect(detail).toMatchObject({
        origin: 'EXTERNAL',
        status: 'OPEN',
        symbol: market.symbol,
        side: 'BUY',
        type: 'LIMIT',
        size: market.size,
        price: market.at('0.9'),
        reconciliation: { status: 'IN_SYNC', generation: 1, observedGeneration: 1 },
      });
      expect(eventTypes(detail)).toEqual(['ORDER_ADOPTED', 'ORDER_ACKNOWLEDGED']);
      expect(brokenLinks(detail)).toEqual([]);
    });

    test('can be changed and cancelled', async () => {
      const market = desk.market('ETH');
      const { exchangeOrderId } = await outside(market, {});
      const id = await adopted(exchangeOrderId);
      const size = add(market.size, market.third);
      expect((await modifyOrder(system.trader, { orderId: id, price: market.at('0.88'), size })).userErrors).toEqual(
        [],
      );
      await eventually(
        () => readDetail(system.trader, id),
        (order) => order.reconciliation.observedGeneration === 2 && order.reconciliation.status === 'IN_SYNC',
        'the change is proved',
      );
      const live = (await system.venue.ledger(exchange)).orders.filter(
        (held) => held.symbol === market.symbol && held.status === 'OPEN',
      );
      expect(live.map((held) => [held.price, held.size])).toEqual([[market.at('0.88'), size]]);
      expect((await cancelOrder(system.trader, id)).userErrors).toEqual([]);
      await desk.reaches(id, 'CANCELLED');
    });

    test('its fills are booked', async () => {
      const market = desk.market('SOL');
      const { exchangeOrderId } = await outside(market, {});
      const id = await adopted(exchangeOrderId);
      await system.venue.partialPrice(exchange, market.symbol, market.at('0.9'), market.third);
      expect((await desk.reaches(id, 'PARTIALLY_FILLED')).filledSize).toBe(market.third);
      await system.venue.price(exchange, market.symbol, market.at('0.9'));
      expect(await desk.reaches(id, 'FILLED')).toMatchObject({
        filledSize: market.size,
        averageFilledPrice: market.at('0.9'),
      });
    });

    test('that was filled before anybody looked is adopted with its fill', async () => {
      const market = desk.market('XRP');
      const { exchangeOrderId } = await system.venue.outsideOrder({
        exchange,
        symbol: market.symbol,
        side: 'BUY',
        type: 'MARKET',
        size: market.size,
      });
      const id = await adopted(exchangeOrderId);
      expect(await desk.reaches(id, 'FILLED')).toMatchObject({ origin: 'EXTERNAL', filledSize: market.size });
    });

    test('that the exchange cancels ends here', async () => {
      const market = desk.market('ADA');
      const theirs = await outside(market, {});
      const own = await desk.resting({
        symbol: market.symbol,
        side: 'BUY',
        type: 'LIMIT',
        size: market.size,
        price: market.at('0.9'),
      });
      const id = await adopted(theirs.exchangeOrderId);
      for (const exchangeOrderId of [theirs.exchangeOrderId, own.exchangeOrderId ?? ''])
        await system.venue.outsideCancel(exchange, exchangeOrderId);
      for (const order of [id, own.id]) {
        await desk.reaches(order, 'CANCELLED');
        const detail = await readDetail(system.trader, order);
        expect(detail.reason).not.toBeNull();
        expect(detail.events.nodes.at(-1)).toMatchObject({ type: 'ORDER_CANCELLED', source: 'exchange' });
        expect((await cancelOrder(system.trader, order)).userErrors).toMatchObject([
          { code: 'INVALID_STATE_TRANSITION' },
        ]);
      }
    });

    test('that takes our resting order fills it', async () => {
      const market = desk.market('LTC');
      const { bid } = (await system.venue.prices(exchange))[market.symbol] ?? { bid: '' };
      // The best bid of the book, so that the next seller meets it first.
      const own = await desk.resting({
        symbol: market.symbol,
        side: 'BUY',
        type: 'LIMIT',
        size: market.size,
        price: add(bid, market.priceStep),
        postOnly: true,
      });
      const theirs = await system.venue.outsideOrder({
        exchange,
        symbol: market.symbol,
        side: 'SELL',
        type: 'MARKET',
        size: market.third,
      });
      expect((await desk.reaches(own.id, 'PARTIALLY_FILLED')).filledSize).toBe(market.third);
      expect(await desk.reaches(await adopted(theirs.exchangeOrderId), 'FILLED')).toMatchObject({
        side: 'SELL',
        filledSize: market.third,
      });
      await cancelOrder(system.trader, own.id);
      await desk.reaches(own.id, 'CANCELLED');
    });
  });
});

test('what happened while nobody watched is seen afterwards', async () => {
  await system.stack.down('sync-worker');
  const seen: { readonly exchangeOrderId: string; readonly state: string; readonly exchange: string }[] = [];
  for (const exchange of EXCHANGES) {
    const market = (await openDesk(system, exchange)).market('DOGE');
    const terms = { exchange, symbol: market.symbol, side: 'BUY', size: market.size };
    const rests = await system.venue.outsideOrder({ ...terms, type: 'LIMIT', price: market.at('0.9') });
    const partly = await system.venue.outsideOrder({ ...terms, type: 'LIMIT', price: market.at('0.95') });
    await system.venue.partialPrice(exchange, market.symbol, market.at('0.95'), market.third);
    const filled = await system.venue.outsideOrder({ ...terms, type: 'MARKET' });
    seen.push(
      { ...rests, exchange, state: 'ACKNOWLEDGED' },
      { ...partly, exchange, state: 'PARTIALLY_FILLED' },
      { ...filled, exchange, state: 'FILLED' },
    );
  }
  await system.stack.up('sync-worker');
  const states = async (): Promise<readonly string[]> => {
    const orders = await allOrders(system.trader);
    return seen.map((one) =>
      orders
        .filter((order) => order.exchange === one.exchange && order.exchangeOrderId === one.exchangeOrderId)
        .map(({ state }) => state)
        .join(),
    );
  };
  await eventually(
    states,
    (found) => JSON.stringify(found) === JSON.stringify(seen.map(({ state }) => state)),
    'all of them are adopted, once',
  );
});

test('the books agree with the ledgers', () => booksAgree(system));
