import { EXCHANGE_IDS, multiply } from '@orderplane/domain';
import type { ExchangeId } from '@orderplane/domain';
import { capabilitiesOf } from '@orderplane/exchange/capabilities';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWorld } from '../crash/world.ts';
import type { World } from '../crash/world.ts';
import { cancelOrder, ENDED, eventually, modifyOrder, ordersOf, readOrder, request } from '../support/client.ts';
import type { OrderView, UserErrorView } from '../support/client.ts';
import { openDesk } from '../support/desk.ts';
import type { Desk, Market } from '../support/desk.ts';
import { insistPlace } from '../support/insist.ts';
import type { LedgerOrder } from '../support/venue.ts';

/**
 * Dark orders on all exchanges: the exchange knows nothing of one before its price, and gets it once after it, whoever is
 * killed in between and whatever becomes of Redis. The exchanges' ledgers are the judge.
 */
let world: World;
const desks = new Map<ExchangeId, Desk>();
beforeAll(async () => {
  world = await openWorld({ env: { COMMAND_TIMEOUT_MS: '15000' } });
  for (const exchange of EXCHANGE_IDS) desks.set(exchange, await openDesk(world, exchange));
});
afterAll(() => world?.stop());

const deskOf = (exchange: ExchangeId): Desk => {
  const desk = desks.get(exchange);
  if (desk === undefined) throw new Error(`no desk at ${exchange}`);
  return desk;
};
const marketOf = (exchange: ExchangeId, base: string): Market => deskOf(exchange).market(base);
const CASES = EXCHANGE_IDS.map((exchange) => ({ exchange }));
const WAIT_MS = 90_000;

const above = (market: Market, factor: string, over: Record<string, unknown> = {}) => ({
  direction: 'AT_OR_ABOVE',
  price: market.at(factor),
  ...over,
});
const buy = (market: Market, over: Record<string, unknown>): Record<string, unknown> => ({
  symbol: market.symbol,
  side: 'BUY',
  type: 'LIMIT',
  size: market.size,
  price: market.at('0.8'),
  mode: 'DARK',
  ...over,
});
const asMarket = { type: 'MARKET', price: undefined };
const move = (market: Market, price: string): Promise<void> => world.venue.price(market.exchange, market.symbol, price);

/** What the exchange holds of an order, found by the client ids that its legs ever had. */
async function heldOf(order: OrderView): Promise<readonly LedgerOrder[]> {
  const { orders } = await world.venue.ledger(order.exchange);
  const ids = new Set(order.legs.map(({ venueClientId }) => venueClientId));
  return orders.filter(({ clientId }) => clientId !== null && ids.has(clientId));
}
const apiOrders = async (market: Market): Promise<number> =>
  (await world.venue.ledger(market.exchange)).orders.filter(
    ({ symbol, source }) => symbol === market.symbol && source === 'api',
  ).length;
const reaches = (id: string, state: string): Promise<OrderView | null> =>
  eventually(
    () => readOrder(world.trader, id),
    (order) => order !== null && (order.state === state || ENDED.has(order.state)),
    `order ${id} is ${state}`,
    WAIT_MS,
  );
async function is(id: string, state: string): Promise<OrderView> {
  const order = await reaches(id, state);
  if (order?.state !== state) throw new Error(`not ${state}: ${JSON.stringify(order)}`);
  return order;
}

interface DarkView {
  readonly mode: string;
  readonly trigger: { readonly symbol: string; readonly price: string; readonly firedPrice: string | null } | null;
  readonly events: { readonly nodes: readonly { readonly type: string }[] };
}
const darkView = async (id: string): Promise<DarkView> =>
  (
    await request<{ order: DarkView }>(
      world.trader,
      'query ($id: ID!) { order(id: $id) { mode trigger { symbol source direction price firedAt firedPrice } events(first: 50) { nodes { type } } } }',
      { id },
    )
  ).order;

const exposureOf = async (accountId: string, symbol: string): Promise<object | undefined> =>
  (
    await request<{ exposure: { rows: readonly { readonly symbol: string }[] } }>(
      world.trader,
      'query ($accountId: ID!) { exposure(accountId: $accountId) { rows { symbol buySize openOrders } } }',
      { accountId },
    )
  ).exposure.rows.find((row) => row.symbol === symbol);

test.concurrent.each(CASES)('$exchange: armed, unseen, changed, fired by a gap, sent once', async ({ exchange }) => {
  const [desk, market, other] = [deskOf(exchange), marketOf(exchange, 'BTC'), marketOf(exchange, 'ETH')];
  const before = await apiOrders(market);
  const order = await desk.placed(buy(market, { trigger: above(market, '1.1') }));
  expect(order).toMatchObject({ state: 'DARK_OPEN', status: 'PENDING', legs: [] });
  expect(await exposureOf(desk.accountId, market.symbol)).toMatchObject({ buySize: market.size, openOrders: 1 });
  const sideways = await desk.placed(buy(market, { trigger: above(other, '1.2', { symbol: other.symbol }) }));
  const gone = await desk.placed(buy(market, { trigger: above(market, '1.1') }));
  const cancelled = await cancelOrder(world.trader, gone.id);
  expect(cancelled.order).toMatchObject({ state: 'CANCELLED', legs: [] });
  const price = market.at('0.79');
  await modifyOrder(world.trader, { orderId: order.id, price });
  const moved = await modifyOrder(world.trader, { orderId: order.id, trigger: above(market, '1.3') });
  expect(moved.userErrors).toEqual([]);
  await move(market, market.at('1.25'));
  const now = await desk.placed(buy(market, { trigger: above(market, '0.5', { source: 'BID' }) }));
  await is(now.id, 'ACKNOWLEDGED');
  // What was armed before has seen that price by now, too.
  expect(await readOrder(world.trader, order.id)).toMatchObject({ state: 'DARK_OPEN', price });
  expect(await apiOrders(market)).toBe(before + 1);
  await move(market, market.at('1.35'));
  await move(market, market.at('1.25'));
  const sent = await is(order.id, 'ACKNOWLEDGED');
  expect(await heldOf(sent)).toMatchObject([{ type: 'LIMIT', price }]);
  const { mode, trigger, events } = await darkView(order.id);
  expect({ mode, trigger }).toMatchObject({ mode: 'DARK', trigger: { firedPrice: market.at('1.35') } });
  const types = events.nodes.map(({ type }) => type).filter((type) => type.startsWith('ORDER_'));
  expect(types).toEqual([
    ...['ORDER_CREATED', 'ORDER_VALIDATED', 'ORDER_DARK_OPEN', 'ORDER_REPLACED', 'ORDER_REPLACED'],
    ...['ORDER_TRIGGERED', 'ORDER_SUBMITTED', 'ORDER_ACKNOWLEDGED'],
  ]);
  expect((await readOrder(world.trader, sideways.id))?.state).toBe('DARK_OPEN');
  await move(other, other.at('1.2'));
  await is(sideways.id, 'ACKNOWLEDGED');
  expect(await apiOrders(market)).toBe(before + 3);
});

test.concurrent.each(CASES)('$exchange: stops and market orders wait here, too', async ({ exchange }) => {
  const [desk, market] = [deskOf(exchange), marketOf(exchange, 'SOL')];
  const { orderTypes } = capabilitiesOf(exchange);
  const stop = { mode: undefined, type: 'STOP_MARKET', price: undefined, stopPrice: market.at('1.1') };
  const emulated = await desk.placed(buy(market, { ...stop, mode: 'DARK' }));
  expect(await darkView(emulated.id)).toMatchObject({ mode: 'DARK', trigger: { price: market.at('1.1') } });
  for (const type of ['STOP_LIMIT', 'STOP_MARKET'] as const) {
    if (orderTypes.includes(type)) continue;
    const limit = type === 'STOP_LIMIT' ? { price: market.at('1.01') } : {};
    const byItself = await desk.placed(buy(market, { ...stop, type, ...limit, stopPrice: market.at('2') }));
    expect((await darkView(byItself.id)).mode).toBe('DARK');
    expect(byItself).toMatchObject({ type, state: 'DARK_OPEN' });
  }
  const plain = await desk.placed(buy(market, { ...asMarket, trigger: above(market, '1.1') }));
  const expiresAt = new Date(Date.now() + 2_500).toISOString();
  const timed = await desk.placed(
    buy(market, { ...asMarket, trigger: above(market, '1.9'), timeInForce: 'GTT', expiresAt }),
  );
  expect(await is(timed.id, 'EXPIRED')).toMatchObject({ legs: [], reason: 'expiresAt has passed' });
  await move(market, market.at('1.1'));
  for (const { id } of [emulated, plain]) {
    const filled = await is(id, 'FILLED');
    expect(await heldOf(filled)).toMatchObject([{ type: 'MARKET', filledSize: market.size }]);
  }
});

describe('killed between any two steps, and Redis emptied: once at the exchange, or never', () => {
  const flush = async (): Promise<void> => {
    const redis = new Redis(world.stack.info.redis);
    await redis.flushall();
    redis.disconnect();
  };
  /** One lane for each process that is killed: its deaths come one after the other, so that each order meets its own. */
  const lanesOf = (
    fires: readonly [string, string],
  ): readonly (readonly (readonly [string, ExchangeId, string?])[])[] => [
    [
      [fires[0], 'binance'],
      [fires[1], 'coinbase'],
    ],
    [
      ['fired:before-commit', 'mexc'],
      ['fired:after-commit', 'okx'],
    ],
    [
      ['submit:before-intent', 'kraken'],
      ['submit:after-intent', 'kucoin'],
      ['submit:after-call', 'deribit'],
      ['submit:after-outcome', 'okx', 'XRP'],
    ],
  ];

  test.each([
    { emptied: false, base: 'ETH', factor: '1.5', fires: ['dark:before-fire', 'dark:after-request'] },
    { emptied: true, base: 'SOL', factor: '1.7', fires: ['dark:after-fire', 'dark:before-fire'] },
  ] as const)(
    'Redis emptied: $emptied',
    async ({ emptied, base, factor, fires }) => {
      const dies = async (step: string, market: Market): Promise<void> => {
        const clientOrderId = `dark-${step.replace(':', '-')}-${emptied}`;
        const input = buy(market, { ...asMarket, clientOrderId, trigger: above(market, factor) });
        // Another lane may kill order-command, or empty Redis, under this very command.
        const { accountId } = deskOf(market.exchange);
        const { order } = await insistPlace(world.trader, { accountId, ...input, clientOrderId });
        expect(order.state).toBe('DARK_OPEN');
        const { id } = order;
        const strike = world.crashAt(step, step.startsWith('dark:') ? id : clientOrderId);
        if (emptied) await flush();
        await move(market, market.at(factor));
        await strike;
        if (emptied) await flush();
        const filled = await is(id, 'FILLED');
        expect(await heldOf(filled), step).toMatchObject([{ filledSize: market.size }]);
      };
      await Promise.all(
        lanesOf(fires).map(async (lane) => {
          for (const [step, exchange, own = base] of lane) await dies(step, marketOf(exchange, own));
        }),
      );
    },
    240_000,
  );
});

test('a cancel races the price: it is over here, or it is at the exchange, never both', async () => {
  const [desk, market] = [deskOf('binance'), marketOf('binance', 'XRP')];
  const before = await apiOrders(market);
  const orders = await Promise.all(
    Array.from({ length: 12 }, () => desk.placed(buy(market, { trigger: above(market, '1.1') }))),
  );
  await Promise.all([move(market, market.at('1.1')), ...orders.map(({ id }) => cancelOrder(world.trader, id))]);
  const ended = await Promise.all(orders.map(({ id }) => is(id, 'CANCELLED')));
  const held = (await Promise.all(ended.map(heldOf))).flat();
  expect(held.every(({ status }) => !['OPEN', 'PARTIALLY_FILLED'].includes(status))).toBe(true);
  expect(await apiOrders(market)).toBe(before + held.length);
});

test('one cancels the other, and the kill switch takes what is dark', async () => {
  const [desk, market] = [deskOf('kraken'), marketOf('kraken', 'XRP')];
  const { accountId, symbol } = market;
  const member = { accountId, symbol, side: 'SELL', size: market.size };
  const { placeOrderGroup } = await request<{
    placeOrderGroup: { group: { orders: readonly { id: string }[] } | null; userErrors: readonly UserErrorView[] };
  }>(
    world.trader,
    `mutation ($input: PlaceOrderGroupInput!) { placeOrderGroup(input: $input) { group { orders { id } } userErrors { code message field } } }`,
    {
      input: {
        kind: 'OCO',
        orders: [
          { ...member, type: 'LIMIT', price: market.at('1.2') },
          { ...member, type: 'MARKET', mode: 'DARK', trigger: { direction: 'AT_OR_BELOW', price: market.at('0.9') } },
        ],
      },
    },
  );
  expect(placeOrderGroup.userErrors).toEqual([]);
  const [limit, dark] = placeOrderGroup.group?.orders ?? [];
  await is(limit?.id ?? '', 'ACKNOWLEDGED');
  await move(market, market.at('0.85'));
  await is(dark?.id ?? '', 'FILLED');
  await is(limit?.id ?? '', 'CANCELLED');
  const waiting = await desk.placed(buy(market, { trigger: above(market, '1.5') }));
  const swept = await desk.placed(buy(market, { trigger: above(market, '1.5') }));
  await request(
    world.trader,
    'mutation ($input: CancelAllInput!) { cancelAllOrders(input: $input) { userErrors { code } } }',
    { input: { accountId, symbol: market.symbol, side: 'BUY' } },
  );
  for (const { id } of [waiting, swept]) await is(id, 'CANCELLED');
  const stopped = await desk.placed(buy(market, { trigger: above(market, '1.5') }));
  const set = (mutation: string): Promise<unknown> =>
    request(world.trader, `mutation ($id: ID!) { ${mutation} { userErrors { code } } }`, { id: accountId });
  await set('haltAccount(accountId: $id)');
  expect(await is(stopped.id, 'CANCELLED')).toMatchObject({ reason: 'the account is halted', legs: [] });
  await set('resumeAccount(accountId: $id)');
  const kept = await desk.placed(buy(market, { trigger: above(market, '1.5') }));
  await set('haltAccount(accountId: $id, cancelOpen: false)');
  await move(market, market.at('1.5'));
  const refused = await is(kept.id, 'REJECTED');
  expect(refused).toMatchObject({ status: 'FAILED', legs: [] });
  expect(refused.reason).toMatch(/^ACCOUNT_HALTED when its trigger had fired/);
  await set('resumeAccount(accountId: $id)');
});

test.each(['CANCEL', 'REDUCE'])(
  '%s: a price runs through both triggers of a pair, and one is executed',
  async (policy) => {
    const market = marketOf('mexc', 'ETH');
    const { accountId, symbol, size } = market;
    const [low, high] = [market.at('0.9'), market.at('1.1')];
    const member = { accountId, symbol, side: 'SELL', type: 'MARKET', size, mode: 'DARK' };
    const pairs = await Promise.all(
      Array.from({ length: 6 }, () =>
        request<{ placeOrderGroup: { group: { id: string; orders: readonly { id: string }[] } } }>(
          world.trader,
          'mutation ($input: PlaceOrderGroupInput!) { placeOrderGroup(input: $input) { group { id orders { id } } } }',
          {
            input: {
              kind: 'OCO',
              onPartialFill: policy,
              orders: [
                { ...member, trigger: { direction: 'AT_OR_ABOVE', price: high } },
                { ...member, trigger: { direction: 'AT_OR_BELOW', price: low } },
              ],
            },
          },
        ),
      ),
    );
    // Nobody hears of the prices before they have come and gone: then all of them are read at once.
    await world.venue.fault({ exchange: 'mexc', fault: 'publicStreamDrop', ms: 5_000 });
    for (const price of [high, low, market.at('1')]) await move(market, price);
    for (const { placeOrderGroup } of pairs) {
      const [first, second] = placeOrderGroup.group.orders;
      await is(first?.id ?? '', 'FILLED');
      expect(await is(second?.id ?? '', 'CANCELLED')).toMatchObject({ filledSize: '0', legs: [] });
    }
  },
);

test('what makes no sense is refused, and nothing has changed', async () => {
  const [desk, market] = [deskOf('kraken'), marketOf('kraken', 'BTC')];
  const before = (await ordersOf(world.trader, market.accountId)).length;
  const trigger = { direction: 'AT_OR_ABOVE', price: multiply(market.last, '3') };
  const wrong: [Record<string, unknown>, string, string[]][] = [
    [{}, 'INVALID_INPUT', ['input', 'trigger']],
    [{ mode: 'LIVE', trigger }, 'INVALID_INPUT', ['input', 'trigger']],
    [{ mode: undefined, trigger }, 'INVALID_INPUT', ['input', 'trigger']],
    [{ trigger: { ...trigger, price: '' } }, 'INVALID_INPUT', ['input', 'trigger', 'price']],
    [{ trigger: { ...trigger, symbol: 'NO-SUCH' } }, 'INVALID_INPUT', ['input', 'trigger', 'symbol']],
    [{ trigger: { ...trigger, source: 'MARK' } }, 'UNSUPPORTED_BY_EXCHANGE', ['input', 'trigger', 'source']],
  ];
  for (const [over, code, field] of wrong) {
    const { order, userErrors } = await desk.place(buy(market, over));
    expect(order).toBeNull();
    expect(userErrors).toMatchObject([{ code, field }]);
  }
  expect((await ordersOf(world.trader, market.accountId)).length).toBe(before);
});
