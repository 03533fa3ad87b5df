import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXCHANGE_IDS } from '@orderplane/domain';
import { capabilitiesOf } from '@orderplane/exchange/capabilities';
import { differences } from '../support/accounting.ts';
import {
  allOrders,
  cancelOrder,
  ENDED,
  eventually,
  isQuiet,
  modifyOrder,
  ordersOf,
  readOrder,
  request,
} from '../support/client.ts';
import type { OrderView } from '../support/client.ts';
import { openDesk } from '../support/desk.ts';
import type { Desk } from '../support/desk.ts';
import { eventTypes, readDetail } from '../support/detail.ts';
import { openSystem } from '../support/system.ts';
import type { System } from '../support/system.ts';
import { readDoubts, unattributed } from '../support/doubts.ts';

/**
 * On every exchange: whatever way a request ends without an answer, evidence settles it, and the order shows its doubt
 * meanwhile; a stream that is connected and mute is noticed; what the exchange holds and nobody here has placed is
 * recorded, raised and put right.
 */
let system: System;
beforeAll(async () => {
  const env = { SYNC_INTERVAL_STREAMING_MS: '300000', SYNC_INTERVAL_BLIND_MS: '1000', STREAM_SILENCE_MS: '2000' };
  system = await openSystem({
    serviceEnv: { 'sync-worker': { ...env, CALL_TIMEOUT_MS: '3000' }, reconciler: { CALL_TIMEOUT_MS: '3000' } },
  });
});
afterAll(() => system?.stop());

const SETTLES_MS = 90_000;
const HTML = '<html><body><h1>Bad Gateway</h1></body></html>';
const page = (status: number, process: boolean) => ({
  fault: 'rawAnswer',
  ...{ status, process, body: HTML, contentType: 'text/html' },
});
/** Every way in which a request can end without an answer, and two in which it is surely not done. */
const ENDINGS: readonly Record<string, unknown>[] = [
  { fault: 'ackLost' },
  { fault: 'dropBeforeAccept' },
  { fault: 'delay', ms: 4_000 },
  { fault: 'delayAnswer', ms: 4_000 },
  { fault: 'bodyStall' },
  { fault: 'bodyCut' },
  { fault: 'error5xxAfterAccept', status: 504 },
  { fault: 'error5xxBefore', status: 503 },
  page(502, true),
  page(200, true),
  { fault: 'rawAnswer', status: 200, body: '' },
  { fault: 'rateLimit', retryAfterSeconds: 1 },
  { fault: 'maintenance' },
];
/** Submissions are covered one by one by the cards of test/conformance/venues: here those that are not. */
const OF_SUBMITS = ENDINGS.filter(
  ({ fault, status }) =>
    fault === 'ackLost' ||
    fault === 'rateLimit' ||
    fault === 'maintenance' ||
    (fault === 'rawAnswer' && status === 200),
);

describe.concurrent.each(EXCHANGE_IDS)('%s', (exchange) => {
  let desk: Desk;
  const capabilities = capabilitiesOf(exchange);
  beforeAll(async () => {
    desk = await openDesk(system, exchange);
  });
  const limit = (factor: string): Record<string, unknown> => {
    const market = desk.market('BTC');
    return { symbol: market.symbol, side: 'BUY', type: 'LIMIT', size: market.size, price: market.at(factor) };
  };
  const many = (count: number): Promise<OrderView[]> =>
    Promise.all(Array.from({ length: count }, () => desk.placed(limit('0.9'))));
  const inject = (method: string, faults: readonly Record<string, unknown>[]): Promise<unknown> =>
    Promise.all(faults.map((fault) => system.venue.fault({ exchange, method, times: 1, ...fault })));
  const sync = () =>
    request<{ syncOrders: { complete: boolean } }>(
      system.trader,
      'mutation ($id: ID!) { syncOrders(accountId: $id) { complete } }',
      { id: desk.accountId },
    );
  const live = async (): Promise<readonly string[]> =>
    (await system.venue.ledger(exchange)).orders
      .filter(({ status }) => status === 'OPEN')
      .map(({ exchangeOrderId }) => exchangeOrderId);

  test('every way to end without an answer: submit, change, cancel', { concurrent: false }, async () => {
    const changed = await many(ENDINGS.length);
    const cancelled = await many(ENDINGS.length);
    for (const { id } of [...changed, ...cancelled]) await desk.reaches(id, 'ACKNOWLEDGED');
    await system.venue.fault({ exchange, fault: 'streamSilent', ms: 15_000 });
    await inject('submit', OF_SUBMITS);
    await inject('cancel', ENDINGS);
    if (capabilities.amend !== 'none') await inject('amend', ENDINGS);
    const price = desk.market('BTC').at('0.88');
    const [placed] = await Promise.all([
      many(OF_SUBMITS.length),
      ...changed.map(({ id }) => modifyOrder(system.trader, { orderId: id, price })),
      ...cancelled.map(({ id }) => cancelOrder(system.trader, id)),
    ]);
    const ids = new Set([...placed, ...changed, ...cancelled].map(({ id }) => id));
    const doubts = { seen: 0, wrong: new Set<string>() };
    await eventually(
      async () => {
        for (const { id, state, reconciliation } of await readDoubts(system.trader, desk.accountId)) {
          const { status, unknownSince, tried } = reconciliation;
          const shown = status === 'AMBIGUOUS' || status === 'NEEDS_ATTENTION';
          if (shown) doubts.seen += 1;
          if (shown !== (unknownSince !== null) || (shown && tried.length === 0))
            doubts.wrong.add(`${id} ${state} ${JSON.stringify(reconciliation)}`);
        }
        const orders = (await ordersOf(system.trader, desk.accountId)).filter(({ id }) => ids.has(id));
        const proved = orders.filter(
          (order) => isQuiet(order) && order.reconciliation.generation === order.reconciliation.observedGeneration,
        );
        return { proved: proved.length, rest: orders.filter((order) => !proved.includes(order)) };
      },
      ({ proved }) => proved === ids.size,
      'everything is proved',
      SETTLES_MS,
    );
    expect([...doubts.wrong]).toEqual([]);
    expect(doubts.seen).toBeGreaterThan(0);
    const after = new Map((await ordersOf(system.trader, desk.accountId)).map((order) => [order.id, order]));
    expect(placed.map(({ id }) => after.get(id)?.state)).toEqual(placed.map(() => 'ACKNOWLEDGED'));
    expect(changed.map(({ id }) => [after.get(id)?.state, after.get(id)?.price])).toEqual(
      changed.map(() => ['ACKNOWLEDGED', price]),
    );
    expect(cancelled.map(({ id }) => after.get(id)?.state)).toEqual(cancelled.map(() => 'CANCELLED'));
    expect(new Set(await live())).toEqual(
      new Set([...placed, ...changed].map(({ id }) => after.get(id)?.exchangeOrderId)),
    );
    expect(differences([...after.values()], await system.venue.ledger(exchange))).toEqual([]);
    await system.venue.heal(exchange);
    for (const { id } of [...placed, ...changed]) await cancelOrder(system.trader, id);
    for (const { id } of [...placed, ...changed]) await desk.reaches(id, 'CANCELLED');
  });

  test('a stream that is connected and mute is dialled anew, and not relied upon', { concurrent: false }, async () => {
    const told = await desk.resting(limit('0.9'));
    await cancelOrder(system.trader, told.id);
    await desk.reaches(told.id, 'CANCELLED');
    await system.venue.fault({ exchange, fault: 'streamSilent', ms: 60_000 });
    const before = (await muteStreams(system)) ?? 0;
    const { id } = await desk.resting(limit('0.95'));
    await eventually(
      () => muteStreams(system),
      (count) => count !== null && count > before,
      'the silence is noticed',
    );
    const market = desk.market('BTC');
    // Long before the next look at an account whose stream is up, or at an order without news.
    await system.venue.price(exchange, market.symbol, market.at('0.95'));
    await desk.reaches(id, 'FILLED');
    await system.venue.heal(exchange);
    await system.venue.price(exchange, market.symbol, market.last);
  });

  test(
    'executions without an order are kept, shown, and booked when it is found',
    { concurrent: false, timeout: 240_000 },
    async () => {
      const { symbol, third } = desk.market('BTC');
      await system.venue.fault({ exchange, fault: 'streamSilent', ms: 60_000 });
      const [{ exchangeOrderId }] = await Promise.all([
        system.venue
          .outsideOrder({ exchange, symbol, side: 'BUY', type: 'MARKET', size: third })
          .then(async (order) => {
            await system.venue.script('orders/forget', {
              exchange,
              exchangeOrderId: order.exchangeOrderId,
              forgotten: true,
            });
            return order;
          }),
      ]);
      const kept = await eventually(
        async () => {
          await sync();
          return unattributed(system.trader, desk.accountId);
        },
        ({ nodes }) => nodes.some((fill) => fill.exchangeOrderId === exchangeOrderId && fill.tries > 1),
        'the execution is shown',
        SETTLES_MS,
      );
      expect(kept.pendingCount).toBeGreaterThan(0);
      await system.venue.script('orders/forget', { exchange, exchangeOrderId, forgotten: false });
      await eventually(
        async () => {
          await sync();
          return unattributed(system.trader, desk.accountId);
        },
        ({ pendingCount }) => pendingCount === 0,
        'its order is found',
        SETTLES_MS,
      );
      const own = (await ordersOf(system.trader, desk.accountId)).filter(
        (one) => one.exchangeOrderId === exchangeOrderId,
      );
      expect(own.map(({ origin, filledSize }) => [origin, filledSize])).toEqual([['EXTERNAL', third]]);
      await system.venue.heal(exchange);
    },
  );

  test('a second order under our client id: recorded, raised, manageable', { concurrent: false }, async () => {
    const ours = await desk.resting(limit('0.9'));
    const clientId = ours.legs[0]?.venueClientId;
    const theirs = await system.venue.outsideOrder({ exchange, ...limit('0.9'), clientId, repeatsClientId: true });
    const pair = await eventually(
      async () => {
        await sync();
        const all = await readDoubts(system.trader, desk.accountId);
        return all.filter(({ exchangeOrderId }) =>
          [ours.exchangeOrderId, theirs.exchangeOrderId].includes(exchangeOrderId ?? ''),
        );
      },
      (orders) => orders.filter(({ state }) => state === 'ACKNOWLEDGED').length === 2,
      'the second one is an order of its own',
    );
    expect(pair.map(({ reconciliation }) => reconciliation.status)).toEqual(['NEEDS_ATTENTION', 'NEEDS_ATTENTION']);
    expect(pair.map(({ reconciliation }) => reconciliation.attention)).toEqual([
      expect.stringContaining('second order'),
      expect.stringContaining('second order'),
    ]);
    expect(new Set(await live())).toEqual(new Set([ours.exchangeOrderId, theirs.exchangeOrderId]));
    const second = pair.find(({ id }) => id !== ours.id)?.id ?? '';
    expect((await cancelOrder(system.trader, second)).userErrors).toEqual([]);
    await eventually(live, (ids) => ids.join() === ours.exchangeOrderId, 'the second one is cancelled, ours rests');
    expect((await cancelOrder(system.trader, ours.id)).userErrors).toEqual([]);
    await eventually(live, (ids) => ids.length === 0, 'ours is cancelled too');
  });

  test('late executions are booked after every kind of end', { concurrent: false }, async () => {
    const { third } = desk.market('BTC');
    const refused = await desk.resting(limit('0.9'));
    await system.venue.script('orders/reject', { exchange, exchangeOrderId: refused.exchangeOrderId });
    // Some exchanges have no word for it but "cancelled".
    const over = await eventually(
      () => readOrder(system.trader, refused.id),
      (order) => order !== null && ENDED.has(order.state) && isQuiet(order),
      'the refused order has ended',
    );
    const ended = [over as OrderView];
    if (capabilities.timesInForce.LIMIT.includes('IOC')) {
      const { id } = await desk.placed({ ...limit('0.9'), timeInForce: 'IOC' });
      ended.push(await desk.reaches(id, 'EXPIRED'));
    }
    for (const { id, exchangeOrderId, state } of ended) {
      await system.venue.script('orders/execute-late', { exchange, exchangeOrderId, size: third });
      const late = await eventually(
        () => sync().then(() => readDetail(system.trader, id)),
        ({ filledSize }) => filledSize === third,
        `the late execution after ${state} is booked`,
      );
      // A refusal with an execution was none.
      expect(late.state).toBe(state === 'REJECTED' ? 'CANCELLED' : state);
      expect(late.remainingSize).toBe('0');
    }
  });

  test('orders from outside are changed and cancelled here, and end there', { concurrent: false }, async () => {
    const outside = (): Promise<{ exchangeOrderId: string }> =>
      system.venue.outsideOrder({ exchange, ...limit('0.9') });
    const adopted = async ({ exchangeOrderId }: { exchangeOrderId: string }): Promise<OrderView> => {
      const all = await eventually(
        () => sync().then(() => ordersOf(system.trader, desk.accountId)),
        (orders) => orders.some((order) => order.exchangeOrderId === exchangeOrderId),
        'it is adopted',
      );
      const own = all.filter((order) => order.exchangeOrderId === exchangeOrderId);
      expect(own.map(({ origin }) => origin)).toEqual(['EXTERNAL']);
      return own[0] as OrderView;
    };
    const changing = await adopted(await outside());
    const price = desk.market('BTC').at('0.88');
    expect((await modifyOrder(system.trader, { orderId: changing.id, price })).userErrors).toEqual([]);
    const proved = await eventually(
      () => readDetail(system.trader, changing.id),
      (order) => order.reconciliation.observedGeneration === 2 && order.reconciliation.status === 'IN_SYNC',
      'the change is proved',
      SETTLES_MS,
    );
    expect(proved.price).toBe(price);
    expect((await cancelOrder(system.trader, changing.id)).userErrors).toEqual([]);
    await desk.reaches(changing.id, 'CANCELLED');
    const filling = await adopted(await outside());
    const ending = await adopted(await outside());
    await system.venue.outsideCancel(exchange, ending.exchangeOrderId ?? '');
    await desk.reaches(ending.id, 'CANCELLED');
    const market = desk.market('BTC');
    await system.venue.price(exchange, market.symbol, market.at('0.9'));
    await desk.reaches(filling.id, 'FILLED');
    expect(eventTypes(await readDetail(system.trader, filling.id))[0]).toBe('ORDER_ADOPTED');
  });
});

test('the books agree with the ledgers', async () => {
  const found = await eventually(
    async () => {
      const orders = await allOrders(system.trader);
      const wrong: string[] = [];
      for (const exchange of EXCHANGE_IDS) {
        const own = orders.filter((order) => order.exchange === exchange);
        wrong.push(...differences(own, await system.venue.ledger(exchange)));
      }
      return wrong;
    },
    (wrong) => wrong.length === 0,
    'the books agree',
  );
  expect(found).toEqual([]);
});

/** How often any stream was found mute. */
async function muteStreams({ stack }: System): Promise<number | null> {
  const health = stack.info.processes.find(({ name }) => name === 'sync-worker')?.health;
  const text = await (await fetch(`${health}/metrics`)).text();
  const line = text.split('\n').find((one) => one.startsWith('orderplane_mute_streams_total'));
  return line === undefined ? null : Number(line.split(' ').at(-1));
}
