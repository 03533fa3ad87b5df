import { EXCHANGE_IDS } from '@orderplane/domain';
import { Redis } from 'ioredis';
import { between, pick } from '../support/random.ts';
import type { Random } from '../support/random.ts';
import { FAULTS, FAULT_NAMES } from './faults.ts';
import { pause } from './requests.ts';
import type { ChaosWorld } from './world.ts';

/** What accidents have done so far, and what is to be undone at the end. */
export interface Damage {
  readonly world: ChaosWorld;
  readonly random: Random;
  readonly count: (what: string) => void;
  /** Servers that are away: one accident at a time is enough for one. */
  readonly away: Set<string>;
  /** Stopped processes. */
  readonly asleep: Set<number>;
  /** Accounts whose executions are held back, as `exchange account`. */
  readonly held: Set<string>;
}

export interface Accident {
  readonly name: string;
  readonly weight: number;
  readonly strike: (damage: Damage) => Promise<void>;
}

/** All but the servers. */
export const PROCESSES = [
  ...[
    'gateway',
    'gateway-2',
    'order-command',
    'reconciler',
    'reconciler-2',
    'sync-worker',
    'sync-worker-2',
    'venue-simulator',
  ],
];
const SERVICES = PROCESSES.filter((name) => name !== 'venue-simulator');

const pidOf = ({ stack }: ChaosWorld, name: string): number | null =>
  stack.info.processes.find((candidate) => candidate.name === name)?.pid ?? null;

async function killOne({ world, random, count }: Damage): Promise<void> {
  const name = pick(random, PROCESSES);
  if (pidOf(world, name) === null) return;
  count(`kill ${name}`);
  await world.stack.kill(name);
}

async function killAll({ world, count }: Damage): Promise<void> {
  count('kill all services');
  await Promise.all(SERVICES.map((name) => world.stack.kill(name)));
}

/** Says nothing and keeps its connections, its locks and its leases, then goes on as if no time had passed. */
async function stopOne({ world, random, count, asleep }: Damage): Promise<void> {
  const name = pick(random, PROCESSES);
  const ms = between(random, 1_000, 12_000);
  const pid = pidOf(world, name);
  if (pid === null || asleep.has(pid)) return;
  count(`stop ${name}`);
  signal(pid, 'SIGSTOP');
  asleep.add(pid);
  await pause(ms);
  wake(asleep, pid);
}

function signal(pid: number, name: 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(pid, name);
  } catch {
    // Killed meanwhile.
  }
}

export function wake(asleep: Set<number>, pid: number): void {
  if (asleep.delete(pid)) signal(pid, 'SIGCONT');
}

async function takeAway({ world, random, count, away }: Damage, name: 'redis' | 'postgres'): Promise<void> {
  const ms = pick(random, [0, 500, 2_000, 5_000, 8_000]);
  if (away.has(name)) return;
  away.add(name);
  try {
    count(`kill ${name}`);
    await world.stack.kill(name, { stayDown: true });
    await pause(ms);
  } finally {
    await world.stack.up(name);
    away.delete(name);
  }
}

async function flush({ world, count, away }: Damage): Promise<void> {
  if (away.has('redis')) return;
  const redis = new Redis(world.stack.info.redis, { maxRetriesPerRequest: 1, retryStrategy: () => null });
  redis.on('error', () => undefined);
  try {
    await redis.flushall();
    count('redis FLUSHALL');
  } finally {
    redis.disconnect();
  }
}

async function fault({ world, random, count }: Damage): Promise<void> {
  const name = pick(random, FAULT_NAMES);
  const exchange = pick(random, EXCHANGE_IDS);
  const terms = FAULTS[name]?.(random) ?? {};
  // In maintenance some exchanges refuse orders by code: KuCoin says 400200, and nothing was placed.
  if (name === 'authFail' || name === 'maintenance') world.refusing.add(exchange);
  await world.venue.fault({ exchange, fault: name, ...terms });
  count(`fault ${name}`);
  count(`faults of ${exchange}`);
}

/** A process that books what an exchange told ends before or after it has. */
async function crashWhileObserving({ world, random, count }: Damage): Promise<void> {
  const steps = ['stream:before-booking', 'stream:after-booking', 'sync:before-booking', 'sync:after-booking'];
  const step = pick(random, steps);
  const exchange = pick(random, EXCHANGE_IDS);
  world.armory.arm(step, exchange);
  count(`armed ${step}`);
}

/** The exchange ends an order of its own accord. */
async function exchangeCancels({ world, random, count }: Damage): Promise<void> {
  const exchange = pick(random, EXCHANGE_IDS);
  const dice = random();
  const open = (await world.venue.ledger(exchange)).orders.filter(({ status }) => status === 'OPEN');
  const target = open[Math.floor(dice * open.length)];
  if (target === undefined) return;
  await world.venue.outsideCancel(exchange, target.exchangeOrderId);
  count('exchange cancels');
}

/** An execution of an order that had ended comes to light. */
async function lateExecution({ world, random, count }: Damage): Promise<void> {
  const exchange = pick(random, EXCHANGE_IDS);
  const dice = random();
  const ended = (await world.venue.ledger(exchange)).orders.filter(
    ({ status, filledSize, type, size }) =>
      status === 'CANCELLED' && filledSize === '0' && type === 'LIMIT' && size !== null,
  );
  const target = ended[Math.floor(dice * ended.length)];
  if (target === undefined) return;
  const { exchangeOrderId, size } = target;
  world.surprised.add(`${exchange} ${exchangeOrderId}`);
  await world.venue.script('orders/execute-late', { exchange, exchangeOrderId, size });
  count('late execution');
}

/** Listings of executions lag behind the orders for a while. */
async function holdExecutions({ world, random, count, held }: Damage): Promise<void> {
  const exchange = pick(random, EXCHANGE_IDS);
  const ms = between(random, 1_000, 6_000);
  const accounts = await world.venue.streams(exchange);
  const [account] = accounts;
  if (account === undefined || held.has(`${exchange} ${account}`)) return;
  held.add(`${exchange} ${account}`);
  await world.venue.script('executions/hold', { exchange, account, held: true });
  count('executions held back');
  await pause(ms);
  await world.venue.script('executions/hold', { exchange, account, held: false });
  held.delete(`${exchange} ${account}`);
}

/** What befalls the system. One more line here, and it does. */
export const ACCIDENTS: readonly Accident[] = [
  { name: 'fault', weight: 40, strike: fault },
  { name: 'kill', weight: 16, strike: killOne },
  { name: 'stop', weight: 10, strike: stopOne },
  { name: 'killAll', weight: 1, strike: killAll },
  { name: 'redisAway', weight: 2, strike: (damage) => takeAway(damage, 'redis') },
  { name: 'redisFlush', weight: 2, strike: flush },
  { name: 'postgresAway', weight: 2, strike: (damage) => takeAway(damage, 'postgres') },
  { name: 'crashWhileObserving', weight: 5, strike: crashWhileObserving },
  { name: 'exchangeCancels', weight: 3, strike: exchangeCancels },
  { name: 'lateExecution', weight: 3, strike: lateExecution },
  { name: 'holdExecutions', weight: 3, strike: holdExecutions },
];
