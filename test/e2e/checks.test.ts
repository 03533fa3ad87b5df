import { EXCHANGE_IDS, multiply, type ExchangeId } from '@orderplane/domain';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { booksAgree } from '../support/books.ts';
import { cancelOrder, eventually, modifyOrder, ordersOf, request, type UserErrorView } from '../support/client.ts';
import { openDesk, type Desk } from '../support/desk.ts';
import { openSystem, type System } from '../support/system.ts';

/** An account's limits as its user meets them: two processes that decide, every exchange, and each refusal says what to change. */
let system: System;
const desks = new Map<ExchangeId, Desk>();
beforeAll(async () => {
  system = await openSystem({ instances: { 'order-command': 2 } });
  for (const exchange of EXCHANGE_IDS) desks.set(exchange, await openDesk(system, exchange));
});
afterAll(() => system?.stop());

const deskOf = (exchange: ExchangeId): Desk => desks.get(exchange) ?? expect.unreachable(exchange);
const NONE = {
  ...{ maxOrderNotional: null, maxOpenNotional: null, maxOpenOrders: null },
  ...{ priceCollar: null, rejectDuplicates: false },
};
/** These limits and no others. */
async function limit(desk: Desk, limits: Partial<Record<keyof typeof NONE, unknown>>): Promise<void> {
  const risk = 'risk { maxOrderNotional maxOpenNotional maxOpenOrders priceCollar rejectDuplicates }';
  const { setRiskLimits } = await request<{ setRiskLimits: { account: unknown; userErrors: UserErrorView[] } }>(
    system.trader,
    `mutation ($input: RiskInput!) { setRiskLimits(input: $input) { account { ${risk} } userErrors { code message field } } }`,
    { input: { accountId: desk.accountId, ...NONE, ...limits } },
  );
  expect(setRiskLimits).toEqual({ account: { risk: { ...NONE, ...limits } }, userErrors: [] });
}
const buy = (desk: Desk, factor = '0.9') => {
  const market = desk.market('BTC');
  return { symbol: market.symbol, side: 'BUY', type: 'LIMIT', size: market.size, price: market.at(factor) };
};
/** The one refusal; nothing was placed. */
async function refusal(
  answer: Promise<{ order: unknown; userErrors: readonly UserErrorView[] }>,
): Promise<UserErrorView> {
  const { order, userErrors } = await answer;
  expect([order, userErrors.length]).toEqual([null, 1]);
  return userErrors[0] ?? expect.unreachable('no error');
}
async function cancelAll(desk: Desk): Promise<void> {
  await request(
    system.trader,
    'mutation ($input: CancelAllInput!) { cancelAllOrders(input: $input) { userErrors { code } } }',
    { input: { accountId: desk.accountId } },
  );
  await eventually(
    () => ordersOf(system.trader, desk.accountId),
    (orders) => orders.every(({ status }) => status !== 'PENDING' && status !== 'OPEN'),
    'everything has ended',
  );
}

test.each(EXCHANGE_IDS)(
  '%s: a price collar, and what an order at market is worth, by the last price as it is observed',
  async (exchange) => {
    const desk = deskOf(exchange);
    await limit(desk, { priceCollar: '0.05' });
    const far = await refusal(desk.place(buy(desk, '0.5')));
    expect(far).toMatchObject({ code: 'RISK_LIMIT_EXCEEDED', field: ['input', 'price'] });
    expect(far.message).toMatch(/priceCollar 0.05 allows: give \S+ to \S+, or widen the collar/);
    const { id } = await desk.placed(buy(desk, '0.96'));
    expect((await cancelOrder(system.trader, id)).userErrors).toEqual([]);
    await limit(desk, { maxOrderNotional: '1' });
    const { symbol, size, last } = desk.market('BTC');
    const dear = await refusal(desk.place({ symbol, side: 'SELL', type: 'MARKET', size }));
    expect(dear).toMatchObject({ code: 'RISK_LIMIT_EXCEEDED', field: ['input', 'size'] });
    expect(dear.message).toContain(`worth ${multiply(multiply(size, last), '1.05')} USD`);
    await limit(desk, {});
  },
);

test('50 orders at the same time pass no limit of 10, and the exchange gets no more', async () => {
  const desk = deskOf('binance');
  await limit(desk, { maxOpenOrders: 10 });
  const before = (await system.venue.ledger('binance')).orders.length;
  const open = (await ordersOf(system.trader, desk.accountId)).filter(
    ({ status }) => status === 'PENDING' || status === 'OPEN',
  );
  expect(open).toEqual([]);
  const answers = await Promise.all(Array.from({ length: 50 }, () => desk.place(buy(desk))));
  const taken = answers.flatMap(({ order }) => order ?? []);
  expect(taken.length).toBe(10);
  for (const { userErrors } of answers.filter(({ order }) => order === null))
    expect(userErrors[0]).toMatchObject({
      code: 'RISK_LIMIT_EXCEEDED',
      message: expect.stringMatching(/has 10 open orders.*cancel one/) as string,
    });
  for (const { id } of taken) await desk.reaches(id, 'ACKNOWLEDGED');
  expect((await system.venue.ledger('binance')).orders.length).toBe(before + 10);
  // One less, and one more is taken.
  await cancelOrder(system.trader, taken[0]?.id ?? '');
  await desk.reaches(taken[0]?.id ?? '', 'CANCELLED');
  await desk.placed(buy(desk));
  expect((await refusal(desk.place(buy(desk)))).code).toBe('RISK_LIMIT_EXCEEDED');
  await limit(desk, {});
  await cancelAll(desk);
});

test('open notional: dark and foreign orders count; a change may always make less; an end makes room', async () => {
  const desk = deskOf('okx');
  const order = buy(desk);
  const worth = multiply(order.size, order.price);
  await limit(desk, { maxOpenNotional: multiply(worth, '3') });
  const { id } = await desk.resting(order);
  const trigger = { direction: 'AT_OR_BELOW', price: desk.market('BTC').at('0.5') };
  await desk.placed({ ...order, mode: 'DARK', trigger });
  const { symbol, side, size, price } = order;
  await system.venue.outsideOrder({ exchange: 'okx', symbol, side, type: 'LIMIT', size, price });
  await request(system.trader, 'mutation ($id: ID!) { syncOrders(accountId: $id) { complete } }', {
    id: desk.accountId,
  });
  const full = await refusal(desk.place(order));
  expect(full).toMatchObject({ code: 'RISK_LIMIT_EXCEEDED', field: ['input', 'size'] });
  expect(full.message).toContain(`orders worth ${multiply(worth, '3')} are open`);
  const larger = await refusal(modifyOrder(system.trader, { orderId: id, size: multiply(size, '2') }));
  expect(larger).toMatchObject({ code: 'RISK_LIMIT_EXCEEDED', field: ['input', 'size'] });
  const { third } = desk.market('BTC');
  expect((await modifyOrder(system.trader, { orderId: id, size: multiply(third, '2') })).userErrors).toEqual([]);
  await eventually(
    () => desk.place({ ...order, size: third }),
    ({ userErrors }) => userErrors.length === 0,
    'the smaller order makes room',
  );
  await limit(desk, {});
  await cancelAll(desk);
});

test('duplicates: the same symbol, side and price while one is open; a repeat of the same request is no duplicate', async () => {
  const desk = deskOf('kraken');
  await limit(desk, { rejectDuplicates: true });
  const order = { ...buy(desk), clientOrderId: 'the-only-one' };
  const { id } = await desk.resting(order);
  expect((await desk.placed(order)).id).toBe(id);
  const twin = await refusal(desk.place(buy(desk)));
  expect(twin).toMatchObject({ code: 'DUPLICATE_ORDER', field: ['input', 'price'] });
  expect(twin.message).toContain(id);
  await desk.placed(buy(desk, '0.89'));
  await cancelOrder(system.trader, id);
  await desk.reaches(id, 'CANCELLED');
  await desk.placed(buy(desk));
  await limit(desk, {});
  await cancelAll(desk);
});

test('what fires into limits that were lowered since is refused, and never reaches the exchange', async () => {
  const desk = deskOf('coinbase');
  const market = desk.market('ETH');
  const { symbol, size } = market;
  const trigger = { direction: 'AT_OR_BELOW', price: market.at('0.95') };
  const order = { symbol, side: 'BUY', type: 'LIMIT', size, price: market.at('0.9'), mode: 'DARK', trigger };
  const { id } = await desk.placed(order);
  await limit(desk, { maxOrderNotional: '1' });
  const before = (await system.venue.ledger('coinbase')).orders.length;
  await system.venue.price('coinbase', symbol, market.at('0.95'));
  const { reason } = await desk.reaches(id, 'REJECTED');
  expect(reason).toMatch(/^RISK_LIMIT_EXCEEDED when its trigger had fired: the order is worth/);
  expect((await system.venue.ledger('coinbase')).orders.length).toBe(before);
  await limit(desk, {});
});

test('bad limits and those who may not set them: told, and nothing is set', async () => {
  const { accountId } = deskOf('mexc');
  const set = async (input: object, as = system.trader) =>
    (
      await request<{ setRiskLimits: { account: unknown; userErrors: UserErrorView[] } }>(
        as,
        'mutation ($input: RiskInput!) { setRiskLimits(input: $input) { account { id } userErrors { code message field } } }',
        { input: { accountId, ...input } },
      )
    ).setRiskLimits;
  for (const bad of [
    { maxOpenNotional: '-1' },
    { maxOpenOrders: 0 },
    { priceCollar: '5' },
    { maxOrderNotional: '1e3' },
    {},
  ])
    expect(await set(bad)).toMatchObject({ account: null, userErrors: [{ code: 'INVALID_INPUT' }] });
  const viewer = await system.token('viewer', 'trader');
  expect(await set({ maxOpenOrders: 1 }, viewer)).toMatchObject({ userErrors: [{ code: 'FORBIDDEN' }] });
  const stranger = await system.token('trader', 'stranger');
  expect(await set({ maxOpenOrders: 1 }, stranger)).toMatchObject({ userErrors: [{ code: 'NOT_FOUND' }] });
});

test('the books agree with the ledgers', () => booksAgree(system));
