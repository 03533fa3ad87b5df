import { EXCHANGE_IDS } from '@orderplane/domain';
import type { ExchangeId } from '@orderplane/domain';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { booksAgree } from '../support/books.ts';
import {
  cancelOrder,
  ENDED,
  eventually,
  isQuiet,
  modifyOrder,
  ordersOf,
  readOrder,
  request,
} from '../support/client.ts';
import type { OrderView, UserErrorView } from '../support/client.ts';
import { openDesk } from '../support/desk.ts';
import type { Desk } from '../support/desk.ts';
import { openSystem } from '../support/system.ts';
import type { System } from '../support/system.ts';

/** The kill switch of every exchange: in a burst, with an exchange away, with services killed and Redis emptied. */
let system: System;
const desks = new Map<ExchangeId, Desk>();
beforeAll(async () => {
  system = await openSystem({ serviceEnv: { reconciler: { RESYNC_INTERVAL_MS: '2000' } } });
  for (const exchange of EXCHANGE_IDS) desks.set(exchange, await openDesk(system, exchange));
});
afterAll(() => system?.stop());

interface HaltView {
  readonly halted: boolean;
  readonly halt: {
    readonly cancelOpen: boolean;
    readonly remainingCount: number;
    readonly remaining: readonly { readonly order: { readonly id: string }; readonly why: string }[];
  } | null;
}
interface Answer {
  readonly account: HaltView | null;
  readonly userErrors: readonly UserErrorView[];
}
const FIELDS = 'halted halt { cancelOpen remainingCount remaining { order { id } why } }';
const ANSWER = `{ account { ${FIELDS} } userErrors { code message field } }`;
const halt = async (accountId: string, cancelOpen = true): Promise<Answer> =>
  (
    await request<{ haltAccount: Answer }>(
      system.trader,
      `mutation ($id: ID!, $cancelOpen: Boolean) { haltAccount(accountId: $id, cancelOpen: $cancelOpen) ${ANSWER} }`,
      { id: accountId, cancelOpen },
    )
  ).haltAccount;
const resume = async (accountId: string): Promise<Answer> =>
  (
    await request<{ resumeAccount: Answer }>(
      system.trader,
      `mutation ($id: ID!) { resumeAccount(accountId: $id) ${ANSWER} }`,
      { id: accountId },
    )
  ).resumeAccount;
const accountOf = async (id: string): Promise<HaltView> =>
  (await request<{ account: HaltView }>(system.trader, `query ($id: ID!) { account(id: $id) { ${FIELDS} } }`, { id }))
    .account;

const deskOf = (exchange: ExchangeId): Desk => {
  const desk = desks.get(exchange);
  if (desk === undefined) throw new Error(`no desk of ${exchange}`);
  return desk;
};
const resting = (desk: Desk, base: string, factor = '0.9'): Record<string, unknown> => {
  const market = desk.market(base);
  return { symbol: market.symbol, side: 'BUY', type: 'LIMIT', size: market.size, price: market.at(factor) };
};
const submitsOf = async (exchange: ExchangeId): Promise<number> =>
  (await system.venue.requests(exchange)).filter(({ kind }) => kind === 'submit').length;
const isOver = (order: OrderView | null): boolean => order !== null && ENDED.has(order.state) && isQuiet(order);
/** Nothing is left to be cancelled, and every order of the account has ended. */
const nothingLeft = async (desk: Desk): Promise<void> => {
  await eventually(
    () => accountOf(desk.accountId),
    (account) => account.halt?.remainingCount === 0,
    `${desk.exchange}: nothing is left`,
    60_000,
  );
  await eventually(
    () => ordersOf(system.trader, desk.accountId),
    (orders) => orders.every(isOver),
    `${desk.exchange}: every order has ended`,
    60_000,
  );
};

/** Orders of a burst that was accepted in part. */
async function burst(desk: Desk, count: number, cut: Promise<unknown>): Promise<readonly string[]> {
  let isCut = false;
  void cut.then(() => (isCut = true));
  const accepted: string[] = [];
  const one = async (): Promise<void> => {
    for (let n = 0; n < count && !isCut; n += 1) {
      const { order, userErrors } = await desk.place(resting(desk, 'ETH', '0.85'));
      if (order !== null) accepted.push(order.id);
      else expect(userErrors).toMatchObject([{ code: 'ACCOUNT_HALTED' }]);
    }
  };
  await Promise.all(Array.from({ length: 4 }, one));
  return accepted;
}

test('thrown in the middle of a burst: no submission afterwards, everything ends, and says why', async () => {
  await Promise.all(
    EXCHANGE_IDS.map(async (exchange) => {
      const desk = deskOf(exchange);
      const stays = await desk.resting(resting(desk, 'BTC'));
      // One whose answer is lost: in doubt when the switch is thrown.
      await system.venue.fault({ exchange, fault: 'ackLost', times: 1 });
      let cut: () => void = () => undefined;
      const running = burst(desk, 12, new Promise<void>((resolve) => (cut = resolve)));
      await eventually(
        () => ordersOf(system.trader, desk.accountId),
        (orders) => orders.length >= 6,
        `${exchange}: the burst is on its way`,
      );
      expect((await halt(desk.accountId)).userErrors).toEqual([]);
      const submits = await submitsOf(exchange);
      cut();
      const accepted = await running;
      expect((await desk.place(resting(desk, 'BTC'))).userErrors).toMatchObject([{ code: 'ACCOUNT_HALTED' }]);
      expect(await halt(desk.accountId)).toMatchObject({ account: { halted: true }, userErrors: [] });
      await nothingLeft(desk);
      expect(await submitsOf(exchange), `${exchange}: submissions after the halt`).toBe(submits);
      expect(accepted.length).toBeGreaterThan(0);
      expect(await readOrder(system.trader, stays.id)).toMatchObject({
        state: 'CANCELLED',
        reason: 'the account is halted',
      });
    }),
  );
}, 180_000);

test('what somebody places by hand while it is halted is adopted and left alone', async () => {
  const desk = deskOf('kraken');
  const market = desk.market('BTC');
  const outside = await system.venue.outsideOrder({
    exchange: 'kraken',
    symbol: market.symbol,
    side: 'BUY',
    type: 'LIMIT',
    size: market.size,
    price: market.at('0.8'),
  });
  const adopted = await eventually(
    () => ordersOf(system.trader, desk.accountId),
    (orders) => orders.some(({ exchangeOrderId }) => exchangeOrderId === outside.exchangeOrderId),
    'it is adopted',
  );
  const { id = '' } = adopted.find(({ exchangeOrderId }) => exchangeOrderId === outside.exchangeOrderId) ?? {};
  expect((await accountOf(desk.accountId)).halt).toMatchObject({ remainingCount: 0 });
  expect(await desk.reaches(id, 'ACKNOWLEDGED')).toMatchObject({ status: 'OPEN' });
  // The caller's own cancel is taken; so would be another halt.
  expect((await cancelOrder(system.trader, id)).userErrors).toEqual([]);
  await desk.reaches(id, 'CANCELLED');
});

test('resumed it takes orders again; a halt that leaves open what is open holds changes', async () => {
  await Promise.all(
    EXCHANGE_IDS.map(async (exchange) => {
      const desk = deskOf(exchange);
      expect(await resume(desk.accountId)).toEqual({ account: { halted: false, halt: null }, userErrors: [] });
      const { id, price } = await desk.resting(resting(desk, 'BTC'));
      expect(await halt(desk.accountId, false)).toMatchObject({
        account: { halt: { cancelOpen: false, remainingCount: 0 } },
        userErrors: [],
      });
      const change = { orderId: id, price: desk.market('BTC').at('0.88') };
      expect((await modifyOrder(system.trader, change)).userErrors).toMatchObject([{ code: 'ACCOUNT_HALTED' }]);
      expect(await readOrder(system.trader, id)).toMatchObject({ state: 'ACKNOWLEDGED', price });
      expect((await resume(desk.accountId)).userErrors).toEqual([]);
      expect((await modifyOrder(system.trader, change)).userErrors).toEqual([]);
    }),
  );
}, 60_000);

test('with the exchange away, Redis emptied and services killed: told until it is done, and done', async () => {
  const held = await Promise.all(
    EXCHANGE_IDS.map(async (exchange) => {
      const desk = deskOf(exchange);
      const { id } = await desk.resting(resting(desk, 'BTC', '0.87'));
      await system.venue.fault({ exchange, fault: 'maintenance', ms: 6_000 });
      return { desk, id };
    }),
  );
  await Promise.all(
    held.map(async ({ desk, id }) => {
      const { account, userErrors } = await halt(desk.accountId);
      expect(userErrors).toEqual([]);
      expect(account?.halt?.remaining.map(({ order }) => order.id)).toContain(id);
      expect(account?.halt?.remaining.every(({ why }) => why.length > 10)).toBe(true);
    }),
  );
  const redis = new Redis(system.stack.info.redis);
  await redis.flushall();
  redis.disconnect();
  await system.stack.kill('reconciler');
  await system.stack.kill('order-command');
  await Promise.all(held.map(({ desk }) => nothingLeft(desk)));
  for (const { desk } of held) {
    expect((await resume(desk.accountId)).userErrors).toEqual([]);
    await desk.resting(resting(desk, 'BTC'));
  }
}, 180_000);

test('the books agree with the ledgers', () => booksAgree(system));
