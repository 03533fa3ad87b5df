import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allOrders, eventually, isQuiet, readOrder } from '../support/client.ts';
import { EXCHANGES } from '../support/system.ts';
import type { CoreExchange } from '../support/system.ts';
import { insistCancel, insistModify, insistPlace } from '../support/insist.ts';
import { Lane } from './lanes.ts';
import type { Case } from './lanes.ts';
import { openWorld } from './world.ts';
import type { World } from './world.ts';

/**
 * SIGKILL at every step of place, modify and cancel, on both exchanges. Each case has an order of its own that kills
 * the service exactly there; the runner brings the service back, and the next case begins while the orders of the
 * earlier ones are still finding their way. One lane of cases for each service that is killed, all lanes at once. The
 * last test demands that every order has found its way.
 */
let world: World;

interface Expected {
  readonly name: string;
  readonly exchange: CoreExchange;
  readonly state: string;
  /** Orders of it that the exchange has ever held. */
  readonly held: number;
  readonly price: string | null;
}
const expected = new Map<string, Expected>();
/** Resting orders for the cases that change or cancel one, by key: placed while nothing is killed yet. */
const prepared = new Map<string, string>();

const around = (call: string): string[] =>
  ['before-intent', 'after-intent', 'after-call', 'after-outcome'].map((step) => `${call}:${step}`);
const PLACE = ['place:before-commit', 'place:after-commit', 'place:after-wake'];
const CHANGE = ['change:before-commit', 'change:after-commit', 'change:after-wake'];
const LOOKUP = ['lookup:before-call', 'lookup:after-call', 'lookup:after-outcome'];
const SENT = ['submit:after-intent', 'submit:after-call'];
const SYNC = ['stream:before-booking', 'stream:after-booking', 'sync:before-booking', 'sync:after-booking'];
/** Binance has no safe amend: the old leg is cancelled, proved to be over, and the rest placed as a new leg. */
const MODIFY: Readonly<Record<CoreExchange, readonly string[]>> = {
  binance: [...around('cancel'), ...around('submit')],
  kraken: around('amend'),
};

type Kind = 'limit' | 'market' | 'modify' | 'cancel';
const nameOf = (exchange: CoreExchange, kind: Kind, steps: readonly string[]): string =>
  `${kind}-${steps.join('+').replaceAll(':', '.')}-${exchange}`;

function inputOf(exchange: CoreExchange, kind: Kind, clientOrderId: string) {
  const market = world.desks[exchange].market(kind === 'market' ? 'ETH' : 'SOL');
  const { accountId, symbol, size } = market;
  const common = { accountId, clientOrderId, symbol, side: 'BUY', size };
  return kind === 'market' ? { ...common, type: 'MARKET' } : { ...common, type: 'LIMIT', price: market.at('0.9') };
}

/** Tries of one case, each with an order of its own. */
const TRIES = 4;
/** Between the last write of a step and the point after it. */
const JUST_AFTER_MS = 300;

const isSettled = async (orderId: string): Promise<boolean> => {
  const order = await readOrder(world.trader, orderId);
  return order !== null && isQuiet(order);
};

/**
 * Waits until every point has struck. False when the order is settled and one has not: a crash of another case has hit
 * this order and it has found its way by another path. That is as it should be, but it is not this case.
 */
async function haveStruck(crashes: readonly Promise<void>[], key: string, orderId: string): Promise<boolean> {
  const struck = Promise.all(crashes).then(() => true);
  const missed = async (): Promise<boolean> => {
    await eventually(
      () => isSettled(orderId),
      (settled) => settled,
      `${key} is settled`,
      200_000,
    );
    await new Promise((resolve) => setTimeout(resolve, JUST_AFTER_MS));
    return false;
  };
  const outcome = await Promise.race([struck, missed()]);
  world.disarm(key);
  return outcome;
}

const firstKey = (name: string): string => `${name}-1`;

/** Runs a try of a case until all its points have struck. */
async function untilStruck(name: string, run: (key: string) => Promise<boolean>): Promise<void> {
  if (await run(firstKey(name))) return;
  for (let number = 2; number <= TRIES; number += 1) if (await run(`${name}-${number}`)) return;
  throw new Error(`${name}: none of ${TRIES} orders was hit where it should`);
}

/** An order that kills whoever passes the steps with it, in turn. */
function placing(exchange: CoreExchange, kind: 'limit' | 'market', steps: readonly string[]): Case {
  const name = nameOf(exchange, kind, steps);
  const state = kind === 'limit' ? 'ACKNOWLEDGED' : 'FILLED';
  const run = (next: () => void): Promise<void> =>
    untilStruck(name, async (key) => {
      const crashes = steps.map((step) => world.crashAt(step, key));
      // The second crash comes in its own time; it may hit orders of other cases, as accidents do.
      void crashes[0]?.then(next, next);
      const { order } = await insistPlace(world.trader, inputOf(exchange, kind, key));
      expected.set(order.id, { name: key, exchange, state, held: 1, price: null });
      return haveStruck(crashes, key, order.id);
    });
  return { name, run };
}

async function placeResting(exchange: CoreExchange, key: string): Promise<string> {
  const { order } = await insistPlace(world.trader, inputOf(exchange, 'limit', key));
  await world.desks[exchange].reaches(order.id, 'ACKNOWLEDGED', 120_000);
  return order.id;
}

function changing(exchange: CoreExchange, kind: 'modify' | 'cancel', step: string): Case {
  const name = nameOf(exchange, kind, [step]);
  const run = (): Promise<void> =>
    untilStruck(name, async (key) => {
      const orderId = prepared.get(key) ?? (await placeResting(exchange, key));
      const crash = world.crashAt(step, key);
      if (kind === 'cancel') {
        expected.set(orderId, { name: key, exchange, state: 'CANCELLED', held: 1, price: null });
        await insistCancel(world.trader, orderId);
      } else {
        const price = world.desks[exchange].market('SOL').at('0.85');
        const held = exchange === 'binance' ? 2 : 1;
        expected.set(orderId, { name: key, exchange, state: 'ACKNOWLEDGED', held, price });
        await insistModify(world.trader, { orderId, price });
      }
      return haveStruck([crash], key, orderId);
    });
  return { name, run };
}

function syncing(exchange: CoreExchange, step: string): Case {
  const name = nameOf(exchange, 'market', [step]);
  const run = async (): Promise<void> => {
    const crash = world.crashAt(step, exchange);
    const { order } = await insistPlace(world.trader, inputOf(exchange, 'market', name));
    expected.set(order.id, { name, exchange, state: 'FILLED', held: 1, price: null });
    await crash;
  };
  return { name, run };
}

const reconcilerCases = (exchange: CoreExchange): Lane =>
  new Lane([
    ...around('submit').map((step) => placing(exchange, 'limit', [step])),
    ...SENT.map((step) => placing(exchange, 'market', [step])),
    // Never sent: the second crash strikes while the doubt of the first one is being resolved.
    ...['record:after-commit', ...LOOKUP].map((step) => placing(exchange, 'limit', ['submit:after-intent', step])),
    ...MODIFY[exchange].map((step) => changing(exchange, 'modify', step)),
    ...around('cancel').map((step) => changing(exchange, 'cancel', step)),
  ]);

/** Two reconcilers run, so that one works while the other one starts again. */
const lanes = {
  'reconciler (Binance)': reconcilerCases('binance'),
  'reconciler (Kraken)': reconcilerCases('kraken'),
  'order-command': new Lane(
    EXCHANGES.flatMap((exchange) => [
      ...PLACE.map((step) => placing(exchange, 'market', [step])),
      ...CHANGE.map((step) => changing(exchange, 'modify', step)),
      ...CHANGE.map((step) => changing(exchange, 'cancel', step)),
    ]),
  ),
  'sync-worker': new Lane(EXCHANGES.flatMap((exchange) => SYNC.map((step) => syncing(exchange, step)))),
};
/** Without stream and syncs only the look-ups can find what was placed before the crash. */
const blind = new Lane(
  EXCHANGES.flatMap((exchange) =>
    ['record:before-commit', ...LOOKUP].map((step) => placing(exchange, 'market', ['submit:after-call', step])),
  ),
);

async function prepare(): Promise<void> {
  const names = Object.values(lanes)
    .flatMap(({ cases }) => cases)
    .map(({ name }) => name);
  const changes = names.filter((name) => name.startsWith('modify') || name.startsWith('cancel'));
  await Promise.all(
    changes.map(async (name) => {
      const key = firstKey(name);
      prepared.set(key, await placeResting(name.endsWith('binance') ? 'binance' : 'kraken', key));
    }),
  );
}

beforeAll(async () => {
  world = await openWorld({ instances: { reconciler: 2 } });
  await prepare();
  const all = Promise.all(Object.values(lanes).map((lane) => lane.run()));
  void all.then(() => world.stack.down('sync-worker')).then(() => blind.run());
});
afterAll(() => world?.stop());

describe.each(Object.entries(lanes))('%s killed', (_, lane) => {
  test.each(lane.cases.map(({ name }) => name))('%s', { timeout: 240_000 }, (name) => lane.outcome(name));
});

describe('reconciler killed, nobody watches the exchange', () => {
  test.each(blind.cases.map(({ name }) => name))('%s', { timeout: 240_000 }, (name) => blind.outcome(name));
});

test('every order is what it should be, here and at the exchange', { timeout: 120_000 }, async () => {
  await blind.run();
  await world.stack.up('sync-worker');
  await world.converges(90_000);
  expect(world.armed()).toEqual([]);
  const orders = await allOrders(world.trader);
  const ledgers = { binance: await world.venue.ledger('binance'), kraken: await world.venue.ledger('kraken') };
  const outcome = [...expected].map(([id, { name, exchange, price }]) => {
    const order = orders.find((candidate) => candidate.id === id);
    const ids = new Set(order?.legs.map((leg) => leg.venueClientId));
    const held = ledgers[exchange].orders.filter(({ clientId }) => clientId !== null && ids.has(clientId));
    const last = price === null ? null : held.at(-1)?.price;
    return { name, exchange, state: order?.state, held: held.length, price: last };
  });
  expect(outcome).toEqual([...expected.values()]);
});
