import { randomUUID } from 'node:crypto';
import { divide } from '@orderplane/domain';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { booksAgree } from '../support/books.ts';
import { cancelOrder, GraphQLRequestError, modifyOrder, placeOrder, readOrder, request } from '../support/client.ts';
import type { Endpoint, OrderView, UserErrorView } from '../support/client.ts';
import { openDesk } from '../support/desk.ts';
import type { Desk, Market } from '../support/desk.ts';
import { EXCHANGES, openSystem } from '../support/system.ts';
import type { System } from '../support/system.ts';
import { REFUSALS } from './refusals.ts';
import type { Terms } from './refusals.ts';

/** Everything wrong is answered with its code of the schema, and nothing of it reaches an exchange. */
let system: System;
beforeAll(async () => {
  system = await openSystem();
});
afterAll(() => system?.stop());

const codes = (answer: { readonly userErrors: readonly UserErrorView[] }): string[] =>
  answer.userErrors.map(({ code }) => code);

describe.each(EXCHANGES)('%s', (exchange) => {
  let desk: Desk;
  let btc: Market;
  let good: Terms;
  beforeAll(async () => {
    desk = await openDesk(system, exchange);
    btc = desk.market('BTC');
    good = { symbol: btc.symbol, side: 'BUY', type: 'LIMIT', size: btc.size, price: btc.at('0.9') };
  });
  const held = async (): Promise<number> => (await system.venue.ledger(exchange)).orders.length;

  describe.concurrent('a wrong order', () => {
    test.each(REFUSALS.filter(({ only }) => only === undefined || only === exchange))(
      '$what: $code',
      async ({ terms, code, field }) => {
        const { order, userErrors } = await desk.place({ ...good, ...terms(btc) });
        expect(order).toBeNull();
        expect(userErrors).toMatchObject([{ code, field: field === null ? null : ['input', field] }]);
        expect(userErrors[0]?.message.length).toBeGreaterThan(10);
      },
    );
  });

  test('none of them was placed or kept', async () => {
    expect(await held()).toBe(0);
    const { orders } = await request<{ orders: { totalCount: number } }>(
      system.trader,
      'query ($exchanges: [String!]) { orders(filter: { exchanges: $exchanges }) { totalCount } }',
      { exchanges: [exchange] },
    );
    expect(orders.totalCount).toBe(0);
  });

  test('a repeated clientOrderId: the same request is the same order, another one is refused', async () => {
    const input = { ...good, clientOrderId: `again-${exchange}` };
    const answers = await Promise.all(Array.from({ length: 5 }, () => desk.placed(input)));
    const id = answers[0]?.id ?? '';
    expect(new Set(answers.map((order) => order.id))).toEqual(new Set([id]));
    await desk.reaches(id, 'ACKNOWLEDGED');
    // The same in another notation.
    expect(
      (await desk.placed({ ...input, price: `${btc.at('0.9')}${btc.at('0.9').includes('.') ? '' : '.'}00` })).id,
    ).toBe(id);
    expect(codes(await desk.place({ ...input, price: btc.at('0.8') }))).toEqual(['ALREADY_EXISTS']);
    expect(codes(await desk.place({ ...input, size: undefined }))).toEqual(['ALREADY_EXISTS']);
    await cancelOrder(system.trader, id);
    await desk.reaches(id, 'CANCELLED');
    expect((await desk.placed(input)).id).toBe(id);
    expect(await held()).toBe(1);
  });

  test('a wrong change or cancel changes nothing', async () => {
    const before = await held();
    const order = await desk.resting(good);
    const modify = async (input: Terms): Promise<string[]> =>
      codes(await modifyOrder(system.trader, { orderId: order.id, ...input }));
    expect(await modify({})).toEqual(['INVALID_INPUT']);
    expect(await modify({ size: '0' })).toEqual(['INVALID_INPUT']);
    expect(await modify({ size: '-1' })).toEqual(['INVALID_INPUT']);
    expect(await modify({ price: '1e3' })).toEqual(['INVALID_INPUT']);
    expect(await modify({ size: `${btc.size}1` })).toEqual(['PRECISION']);
    expect(await modify({ price: divide(btc.priceStep, '10') })).toEqual(['PRECISION']);
    expect(await modify({ price: btc.priceStep, size: btc.size })).toEqual(['MIN_NOTIONAL']);
    expect(await modify({ stopPrice: btc.at('1.1') })).toEqual(['INVALID_INPUT']);
    expect(await modify({ price: order.price })).toEqual(['INVALID_INPUT']);
    expect(await modify({ orderId: 'no id at all', size: btc.size })).toEqual(['INVALID_INPUT']);
    expect(await modify({ orderId: randomUUID(), size: btc.size })).toEqual(['NOT_FOUND']);
    expect(codes(await cancelOrder(system.trader, 'no id at all'))).toEqual(['INVALID_INPUT']);
    expect(codes(await cancelOrder(system.trader, randomUUID()))).toEqual(['NOT_FOUND']);
    expect(await readOrder(system.trader, order.id)).toEqual(order);

    const filled = await desk.placed({ ...good, type: 'MARKET', price: undefined });
    await desk.reaches(filled.id, 'FILLED');
    await cancelOrder(system.trader, order.id);
    await desk.reaches(order.id, 'CANCELLED');
    for (const { id } of [filled, order]) {
      expect(codes(await cancelOrder(system.trader, id))).toEqual(['INVALID_STATE_TRANSITION']);
      expect(codes(await modifyOrder(system.trader, { orderId: id, size: btc.third }))).toEqual([
        'INVALID_STATE_TRANSITION',
      ]);
    }
    expect(await held()).toBe(before + 2);
  });

  test('more than the account has: refused before it is sent, with what is needed and what is there', async () => {
    const eth = desk.market('ETH');
    const before = await held();
    const { order, userErrors } = await desk.place({
      symbol: eth.symbol,
      side: 'BUY',
      type: 'LIMIT',
      size: '4000',
      price: eth.at('0.9'),
    });
    expect(order).toBeNull();
    expect(userErrors).toMatchObject([{ code: 'INSUFFICIENT_FUNDS', field: ['input', 'size'] }]);
    expect(userErrors[0]?.message).toMatch(/needs [\d.]+ USDT?, account .* has [\d.]+ USDT? free .* make it smaller/);
    expect(await held()).toBe(before);
  });

  test("another user's token sees nothing and moves nothing; a viewer's reads only", async () => {
    const order = await desk.resting(good);
    const before = await held();
    for (const stranger of [
      await system.token('trader', 'stranger'),
      await system.token('admin', 'stranger'),
      system.admin,
    ]) {
      expect(codes(await placeOrder(stranger, { accountId: desk.accountId, ...good }))).toEqual(['NOT_FOUND']);
      expect(codes(await modifyOrder(stranger, { orderId: order.id, price: btc.at('0.8') }))).toEqual(['NOT_FOUND']);
      expect(codes(await cancelOrder(stranger, order.id))).toEqual(['NOT_FOUND']);
      expect(await readOrder(stranger, order.id)).toBeNull();
      expect(await cancelAll(stranger, desk.accountId)).toEqual(['NOT_FOUND']);
      const seen = await request(stranger, '{ accounts { id } orders { totalCount nodes { id } } }');
      expect(seen).toEqual({ accounts: [], orders: { totalCount: 0, nodes: [] } });
      const own = await request<{ orders: unknown }>(
        stranger,
        'query ($ids: [ID!]) { orders(filter: { accountIds: $ids }) { totalCount } }',
        { ids: [desk.accountId] },
      );
      expect(own.orders).toEqual({ totalCount: 0 });
      expect(await request(stranger, 'query ($id: ID!) { account(id: $id) { id } }', { id: desk.accountId })).toEqual({
        account: null,
      });
      for (const asked of [
        'query ($id: ID!) { openOrders(accountId: $id) { syncedAt } }',
        'mutation ($id: ID!) { syncOrders(accountId: $id) { syncedAt } }',
      ]) {
        await expect(request(stranger, asked, { id: desk.accountId })).rejects.toMatchObject({ code: 'NOT_FOUND' });
      }
    }
    const viewer = await system.token('viewer', 'trader');
    expect((await readOrder(viewer, order.id))?.id).toBe(order.id);
    expect(codes(await placeOrder(viewer, { accountId: desk.accountId, ...good }))).toEqual(['FORBIDDEN']);
    expect(codes(await modifyOrder(viewer, { orderId: order.id, price: btc.at('0.8') }))).toEqual(['FORBIDDEN']);
    expect(codes(await cancelOrder(viewer, order.id))).toEqual(['FORBIDDEN']);
    expect(await cancelAll(viewer, desk.accountId)).toEqual(['FORBIDDEN']);
    const { syncOrders } = await request<{ syncOrders: { userErrors: UserErrorView[] } }>(
      viewer,
      'mutation ($id: ID!) { syncOrders(accountId: $id) { userErrors { code } } }',
      { id: desk.accountId },
    );
    expect(codes(syncOrders)).toEqual(['FORBIDDEN']);
    expect(await held()).toBe(before);
    expect(await readOrder(system.trader, order.id)).toEqual(order);
  });
});

async function cancelAll(endpoint: Endpoint, accountId: string): Promise<string[]> {
  const { cancelAllOrders } = await request<{
    cancelAllOrders: { requested: OrderView[]; userErrors: UserErrorView[] };
  }>(
    endpoint,
    'mutation ($id: ID!) { cancelAllOrders(input: { accountId: $id }) { requested { id } userErrors { code } } }',
    { id: accountId },
  );
  expect(cancelAllOrders.requested).toEqual([]);
  return codes(cancelAllOrders);
}

describe('a request', () => {
  const post = async (
    token: string | null,
    query: string,
  ): Promise<{ status: number; code: unknown; text: string }> => {
    const response = await fetch(system.trader.http, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token === null ? {} : { authorization: token }) },
      body: JSON.stringify({ query }),
    });
    const text = await response.text();
    const answer = JSON.parse(text) as { errors?: { extensions?: { code?: unknown } }[] };
    return { status: response.status, code: answer.errors?.[0]?.extensions?.code, text };
  };
  const bearer = (): string => `Bearer ${system.trader.token}`;

  test.each([
    ['no token', () => null],
    ['no bearer', () => 'Basic dHJhZGVyOnRyYWRlcg=='],
    ['an unknown token', () => `Bearer op_00000000_${'A'.repeat(43)}`],
    ['a changed token', () => `${bearer()}x`],
  ])('with %s: UNAUTHENTICATED, and nothing else is said', async (_, header) => {
    const { status, code, text } = await post(header(), '{ __schema { types { name } } exchanges { id } }');
    expect([status, code]).toEqual([401, 'UNAUTHENTICATED']);
    expect(text).not.toContain('"data"');
  });

  test('too deep, too costly, too many aliases, too large, malformed', async () => {
    const node = (inner: string): string => `orders(first: 200) { edges { node { account { id } ${inner} } } }`;
    const deep = `{ orders { edges { node { fills { nodes { fee { cost { a { b } } } } } } } } }`;
    expect(await post(bearer(), deep)).toMatchObject({ status: 400, code: 'DOCUMENT_TOO_DEEP' });
    expect(
      await post(bearer(), `{ ${node('fills(first: 200) { nodes { id } } events(first: 200) { nodes { cursor } }')} }`),
    ).toMatchObject({
      status: 400,
      code: 'DOCUMENT_TOO_COSTLY',
    });
    const aliases = Array.from({ length: 31 }, (_, index) => `a${index}: reconciler { running }`).join(' ');
    expect(await post(bearer(), `{ ${aliases} }`)).toMatchObject({ status: 400, code: 'DOCUMENT_TOO_COSTLY' });
    expect(await post(bearer(), `{ reconciler { running } } # ${'x'.repeat(200_000)}`)).toMatchObject({
      status: 413,
      code: 'REQUEST_TOO_LARGE',
    });
    expect(await post(bearer(), '{ reconciler {')).toMatchObject({ status: 400, code: 'GRAPHQL_PARSE_FAILED' });
    expect(await post(bearer(), '{ noSuchField }')).toMatchObject({ status: 400, code: 'GRAPHQL_VALIDATION_FAILED' });
  });

  test.each(['first: 0', 'first: 201', 'first: -1', 'after: "nonsense"', 'filter: { createdAfter: "yesterday" }'])(
    'orders(%s): INVALID_INPUT',
    async (argument) => {
      await expect(request(system.trader, `{ orders(${argument}) { totalCount nodes { id } } }`)).rejects.toMatchObject(
        { code: 'INVALID_INPUT' },
      );
    },
  );

  test('malformed ids find nothing', async () => {
    expect(
      await request(system.trader, '{ order(id: "no id at all") { id } account(id: "no id at all") { id } }'),
    ).toEqual({ order: null, account: null });
    await expect(
      request(system.trader, '{ openOrders(accountId: "no id at all") { syncedAt } }'),
    ).rejects.toBeInstanceOf(GraphQLRequestError);
    await expect(request(system.trader, '{ markets(exchange: "nowhere") { symbol } }')).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
  });
});

test('the books agree with the ledgers', () => booksAgree(system));
