import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack } from '@orderplane/local';
import type { Progress, Stack } from '@orderplane/local';
import pg from 'pg';
import { cpuSeconds } from './cpu.ts';
import { measureDark } from './dark.ts';
import { measureExchanges } from './exchanges.ts';
import { reportOf, tableOf } from './figures.ts';
import type { Measurement } from './figures.ts';
import { FLOOR_TABLE, Floors } from './floors.ts';
import { Subscriber } from './graphql.ts';
import { FULL, measureLatencies, measureThroughput, QUICK } from './measure.ts';
import type { Rig } from './measure.ts';
import { measureTriggers } from './triggers.ts';
import { measureUpdates } from './updates.ts';
import { MARKET_PRICE, SYMBOL, Trader } from './orders.ts';
import { Venue } from './venue.ts';

export interface BenchOptions {
  readonly quick: boolean;
  /** Where the rows go as JSON; null: nowhere. */
  readonly jsonFile: string | null;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Keep the stack's directory (profiles, logs) here instead of a temporary one. */
  readonly home?: string;
  /** Measure only these rows. */
  readonly only?: 'latencies' | 'exchanges' | 'throughput' | 'updates';
  /** Directory for a CPU profile of every service; it slows them down. */
  readonly profile?: string;
}

/**
 * Starts a stack of its own, measures us and the floors in turns, prints the table. Judges nothing: a slow machine makes
 * a bad table, not a failure. Rejects when something could not be measured at all.
 */
export async function bench(options: BenchOptions): Promise<void> {
  const { progress, signal } = options;
  const home = options.home ?? (await mkdtemp(join(tmpdir(), 'orderplane-bench-')));
  try {
    const profiling =
      options.profile === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${options.profile}` };
    const stack = await startStack({ home, progress, signal, env: { LOG_LEVEL: 'warn', ...profiling } });
    try {
      await measure(stack, options);
    } finally {
      await stack.stop();
    }
  } finally {
    if (options.home === undefined) await rm(home, { recursive: true, force: true });
  }
}

type Note = (text: string) => void;

const cpuLine = (cpu: ReadonlyMap<string, number>): string => {
  const total = [...cpu.values()].reduce((sum, one) => sum + one, 0);
  return [...cpu, ['together', total] as const].map(([name, ms]) => `${name} ${ms.toFixed(2)}`).join(', ');
};

async function measure(stack: Stack, { quick, jsonFile, progress, signal, only }: BenchOptions): Promise<void> {
  const sizes = quick ? QUICK : FULL;
  const { rig, close } = await progress.run('floors', () => openRig(stack));
  const interrupted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('interrupted')), { once: true });
  });
  const unlessInterrupted = <T>(work: Promise<T>): Promise<T> => Promise.race([work, interrupted]);
  try {
    const measurements: Measurement[] = [];
    if (only === undefined || only === 'latencies') {
      const work = (note: Note) => unlessInterrupted(measureLatencies(rig, sizes, note));
      measurements.push(...(await progress.run('latencies', work)));
      measurements.push(measureTriggers(sizes.samples));
      measurements.push(await progress.run('dark orders', (note) => unlessInterrupted(measureDark(rig, sizes, note))));
    }
    if (only === undefined || only === 'exchanges') {
      const work = (note: Note) => unlessInterrupted(measureExchanges(stack, sizes.perExchange, note));
      measurements.push(...(await progress.run('exchanges', work)));
    }
    let cpu: ReadonlyMap<string, number> = new Map();
    if (only === undefined || only === 'throughput') {
      const work = (note: Note) => unlessInterrupted(measureThroughput(rig, sizes, note));
      const { measurement, cpuMsPerOrder } = await progress.run('throughput', work);
      measurements.push(measurement);
      cpu = cpuMsPerOrder;
    }
    if (only === undefined || only === 'updates') {
      const work = (note: Note) => unlessInterrupted(measureUpdates(rig, stack, sizes.updates, note));
      measurements.push(await progress.run('updates', work));
    }
    console.log(`\n${tableOf(measurements)}\n`);
    if (cpu.size > 0) console.log(`CPU per placed order, ms: ${cpuLine(cpu)}\n`);
    if (jsonFile !== null) await writeFile(jsonFile, `${JSON.stringify(reportOf(measurements), null, 2)}\n`);
  } finally {
    await close();
  }
}

async function openRig(stack: Stack): Promise<{ readonly rig: Rig; readonly close: () => Promise<void> }> {
  const { gateway, traderToken, simulator, accounts, postgres, redis } = stack.info;
  const account = accounts.find(({ exchange }) => exchange === 'binance');
  if (account === undefined || simulator === null) throw new Error('the stack has no paper account at Binance');
  await createFloorTable(postgres);
  const venue = new Venue(simulator.admin);
  await venue.calm();
  await venue.price(SYMBOL, MARKET_PRICE);
  const apiKey = `floor-${randomBytes(8).toString('hex')}`;
  const secret = randomBytes(16).toString('hex');
  await venue.register(apiKey, secret);
  const floors = await Floors.start({
    databaseUrl: postgres,
    redisUrl: redis,
    simulatorUrl: simulator.admin,
    apiKey,
    secret,
  });
  const subscribe = async (): Promise<Subscriber> => {
    const subscriber = new Subscriber(gateway.ws, traderToken, account.id);
    await subscriber.ready;
    return subscriber;
  };
  const trader = new Trader(gateway.http, traderToken, account.id);
  const close = async (): Promise<void> => {
    trader.close();
    venue.close();
    await floors.stop();
  };
  const cpu = () => cpuSeconds([...stack.info.processes, { name: 'client', pid: process.pid }]);
  return { rig: { trader, subscribe, venue, floors, cpu }, close };
}

async function createFloorTable(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(FLOOR_TABLE);
  } finally {
    await client.end();
  }
}
