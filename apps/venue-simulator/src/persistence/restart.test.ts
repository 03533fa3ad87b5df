import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { appendFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { startSimulator } from '../simulator.ts';
import { admin, connectBinance, KEY, SYMBOL } from '../testing.ts';
import { Journal, JournalDamagedError } from './journal.ts';

const homes: string[] = [];
const children: ChildProcess[] = [];
const newHome = (): string => {
  const home = mkdtempSync(join(tmpdir(), 'simulator-'));
  homes.push(home);
  return home;
};
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const home of homes.splice(0)) rmSync(home, { recursive: true, force: true });
});

async function startProcess(home: string): Promise<{ child: ChildProcess; port: number }> {
  const main = join(import.meta.dirname, '../main.ts');
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env['PATH'], SIMULATOR_HOME: home, SIMULATOR_PORT: '0', LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the simulator ended with ${code}`)));
    child.stdout?.on('data', (data: Buffer) => {
      const line = JSON.parse(data.toString()) as { ready: boolean; port: number };
      if (line.ready) resolve(line.port);
    });
  });
  return { child, port };
}
const ended = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => child.once('exit', (code) => resolve(code)));

test('after SIGKILL in the middle of a burst everything that was answered is there', async () => {
  const home = newHome();
  const first = await startProcess(home);
  await admin(first.port, 'POST', '/accounts', KEY);
  await admin(first.port, 'POST', '/walk', { exchange: 'binance', running: false });
  const client = await connectBinance(first.port);
  await client.loadMarkets();
  const answered: string[] = [];
  const burst = Array.from({ length: 200 }, async (_, n) => {
    const isMarket = n % 4 === 0;
    const price = isMarket ? undefined : ('80000' as never);
    const order = await client.createOrder('BTC/USDT', isMarket ? 'market' : 'limit', 'buy', '0.001' as never, price);
    answered.push(String(order.id));
    if (answered.length === 60) first.child.kill('SIGKILL');
  });
  await Promise.allSettled(burst);
  await client.close();
  expect(answered.length).toBeGreaterThanOrEqual(60);

  const second = await startProcess(home);
  const { json } = await admin(second.port, 'GET', '/ledger?exchange=binance');
  const orders = json['orders'] as unknown as { exchangeOrderId: string; status: string; filledSize: string }[];
  const executions = json['executions'] as unknown as { exchangeOrderId: string }[];
  const known = new Set(orders.map((order) => order.exchangeOrderId));
  expect(answered.filter((id) => !known.has(id))).toEqual([]);
  const traded = new Set(executions.map((one) => one.exchangeOrderId));
  expect(orders.filter((order) => (order.status === 'FILLED') !== traded.has(order.exchangeOrderId))).toEqual([]);

  const again = await connectBinance(second.port);
  await again.loadMarkets();
  const next = await again.createOrder('BTC/USDT', 'limit', 'buy', '0.001' as never, '80000' as never);
  expect(known.has(String(next.id))).toBe(false);
  const open = await again.fetchOpenOrders('BTC/USDT');
  expect(open).toHaveLength(orders.filter((order) => order.status === 'OPEN').length + 1);
  await again.close();
  second.child.kill('SIGTERM');
  expect(await ended(second.child)).toBe(0);
});

test('a restart gives back the whole ledger, balances and prices; compactions in between change nothing', async () => {
  const home = newHome();
  const options = { port: 0, home, timers: false, compactBytes: 1 };
  const first = await startSimulator(options);
  await admin(first.port, 'POST', '/accounts', KEY);
  const place = (rest: object) =>
    admin(first.port, 'POST', '/orders', { exchange: 'binance', symbol: SYMBOL, side: 'BUY', type: 'LIMIT', ...rest });
  await place({ size: '0.1', price: '80000', clientId: 'a' });
  await place({ size: '0.1', price: '70000', clientId: 'b' });
  await place({ side: 'SELL', type: 'STOP_MARKET', size: '0.1', stopPrice: '60000' });
  await admin(first.port, 'POST', '/price', { exchange: 'binance', symbol: SYMBOL, price: '79000', size: '0.05' });
  for (let second = 0; second < 20; second += 1) first.tick();
  const paths = ['/ledger?exchange=binance', '/accounts?exchange=binance', '/prices?exchange=binance'];
  const read = async (port: number) => Promise.all(paths.map(async (path) => (await admin(port, 'GET', path)).json));
  const [ledger, accounts, prices] = await read(first.port);
  await first.close();
  expect(readdirSync(home).some((name) => name.startsWith('snapshot-'))).toBe(true);

  const second = await startSimulator(options);
  const [ledger2, accounts2, prices2] = await read(second.port);
  expect([ledger2, accounts2]).toEqual([ledger, accounts]);
  const last = (all: unknown) => Object.values(all as Record<string, { last: string }>).map((one) => one.last);
  expect(last(prices2)).toEqual(last(prices));
  await admin(second.port, 'POST', '/walk', { exchange: 'binance', running: false });
  await admin(second.port, 'POST', '/price', { exchange: 'binance', symbol: SYMBOL, price: '60000' });
  const { json } = await admin(second.port, 'GET', '/ledger?exchange=binance');
  const statuses = (json['orders'] as unknown as { status: string }[]).map((order) => order.status);
  expect(statuses).toEqual(['FILLED', 'FILLED', 'FILLED']);
  await second.close();
});

test('reset is remembered too', async () => {
  const home = newHome();
  const first = await startSimulator({ port: 0, home, timers: false });
  await admin(first.port, 'POST', '/accounts', KEY);
  await admin(first.port, 'POST', '/orders', {
    exchange: 'binance',
    symbol: SYMBOL,
    side: 'BUY',
    type: 'LIMIT',
    size: '1',
    price: '1',
  });
  await admin(first.port, 'POST', '/reset', {});
  await first.close();
  const second = await startSimulator({ port: 0, home, timers: false });
  expect((await admin(second.port, 'GET', '/ledger?exchange=binance')).json['orders']).toEqual([]);
  expect((await admin(second.port, 'GET', '/accounts?exchange=binance')).json).toHaveLength(1);
  await second.close();
});

test('a torn last line is dropped, a damaged one in the middle is not passed over', () => {
  const home = newHome();
  const file = join(home, 'journal-0.ndjson');
  const line = (price: string): string => `{"exchange":"x","prices":[["A-B","${price}"]]}\n`;
  writeFileSync(file, `${line('1')}${line('2')}{"exchange":"x","pri`);
  const seen: number[] = [];
  const read = (): Journal => {
    const journal = new Journal(home);
    seen.length = 0;
    journal.open((one) => seen.push(one.prices?.length ?? 0));
    return journal;
  };
  const journal = read();
  expect(seen).toEqual([1, 1]);
  journal.append(line('3'));
  journal.close();
  read().close();
  expect(seen).toEqual([1, 1, 1]);
  appendFileSync(file, `garbage\n${line('4')}`);
  expect(() => read()).toThrow(JournalDamagedError);
});

test('a compaction replaces the lines by a snapshot while new lines go on', async () => {
  const home = newHome();
  const line = (name: string): string => `{"exchange":"${name}"}\n`;
  const journal = new Journal(home);
  journal.open(() => undefined);
  journal.append(line('old'));
  const compaction = journal.compact([line('slice-1'), line('slice-2')].values());
  journal.append(line('meanwhile'));
  await compaction;
  journal.append(line('after'));
  journal.close();
  expect(readdirSync(home).sort()).toEqual(['journal-1.ndjson', 'snapshot-1.ndjson']);
  const seen: string[] = [];
  const again = new Journal(home);
  again.open((one) => seen.push(one.exchange));
  again.close();
  expect(seen).toEqual(['slice-1', 'slice-2', 'meanwhile', 'after']);
});
