import { afterAll, beforeAll, expect, test } from 'vitest';
import { EXCHANGE_IDS } from '@orderplane/domain';
import { booksAgree } from '../support/books.ts';
import { allOrders, cancelOrder, eventually } from '../support/client.ts';
import { openDesk } from '../support/desk.ts';
import type { Desk } from '../support/desk.ts';
import { openSystem } from '../support/system.ts';
import type { System } from '../support/system.ts';

/** Two sync-workers: each account has one owner, who streams it; what a stopped one wakes up with is old. */
let system: System;
const WORKERS = ['sync-worker', 'sync-worker-2'] as const;
type Worker = (typeof WORKERS)[number];
const LEASE_MS = 2_000;

beforeAll(async () => {
  system = await openSystem({
    instances: { 'sync-worker': WORKERS.length },
    serviceEnv: { 'sync-worker': { LEASE_MS: String(LEASE_MS) } },
  });
});
afterAll(() => system?.stop());

const processOf = (name: Worker) => {
  const found = system.stack.info.processes.find((one) => one.name === name);
  if (found === undefined) throw new Error(`${name} does not run`);
  return found;
};

/** How many accounts the process says that it owns; 0 when it does not answer. */
async function owned(name: Worker): Promise<number> {
  const answer = await fetch(`${processOf(name).health}/metrics`, { signal: AbortSignal.timeout(2_000) }).catch(
    () => null,
  );
  const line = (await answer?.text())?.split('\n').find((one) => one.startsWith('orderplane_accounts_owned'));
  return line === undefined ? 0 : Number(line.split(' ').at(-1));
}
const shares = (): Promise<number[]> => Promise.all(WORKERS.map(owned));
const all = EXCHANGE_IDS.length;
/** Sockets of each exchange on which orders are streamed, by account. */
const streams = (): Promise<readonly (readonly string[])[]> =>
  Promise.all(EXCHANGE_IDS.map((exchange) => system.venue.streams(exchange)));

async function resting(desks: readonly Desk[], factor: string) {
  return Promise.all(
    desks.map((desk) => {
      const market = desk.market('BTC');
      const { symbol, size } = market;
      return desk.resting({ symbol, side: 'BUY', type: 'LIMIT', size, price: market.at(factor) });
    }),
  );
}

test('an owner that is stopped for longer than its lease, and returns', { timeout: 120_000 }, async () => {
  await eventually(shares, ([one = 0, two = 0]) => one + two === all, 'every account has one owner');
  const before = await streams();
  const [one = 0, two = 0] = await shares();
  const stopped: Worker = one >= two ? 'sync-worker' : 'sync-worker-2';
  const other: Worker = stopped === 'sync-worker' ? 'sync-worker-2' : 'sync-worker';
  const desks = await Promise.all(EXCHANGE_IDS.map((exchange) => openDesk(system, exchange)));
  const early = await resting(desks, '0.9');

  process.kill(processOf(stopped).pid, 'SIGSTOP');
  // What the sockets of the stopped one hold when it wakes up: an acknowledgement each, and a cancel.
  const held = await resting(desks, '0.88');
  await eventually(
    () => owned(other),
    (count) => count === all,
    'the other one has taken over',
    30_000,
  );
  for (const order of [...early, ...held]) {
    expect((await cancelOrder(system.trader, order.id)).userErrors).toEqual([]);
  }
  for (const [index, desk] of desks.entries())
    for (const order of [early[index], held[index]]) await desk.reaches(order?.id ?? '', 'CANCELLED');

  process.kill(processOf(stopped).pid, 'SIGCONT');
  await eventually(
    async () => [await shares(), await streams()] as const,
    ([[a = 0, b = 0], now]) =>
      Math.max(a, b) === all && a + b === all && JSON.stringify(now) === JSON.stringify(before),
    'one owner and one stream each again',
  );
  await booksAgree(system);
  for (const { id, state } of await allOrders(system.trader)) {
    const record = await system.store.ledger.find(id);
    // Read late, "open" would have raised the ended order anew.
    expect([
      state,
      record?.actual.machine.stray,
      record?.actual.machine.requests.filter((request) => request.forStray),
    ]).toEqual(['CANCELLED', false, []]);
  }
});

test(
  'an owner that is killed: another streams its accounts within the time of a lease',
  { timeout: 90_000 },
  async () => {
    await eventually(shares, ([one = 0, two = 0]) => one + two === all, 'every account has one owner');
    const [one = 0, two = 0] = await shares();
    const killed: Worker = one >= two ? 'sync-worker' : 'sync-worker-2';
    const other: Worker = killed === 'sync-worker' ? 'sync-worker-2' : 'sync-worker';
    const desks = await Promise.all(EXCHANGE_IDS.map((exchange) => openDesk(system, exchange)));
    const orders = await resting(desks, '0.9');
    await system.stack.kill(killed, { stayDown: true });
    for (const desk of desks) {
      const market = desk.market('BTC');
      await system.venue.price(desk.exchange, market.symbol, market.at('0.9'));
    }
    // Well within the 30 s that a takeover may take: nobody else looks at what rests.
    for (const [index, desk] of desks.entries()) await desk.reaches(orders[index]?.id ?? '', 'FILLED', 28_000);
    expect(await owned(other)).toBe(all);
    const runs = await Promise.all(
      desks.map(({ accountId }) => system.store.observations.lastSyncRun(accountId, true)),
    );
    expect(runs.every((run) => run !== null)).toBe(true);
    await system.stack.up(killed);
    await booksAgree(system);
  },
);
