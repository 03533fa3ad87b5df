import { add, compare, divide, EXCHANGE_IDS, multiply, subtract, sum, type ExchangeId } from '@orderplane/domain';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  cancelOrder,
  eventually,
  isQuiet,
  modifyOrder,
  ordersOf,
  readOrder,
  request,
  type Endpoint,
} from '../support/client.ts';
import { openDesk, type Desk } from '../support/desk.ts';
import { openSystem, type System } from '../support/system.ts';

interface Balance {
  readonly asset: string;
  readonly free: string;
  readonly locked: string;
  readonly total: string;
}

/** What an account owns, what it has at stake, and how fresh that is: told as the exchange has it, and asked for no more than needed. */
let system: System;
const desks = new Map<ExchangeId, Desk>();
beforeAll(async () => {
  system = await openSystem({ instances: { gateway: 2 } });
  for (const exchange of EXCHANGE_IDS) desks.set(exchange, await openDesk(system, exchange));
});
afterAll(() => system?.stop());
const deskOf = (exchange: ExchangeId): Desk => desks.get(exchange) ?? expect.unreachable(exchange);

describe.concurrent.each(EXCHANGE_IDS)('%s', (exchange) => {
  test('what is not covered is refused before it is sent, and the refusal says how much is there', async () => {
    const desk = deskOf(exchange);
    const market = desk.market('ETH');
    const order = { symbol: market.symbol, type: 'LIMIT' };
    // Every account has a million of each quote, and the same worth of each base.
    const size = market.onStep(divide('1200000', market.last));
    for (const [side, factor] of [
      ['BUY', '0.9'],
      ['SELL', '1.1'],
    ] as const) {
      const { order: none, userErrors } = await desk.place({ ...order, side, size, price: market.at(factor) });
      expect(none).toBeNull();
      expect(userErrors[0]).toMatchObject({ code: 'INSUFFICIENT_FUNDS', field: ['input', 'size'] });
      expect(userErrors[0]?.message).toMatch(/needs \S+ \S+, .* has \S+ \S+ free .*: make it smaller/);
    }
    const { orders } = await system.venue.ledger(exchange);
    const isSo = (one: (typeof orders)[number]) => one.symbol === market.symbol && compare(one.size ?? '0', size) >= 0;
    expect(orders.filter(isSo)).toEqual([]);
  });

  test('a change is held against what is free beside what its order holds, and balances show both', async () => {
    const desk = deskOf(exchange);
    const market = desk.market('ETH');
    const price = market.at('0.9');
    const { id } = await desk.resting({ symbol: market.symbol, side: 'BUY', type: 'LIMIT', size: market.size, price });
    const { order, userErrors } = await modifyOrder(system.trader, {
      orderId: id,
      size: market.onStep(divide('1200000', market.last)),
    });
    expect(userErrors).toMatchObject([{ code: 'INSUFFICIENT_FUNDS', field: ['input', 'size'] }]);
    expect(userErrors[0]?.message).toMatch(/the change needs \S+ \S+ more, .* has \S+ \S+ free .*: make it smaller/);
    expect(order).toBeNull();
    expect(await readOrder(system.trader, id)).toMatchObject({ size: market.size, state: 'ACKNOWLEDGED' });
    const { balances } = await request<{ balances: { balances: readonly Balance[]; positions: readonly unknown[] } }>(
      system.trader,
      `query ($id: ID!) { balances(accountId: $id, maxAgeSeconds: 0) {
        balances { asset free locked total } positions { symbol size } fresh complete userErrors { code } } }`,
      { id: desk.accountId },
    );
    expect(balances).toMatchObject({ fresh: true, complete: true, userErrors: [] });
    const quote = balances.balances.find(({ asset }) => asset === market.symbol.split('-')[1]);
    if (quote === undefined) throw new Error(`no quote in ${JSON.stringify(balances)}`);
    expect(compare(quote.locked, multiply(market.size, price))).toBeGreaterThanOrEqual(0);
    expect(quote.total).toBe(add(quote.free, quote.locked));
    // Half of it more is covered.
    const larger = add(market.size, market.third);
    expect((await modifyOrder(system.trader, { orderId: id, size: larger })).userErrors).toEqual([]);
    await eventually(
      () => readOrder(system.trader, id),
      (one) => one !== null && isQuiet(one) && one.size === larger,
      `${exchange} order ${id} has ${larger}`,
    );
    await cancelOrder(system.trader, id);
  });

  test('exposure is the sum of the exchange’s ledger, with what waits here on top', async () => {
    const desk = deskOf(exchange);
    const market = desk.market('BTC');
    const buy = { symbol: market.symbol, side: 'BUY', type: 'LIMIT', size: market.size };
    const { id: changed } = await desk.resting({ ...buy, price: market.at('0.8') });
    const { id: partly } = await desk.resting({ ...buy, price: market.at('0.95') });
    await desk.resting({ ...buy, side: 'SELL', price: market.at('1.2') });
    const { id: gone } = await desk.resting({ ...buy, price: market.at('0.7') });
    const outside = { exchange, symbol: market.symbol, side: 'SELL', type: 'LIMIT', size: market.size };
    await system.venue.outsideOrder({ ...outside, price: market.at('1.3') });
    expect((await modifyOrder(system.trader, { orderId: changed, price: market.at('0.82') })).userErrors).toEqual([]);
    expect((await cancelOrder(system.trader, gone)).userErrors).toEqual([]);
    await system.venue.partialPrice(exchange, market.symbol, market.at('0.95'), market.third);
    await desk.reaches(partly, 'PARTIALLY_FILLED');
    await request(system.trader, 'mutation ($id: ID!) { syncOrders(accountId: $id) { complete } }', {
      id: desk.accountId,
    });
    for (const id of [changed, gone])
      await eventually(
        () => readOrder(system.trader, id),
        (order) => order !== null && isQuiet(order),
        `${id} is quiet`,
      );

    const { orders } = await system.venue.ledger(exchange);
    const open = orders.filter((one) => one.symbol === market.symbol && one.status === 'OPEN');
    const of = (side: string) => {
      const own = open.filter((one) => one.side === side);
      const rests = own.map((one) => subtract(one.size ?? '0', one.filledSize));
      return {
        size: sum(rests),
        notional: sum(own.map((one, index) => multiply(rests[index] ?? '0', one.price ?? '0'))),
      };
    };
    const [bought, sold] = [of('BUY'), of('SELL')];
    const rowOf = async () => {
      const { exposure } = await request<{ exposure: { rows: readonly Record<string, unknown>[] } }>(
        system.trader,
        'query ($id: ID!) { exposure(accountId: $id) { rows { symbol buySize buyNotional sellSize sellNotional openOrders } } }',
        { id: desk.accountId },
      );
      return exposure.rows.find(({ symbol }) => symbol === market.symbol);
    };
    const expected = {
      ...{ symbol: market.symbol, openOrders: open.length },
      ...{ buySize: bought.size, buyNotional: bought.notional, sellSize: sold.size, sellNotional: sold.notional },
    };
    expect(open.length).toBeGreaterThanOrEqual(4);
    await eventually(rowOf, (row) => row?.['openOrders'] === open.length, `${exchange}: all that is open is counted`);
    expect(await rowOf()).toEqual(expected);
    const trigger = { source: 'LAST', direction: 'AT_OR_BELOW', price: market.at('0.5') };
    const { id: dark } = await desk.placed({ ...buy, price: market.at('0.5'), mode: 'DARK', trigger });
    expect(await rowOf()).toEqual({
      ...expected,
      openOrders: open.length + 1,
      buySize: add(bought.size, market.size),
      buyNotional: add(bought.notional, multiply(market.size, market.at('0.5'))),
    });
    await cancelOrder(system.trader, dark);
  });
});

test('orders of one moment see each other: no more is accepted than is covered', async () => {
  const desk = deskOf('okx');
  const market = desk.market('SOL');
  // Ten of these are covered with their fees, eleven are not.
  const size = market.onStep(divide('95000', market.last));
  const input = { symbol: market.symbol, side: 'SELL', type: 'LIMIT', size, price: market.at('1.2') };
  const answers = await Promise.all(Array.from({ length: 30 }, () => desk.place(input)));
  const accepted = answers.flatMap(({ order }) => order ?? []);
  expect(new Set(answers.flatMap(({ userErrors }) => userErrors.map(({ code }) => code)))).toEqual(
    new Set(['INSUFFICIENT_FUNDS']),
  );
  expect(accepted).toHaveLength(10);
  for (const { id } of accepted) await desk.reaches(id, 'ACKNOWLEDGED');
  await Promise.all(accepted.map(({ id }) => cancelOrder(system.trader, id)));
  for (const { id } of accepted) await desk.reaches(id, 'CANCELLED');
  // What they held is free again, and nobody had to wait for that to be noticed.
  const { id } = await desk.placed({ ...input, size: multiply(size, '9') });
  await cancelOrder(system.trader, id);
}, 60_000);

test('contracts: a reduce-only order must reduce what is held', async () => {
  const desk = deskOf('deribit');
  const market = desk.market('ETH-USDC-PERPETUAL');
  const { symbol, size } = market;
  const order = { symbol, type: 'MARKET', size };
  const none = await desk.place({ ...order, side: 'SELL', reduceOnly: true });
  expect(none.userErrors[0]).toMatchObject({ code: 'INSUFFICIENT_FUNDS', field: ['input', 'reduceOnly'] });
  const { id } = await desk.placed({ ...order, side: 'BUY' });
  await desk.reaches(id, 'FILLED');
  const large = await desk.place({ ...order, side: 'SELL', size: multiply(size, '2'), reduceOnly: true });
  expect(large.userErrors[0]).toMatchObject({ code: 'INSUFFICIENT_FUNDS', field: ['input', 'size'] });
  const resting = { symbol, size, side: 'SELL', type: 'LIMIT', price: market.at('1.2'), reduceOnly: true };
  const { id: changed } = await desk.resting(resting);
  const raised = await modifyOrder(system.trader, { orderId: changed, size: multiply(size, '2') });
  expect(raised.userErrors[0]).toMatchObject({ code: 'INSUFFICIENT_FUNDS', field: ['input', 'size'] });
  await cancelOrder(system.trader, changed);
  await desk.reaches(changed, 'CANCELLED');
  const closing = await desk.placed({ ...order, side: 'SELL', reduceOnly: true });
  await desk.reaches(closing.id, 'FILLED');
}, 60_000);

/** Listings of open orders so far. */
const listings = async (): Promise<number> =>
  (await system.venue.counters('kraken'))['POST /0/private/OpenOrders'] ?? 0;

test('twenty who ask at the same time, over two gateways, share listings; all are told how fresh it is', async () => {
  const accountId = system.account('kraken');
  const gateways: readonly Endpoint[] = system.stack.info.gateways.map(({ http }) => ({
    http,
    token: system.trader.token,
  }));
  expect(gateways).toHaveLength(2);
  const FIELDS = 'fresh complete syncedAt userErrors { code }';
  interface Answer {
    readonly answer: { readonly fresh: boolean; readonly complete: boolean; readonly syncedAt: string };
  }
  const ask = (document: string) =>
    Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        request<Answer>(gateways[index % 2] ?? system.trader, document, { id: accountId }),
      ),
    );
  const costOf = async (document: string): Promise<number> => {
    const before = await listings();
    const answers = await ask(document);
    for (const { answer } of answers) expect(answer).toMatchObject({ fresh: true, complete: true, userErrors: [] });
    return (await listings()) - before;
  };
  const forced = `mutation ($id: ID!) { answer: syncOrders(accountId: $id) { ${FIELDS} } }`;
  const anew = `query ($id: ID!) { answer: openOrders(accountId: $id, maxAgeSeconds: 0) { ${FIELDS} } }`;
  const young = `query ($id: ID!) { answer: openOrders(accountId: $id, maxAgeSeconds: 30) { ${FIELDS} } }`;
  // Who comes when the exchange has been asked already shares the next listing. How long twenty take to come is the
  // machine's affair (the sync desk's own tests say exactly who shares what), so what is held here is far from one each.
  for (const document of [forced, anew]) expect(await costOf(document)).toBeLessThan(10);
  expect(await costOf(young)).toBeLessThanOrEqual(1);
}, 60_000);

test('a limit that depends on open orders has them asked for; fresh ones that can not be had are said, or demanded', async () => {
  const desk = deskOf('kraken');
  const market = desk.market('XRP');
  const { symbol, size } = market;
  const order = { symbol, side: 'BUY', type: 'LIMIT', size, price: market.at('0.8') };
  const limit = async (limits: Record<string, unknown>) => {
    const { setRiskLimits } = await request<{ setRiskLimits: { userErrors: unknown[] } }>(
      system.trader,
      'mutation ($input: RiskInput!) { setRiskLimits(input: $input) { userErrors { code message } } }',
      { input: { accountId: desk.accountId, ...limits } },
    );
    expect(setRiskLimits.userErrors).toEqual([]);
  };
  /** What is known of the open orders is older than the account wants. */
  const isOld = () =>
    eventually(
      () =>
        request<{ account: { lastSyncedAt: string } }>(
          system.trader,
          'query ($id: ID!) { account(id: $id) { lastSyncedAt } }',
          { id: desk.accountId },
        ),
      ({ account }) => Date.now() - Date.parse(account.lastSyncedAt) > 1_200,
      'what is known is a second old',
    );
  await limit({ maxOpenOrders: 100, maxDataAgeSeconds: 1 });
  await isOld();
  const before = await listings();
  await desk.placed(order);
  expect(await listings()).toBeGreaterThan(before);
  // The lists alone fail, so that nothing says that the exchange can't be reached.
  await system.venue.fault({ exchange: 'kraken', fault: 'delayAnswer', ms: 6_000, method: 'list', durationMs: 12_000 });
  await isOld();
  const noted = await desk.placed(order);
  const { order: events } = await request<{ order: { events: { nodes: { type: string; reason: string | null }[] } } }>(
    system.trader,
    'query ($id: ID!) { order(id: $id) { events { nodes { type reason } } } }',
    { id: noted.id },
  );
  const reason = events.events.nodes.find(({ type }) => type === 'ORDER_VALIDATED')?.reason;
  expect(reason).toMatch(/^STALE_DATA: judged by open orders that are known as of /);
  await limit({ requireFreshData: true });
  const { order: none, userErrors } = await desk.place(order);
  expect([none, userErrors[0]?.code]).toEqual([null, 'STALE_DATA']);
  await system.venue.heal('kraken');
  await limit({ requireFreshData: false, maxOpenOrders: null, maxDataAgeSeconds: null });
  const open = (await ordersOf(system.trader, desk.accountId)).filter(
    (one) => one.symbol === symbol && one.status === 'OPEN',
  );
  await Promise.all(open.map(({ id }) => cancelOrder(system.trader, id)));
}, 60_000);
