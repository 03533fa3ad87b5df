import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allOrders, eventually, placeOrder } from '../support/client.ts';
import { EXCHANGES } from '../support/system.ts';
import { disappointments, drawPlans, runClients } from './burst.ts';
import type { Wish } from './burst.ts';
import { insistPlace } from './insist.ts';
import { newSeed, pick, randomFrom, seeded } from './random.ts';
import { openWorld } from './world.ts';
import type { World } from './world.ts';

/** Bursts of orders on both exchanges while services and servers are killed, forget everything, or are away. */
let world: World;
const wishes: Wish[] = [];

beforeAll(async () => {
  world = await openWorld({ ownServers: true, durable: true });
});
afterAll(() => world?.stop());

const VICTIMS = ['gateway', 'order-command', 'reconciler', 'sync-worker', 'venue-simulator'] as const;

/** Waits until `count` orders of a burst exist, so that the accident falls into its middle. */
const underWay = (name: string, count: number): Promise<unknown> =>
  eventually(
    () => allOrders(world.trader),
    (orders) => orders.filter(({ clientOrderId }) => clientOrderId.startsWith(name)).length >= count,
    `${count} orders of ${name}`,
  );

async function judge(): Promise<void> {
  await world.converges();
  expect(disappointments(wishes, await allOrders(world.trader))).toEqual([]);
}

test('200 orders of 20 clients: all accounted for, fills equal to the trades', { timeout: 300_000 }, () =>
  seeded(async (random) => {
    wishes.push(...(await runClients(world, drawPlans(random, 200, 'crowd'), 20)));
    expect(new Set(wishes.map(({ order }) => order.id)).size).toBe(200);
    await judge();
  }),
);

test('services killed at random moments of a burst', { timeout: 300_000 }, () =>
  seeded(async (random) => {
    const plans = drawPlans(random, 60, 'storm');
    const schedule = Array.from({ length: 12 }, () => ({
      victim: pick(random, VICTIMS),
      exchange: pick(random, EXCHANGES),
      fault: pick(random, [null, null, 'ackLost', 'delay', 'delayAnswer', 'dropBeforeAccept', 'error5xxAfterAccept']),
      pauseMs: 100 + Math.floor(random() * 900),
    }));
    const burst = runClients(world, plans, 10);
    for (const { victim, exchange, fault, pauseMs } of schedule) {
      const holds = fault === 'delay' || fault === 'delayAnswer' ? { ms: 700 } : {};
      if (fault !== null) await world.venue.fault({ exchange, fault, times: 2, ...holds }).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      await world.stack.kill(victim);
    }
    wishes.push(...(await burst));
    for (const name of VICTIMS) await world.stack.whenReady(name);
    await judge();
  }),
);

test('FLUSHALL on Redis with 50 orders in flight', { timeout: 300_000 }, async () => {
  for (const exchange of EXCHANGES) await world.venue.fault({ exchange, fault: 'delayAnswer', ms: 2_000, times: 25 });
  const burst = runClients(world, drawPlans(randomFrom(newSeed()), 50, 'flush'), 50);
  await underWay('flush', 25);
  const redis = new Redis(world.stack.info.redis);
  await redis.flushall();
  await underWay('flush', 50);
  const inFlight = (await allOrders(world.trader)).filter(({ state }) => state === 'SUBMITTED');
  await redis.flushall();
  redis.disconnect();
  expect(inFlight.length).toBeGreaterThan(0);
  wishes.push(...(await burst));
  await judge();
});

describe.each(['redis', 'postgres'])('%s killed in mid-burst', (server) => {
  test('nothing is accepted while it is away; then everything converges by itself', { timeout: 300_000 }, () =>
    seeded(async (random) => {
      const burst = runClients(world, drawPlans(random, 40, server), 10);
      await underWay(server, 15);
      await world.stack.kill(server, { stayDown: true });
      const market = world.desks.kraken.market('SOL');
      const { accountId, symbol, size } = market;
      const probe = {
        ...{ accountId, symbol, side: 'BUY', type: 'LIMIT', size, price: market.at('0.9') },
        clientOrderId: `probe-${server}`,
      };
      const answer = await placeOrder(world.trader, probe).then(
        ({ order, userErrors }) => ({ order, code: userErrors[0]?.code }),
        (error: unknown) => ({ order: null, code: error instanceof Error ? error.message : String(error) }),
      );
      expect(answer.order).toBeNull();
      expect(answer.code).toMatch(/TIMEOUT|unavailable|reach|moment|later|database/i);
      await world.stack.up(server);
      wishes.push(...(await burst));
      // Whatever became of the probe: a repeat gives one order.
      await insistPlace(world.trader, probe);
      await judge();
    }),
  );
});

describe.each(['order-command', 'gateway', 'reconciler', 'redis', 'postgres'])(
  '%s killed after an answer',
  (victim) => {
    test('what was accepted is there, and a repeat of the request gives the same order', async () => {
      const accepted = await Promise.all(
        EXCHANGES.map(async (exchange) => {
          const { accountId, symbol, third } = world.desks[exchange].market('ETH');
          const clientOrderId = `kept-${victim}-${exchange}`;
          const input = { accountId, clientOrderId, symbol, side: 'BUY', type: 'MARKET', size: third };
          return { input, order: (await insistPlace(world.trader, input)).order };
        }),
      );
      await world.stack.kill(victim);
      for (const { input, order } of accepted) {
        expect((await insistPlace(world.trader, input)).order.id).toBe(order.id);
        wishes.push({ order, kind: 'market', cancelled: false });
      }
    });
  },
);

test('at the end everything agrees, and nothing changes any more', { timeout: 300_000 }, async () => {
  await judge();
  const before = await allOrders(world.trader);
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  expect(await allOrders(world.trader)).toEqual(before);
});
