import { EXCHANGE_IDS } from '@orderplane/domain';
import type { ExchangeId } from '@orderplane/domain';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { booksAgree } from '../support/books.ts';
import { cancelOrder, ENDED, eventually, isQuiet, modifyOrder, readOrder } from '../support/client.ts';
import type { OrderView } from '../support/client.ts';
import { openDesk } from '../support/desk.ts';
import type { Desk, Market } from '../support/desk.ts';
import { openSystem } from '../support/system.ts';
import type { System } from '../support/system.ts';

/**
 * A cancel or a change that a client sends right after its order, before the exchange has acknowledged it, always takes
 * effect: whether the acknowledgement is late, lost, or overtaken by a fill. Each case has a market of its own, so that
 * all of them run on all exchanges at the same time.
 */
let system: System;
const desks = new Map<ExchangeId, Desk>();
const symbols = new Map<ExchangeId, readonly string[]>();
beforeAll(async () => {
  system = await openSystem();
  for (const exchange of EXCHANGE_IDS) {
    desks.set(exchange, await openDesk(system, exchange));
    symbols.set(exchange, Object.keys(await system.venue.prices(exchange)).sort());
  }
});
afterAll(() => system?.stop());

const deskOf = (exchange: ExchangeId): Desk => {
  const desk = desks.get(exchange);
  if (desk === undefined) throw new Error(`no desk of ${exchange}`);
  return desk;
};
const marketOf = (exchange: ExchangeId, number: number): Market => {
  const symbol = symbols.get(exchange)?.[number];
  if (symbol === undefined) throw new Error(`${exchange} has no ${number + 1} markets`);
  return deskOf(exchange).market(symbol);
};
/** Proofs of absence take as long as the exchange may still accept the order. */
const PROOF_MS = 90_000;

const quiet = async (id: string, what: string, accept: (order: OrderView) => boolean): Promise<OrderView> => {
  const found = await eventually(
    () => readOrder(system.trader, id),
    (order) => order !== null && isQuiet(order) && accept(order),
    `order ${id} ${what}`,
    PROOF_MS,
  );
  if (found === null) throw new Error(`order ${id} is gone`);
  return found;
};
const hasEnded = (order: OrderView): boolean => ENDED.has(order.state);

describe.concurrent.each(EXCHANGE_IDS)('%s', (exchange) => {
  /** Placed, and on its way: one that is cancelled before it is sent would never reach the exchange. */
  const sent = async (market: Market, fault: Record<string, unknown>): Promise<OrderView> => {
    await system.venue.fault({ exchange, method: 'submit', symbol: market.symbol, times: 1, ...fault });
    const { symbol, size } = market;
    const order = await deskOf(exchange).placed({ symbol, side: 'BUY', type: 'LIMIT', size, price: market.at('0.9') });
    await eventually(
      () => readOrder(system.trader, order.id),
      (found) => found !== null && found.legs.length > 0,
      `order ${order.id} is on its way`,
    );
    return order;
  };
  const cancelled = async (id: string): Promise<OrderView> => {
    expect((await cancelOrder(system.trader, id)).userErrors).toEqual([]);
    return quiet(id, 'has ended', hasEnded);
  };

  test.concurrent.each([
    ['late', 0, { fault: 'delayAnswer', ms: 1_500 }],
    ['lost', 1, { fault: 'ackLost' }],
    ['of a request that arrives late', 2, { fault: 'delay', ms: 1_000 }],
    ['never given, for nothing arrived,', 3, { fault: 'dropBeforeAccept' }],
  ])(
    'cancelled at once, the acknowledgement %s: it ends cancelled',
    { timeout: 120_000 },
    async (_case, number, fault) => {
      const { id } = await sent(marketOf(exchange, number), fault);
      expect(await cancelled(id)).toMatchObject({ state: 'CANCELLED', filledSize: '0' });
    },
  );

  test.concurrent('cancelled in the same breath: it ends cancelled, sent or not', { timeout: 120_000 }, async () => {
    const market = marketOf(exchange, 4);
    const { symbol, size } = market;
    const { id } = await deskOf(exchange).placed({
      symbol,
      side: 'BUY',
      type: 'LIMIT',
      size,
      price: market.at('0.91'),
    });
    expect(await cancelled(id)).toMatchObject({ state: 'CANCELLED', filledSize: '0' });
  });

  test.concurrent('changed at once, the acknowledgement late: it rests as changed', { timeout: 120_000 }, async () => {
    const market = marketOf(exchange, 4);
    const { id } = await sent(market, { fault: 'delayAnswer', ms: 1_500 });
    const price = market.at('0.89');
    expect((await modifyOrder(system.trader, { orderId: id, price })).userErrors).toEqual([]);
    const rests = await quiet(id, 'rests as changed', (order) => order.reconciliation.observedGeneration === 2);
    expect(rests).toMatchObject({ state: 'ACKNOWLEDGED', price });
    await cancelled(id);
  });

  test.concurrent(
    'cancelled at once, crossed by a fill: what the exchange did is what is booked',
    { timeout: 120_000 },
    async () => {
      const market = marketOf(exchange, 5);
      await system.venue.fault({
        exchange,
        method: 'cancel',
        symbol: market.symbol,
        fault: 'delay',
        ms: 1_000,
        times: 1,
      });
      const { id } = await sent(market, { fault: 'delayAnswer', ms: 2_000 });
      const reached = async (): Promise<boolean> =>
        (await system.venue.ledger(exchange)).orders.some(({ symbol }) => symbol === market.symbol);
      await eventually(reached, (isThere) => isThere, 'the order is at the exchange');
      expect((await cancelOrder(system.trader, id)).userErrors).toEqual([]);
      await system.venue.price(exchange, market.symbol, market.at('0.9'));
      const order = await quiet(id, 'has ended', hasEnded);
      // Not every exchange's cancel names its market, so the fault may miss it, and the cancel may win.
      const held = (await system.venue.ledger(exchange)).orders.find(({ symbol }) => symbol === market.symbol);
      expect(order).toMatchObject({ state: held?.status, filledSize: held?.filledSize });
    },
  );
});

test('the books agree with the ledgers', () => booksAgree(system), 60_000);
