import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allOrders, eventually, readOrder } from '../support/client.ts';
import { EXCHANGES } from '../support/system.ts';
import type { CoreExchange } from '../support/system.ts';
import { insistModify, insistPlace } from '../support/insist.ts';
import { openWorld } from './world.ts';
import type { World } from './world.ts';

/** Several reconcilers: what one leaves in doubt, by its death or while it is stopped, another one has to resolve. */
let world: World;
const RECONCILERS = ['reconciler', 'reconciler-2', 'reconciler-3'] as const;

beforeAll(async () => {
  world = await openWorld({ instances: { reconciler: RECONCILERS.length } });
});
afterAll(() => world?.stop());

async function place(exchange: CoreExchange, base: string, type: 'LIMIT' | 'MARKET', clientOrderId: string) {
  const market = world.desks[exchange].market(base);
  const { accountId, symbol, size } = market;
  const price = type === 'LIMIT' ? { price: market.at('0.9') } : {};
  return insistPlace(world.trader, { accountId, symbol, side: 'BUY', type, size, clientOrderId, ...price });
}

/** Submissions with this client id that have reached the exchange. */
const submitsOf = async (exchange: CoreExchange, clientId: string): Promise<number> =>
  (await world.venue.requests(exchange)).filter((one) => one.kind === 'submit' && one.clientId === clientId).length;

/** The client id of the order's newest leg, as soon as it has one. */
const clientIdOf = async (orderId: string): Promise<string> => {
  const order = await eventually(
    () => readOrder(world.trader, orderId),
    (read) => read !== null && read.legs.length > 0,
    `a leg of order ${orderId}`,
  );
  return order?.legs.at(-1)?.venueClientId ?? '';
};

const FAULTS = [
  { base: 'BTC', fault: 'ackLost', kill: 'after the call' },
  { base: 'ETH', fault: 'dropBeforeAccept', kill: 'after the call' },
  { base: 'SOL', fault: 'error5xxAfterAccept', kill: 'after the call' },
  { base: 'LTC', fault: 'error5xxBefore', kill: 'after the call' },
  { base: 'LINK', fault: 'delay', ms: 4_000, kill: 'during the call' },
  // Past the deadline of the submission: the exchange refuses it, or takes it late.
  { base: 'AVAX', fault: 'delay', ms: 7_000, kill: 'during the call' },
  { base: 'ADA', fault: 'delayAnswer', ms: 4_000, kill: 'during the call' },
  { base: 'DOT', fault: 'bodyStall', kill: 'during the call' },
] as const;

describe.each(EXCHANGES)('%s: the call goes wrong and its sender is killed', (exchange) => {
  test.each(FAULTS)('$fault of $base, killed $kill', async ({ base, fault, kill, ...how }) => {
    const { symbol } = world.desks[exchange].market(base);
    await world.venue.fault({ exchange, fault, symbol, method: 'submit', times: 1, ...how });
    const clientOrderId = `wrong-${base}-${exchange}`;
    const crash = kill === 'after the call' ? world.crashAt('submit:after-call', clientOrderId) : null;
    const { order } = await place(exchange, base, 'MARKET', clientOrderId);
    if (crash === null) {
      const clientId = await clientIdOf(order.id);
      await eventually(
        () => submitsOf(exchange, clientId),
        (count) => count > 0,
        `the submission of ${symbol} reaches the exchange`,
      );
      await Promise.all(RECONCILERS.map((name) => world.stack.kill(name)));
    } else {
      await crash;
    }
  });
});

test('all of them: one order at the exchange each', { timeout: 120_000 }, async () => {
  await eventually(
    () => allOrders(world.trader),
    (orders) => orders.every(({ state }) => state === 'FILLED'),
    'every order is filled',
    90_000,
  );
  await world.converges();
  const held = await Promise.all(EXCHANGES.map((exchange) => world.venue.ledger(exchange)));
  expect(held.map(({ orders }) => orders.length)).toEqual(EXCHANGES.map(() => FAULTS.length));
});

const reconcilers = () => world.stack.info.processes.filter(({ name }) => name.startsWith('reconciler'));
const wake = (pids: readonly number[]): void => pids.forEach((pid) => process.kill(pid, 'SIGCONT'));

/** Reconcilers that do not answer: a stopped process keeps its socket and says nothing. */
async function stopped(): Promise<readonly number[]> {
  const silent = reconcilers().map(async ({ pid, health }) => {
    const answers = await fetch(`${health}/healthz`, { signal: AbortSignal.timeout(2_000) }).then(
      () => true,
      () => false,
    );
    return answers ? [] : [pid];
  });
  return (await Promise.all(silent)).flat();
}

/** Does what makes a reconciler stop at the step, and gives that one's pid. */
async function stopAt(step: string, clientOrderId: string, cause: () => Promise<unknown>): Promise<number> {
  const before = await stopped();
  const stop = world.crashAt(step, clientOrderId, 'SIGSTOP');
  await Promise.all([cause(), stop]);
  const pid = (await stopped()).find((candidate) => !before.includes(candidate));
  if (pid === undefined) throw new Error(`no reconciler has stopped at ${step}`);
  return pid;
}

/** Places a market order whose sender stops between its intention and its call. */
async function stopSender(exchange: CoreExchange) {
  const clientOrderId = `stopped-${exchange}`;
  const orders: string[] = [];
  const pid = await stopAt('submit:after-intent', clientOrderId, async () => {
    orders.push((await place(exchange, 'BTC', 'MARKET', clientOrderId)).order.id);
  });
  const clientId = await clientIdOf(orders[0] ?? '');
  expect(await submitsOf(exchange, clientId)).toBe(0);
  return { exchange, pid, clientId };
}

test('a stopped sender wakes up during the call of another one, who is killed', { timeout: 120_000 }, async () => {
  // Without streams and syncs nobody else tells what has become of an order.
  await world.stack.down('sync-worker');
  const cases: Awaited<ReturnType<typeof stopSender>>[] = [];
  for (const exchange of EXCHANGES) cases.push(await stopSender(exchange));
  const stoppedOnes = cases.map(({ pid }) => pid);
  await Promise.all(
    cases.map(async ({ exchange, pid, clientId }) => {
      // Who takes over proves that nothing was sent, and sends; the exchange looks at it a while later.
      await world.venue.fault({ exchange, fault: 'delay', clientId, method: 'submit', times: 1, ms: 4_000 });
      await eventually(
        () => submitsOf(exchange, clientId),
        (count) => count > 0,
        `another reconciler sends on ${exchange}`,
        60_000,
      );
      wake([pid]);
      await eventually(stopped, (silent) => !silent.includes(pid), 'the stopped reconciler is awake');
      // Time to do harm: what it writes now must not speak of the sending that is under way, whose sender dies.
      await new Promise((resolve) => setTimeout(resolve, 500));
      const senders = reconcilers().filter((one) => !stoppedOnes.includes(one.pid));
      await Promise.all(senders.map(({ name }) => world.stack.kill(name)));
    }),
  );
  await eventually(
    () => allOrders(world.trader),
    (orders) => orders.every(({ state }) => state === 'FILLED'),
    'every order is filled',
    60_000,
  );
  await world.stack.up('sync-worker');
  await world.converges();
  for (const { exchange, clientId } of cases) expect(await submitsOf(exchange, clientId)).toBe(1);
});

test('a sender that was stopped before a change wakes up after newer ones', { timeout: 120_000 }, async () => {
  const cases: { exchange: CoreExchange; pid: number; orderId: string }[] = [];
  const priceAt = (exchange: CoreExchange, factor: string): string => world.desks[exchange].market('SOL').at(factor);
  for (const exchange of EXCHANGES) {
    const clientOrderId = `changed-${exchange}`;
    const { order } = await place(exchange, 'SOL', 'LIMIT', clientOrderId);
    await world.desks[exchange].reaches(order.id, 'ACKNOWLEDGED');
    // Binance has no safe amend: a change begins with a cancel there.
    const step = exchange === 'binance' ? 'cancel:after-intent' : 'amend:after-intent';
    const change = { orderId: order.id, price: priceAt(exchange, '0.85') };
    const pid = await stopAt(step, clientOrderId, () => insistModify(world.trader, change));
    cases.push({ exchange, pid, orderId: order.id });
  }
  await Promise.all(
    cases.map(async ({ exchange, orderId }) => {
      await world.desks[exchange].reaches(orderId, 'ACKNOWLEDGED', 60_000);
      await insistModify(world.trader, { orderId, price: priceAt(exchange, '0.8') });
      const { price } = await world.desks[exchange].reaches(orderId, 'ACKNOWLEDGED', 60_000);
      expect(price).toBe(priceAt(exchange, '0.8'));
    }),
  );
  wake(cases.map(({ pid }) => pid));
  // All of them answer, so the stopped ones have gone on with what they were about to do.
  await eventually(stopped, (silent) => silent.length === 0, 'every reconciler is awake');
  await world.converges();
  for (const { exchange, orderId } of cases) {
    const order = await readOrder(world.trader, orderId);
    const { orders } = await world.venue.ledger(exchange);
    const live = orders.filter(({ status, symbol }) => status === 'OPEN' && symbol === order?.symbol);
    expect(live.map(({ price }) => price)).toEqual([priceAt(exchange, '0.8')]);
  }
});
