import { add, compare } from '@orderplane/domain';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { booksAgree, ledgerMoney, orderMoney } from '../support/books.ts';
import { cancelOrder, eventually, isQuiet, modifyOrder, readOrder, request } from '../support/client.ts';
import type { OrderView, UserErrorView } from '../support/client.ts';
import { openDesk } from '../support/desk.ts';
import type { Desk } from '../support/desk.ts';
import { brokenLinks, eventTypes, readDetail } from '../support/detail.ts';
import type { Detail } from '../support/detail.ts';
import { EXCHANGES, openSystem } from '../support/system.ts';
import type { System } from '../support/system.ts';
import type { ReceivedRequest } from '../support/venue.ts';

/** Changes and cancels of orders that rest, are partly filled, or have only just been sent. One market each. */
let system: System;
beforeAll(async () => {
  system = await openSystem();
});
afterAll(() => system?.stop());

const ids = (orders: readonly { readonly id: string }[]): string[] => orders.map(({ id }) => id).sort();

describe.each(EXCHANGES)('%s', (exchange) => {
  const amends = exchange === 'kraken';
  let desk: Desk;
  beforeAll(async () => {
    desk = await openDesk(system, exchange);
  });

  const rest = (base: string, factor = '0.9'): Promise<OrderView> => {
    const market = desk.market(base);
    return desk.resting({
      symbol: market.symbol,
      side: 'BUY',
      type: 'LIMIT',
      size: market.size,
      price: market.at(factor),
    });
  };
  const change = async (input: Record<string, unknown>): Promise<void> => {
    expect((await modifyOrder(system.trader, input)).userErrors).toEqual([]);
  };
  /** The change is proved at the exchange. */
  const changed = async (id: string, generation = 2): Promise<Detail> => {
    await eventually(
      () => readOrder(system.trader, id),
      (order) => order?.reconciliation.observedGeneration === generation && order.reconciliation.status === 'IN_SYNC',
      `${exchange}: generation ${generation} of ${id} is proved`,
    );
    const detail = await readDetail(system.trader, id);
    expect(brokenLinks(detail)).toEqual([]);
    expect(orderMoney(detail)).toEqual(ledgerMoney(detail, await system.venue.ledger(exchange)));
    return detail;
  };
  const received = async (symbol: string): Promise<readonly ReceivedRequest[]> =>
    (await system.venue.requests(exchange)).filter(
      (one) => one.symbol === symbol && ['submit', 'cancel', 'amend'].includes(one.kind),
    );

  /** In place, or a cancel whose end is proved before anything new is sent: never two live orders. */
  const changedLawfully = async (detail: Detail): Promise<void> => {
    const kinds = (await received(detail.symbol)).map(({ kind }) => kind);
    expect(kinds).toEqual(amends ? ['submit', 'amend'] : ['submit', 'cancel', 'submit']);
    expect(detail.legs).toHaveLength(amends ? 1 : 2);
    const ledger = await system.venue.ledger(exchange);
    const [first, second] = detail.legs.map((leg) =>
      ledger.orders.find((held) => held.exchangeOrderId === leg.exchangeOrderId),
    );
    if (amends) return;
    expect(first?.status).toBe('CANCELLED');
    expect(Date.parse(second?.createdAt ?? '')).toBeGreaterThanOrEqual(Date.parse(first?.endedAt ?? ''));
    expect(second?.clientId).not.toBe(first?.clientId);
    expect(detail.legs[0]).toMatchObject({ state: 'CANCELLED' });
  };

  describe.concurrent('modify', () => {
    test('price and size of a resting order', async () => {
      const market = desk.market('BTC');
      const { id } = await rest('BTC');
      const size = add(market.size, market.third);
      await change({ orderId: id, price: market.at('0.92'), size });
      const detail = await changed(id);
      expect(detail).toMatchObject({ state: 'ACKNOWLEDGED', price: market.at('0.92'), size, remainingSize: size });
      expect(detail.legs.at(-1)).toMatchObject({ state: 'ACKNOWLEDGED', price: market.at('0.92'), size });
      expect(eventTypes(detail).slice(4)).toEqual(['REPLACE_REQUESTED', 'ORDER_REPLACED']);
      await changedLawfully(detail);
      await system.venue.price(exchange, market.symbol, market.at('0.92'));
      expect((await desk.reaches(id, 'FILLED')).filledSize).toBe(size);
    });

    test('a partly filled order keeps its fills; sizes are totals', async () => {
      const market = desk.market('ETH');
      const { id } = await rest('ETH');
      await system.venue.partialPrice(exchange, market.symbol, market.at('0.9'), market.third);
      await desk.reaches(id, 'PARTIALLY_FILLED');
      const size = add(market.size, market.third);
      await change({ orderId: id, size, price: market.at('0.89') });
      const detail = await changed(id);
      expect(detail).toMatchObject({
        state: 'PARTIALLY_FILLED',
        size,
        filledSize: market.third,
        remainingSize: market.size,
      });
      await changedLawfully(detail);
      if (!amends)
        expect(detail.legs.map((leg) => [leg.size, leg.filledSize])).toEqual([
          [market.size, market.third],
          [market.size, '0'],
        ]);
      await system.venue.price(exchange, market.symbol, market.at('0.89'));
      await desk.reaches(id, 'FILLED');
      const filled = await changed(id);
      expect(filled).toMatchObject({ filledSize: size, remainingSize: '0' });
      expect(compare(filled.averageFilledPrice ?? '0', market.at('0.89'))).toBe(1);
    });

    test('several changes in a row: the last one counts', async () => {
      const market = desk.market('SOL');
      const { id } = await rest('SOL');
      const factors = ['0.89', '0.88', '0.87'];
      for (const factor of factors) await change({ orderId: id, price: market.at(factor) });
      const detail = await changed(id, 4);
      expect(detail).toMatchObject({ state: 'ACKNOWLEDGED', price: market.at('0.87') });
      expect(eventTypes(detail).filter((type) => type === 'REPLACE_REQUESTED')).toHaveLength(3);
      const live = (await system.venue.ledger(exchange)).orders.filter(
        (held) => held.symbol === market.symbol && held.status === 'OPEN',
      );
      expect(live.map(({ price }) => price)).toEqual([market.at('0.87')]);
    });

    test.each([
      ['to', '1'],
      ['below', '2'],
    ])('%s the filled size: ends at what is filled', async (_, thirds) => {
      const market = desk.market(thirds === '1' ? 'XRP' : 'ADA');
      const { id } = await rest(thirds === '1' ? 'XRP' : 'ADA');
      const filledSize = thirds === '1' ? market.third : add(market.third, market.third);
      await system.venue.partialPrice(exchange, market.symbol, market.at('0.9'), filledSize);
      await desk.reaches(id, 'PARTIALLY_FILLED');
      await change({ orderId: id, size: market.third });
      const detail = await changed(id);
      expect(detail).toMatchObject({
        status: 'FILLED',
        state: 'FILLED',
        filledSize,
        remainingSize: '0',
        size: filledSize,
      });
      const held = (await system.venue.ledger(exchange)).orders.filter((order) => order.symbol === market.symbol);
      expect(held.map(({ status }) => status)).toEqual(['CANCELLED']);
    });

    test('the trigger of a stop order', async () => {
      const market = desk.market('LTC');
      const { id } = await desk.resting({
        symbol: market.symbol,
        side: 'SELL',
        type: 'STOP_LIMIT',
        size: market.size,
        stopPrice: market.at('0.95'),
        price: market.at('0.94'),
      });
      await change({ orderId: id, stopPrice: market.at('0.9'), price: market.at('0.89') });
      const detail = await changed(id);
      expect(detail).toMatchObject({ state: 'ACKNOWLEDGED', stopPrice: market.at('0.9'), price: market.at('0.89') });
      const live = (await system.venue.ledger(exchange)).orders.filter(
        (held) => held.symbol === market.symbol && held.status === 'OPEN',
      );
      expect(live.map(({ stopPrice, price }) => [stopPrice, price])).toEqual([[market.at('0.9'), market.at('0.89')]]);
      await system.venue.price(exchange, market.symbol, market.at('0.93'));
      expect((await readDetail(system.trader, id)).state).toBe('ACKNOWLEDGED');
    });

    test('right after it was placed', async () => {
      const market = desk.market('DOT');
      const { id } = await desk.placed({
        symbol: market.symbol,
        side: 'BUY',
        type: 'LIMIT',
        size: market.size,
        price: market.at('0.9'),
      });
      await change({ orderId: id, price: market.at('0.88') });
      expect(await changed(id)).toMatchObject({ state: 'ACKNOWLEDGED', price: market.at('0.88') });
      const live = (await system.venue.ledger(exchange)).orders.filter(
        (held) => held.symbol === market.symbol && held.status === 'OPEN',
      );
      expect(live.map(({ price }) => price)).toEqual([market.at('0.88')]);
    });

    test('a change that the exchange refuses leaves the order as it was', async () => {
      const market = desk.market('LINK');
      const { id } = await desk.resting({
        symbol: market.symbol,
        side: 'BUY',
        type: 'LIMIT',
        size: market.size,
        price: market.at('0.9'),
        postOnly: true,
      });
      // Post-only, and it would trade at once. In two steps the old order is gone by then: the refusal ends it.
      await change({ orderId: id, price: market.at('1.1') });
      const over = await eventually(
        () => readOrder(system.trader, id),
        (order) => order !== null && order.pendingRequests.length === 0 && order.reconciliation.status === 'IN_SYNC',
        'the refused change is settled',
      );
      const detail = await readDetail(system.trader, id);
      expect(brokenLinks(detail)).toEqual([]);
      if (amends) expect(over).toMatchObject({ state: 'ACKNOWLEDGED', price: market.at('0.9') });
      else expect(detail.status).not.toBe('OPEN');
      expect(eventTypes(detail)).toContain('REPLACE_REJECTED');
    });
  });

  /** Markets of their own, so that prices can be moved. */
  const spare = exchange === 'kraken' ? ['BTC-EUR', 'ETH-EUR'] : ['BTC-USDC', 'ETH-USDC'];

  describe.concurrent('two things at once', () => {
    test('a change keeps the time at which the order ends', async () => {
      const market = desk.market(spare[0] ?? '');
      const expiresAt = new Date(Date.now() + 7_000).toISOString();
      const { id } = await desk.resting({
        symbol: market.symbol,
        side: 'BUY',
        type: 'LIMIT',
        size: market.size,
        price: market.at('0.9'),
        timeInForce: 'GTT',
        expiresAt,
      });
      await change({ orderId: id, price: market.at('0.88') });
      expect(await changed(id)).toMatchObject({ state: 'ACKNOWLEDGED', price: market.at('0.88'), expiresAt });
      await desk.reaches(id, amends ? 'EXPIRED' : 'CANCELLED', 20_000);
      const { events } = await readDetail(system.trader, id);
      expect(Date.parse(events.nodes.at(-1)?.at ?? '')).toBeGreaterThanOrEqual(Date.parse(expiresAt) - 1_000);
    });

    test('cancelled while it is being changed', async () => {
      const market = desk.market(spare[1] ?? '');
      const orders = await Promise.all(['0.9', '0.89', '0.88', '0.87'].map((factor) => rest(spare[1] ?? '', factor)));
      await Promise.all(
        orders.map(async ({ id }) => {
          await change({ orderId: id, price: market.at('0.8') });
          expect((await cancelOrder(system.trader, id)).userErrors).toEqual([]);
        }),
      );
      for (const { id } of orders) {
        await desk.reaches(id, 'CANCELLED');
        expect(brokenLinks(await readDetail(system.trader, id))).toEqual([]);
      }
    });

    test('filled while it is being changed or cancelled', async () => {
      const base = exchange === 'kraken' ? 'SOL-EUR' : 'BNB';
      const market = desk.market(base);
      const orders = await Promise.all(Array.from({ length: 8 }, () => rest(base, '0.9')));
      const wishes = orders.map(async ({ id }, index) => {
        const answer = await (index % 2 === 0
          ? cancelOrder(system.trader, id)
          : modifyOrder(system.trader, { orderId: id, price: market.at('0.85') }));
        // Too late is an answer too.
        for (const { code } of answer.userErrors) expect(code).toBe('INVALID_STATE_TRANSITION');
      });
      const fills = orders.map(() => system.venue.partialPrice(exchange, market.symbol, market.at('0.9'), market.size));
      await Promise.all([...wishes, ...fills]);
      for (const { id } of orders) {
        const order = await eventually(
          () => readOrder(system.trader, id),
          (seen) => seen !== null && isQuiet(seen),
          'it is settled',
        );
        expect(['FILLED', 'CANCELLED', 'ACKNOWLEDGED', 'PARTIALLY_FILLED']).toContain(order?.state);
        const detail = await readDetail(system.trader, id);
        expect(brokenLinks(detail)).toEqual([]);
        expect(orderMoney(detail)).toEqual(ledgerMoney(detail, await system.venue.ledger(exchange)));
      }
    });
  });

  describe.concurrent('cancel', () => {
    test('one resting order, twice', async () => {
      const { id } = await rest('AVAX');
      const [first, second] = await Promise.all([cancelOrder(system.trader, id), cancelOrder(system.trader, id)]);
      // On a busy machine the second may come when the first is carried out: then it is told so.
      const errors = [...first.userErrors, ...second.userErrors];
      expect(errors.length).toBeLessThanOrEqual(1);
      for (const { code } of errors) expect(code).toBe('INVALID_STATE_TRANSITION');
      await desk.reaches(id, 'CANCELLED');
      const detail = await changed(id);
      expect(eventTypes(detail).slice(4)).toEqual(['CANCEL_REQUESTED', 'ORDER_CANCELLED']);
      expect(detail.events.nodes.slice(4).map(({ source }) => source)).toEqual(['client', 'exchange']);
      expect((await received(detail.symbol)).map(({ kind }) => kind)).toEqual(['submit', 'cancel']);
      expect((await cancelOrder(system.trader, id)).userErrors).toMatchObject([{ code: 'INVALID_STATE_TRANSITION' }]);
    });

    test('a partly filled order keeps its fills', async () => {
      const market = desk.market('DOGE');
      const { id } = await rest('DOGE');
      await system.venue.partialPrice(exchange, market.symbol, market.at('0.9'), market.third);
      await desk.reaches(id, 'PARTIALLY_FILLED');
      await cancelOrder(system.trader, id);
      await desk.reaches(id, 'CANCELLED');
      expect(await changed(id)).toMatchObject({
        status: 'CANCELLED',
        filledSize: market.third,
        remainingSize: '0',
        size: market.size,
      });
    });

    test('right after it was placed: sent the moment the exchange knows the order, or never placed', async () => {
      const { symbol } = desk.market('LTC');
      const market = desk.market(symbol);
      const orders = await Promise.all(
        Array.from({ length: 5 }, async () => {
          const { id } = await desk.placed({
            symbol,
            side: 'BUY',
            type: 'LIMIT',
            size: market.size,
            price: market.at('0.9'),
          });
          expect((await cancelOrder(system.trader, id)).userErrors).toEqual([]);
          return id;
        }),
      );
      for (const id of orders) await desk.reaches(id, 'CANCELLED');
      const open = (await system.venue.ledger(exchange)).orders.filter(
        (held) => held.symbol === symbol && held.side === 'BUY' && held.status === 'OPEN',
      );
      expect(open).toEqual([]);
    });
  });

  test('cancel all: by symbol, by side, the rest', async () => {
    const cancelAll = async (terms: Record<string, unknown>): Promise<string[]> => {
      const { cancelAllOrders } = await request<{
        cancelAllOrders: { requested: { id: string }[]; userErrors: UserErrorView[] };
      }>(
        system.trader,
        'mutation ($input: CancelAllInput!) { cancelAllOrders(input: $input) { requested { id } userErrors { code message } } }',
        { input: { accountId: desk.accountId, ...terms } },
      );
      expect(cancelAllOrders.userErrors).toEqual([]);
      return ids(cancelAllOrders.requested);
    };
    await cancelAll({});
    await eventually(
      () => openIds(desk),
      (open) => open.length === 0,
      'nothing is open',
    );
    const [btc, eth] = [desk.market('BTC'), desk.market('ETH')];
    const place = (market: typeof btc, side: 'BUY' | 'SELL'): Promise<OrderView> =>
      desk.resting({
        symbol: market.symbol,
        side,
        type: 'LIMIT',
        size: market.size,
        price: market.at(side === 'BUY' ? '0.7' : '1.3'),
      });
    const [a, b, c, d] = await Promise.all([
      place(btc, 'BUY'),
      place(btc, 'SELL'),
      place(eth, 'BUY'),
      place(eth, 'SELL'),
    ]);
    expect(await cancelAll({ symbol: btc.symbol, side: 'BUY' })).toEqual(ids([a]));
    await desk.reaches(a.id, 'CANCELLED');
    expect(await openIds(desk)).toEqual(ids([b, c, d]));
    expect(await cancelAll({ side: 'SELL' })).toEqual(ids([b, d]));
    for (const order of [b, d]) await desk.reaches(order.id, 'CANCELLED');
    expect(await cancelAll({ symbol: btc.symbol })).toEqual([]);
    expect(await cancelAll({})).toEqual(ids([c]));
    await desk.reaches(c.id, 'CANCELLED');
    expect(await openIds(desk)).toEqual([]);
  });
});

/** As the exchange says now. */
async function openIds(desk: Desk): Promise<string[]> {
  const { openOrders } = await request<{ openOrders: { orders: { id: string }[] } }>(
    system.trader,
    'query ($id: ID!) { openOrders(accountId: $id, maxAgeSeconds: 0) { orders { id } } }',
    { id: desk.accountId },
  );
  return ids(openOrders.orders);
}

test('the books agree with the ledgers', () => booksAgree(system));
