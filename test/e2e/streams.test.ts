import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { booksAgree } from '../support/books.ts';
import { eventually, request } from '../support/client.ts';
import { openDesk } from '../support/desk.ts';
import type { Desk } from '../support/desk.ts';
import { brokenLinks, eventTypes, readDetail } from '../support/detail.ts';
import { EXCHANGES, openSystem } from '../support/system.ts';
import type { System } from '../support/system.ts';

/** Streams are hints: cut, silent, repeated, out of order or late, every execution is booked once; lists that hide orders end none. */
let system: System;
beforeAll(async () => {
  system = await openSystem({ serviceEnv: { 'sync-worker': { SYNC_INTERVAL_STREAMING_MS: '3000' } } });
});
afterAll(() => system?.stop());

const FAULTS = [
  { fault: 'streamDrop', base: 'BTC', ms: 1_500 },
  { fault: 'streamSilent', base: 'ETH', ms: 2_500 },
  { fault: 'streamDuplicate', base: 'SOL', ms: 2_500 },
  { fault: 'streamReorder', base: 'XRP', ms: 2_500 },
  { fault: 'streamDelay', base: 'ADA', ms: 700, durationMs: 2_500 },
] as const;

describe.concurrent.each(EXCHANGES)('%s', (exchange) => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await openDesk(system, exchange);
  });

  test.each(FAULTS)(
    '$fault while an order is placed and filled in parts',
    { concurrent: false },
    async ({ base, ...fault }) => {
      const market = desk.market(base);
      const price = market.at('0.95');
      const resting = await desk.resting({
        symbol: market.symbol,
        side: 'BUY',
        type: 'LIMIT',
        size: market.size,
        price,
      });
      await system.venue.fault({ exchange, ...fault });
      const { id } = await desk.placed({ symbol: market.symbol, side: 'BUY', type: 'LIMIT', size: market.size, price });
      await eventually(
        () => system.venue.ledger(exchange),
        ({ orders }) => orders.filter((held) => held.symbol === market.symbol && held.status === 'OPEN').length === 2,
        'both rest at the exchange',
      );
      for (let part = 1; part <= 6; part += 1)
        await system.venue.partialPrice(exchange, market.symbol, price, market.third);
      for (const order of [resting.id, id]) {
        await desk.reaches(order, 'FILLED');
        const filled = await readDetail(system.trader, order);
        expect(filled).toMatchObject({ filledSize: market.size, averageFilledPrice: price });
        expect(filled.fills.nodes).toHaveLength(3);
        expect(brokenLinks(filled)).toEqual([]);
      }
      await system.venue.heal(exchange);
    },
  );

  test('hideFromOpenOrders: what a list does not show is looked up, not ended', { concurrent: false }, async () => {
    const market = desk.market('DOT');
    const { id } = await desk.resting({
      symbol: market.symbol,
      side: 'BUY',
      type: 'LIMIT',
      size: market.size,
      price: market.at('0.9'),
    });
    await system.venue.fault({ exchange, fault: 'hideFromOpenOrders', ms: 2_500 });
    const { syncOrders } = await request<{ syncOrders: { fresh: boolean } }>(
      system.trader,
      'mutation ($id: ID!) { syncOrders(accountId: $id) { fresh } }',
      { id: desk.accountId },
    );
    expect(syncOrders.fresh).toBe(true);
    await eventually(
      () => readDetail(system.trader, id),
      (seen) => eventTypes(seen).includes('OUTCOME_RESOLVED'),
      'the doubt is resolved',
    );
    await desk.reaches(id, 'ACKNOWLEDGED');
    await system.venue.heal(exchange);
    const detail = await readDetail(system.trader, id);
    expect(brokenLinks(detail)).toEqual([]);
    expect(eventTypes(detail).filter((type) => type.startsWith('ORDER_'))).toEqual([
      'ORDER_CREATED',
      'ORDER_VALIDATED',
      'ORDER_SUBMITTED',
      'ORDER_ACKNOWLEDGED',
    ]);
  });
});

test('the books agree with the ledgers', () => booksAgree(system));
