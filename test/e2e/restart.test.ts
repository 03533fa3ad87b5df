import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXCHANGE_IDS } from '@orderplane/domain';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { booksAgree } from '../support/books.ts';
import { allOrders, eventually, isQuiet, ordersOf } from '../support/client.ts';
import type { OrderView } from '../support/client.ts';
import { openDesk } from '../support/desk.ts';
import { EXCHANGES, openSystem } from '../support/system.ts';
import type { System } from '../support/system.ts';

/** Everything stops and starts again in the same home; run.json and the command line beside it. */
let home: string;
let system: System;
/** Durable: a hard stop must not lose what was committed. */
const open = (): Promise<System> => openSystem({ home, ownServers: true, durable: true });
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'orderplane-e2e-restart-'));
  system = await open();
});
afterAll(async () => {
  await system?.stop();
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
});

const runJson = async (): Promise<typeof system.stack.info> =>
  JSON.parse(await readFile(join(home, 'run.json'), 'utf8')) as typeof system.stack.info;
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
/** Tokens, keys and passwords: what stands under these names. */
const SECRET_NAMES = new Set([
  'masterKey',
  'dataKey',
  'postgresPassword',
  'redisPassword',
  'token',
  'apiKey',
  'secret',
]);
const secretsIn = (value: unknown): string[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([name, part]) =>
        typeof part === 'string' ? (SECRET_NAMES.has(name) ? [part] : []) : secretsIn(part),
      )
    : [];

/** What must not change over a restart; the time of the last look may. */
const kept = (orders: readonly OrderView[]) =>
  orders.map(({ id, state, filledSize, exchangeOrderId, legs, fills, price, size }) => ({
    id,
    state,
    filledSize,
    exchangeOrderId,
    legs,
    fills,
    price,
    size,
  }));

/** One order in each state that survives, on each exchange. */
async function fillDesks(first: string, second: string): Promise<void> {
  for (const exchange of EXCHANGES) {
    const desk = await openDesk(system, exchange);
    const [one, other] = [desk.market(first), desk.market(second)];
    const partly = await desk.resting({
      symbol: one.symbol,
      side: 'BUY',
      type: 'LIMIT',
      size: one.size,
      price: one.at('0.95'),
    });
    await system.venue.partialPrice(exchange, one.symbol, one.at('0.95'), one.third);
    await desk.reaches(partly.id, 'PARTIALLY_FILLED');
    // Prices walk again after a restart of the simulator: far from what rests.
    await system.venue.price(exchange, one.symbol, one.last);
    await desk.resting({ symbol: one.symbol, side: 'BUY', type: 'LIMIT', size: one.size, price: one.at('0.9') });
    await desk.resting({
      symbol: other.symbol,
      side: 'SELL',
      type: 'STOP_LIMIT',
      size: other.size,
      price: other.at('0.7'),
      stopPrice: other.at('0.75'),
    });
    const filled = await desk.placed({ symbol: other.symbol, side: 'BUY', type: 'MARKET', size: other.size });
    await desk.reaches(filled.id, 'FILLED');
  }
}

test.each([
  { how: 'orderly', bases: ['BTC', 'ETH', 'SOL'] },
  { how: 'hard', bases: ['XRP', 'ADA', 'DOGE'] },
] as const)(
  '$how stop, and everything is where it was',
  async ({ how, bases: [first, second, third] }) => {
    await fillDesks(first, second);
    const before = kept(await allOrders(system.trader));
    const { traderToken, accounts, processes } = system.stack.info;
    // Accepted a moment before the end: it is placed after it, or was.
    const late = await Promise.all(
      EXCHANGES.map(async (exchange) => {
        const desk = await openDesk(system, exchange);
        const market = desk.market(third);
        return desk.placed({
          symbol: market.symbol,
          side: 'BUY',
          type: 'LIMIT',
          size: market.size,
          price: market.at('0.9'),
        });
      }),
    );
    if (how === 'hard') await system.stack.stopHard();
    await system.stop();
    expect(processes.filter(({ pid }) => isAlive(pid))).toEqual([]);
    expect(existsSync(join(home, 'run.json'))).toBe(false);

    system = await open();
    const desk = await openDesk(system, 'binance');
    const market = desk.market('LTC');
    const { id } = await desk.placed({
      symbol: market.symbol,
      side: 'BUY',
      type: 'LIMIT',
      size: market.size,
      price: market.at('0.9'),
    });
    expect(system.stack.info).toMatchObject({ traderToken, accounts });
    const after = await eventually(
      () => allOrders(system.trader),
      (orders) => orders.every(isQuiet),
      'all orders are settled',
    );
    const ids = new Set(before.map((order) => order.id));
    expect(kept(after.filter((order) => ids.has(order.id)))).toEqual(before);
    for (const order of [...late, { id }])
      expect(after.find((one) => one.id === order.id)).toMatchObject({ state: 'ACKNOWLEDGED' });
  },
  90_000,
);

test('run.json tells the truth, also after a process died', async () => {
  const told = await runJson();
  expect(told).toEqual(system.stack.info);
  expect(told.processes.map(({ name }) => name).sort()).toEqual([
    'gateway',
    'order-command',
    'postgres',
    'reconciler',
    'redis',
    'sync-worker',
    'venue-simulator',
  ]);
  expect(told.processes.every(({ pid }) => isAlive(pid))).toBe(true);
  expect(told.accounts.map(({ exchange }) => exchange).sort()).toEqual([...EXCHANGE_IDS].sort());
  const pidOf = async (name: string): Promise<number | undefined> =>
    (await runJson()).processes.find((one) => one.name === name)?.pid;
  const old = await pidOf('order-command');
  await system.stack.kill('order-command');
  await system.stack.whenReady('order-command');
  await eventually(
    () => pidOf('order-command'),
    (pid) => pid !== undefined && pid !== old && isAlive(pid),
    'the new process stands in run.json',
  );
});

test('no secret stands in a log', async () => {
  const secrets: unknown = JSON.parse(await readFile(join(home, 'secrets.json'), 'utf8'));
  const values = secretsIn(secrets);
  expect(values.length).toBeGreaterThan(8);
  const logs = await readdir(join(home, 'logs'));
  expect(logs.length).toBeGreaterThan(5);
  for (const log of logs) {
    const text = await readFile(join(home, 'logs', log), 'utf8');
    expect(values.filter((value) => text.includes(value)).length, log).toBe(0);
  }
});

describe('npx orderplane', () => {
  const run = (args: readonly string[], input = ''): Promise<{ code: number; stdout: string; stderr: string }> =>
    new Promise((resolve) => {
      const program = join(import.meta.dirname, '..', '..', 'node_modules', '.bin', 'orderplane');
      const child = execFile(program, args, { timeout: 20_000 }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, stdout, stderr }),
      );
      child.stdin?.end(input);
    });

  test('status', async () => {
    const { code, stdout } = await run(['status', '--home', home]);
    expect(stdout).toMatch(/reconciler +\d+ +running/);
    expect(stdout).toMatch(/binance +yes +yes/);
    expect(stdout).toMatch(/kraken +yes +yes/);
    expect(code).toBe(0);
    const { stdout: json } = await run(['status', '--home', home, '--json']);
    expect(JSON.parse(json)).toMatchObject({ gateway: system.trader.http, reconciler: { running: true } });
  });

  test('orders', async () => {
    const all = await allOrders(system.trader);
    const { code, stdout } = await run(['orders', '--home', home, '--json', '--first', '500']);
    expect(code).toBe(0);
    const listed = stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { id: string }).id);
    expect(listed).toEqual(all.map(({ id }) => id));
    const table = await run(['orders', '--home', home, '--open', '--symbol', 'BTC-USD']);
    const own = all.filter((order) => order.symbol === 'BTC-USD' && order.status === 'OPEN');
    expect(table.stdout).toContain(`${own.length} of ${own.length} orders`);
    for (const { id } of own) expect(table.stdout).toContain(id);
  });

  test('balances, sync, and the open orders as the exchange has them now', async () => {
    const accountId = system.account('binance');
    const own = async () => (await ordersOf(system.trader, accountId)).filter(({ status }) => status === 'OPEN');
    const balances = await run(['balances', accountId, '--home', home, '--max-age', '0']);
    expect(balances).toMatchObject({ code: 0, stderr: '' });
    expect(balances.stdout).toMatch(/^ASSET +FREE +LOCKED +TOTAL\n(.*\n)*USDT +\S+ +\S+ +\S+\n(.*\n)*as of \S+\n$/);
    const sync = await run(['sync', accountId, '--home', home]);
    expect(sync).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+ open orders, 0 .* as of /) as string });
    const open = await run(['orders', '--home', home, '--open', '--account', accountId, '--max-age', '0', '--json']);
    expect(open.stdout.split('\n').filter((line) => line !== '')).toHaveLength((await own()).length);
    expect(open.code).toBe(0);
  });

  test('normalize', async () => {
    const payload = {
      symbol: 'BTCUSDT',
      orderId: 7,
      clientOrderId: 'op-x',
      price: '90000.00',
      origQty: '0.10000000',
      executedQty: '0.00000000',
      cummulativeQuoteQty: '0.00000000',
      status: 'NEW',
      timeInForce: 'GTC',
      type: 'LIMIT',
      side: 'BUY',
      stopPrice: '0.00',
      time: 1_760_000_000_000,
      updateTime: 1_760_000_000_000,
      isWorking: true,
    };
    const lines = [
      JSON.stringify({ exchange: 'binance', transport: 'rest', method: 'fetchOrder', payload }),
      'not json',
    ];
    const { code, stdout } = await run(['normalize'], `${lines.join('\n')}\n`);
    expect(code).toBe(0);
    const [first, second] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(first).toMatchObject({
      ok: true,
      order: { exchange: 'binance', orderId: '7', symbol: 'BTC-USDT', price: '90000', size: '0.1', status: 'OPEN' },
    });
    expect(second).toMatchObject({ ok: false });
  });

  test('without a running system: says what to do', async () => {
    const { code, stderr } = await run(['status', '--home', join(home, 'nowhere')]);
    expect(code).toBe(3);
    expect(stderr.length).toBeGreaterThan(20);
  });
});

test('the books agree with the ledgers', () => booksAgree(system));
