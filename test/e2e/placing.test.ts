import { compare, decimal, multiply, subtract } from '@orderplane/domain';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { booksAgree, ledgerMoney, orderMoney } from '../support/books.ts';
import { openDesk } from '../support/desk.ts';
import type { Desk, Market } from '../support/desk.ts';
import { brokenLinks, eventTypes, readDetail } from '../support/detail.ts';
import type { Detail } from '../support/detail.ts';
import { EXCHANGES, openSystem } from '../support/system.ts';
import type { System } from '../support/system.ts';

/** Every kind of order from the mutation to its end, as the exchange's own ledger tells it. One market each: prices are moved. */
let system: System;
beforeAll(async () => {
  system = await openSystem();
});
afterAll(() => system?.stop());

const BORN = ['ORDER_CREATED', 'ORDER_VALIDATED', 'ORDER_SUBMITTED'];
const ACCEPTED = [...BORN, 'ORDER_ACKNOWLEDGED'];

/** What holds for every order that came to its end or rests: its story, its numbers, its certainty. */
async function inspect(id: string): Promise<Detail> {
  const detail = await readDetail(system.trader, id);
  expect(brokenLinks(detail)).toEqual([]);
  expect(detail.reconciliation).toMatchObject({
    status: 'IN_SYNC',
    generation: 1,
    observedGeneration: 1,
    lastError: null,
  });
  expect(detail.pendingRequests).toEqual([]);
  const ledger = await system.venue.ledger(detail.exchange);
  expect(orderMoney(detail)).toEqual(ledgerMoney(detail, ledger));
  const held = ledger.orders.filter((order) => order.clientId === detail.legs[0]?.venueClientId);
  expect(held.map((order) => order.exchangeOrderId)).toEqual([detail.exchangeOrderId]);
  return detail;
}

describe.each(EXCHANGES)('%s', (exchange) => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await openDesk(system, exchange);
  });
  const buy = (market: Market, terms: Record<string, unknown>): Record<string, unknown> => ({
    symbol: market.symbol,
    side: 'BUY',
    size: market.size,
    ...terms,
  });

  describe.concurrent('orders', () => {
    test('limit: rests, fills in parts, then whole', async () => {
      const market = desk.market('BTC');
      const price = market.at('0.95');
      const accepted = await desk.placed(buy(market, { type: 'LIMIT', price, clientOrderId: 'first-of-all' }));
      expect(accepted).toMatchObject({
        status: 'PENDING',
        origin: 'API',
        clientOrderId: 'first-of-all',
        filledSize: '0',
      });
      await desk.reaches(accepted.id, 'ACKNOWLEDGED');
      const open = await inspect(accepted.id);
      expect(open).toMatchObject({
        status: 'OPEN',
        timeInForce: 'GTC',
        mode: 'LIVE',
        size: market.size,
        price,
        remainingSize: market.size,
      });
      expect(open.legs).toMatchObject([{ state: 'ACKNOWLEDGED', size: market.size, price, endedAt: null }]);
      expect(eventTypes(open)).toEqual(ACCEPTED);

      await system.venue.partialPrice(exchange, market.symbol, price, market.third);
      await desk.reaches(accepted.id, 'PARTIALLY_FILLED');
      const partly = await inspect(accepted.id);
      expect(partly).toMatchObject({
        status: 'OPEN',
        filledSize: market.third,
        remainingSize: subtract(market.size, market.third),
      });
      expect(partly.latency.toDoneMs).toBeNull();

      await system.venue.price(exchange, market.symbol, price);
      await desk.reaches(accepted.id, 'FILLED');
      const filled = await inspect(accepted.id);
      expect(eventTypes(filled)).toEqual([...ACCEPTED, 'ORDER_PARTIALLY_FILLED', 'ORDER_FILLED']);
      expect(filled.events.nodes.map(({ source }) => source)).toEqual([
        'client',
        'system',
        'system',
        'exchange',
        'exchange',
        'exchange',
      ]);
      expect(filled).toMatchObject({
        status: 'FILLED',
        averageFilledPrice: price,
        filledValue: multiply(market.size, price),
        remainingSize: '0',
      });
      expect(filled.legs).toMatchObject([{ state: 'FILLED', filledSize: market.size }]);
      expect(filled.fills.nodes.map(({ size, liquidity }) => [size, liquidity])).toEqual([
        [market.third, 'MAKER'],
        [subtract(market.size, market.third), 'MAKER'],
      ]);
      const { toSubmittedMs, toAcknowledgedMs, toDoneMs } = filled.latency;
      expect([toSubmittedMs, toAcknowledgedMs, toDoneMs]).toEqual(
        [toSubmittedMs, toAcknowledgedMs, toDoneMs].sort((a, b) => Number(a) - Number(b)),
      );
      expect(filled.account.label).toBe(`paper ${exchange}`);
    });

    test('market by size, bought and sold', async () => {
      const market = desk.market('ETH');
      for (const side of ['BUY', 'SELL']) {
        const { id } = await desk.placed({ symbol: market.symbol, side, type: 'MARKET', size: market.size });
        await desk.reaches(id, 'FILLED');
        const filled = await inspect(id);
        expect(filled).toMatchObject({
          status: 'FILLED',
          side,
          filledSize: market.size,
          remainingSize: '0',
          price: null,
        });
        expect(filled.fills.nodes.every((fill) => fill.liquidity === 'TAKER')).toBe(true);
        expect(filled.fees).toHaveLength(1);
        expect(eventTypes(filled).slice(0, 3)).toEqual(BORN);
        expect(eventTypes(filled).at(-1)).toBe('ORDER_FILLED');
      }
    });

    test('market by quote size', async () => {
      const market = desk.market('SOL');
      const sides = exchange === 'kraken' ? ['BUY'] : ['BUY', 'SELL'];
      for (const side of sides) {
        const { id } = await desk.placed({ symbol: market.symbol, side, type: 'MARKET', quoteSize: '100' });
        await desk.reaches(id, 'FILLED');
        const filled = await inspect(id);
        expect(filled).toMatchObject({ status: 'FILLED', quoteSize: '100' });
        // The rest is less than one step of the size is worth.
        expect(compare(filled.filledValue, '100')).toBeLessThanOrEqual(0);
        expect(compare(filled.filledValue, subtract('100', multiply(market.sizeStep, market.at('1.1'))))).toBe(1);
      }
    });

    test('stop-limit: rests unseen by the book, triggers, fills at its limit or better', async () => {
      const market = desk.market('XRP');
      const { id } = await desk.resting({
        symbol: market.symbol,
        side: 'SELL',
        type: 'STOP_LIMIT',
        size: market.size,
        stopPrice: market.at('0.97'),
        price: market.at('0.95'),
      });
      expect(await inspect(id)).toMatchObject({
        type: 'STOP_LIMIT',
        stopPrice: market.at('0.97'),
        price: market.at('0.95'),
        status: 'OPEN',
      });
      await system.venue.price(exchange, market.symbol, market.at('0.98'));
      expect((await readDetail(system.trader, id)).state).toBe('ACKNOWLEDGED');
      await system.venue.price(exchange, market.symbol, market.at('0.969'));
      await desk.reaches(id, 'FILLED');
      const filled = await inspect(id);
      expect(compare(filled.averageFilledPrice ?? '0', market.at('0.95'))).toBeGreaterThanOrEqual(0);
      expect(compare(filled.averageFilledPrice ?? '0', market.at('0.97'))).toBe(-1);
    });

    test('stop-market: triggers and fills at the market', async () => {
      const market = desk.market('ADA');
      const { id } = await desk.resting(buy(market, { type: 'STOP_MARKET', stopPrice: market.at('1.03') }));
      expect(await inspect(id)).toMatchObject({
        type: 'STOP_MARKET',
        stopPrice: market.at('1.03'),
        price: null,
        status: 'OPEN',
      });
      await system.venue.price(exchange, market.symbol, market.at('1.04'));
      await desk.reaches(id, 'FILLED');
      expect(compare((await inspect(id)).averageFilledPrice ?? '0', market.at('1.03'))).toBe(1);
    });

    test('IOC: takes what is there, the rest expires', async () => {
      const market = desk.market('LTC');
      const { ask } = (await system.venue.prices(exchange))[market.symbol] ?? { ask: '' };
      const size = market.onStep(decimal('60000').div(ask).toFixed());
      const { id } = await desk.placed(buy(market, { type: 'LIMIT', price: ask, size, timeInForce: 'IOC' }));
      await desk.reaches(id, 'EXPIRED');
      const expired = await inspect(id);
      expect(compare(expired.filledSize, '0')).toBe(1);
      expect(compare(expired.filledSize, size)).toBe(-1);
      expect(expired).toMatchObject({
        status: 'EXPIRED',
        size,
        remainingSize: '0',
        averageFilledPrice: ask,
        timeInForce: 'IOC',
      });
      expect(eventTypes(expired).at(-1)).toBe('ORDER_EXPIRED');
      expect(expired.reason).not.toBeNull();
    });

    test('IOC: nothing there, nothing filled', async () => {
      const market = desk.market('DOGE');
      const { id } = await desk.placed(buy(market, { type: 'LIMIT', price: market.at('0.9'), timeInForce: 'IOC' }));
      await desk.reaches(id, 'EXPIRED');
      expect(await inspect(id)).toMatchObject({
        status: 'EXPIRED',
        filledSize: '0',
        averageFilledPrice: null,
        fees: [],
      });
    });

    test('FOK: whole or not at all', async () => {
      const market = desk.market('DOT');
      const { ask } = (await system.venue.prices(exchange))[market.symbol] ?? { ask: '' };
      const whole = await desk.placed(buy(market, { type: 'LIMIT', price: market.at('1.02'), timeInForce: 'FOK' }));
      await desk.reaches(whole.id, 'FILLED');
      expect(await inspect(whole.id)).toMatchObject({ filledSize: market.size, timeInForce: 'FOK' });
      const size = market.onStep(decimal('60000').div(ask).toFixed());
      const none = await desk.placed(buy(market, { type: 'LIMIT', price: ask, size, timeInForce: 'FOK' }));
      await desk.reaches(none.id, 'EXPIRED');
      expect(await inspect(none.id)).toMatchObject({ status: 'EXPIRED', filledSize: '0', size });
    });

    test('GTT: ends at its time, at the exchange, not before', async () => {
      const market = desk.market('LINK');
      const expiresAt = new Date(Date.now() + 7_000).toISOString();
      const { id } = await desk.resting(
        buy(market, { type: 'LIMIT', price: market.at('0.9'), timeInForce: 'GTT', expiresAt }),
      );
      expect(await inspect(id)).toMatchObject({ timeInForce: 'GTT', expiresAt, status: 'OPEN' });
      // Where the exchange has no such order it carries a plain one, and our timer asks for its cancel.
      const isNative = exchange === 'kraken';
      await desk.reaches(id, isNative ? 'EXPIRED' : 'CANCELLED', 20_000);
      const over = await readDetail(system.trader, id);
      expect(brokenLinks(over)).toEqual([]);
      expect(over).toMatchObject({ filledSize: '0', pendingRequests: [] });
      const asked = over.events.nodes.find(({ type }) => type === 'CANCEL_REQUESTED');
      expect(asked?.source).toBe(isNative ? undefined : 'system');
      if (asked !== undefined) expect(asked.at >= expiresAt).toBe(true);
      const held = (await system.venue.ledger(exchange)).orders.find(
        (order) => order.exchangeOrderId === over.exchangeOrderId,
      );
      expect(held?.timeInForce).toBe(isNative ? 'GTT' : 'GTC');
      // Kraken counts whole seconds.
      expect(Date.parse(held?.endedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(expiresAt) - 1_000);
    });

    test('GTT stop: a timer of ours where the exchange has none for it', async () => {
      const market = desk.market(exchange === 'kraken' ? 'SOL-EUR' : 'BNB');
      const expiresAt = new Date(Date.now() + 5_000).toISOString();
      const { id } = await desk.resting({
        symbol: market.symbol,
        side: 'SELL',
        type: 'STOP_LIMIT',
        size: market.size,
        stopPrice: market.at('0.9'),
        price: market.at('0.89'),
        timeInForce: 'GTT',
        expiresAt,
      });
      await desk.reaches(id, 'CANCELLED', 20_000);
      const over = await inspect(id);
      expect(over).toMatchObject({ status: 'CANCELLED', filledSize: '0', expiresAt });
      expect((over.events.nodes.at(-1)?.at ?? '') >= expiresAt).toBe(true);
    });

    test('post-only: rests, or is refused where it would trade', async () => {
      const market = desk.market('AVAX');
      const rests = await desk.resting(buy(market, { type: 'LIMIT', price: market.at('0.9'), postOnly: true }));
      expect(await inspect(rests.id)).toMatchObject({ postOnly: true, status: 'OPEN' });
      const ledger = await system.venue.ledger(exchange);
      expect(ledger.orders.find((order) => order.exchangeOrderId === rests.exchangeOrderId)?.postOnly).toBe(true);
      const { id } = await desk.placed(buy(market, { type: 'LIMIT', price: market.at('1.05'), postOnly: true }));
      await desk.reaches(id, 'REJECTED');
      const refused = await readDetail(system.trader, id);
      expect(refused).toMatchObject({ status: 'FAILED', state: 'REJECTED', filledSize: '0', remainingSize: '0' });
      expect(refused.reason).not.toBeNull();
      expect(eventTypes(refused).at(-1)).toBe('ORDER_REJECTED');
      expect(refused.events.nodes.at(-1)?.source).toBe('exchange');
      expect(brokenLinks(refused)).toEqual([]);
    });
  });
});

test('the books agree with the ledgers', () => booksAgree(system));
