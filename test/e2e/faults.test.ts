import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { booksAgree } from '../support/books.ts';
import { cancelOrder, eventually, isQuiet, modifyOrder, readOrder } from '../support/client.ts';
import type { OrderView } from '../support/client.ts';
import { openDesk } from '../support/desk.ts';
import type { Desk } from '../support/desk.ts';
import { brokenLinks, readDetail } from '../support/detail.ts';
import { EXCHANGES, openSystem } from '../support/system.ts';
import type { CoreExchange, System } from '../support/system.ts';

/**
 * Every fault that an exchange can have, in the middle of a place, a change or a cancel: it converges to what the
 * exchange really holds, and nothing is sent twice while its outcome is unknown. All at once, one market per fault:
 * proving that Binance does not have an order takes about 19 seconds.
 */
let system: System;
beforeAll(async () => {
  system = await openSystem({ serviceEnv: { 'sync-worker': { SYNC_INTERVAL_STREAMING_MS: '3000' } } });
});
afterAll(() => system?.stop());

const SETTLES_MS = 55_000;
interface Fault {
  readonly fault: string;
  readonly base: string;
  readonly ms?: number;
  readonly retryAfterSeconds?: number;
}
/** Faults of one request. */
const FAULTS: readonly Fault[] = [
  { fault: 'ackLost', base: 'BTC' },
  { fault: 'dropBeforeAccept', base: 'ETH' },
  { fault: 'error5xxAfterAccept', base: 'SOL' },
  { fault: 'error5xxBefore', base: 'XRP' },
  { fault: 'bodyStall', base: 'ADA' },
  { fault: 'delay', base: 'DOGE', ms: 1_500 },
  { fault: 'rateLimit', base: 'LTC', retryAfterSeconds: 1 },
  { fault: 'authFail', base: 'DOT' },
  { fault: 'maintenance', base: 'LINK' },
];
/** Faults of one request of a change: in place, or a cancel and then a new order. */
const CHANGES: Readonly<Record<CoreExchange, readonly (Fault & { readonly method: string })[]>> = {
  binance: [
    { method: 'cancel', fault: 'ackLost', base: 'AVAX' },
    { method: 'cancel', fault: 'dropBeforeAccept', base: 'BNB' },
    { method: 'submit', fault: 'error5xxAfterAccept', base: 'BTC-USDC' },
    { method: 'submit', fault: 'dropBeforeAccept', base: 'ETH-USDC' },
  ],
  kraken: [
    { method: 'amend', fault: 'ackLost', base: 'AVAX' },
    { method: 'amend', fault: 'dropBeforeAccept', base: 'BTC-EUR' },
    { method: 'amend', fault: 'error5xxAfterAccept', base: 'ETH-EUR' },
    { method: 'amend', fault: 'bodyStall', base: 'SOL-EUR' },
  ],
};
/** The exchange surely refused: the order is not sent again. */
const REFUSED = new Set(['authFail']);

describe.concurrent.each(EXCHANGES)('%s', (exchange) => {
  const deskOf = (): Promise<Desk> => openDesk(system, exchange);
  const inject = ({ base: _base, ...fault }: Fault, method: string, symbol: string): Promise<void> =>
    system.venue.fault({ exchange, method, symbol, times: 1, ...fault });
  const rest = async (desk: Desk, base: string, factor: string): Promise<OrderView> => {
    const market = desk.market(base);
    return desk.placed({
      symbol: market.symbol,
      side: 'BUY',
      type: 'LIMIT',
      size: market.size,
      price: market.at(factor),
    });
  };
  const live = async (symbol: string): Promise<readonly string[]> =>
    (await system.venue.ledger(exchange)).orders
      .filter((held) => held.symbol === symbol && held.status === 'OPEN')
      .map((held) => held.exchangeOrderId);
  const used = async (symbol: string, method: string): Promise<readonly (string | null)[]> =>
    (await system.venue.requests(exchange))
      .filter((one) => one.symbol === symbol && one.kind === method)
      .map(({ fault }) => fault);

  test.concurrent.each(FAULTS)(
    '$fault on submit, and on cancel',
    async (fault) => {
      const desk = await deskOf();
      const { symbol } = desk.market(fault.base);
      const isRefused = REFUSED.has(fault.fault);
      const other = await rest(desk, fault.base, '0.89');
      await desk.reaches(other.id, 'ACKNOWLEDGED');
      await inject(fault, 'submit', symbol);
      await inject(fault, 'cancel', symbol);
      const submitted = async (): Promise<OrderView> => {
        const { id } = await rest(desk, fault.base, '0.9');
        return desk.reaches(id, isRefused ? 'REJECTED' : 'ACKNOWLEDGED', SETTLES_MS);
      };
      const cancelled = async (): Promise<OrderView> => {
        expect((await cancelOrder(system.trader, other.id)).userErrors).toEqual([]);
        return desk.reaches(other.id, 'CANCELLED', SETTLES_MS);
      };
      const [placed, gone] = await Promise.all([submitted(), cancelled()]);
      expect(await used(symbol, 'submit')).toContain(fault.fault);
      expect(await used(symbol, 'cancel')).toContain(fault.fault);
      expect(await live(symbol)).toEqual(isRefused ? [] : [placed.exchangeOrderId]);
      for (const { id, legs } of [placed, gone]) {
        expect(legs).toHaveLength(1);
        expect(brokenLinks(await readDetail(system.trader, id))).toEqual([]);
      }
    },
    SETTLES_MS + 10_000,
  );

  test.concurrent.each(CHANGES[exchange])(
    '$fault on the $method of a change',
    async (fault) => {
      const desk = await deskOf();
      const market = desk.market(fault.base);
      const { id } = await rest(desk, fault.base, '0.9');
      await desk.reaches(id, 'ACKNOWLEDGED');
      await inject(fault, fault.method, market.symbol);
      expect((await modifyOrder(system.trader, { orderId: id, price: market.at('0.88') })).userErrors).toEqual([]);
      let most = 0;
      const changed = await eventually(
        async () => {
          most = Math.max(most, (await live(market.symbol)).length);
          return readOrder(system.trader, id);
        },
        (order) => order !== null && isQuiet(order) && order.reconciliation.observedGeneration === 2,
        'the change is proved',
        SETTLES_MS,
      );
      expect(await used(market.symbol, fault.method)).toContain(fault.fault);
      expect(changed).toMatchObject({ state: 'ACKNOWLEDGED', price: market.at('0.88') });
      expect(most).toBeLessThanOrEqual(1);
      const open = (await system.venue.ledger(exchange)).orders.filter(
        (held) => held.symbol === market.symbol && held.status === 'OPEN',
      );
      expect(open.map(({ price }) => price)).toEqual([market.at('0.88')]);
      expect(brokenLinks(await readDetail(system.trader, id))).toEqual([]);
    },
    SETTLES_MS + 10_000,
  );
});

test('the books agree with the ledgers', () => booksAgree(system));
