import { EXCHANGE_IDS, multiply, type ExchangeId } from '@orderplane/domain';
import { capabilitiesOf } from '@orderplane/exchange/capabilities';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { differences } from '../support/accounting.ts';
import { allOrders, eventually, request } from '../support/client.ts';
import { openDesk, type Desk, type Market } from '../support/desk.ts';
import { openSystem, type System } from '../support/system.ts';

/** OCO groups on every exchange: no exchange has them, so all of it is this system's own work. */
let system: System;
const desks: Desk[] = [];
beforeAll(async () => {
  // Intervals of looking, shortened: what a lost wake-up or a mute stream kept from us is found by them.
  system = await openSystem({ env: { RESYNC_INTERVAL_MS: '2000', SYNC_INTERVAL_STREAMING_MS: '5000' } });
  for (const exchange of EXCHANGE_IDS) desks.push(await openDesk(system, exchange));
});
afterAll(() => system?.stop());

interface Member {
  readonly id: string;
  readonly clientOrderId: string;
  readonly state: string;
  readonly size: string;
  readonly filledSize: string;
  readonly reason: string | null;
  readonly reconciliation: { readonly status: string; readonly attention: string | null };
}
interface Group {
  readonly id: string;
  readonly conflict: { readonly reason: string } | null;
  readonly orders: readonly Member[];
}
const GROUP = `{ id conflict { reason } orders { id clientOrderId state size filledSize reason
  reconciliation { status attention } } }`;

async function placeGroup(desk: Desk, onPartialFill: string, orders: readonly object[]): Promise<Group> {
  const { placeOrderGroup: placed } = await request<{
    placeOrderGroup: { group: Group | null; userErrors: readonly object[] };
  }>(
    system.trader,
    `mutation ($input: PlaceOrderGroupInput!) { placeOrderGroup(input: $input) { group ${GROUP} userErrors { code message field } } }`,
    { input: { kind: 'OCO', onPartialFill, orders: orders.map((order) => ({ accountId: desk.accountId, ...order })) } },
  );
  if (placed.group === null) throw new Error(`${desk.exchange}: ${JSON.stringify(placed.userErrors)}`);
  return placed.group;
}
const readGroup = async (id: string): Promise<Group> => {
  const { orderGroup } = await request<{ orderGroup: Group | null }>(
    system.trader,
    `query ($id: ID!) { orderGroup(id: $id) ${GROUP} }`,
    { id },
  );
  if (orderGroup === null) throw new Error(`no group ${id}`);
  return orderGroup;
};
const reaches = (
  group: Group,
  what: string,
  is: (orders: readonly Member[], group: Group) => boolean,
): Promise<Group> =>
  eventually(
    () => readGroup(group.id),
    (found) => is(found.orders, found),
    `group ${group.id}: ${what}`,
    60_000,
  );
const states = (orders: readonly Member[]): string => orders.map(({ state }) => state).join(' ');
const rest = (group: Group): Promise<Group> =>
  reaches(group, 'all rest', (orders) => orders.every(({ state }) => state === 'ACKNOWLEDGED'));

const buy = (market: Market, factor: string, over: object = {}): object => ({
  symbol: market.symbol,
  side: 'BUY',
  type: 'LIMIT',
  size: market.size,
  price: market.at(factor),
  ...over,
});
/** Where the exchange has stops, a stop above the market; else another limit far below it. */
const otherWay = (exchange: ExchangeId, market: Market): object => {
  const { orderTypes } = capabilitiesOf(exchange);
  return orderTypes.includes('STOP_LIMIT')
    ? buy(market, '1.06', { type: 'STOP_LIMIT', stopPrice: market.at('1.05') })
    : buy(market, '0.9');
};
const onAll = <Result>(what: (desk: Desk) => Promise<Result>): Promise<Result[]> => Promise.all(desks.map(what));

test('a limit and a stop: the one that fills ends the other', async () => {
  await onAll(async (desk) => {
    const market = desk.market('SOL');
    const group = await placeGroup(desk, 'CANCEL', [buy(market, '0.97'), otherWay(desk.exchange, market)]);
    await rest(group);
    await system.venue.price(desk.exchange, market.symbol, market.at('0.96'));
    const over = await reaches(group, 'decided', (orders) => states(orders) === 'FILLED CANCELLED');
    expect(over.conflict, desk.exchange).toBeNull();
    await system.venue.price(desk.exchange, market.symbol, market.last);
  });
});

test('across markets, by part: the other shrinks; the reconciler is killed and Redis emptied in between', async () => {
  const groups = await onAll(async (desk) => {
    const [btc, eth] = [desk.market('BTC'), desk.market('ETH')];
    const group = await placeGroup(desk, 'REDUCE', [buy(btc, '0.97'), buy(eth, '0.97')]);
    return { desk, btc, eth, group: await rest(group) };
  });
  await system.stack.kill('reconciler', { stayDown: true });
  for (const { desk, btc } of groups)
    await system.venue.partialPrice(desk.exchange, btc.symbol, btc.at('0.97'), btc.third);
  for (const { group } of groups)
    await reaches(group, 'the fill is booked', (orders) => orders.some(({ filledSize }) => filledSize !== '0'));
  const redis = new Redis(system.stack.info.redis);
  await redis.flushall();
  redis.disconnect();
  await system.stack.up('reconciler');
  await Promise.all(
    groups.map(async ({ desk, btc, eth, group }) => {
      const smaller = multiply(eth.third, '2');
      const after = await reaches(group, 'smaller', ([, other]) => other?.size === smaller);
      expect(after.orders, desk.exchange).toMatchObject([
        { state: 'PARTIALLY_FILLED', filledSize: btc.third },
        { state: 'ACKNOWLEDGED', filledSize: '0' },
      ]);
      await system.venue.price(desk.exchange, btc.symbol, btc.at('0.96'));
      await reaches(group, 'decided', (orders) => states(orders) === 'FILLED CANCELLED');
      await system.venue.price(desk.exchange, btc.symbol, btc.last);
    }),
  );
});

test('both filled before anybody could know: recorded, and shown to a person', async () => {
  await onAll(async (desk) => {
    const { exchange } = desk;
    const [btc, eth] = [desk.market('BTC'), desk.market('ETH')];
    const group = await rest(await placeGroup(desk, 'CANCEL', [buy(btc, '0.97'), buy(eth, '0.97')]));
    await system.venue.fault({ exchange, fault: 'streamSilent', ms: 2_000 });
    await Promise.all([btc, eth].map((market) => system.venue.price(exchange, market.symbol, market.at('0.96'))));
    const after = await reaches(group, 'recorded', (orders, { conflict }) => {
      const raised = orders.every(({ reconciliation }) => reconciliation.status === 'NEEDS_ATTENTION');
      return conflict !== null && raised && states(orders) === 'FILLED FILLED';
    });
    for (const { reconciliation } of after.orders) expect(reconciliation.attention).toBe(after.conflict?.reason);
    expect(after.conflict?.reason).toContain(group.id);
    await Promise.all([btc, eth].map((market) => system.venue.price(exchange, market.symbol, market.last)));
  });
});

test('and the books of every exchange agree with ours', async () => {
  // Not `booksAgree`: what was raised for a person stays so.
  await eventually(
    async () => {
      const orders = await allOrders(system.trader);
      const ledgers = await onAll(async ({ exchange }) => ({ exchange, ledger: await system.venue.ledger(exchange) }));
      return ledgers.flatMap(({ exchange, ledger }) =>
        differences(
          orders.filter((order) => order.exchange === exchange),
          ledger,
        ),
      );
    },
    (found) => found.length === 0,
    'the books agree with the ledgers',
  );
});
