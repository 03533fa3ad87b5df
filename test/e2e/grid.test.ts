import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@orderplane/client';
import type { OrderUpdate, OrderplaneClient } from '@orderplane/client';
import { divide, multiply } from '@orderplane/domain';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { booksAgree } from '../support/books.ts';
import { eventually, ordersOf } from '../support/client.ts';
import { openDesk } from '../support/desk.ts';
import { readDetail } from '../support/detail.ts';
import { GridProcess, gridFaults, inSteps } from '../support/grid.ts';
import type { GridTerms } from '../support/grid.ts';
import { randomFrom } from '../support/random.ts';
import { EXCHANGES, openSystem } from '../support/system.ts';
import type { Exchange, System } from '../support/system.ts';

/** The grid example as its users run it: prices walk through its rungs while it, and what it talks to, is killed. */
let system: System;
let client: OrderplaneClient;
const grids = new Map<Exchange, Grid>();
/** What somebody was told who followed both accounts from the beginning. */
const told: OrderUpdate[] = [];
beforeAll(async () => {
  system = await openSystem({ instances: { gateway: 2 } });
  for (const exchange of EXCHANGES) grids.set(exchange, await Grid.on(exchange));
  const urls = system.stack.info.gateways.map(({ http }) => http);
  client = createClient({ urls, token: system.trader.token });
  void follow([...grids.values()].map(({ terms }) => terms.market.accountId));
  await eventually(
    () => Promise.resolve(told.length),
    (count) => count > 0,
    'the snapshot',
  );
});
afterAll(async () => {
  client?.close();
  await Promise.all([...grids.values()].map(({ process }) => process.kill()));
  await system?.stop();
});

async function follow(accountIds: readonly string[]): Promise<void> {
  for await (const update of client.orderUpdates(accountIds)) told.push(update);
}

/** Cursors of everything that happened to the account's orders, in order of its journal. */
async function journal(accountId: string): Promise<string[]> {
  const orders = await ordersOf(system.trader, accountId);
  const lines = (await Promise.all(orders.map(({ id }) => readDetail(system.trader, id)))).flatMap(
    ({ events }) => events.nodes,
  );
  return lines.map(({ cursor }) => cursor).sort((a, b) => positionIn(a) - positionIn(b));
}
/** A cursor of one account is {"account":"position"} in base64url. */
const positionIn = (cursor: string): number =>
  Number(Object.values(JSON.parse(Buffer.from(cursor, 'base64url').toString()) as Record<string, string>)[0]);

class Grid {
  readonly exchange: Exchange;
  readonly terms: GridTerms;
  readonly process: GridProcess;
  price: string;

  static async on(exchange: Exchange): Promise<Grid> {
    const market = (await openDesk(system, exchange)).market('ETH');
    // Even, so that prices between two rungs are prices of the market too.
    const pair = multiply(market.priceStep, '2');
    const step = multiply(divide(multiply(market.last, '0.01'), pair, 0), pair);
    return new Grid(exchange, { name: 'ladder', market, center: market.at('1'), step, levels: 3 });
  }

  constructor(exchange: Exchange, terms: GridTerms) {
    this.exchange = exchange;
    this.terms = terms;
    this.price = terms.center;
    const urls = system.stack.info.gateways.map(({ http }) => http);
    this.process = new GridProcess(terms, { urls, token: system.trader.token });
  }

  /** To so many steps from the centre: what rests between fills. */
  async move(steps: string): Promise<void> {
    this.price = inSteps(this.terms, steps);
    await system.venue.price(this.exchange, this.terms.market.symbol, this.price);
  }

  async said(text: string): Promise<void> {
    await eventually(
      () => Promise.resolve(this.process.lines),
      (lines) => lines.some((line) => line.includes(text)),
      `the grid says "${text}"`,
    );
  }

  async stands(): Promise<void> {
    await eventually(
      async () => {
        const orders = await ordersOf(system.trader, this.terms.market.accountId);
        const ledger = await system.venue.ledger(this.exchange);
        return [...gridFaults(this.terms, this.price, orders, ledger), ...this.process.lines.slice(-3)];
      },
      (found) => found.length <= 3,
      `the grid on ${this.exchange} stands`,
    );
  }
}

/** One after the other at both exchanges at once: the system is shared, and so are the accidents. */
const both = (act: (grid: Grid) => Promise<void>): Promise<void[]> => Promise.all([...grids.values()].map(act));
const random = randomFrom(20_261_121);
/** Not a wait for anything: each accident comes at another point of what is going on. */
const oddMoment = (): Promise<void> => sleep(random() * 150);

test('without --center it stands around the last price, in a market that nobody has watched before', async () => {
  const market = (await openDesk(system, EXCHANGES[0])).market('SOL');
  const terms = { name: 'at-last', market, center: market.last, step: multiply(market.priceStep, '500'), levels: 1 };
  const urls = system.stack.info.gateways.map(({ http }) => http);
  const process = new GridProcess(terms, { urls, token: system.trader.token });
  process.start(['center']);
  await eventually(
    () => Promise.resolve(process.lines),
    (lines) => lines.some((line) => line.includes('the grid stands')),
    'the grid stands',
  );
  await process.kill();
});

test('killed while it places its first orders, it goes on where it was', async () => {
  await both(async (grid) => {
    grid.process.start();
    await grid.said('placed');
    await oddMoment();
    await grid.process.kill();
    grid.process.start();
    await grid.said('the grid stands');
    await grid.stands();
  });
});

test('what fills is placed again on the other side', async () => {
  for (const steps of ['-1.5', '0.5', '2.5']) {
    await both((grid) => grid.move(steps));
    await both((grid) => grid.stands());
  }
});

test('killed after a fill and away for others, it catches up', async () => {
  await both(async (grid) => {
    await grid.move('-0.5');
    await oddMoment();
    await grid.process.kill();
    await grid.move('-2.5');
    grid.process.start();
    await oddMoment();
    await grid.process.kill();
    grid.process.start();
    await grid.stands();
  });
});

test.each([
  ['the gateway', '1.5', ['gateway']],
  ['order-command', '-1.5', ['order-command']],
  ['both gateways and order-command', '0.5', ['gateway', 'gateway-2', 'order-command']],
])('goes on by itself when %s is killed', async (_what, steps, names) => {
  const runs = [...grids.values()].map(
    ({ process }) => process.lines.filter((line) => line.startsWith('ended')).length,
  );
  await both((grid) => grid.move(steps));
  await oddMoment();
  await Promise.all(names.map((name) => system.stack.kill(name)));
  await both((grid) => grid.stands());
  expect([...grids.values()].map(({ process }) => process.isRunning)).toEqual([true, true]);
  expect(runs).toEqual(
    [...grids.values()].map(({ process }) => process.lines.filter((line) => line.startsWith('ended')).length),
  );
});

test('two of it at once, everything killed, both started again: still one order a rung', async () => {
  for (const { process } of grids.values()) process.start();
  await both((grid) => grid.move('-3.5'));
  await oddMoment();
  const everything = ['gateway', 'gateway-2', 'order-command', 'reconciler', 'sync-worker'];
  await Promise.all([
    ...everything.map((name) => system.stack.kill(name)),
    ...[...grids.values()].map(({ process }) => process.kill()),
  ]);
  await both((grid) => grid.move('1.5'));
  for (const { process } of grids.values()) {
    process.start();
    process.start();
  }
  await both((grid) => grid.stands());
});

test('other terms under the same name are refused, and nothing changes', async () => {
  const [grid] = grids.values();
  if (grid === undefined) throw new Error('no grid');
  const urls = system.stack.info.gateways.map(({ http }) => http);
  const service = { urls, token: system.trader.token };
  const other = new GridProcess({ ...grid.terms, step: multiply(grid.terms.step, '2') }, service);
  other.start();
  await eventually(
    () => Promise.resolve(other.lines.join('\n')),
    (text) => text.includes('ended with 1'),
    'it ends',
  );
  expect(other.lines.join('\n')).toMatch(/stands at|another --name/);
  expect(other.lines.join('\n')).not.toContain('placed');
  await grid.stands();
});

test('the first order of the README of the client is placed as it stands there', async () => {
  const readme = await readFile(join(import.meta.dirname, '../../packages/client/README.md'), 'utf8');
  const text = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const code = text.replace(/'http:[^']*'/, `'${system.trader.http}'`);
  expect(code).not.toBe(text);
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', code], {
    cwd: import.meta.dirname,
    env: { ...process.env, ORDERPLANE_TOKEN: system.trader.token },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  try {
    const found = await eventually(
      () => ordersOf(system.trader, system.account('binance')),
      (orders) => orders.some(({ symbol, status }) => symbol === 'BTC-USDT' && status === 'OPEN'),
      'its order rests',
    );
    const { id, clientOrderId, size } = found.find(({ symbol }) => symbol === 'BTC-USDT') ?? {};
    expect(size).toBe('0.01');
    expect(clientOrderId).toMatch(/^[0-9a-f-]{36}$/);
    expect(await client.cancelOrder(id ?? '')).toMatchObject({ ok: true, order: { id } });
  } finally {
    child.kill('SIGKILL');
  }
});

test('who followed the orders through all of that was told everything once, and in order', async () => {
  expect(told.filter(({ kind }) => kind === 'SNAPSHOT')).toEqual([told[0]]);
  for (const { terms } of grids.values()) {
    const { accountId } = terms.market;
    const heard = () =>
      told.flatMap((update) => (update.kind === 'EVENT' && update.order.account.id === accountId ? [update] : []));
    const whole = await journal(accountId);
    await eventually(
      () => Promise.resolve(heard().length),
      (count) => count >= whole.length,
      'all of the journal',
    );
    expect(heard().map(({ event }) => event.cursor)).toEqual(whole);
  }
});

test('asked to end, it ends and leaves its orders; the books agree with the ledgers', async () => {
  await both(async ({ process }) => {
    await process.kill('SIGTERM');
    expect(process.lines.filter((line) => line === 'ended with 0').length).toBeGreaterThan(0);
  });
  await both((grid) => grid.stands());
  await booksAgree(system);
  for (const { process } of grids.values()) expect(process.lines.join('\n')).not.toContain(system.trader.token);
});
