import { EXCHANGE_IDS, multiply } from '@orderplane/domain';
import type { ExchangeId } from '@orderplane/domain';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { openWorld } from '../crash/world.ts';
import type { World } from '../crash/world.ts';
import { eventually, request } from '../support/client.ts';
import type { UserErrorView } from '../support/client.ts';
import { openDesk } from '../support/desk.ts';
import type { Desk, Market } from '../support/desk.ts';
import { watch } from '../support/watch.ts';
import type { Watch } from '../support/watch.ts';

/** Price alerts on all exchanges: each fires once, whatever becomes of the streams, of Redis and of who watches prices. */
let world: World;
const desks = new Map<ExchangeId, Desk>();
beforeAll(async () => {
  // Nothing here is about answers that come late.
  world = await openWorld({ env: { COMMAND_TIMEOUT_MS: '15000' } });
  for (const exchange of EXCHANGE_IDS) desks.set(exchange, await openDesk(world, exchange));
});
afterAll(() => world?.stop());

const marketOf = (exchange: ExchangeId, base: string): Market => {
  const desk = desks.get(exchange);
  if (desk === undefined) throw new Error(`no desk at ${exchange}`);
  return desk.market(base);
};

const AlertSchema = z.object({
  id: z.string(),
  status: z.string(),
  note: z.string().nullable(),
  trigger: z.object({ price: z.string(), firedPrice: z.string().nullable(), firedAt: z.string().nullable() }),
});
type Alert = z.infer<typeof AlertSchema>;
const ALERT = 'id status note trigger { price firedPrice firedAt }';

const create = async (input: Record<string, unknown>) =>
  (
    await request<{ createAlert: { alert: Alert | null; userErrors: readonly UserErrorView[] } }>(
      world.trader,
      `mutation ($input: CreateAlertInput!) { createAlert(input: $input) { alert { ${ALERT} } userErrors { code message field } } }`,
      { input },
    )
  ).createAlert;

async function arm(market: Market, trigger: Record<string, unknown>): Promise<Alert> {
  const { accountId, symbol } = market;
  const { alert, userErrors } = await create({ accountId, symbol, trigger });
  if (alert === null) throw new Error(JSON.stringify(userErrors));
  return alert;
}

async function alertsOf(accountId: string): Promise<readonly Alert[]> {
  const { alerts } = await request<{ alerts: { nodes: readonly Alert[] } }>(
    world.trader,
    `query ($accountId: ID!) { alerts(accountId: $accountId, first: 200) { nodes { ${ALERT} } } }`,
    { accountId },
  );
  return alerts.nodes;
}

const fires = (market: Market, id: string, timeoutMs = 30_000): Promise<Alert | undefined> =>
  eventually(
    async () => (await alertsOf(market.accountId)).find((one) => one.id === id),
    (alert) => alert?.status === 'TRIGGERED',
    `alert ${id} at ${market.exchange} fires`,
    timeoutMs,
  );
const status = async (market: Market, id: string): Promise<string | undefined> =>
  (await alertsOf(market.accountId)).find((one) => one.id === id)?.status;
const move = (market: Market, price: string): Promise<void> => world.venue.price(market.exchange, market.symbol, price);
/** A price is reached, and left again before anybody can look. */
async function touch(market: Market, price: string): Promise<void> {
  await move(market, price);
  await move(market, market.last);
}

const follow = (accountIds: readonly string[]): Watch<Alert> =>
  watch(
    world.trader,
    {
      query: `subscription ($accountIds: [ID!]!) { alertUpdates(accountIds: $accountIds) { ${ALERT} } }`,
      variables: { accountIds },
    },
    (data) => z.object({ alertUpdates: AlertSchema }).parse(data).alertUpdates,
  );

const CASES = EXCHANGE_IDS.map((exchange) => ({ exchange }));

test.concurrent.each(CASES)('$exchange: armed, told, fired once; bid and ask, too', async ({ exchange }) => {
  const market = marketOf(exchange, 'BTC');
  const updates = follow([market.accountId]);
  const high = await arm(market, { direction: 'AT_OR_ABOVE', price: market.at('1.1') });
  expect(high.status).toBe('ARMED');
  const low = await arm(market, { source: 'ASK', direction: 'AT_OR_BELOW', price: market.at('0.9') });
  const now = await arm(market, { source: 'BID', direction: 'AT_OR_ABOVE', price: market.at('0.5') });
  await fires(market, now.id);
  expect(await status(market, high.id)).toBe('ARMED');
  await move(market, market.at('1.15'));
  const fired = await fires(market, high.id);
  expect(fired?.trigger.firedPrice).toBe(market.at('1.15'));
  expect(await status(market, low.id)).toBe('ARMED');
  await move(market, market.at('0.85'));
  await fires(market, low.id);
  await move(market, market.at('1.2'));
  const told = await updates.until(
    (items) => items.some(({ id, status: is }) => id === low.id && is === 'TRIGGERED'),
    'the last fire is told',
  );
  for (const { id } of [high, low, now])
    expect(told.filter((one) => one.id === id && one.status === 'TRIGGERED')).toHaveLength(1);
  await updates.close();
});

test.concurrent.each(CASES)('$exchange: a price that was touched between two looks', async ({ exchange }) => {
  const market = marketOf(exchange, 'ETH');
  const alert = await arm(market, { direction: 'AT_OR_ABOVE', price: market.at('1.1') });
  const other = await arm(market, { direction: 'AT_OR_ABOVE', price: market.at('1.3') });
  await touch(market, market.at('1.2'));
  const fired = await fires(market, alert.id);
  expect(fired?.trigger.firedPrice).toBe(market.at('1.2'));
  expect(await status(market, other.id)).toBe('ARMED');
});

describe('while the price streams are down', () => {
  test.each(['publicStreamDrop', 'publicStreamSilent'])('%s', async (fault) => {
    const markets = EXCHANGE_IDS.map((exchange) => marketOf(exchange, 'SOL'));
    const [up, at] = fault === 'publicStreamDrop' ? ['1.3', '1.2'] : ['1.6', '1.5'];
    const armed = await Promise.all(
      markets.map((market) => arm(market, { source: 'BID', direction: 'AT_OR_ABOVE', price: market.at(at) })),
    );
    for (const { exchange } of markets) await world.venue.fault({ exchange, fault, ms: 60_000 });
    for (const market of markets) await move(market, market.at(up));
    await Promise.all(markets.map((market, n) => fires(market, armed[n]?.id ?? '')));
    await world.venue.heal();
  });
});

test('who watches is killed between the price and the fire: fired once, by its successor', async () => {
  const [market, rest] = [marketOf('binance', 'XRP'), marketOf('kraken', 'XRP')];
  const alert = await arm(market, { direction: 'AT_OR_ABOVE', price: market.at('1.1') });
  const other = await arm(rest, { direction: 'AT_OR_ABOVE', price: rest.at('1.1') });
  const killed = world.crashAt('alert:before-fire', alert.id);
  await touch(market, market.at('1.2'));
  await killed;
  // Nobody watches now.
  await touch(rest, rest.at('1.2'));
  expect((await fires(market, alert.id, 60_000))?.trigger.firedPrice).toBe(market.at('1.2'));
  expect((await fires(rest, other.id, 60_000))?.trigger.firedPrice).toBe(rest.at('1.2'));
});

test('killed after the fire was recorded: it stays fired, once; Redis emptied: what is armed stays armed', async () => {
  const market = marketOf('okx', 'XRP');
  const updates = follow([market.accountId]);
  const alert = await arm(market, { direction: 'AT_OR_BELOW', price: market.at('0.9') });
  const later = await arm(market, { direction: 'AT_OR_BELOW', price: market.at('0.5') });
  const killed = world.crashAt('alert:after-fire', alert.id);
  await move(market, market.at('0.8'));
  await killed;
  const fired = await fires(market, alert.id);
  const redis = new Redis(world.stack.info.redis);
  await redis.flushall();
  redis.disconnect();
  await move(market, market.at('0.4'));
  await fires(market, later.id, 60_000);
  expect((await alertsOf(market.accountId)).find(({ id }) => id === alert.id)).toEqual(fired);
  const told = await updates.until(
    (items) => items.some(({ id, status: is }) => id === later.id && is === 'TRIGGERED'),
    'the fire is told',
  );
  expect(told.filter(({ id, status: is }) => id === alert.id && is === 'TRIGGERED')).toHaveLength(1);
  await updates.close();
});

test('what makes no sense is refused, and nothing has changed', async () => {
  const { accountId, symbol, last } = marketOf('kraken', 'BTC');
  const before = await alertsOf(accountId);
  const trigger = { direction: 'AT_OR_ABOVE', price: multiply(last, '2') };
  const wrong: [Record<string, unknown>, string, string[]][] = [
    [{ accountId, symbol, trigger: { ...trigger, price: '' } }, 'INVALID_INPUT', ['input', 'trigger', 'price']],
    [{ accountId, symbol: 'NO-SUCH', trigger }, 'INVALID_INPUT', ['input', 'symbol']],
    [
      { accountId, symbol, trigger: { ...trigger, symbol: 'NO-SUCH' } },
      'INVALID_INPUT',
      ['input', 'trigger', 'symbol'],
    ],
    [
      { accountId, symbol, trigger: { ...trigger, source: 'MARK' } },
      'UNSUPPORTED_BY_EXCHANGE',
      ['input', 'trigger', 'source'],
    ],
  ];
  for (const [input, code, field] of wrong) {
    const { alert, userErrors } = await create(input);
    expect(alert).toBeNull();
    expect(userErrors).toMatchObject([{ code, field }]);
  }
  expect(await alertsOf(accountId)).toEqual(before);
});
