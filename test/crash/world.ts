import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CRASH_POINTS_VARIABLE } from '@orderplane/service-kit';
import type { ProcessChange } from '@orderplane/local';
import { openArmory } from '../support/armory.ts';
import { allOrders, eventually, request } from '../support/client.ts';
import { openDesk } from '../support/desk.ts';
import type { Desk } from '../support/desk.ts';
import { EXCHANGES, openSystem } from '../support/system.ts';
import type { CoreExchange, System, SystemOptions } from '../support/system.ts';
import { differences, isSettled, wrongs } from './judge.ts';

/** The runner waits longer after each crash in a row; past this the test calls the process back itself, to save time. */
const PATIENCE_MS = 250;

/** A running system whose processes are about to be killed. */
export interface World extends System {
  readonly desks: Readonly<Record<CoreExchange, Desk>>;
  /** The next process that passes `step` for `key` is killed there, or stopped. Resolves when that has happened. */
  crashAt(step: string, key: string, signal?: 'SIGKILL' | 'SIGSTOP'): Promise<void>;
  /** Takes back what is armed for the key. */
  disarm(key: string): void;
  /** What was armed and never struck. */
  armed(): readonly string[];
  /** Names of the processes that ended, in order; every end but those of `down` and `stop`. */
  readonly ends: readonly string[];
  /**
   * Waits until every order is settled and the exchanges' ledgers agree with all of them; fails with what is wrong.
   * Calling it heals all faults first.
   */
  converges(timeoutMs?: number): Promise<void>;
}

/** Times are shortened only where they are intervals of looking, never where a proof depends on them. */
const IMPATIENT = { RESYNC_INTERVAL_MS: '1000', COMMAND_TIMEOUT_MS: '3000' };

export async function openWorld(options: SystemOptions = {}): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), 'orderplane-crash-'));
  const armory = openArmory(directory);
  const ends: string[] = [];
  const opened: { system: System | null } = { system: null };
  const onChange = (change: ProcessChange): void => {
    if (opened.system === null || change.state !== 'waiting') return;
    ends.push(change.name);
    const waitMs = Number(/restart in (\d+) ms/.exec(change.detail)?.[1] ?? 0);
    if (waitMs > PATIENCE_MS) void callBack(opened.system, change.name);
  };
  const system = await openSystem({
    ...options,
    home: options.home ?? join(directory, 'home'),
    env: { ...IMPATIENT, ...options.env, [CRASH_POINTS_VARIABLE]: armory.directory },
    onChange,
  });
  opened.system = system;
  const desks = { binance: await openDesk(system, 'binance'), kraken: await openDesk(system, 'kraken') };
  return {
    ...system,
    desks,
    ends,
    crashAt: (step, key, signal = 'SIGKILL') => {
      armory.arm(step, key, signal);
      const strikes = armory.strikes(step, key);
      // Whoever waits for it hears of a failure; a case that has failed before has nobody left to.
      strikes.catch(() => undefined);
      return strikes;
    },
    disarm: (key) => armory.disarm(key),
    armed: () => armory.armed(),
    converges: (timeoutMs = 180_000) => converges(system, timeoutMs),
    stop: async () => {
      opened.system = null;
      await system.stop();
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function callBack(system: System, name: string): Promise<void> {
  // The runner begins its wait after it has told of it.
  await new Promise((resolve) => setTimeout(resolve, 1));
  await system.stack.kill(name, { stayDown: true });
  await system.stack.up(name);
}

/** What happened to the orders that are not settled, for the message of a failure. */
async function journals(system: System): Promise<string> {
  const unsettled = (await allOrders(system.trader)).filter((order) => !isSettled(order)).slice(0, 3);
  const read = unsettled.map(async (order) => {
    const { order: found } = await request<{ order: unknown }>(
      system.trader,
      `query ($id: ID!) { order(id: $id) {
         id reconciliation { status attempts nextAttemptAt lastError lastSyncedAt }
         events(first: 60) { nodes { at type toState source reason } } } }`,
      { id: order.id },
    );
    return JSON.stringify(found);
  });
  return (await Promise.all(read)).join('\n');
}

async function converges(system: System, timeoutMs: number): Promise<void> {
  await system.venue.heal();
  await eventually(
    async () => (await allOrders(system.trader)).filter((order) => !isSettled(order)),
    (unsettled) => unsettled.length === 0,
    'every order is settled',
    timeoutMs,
  ).catch(async (cause: unknown) => {
    throw new Error(`${String(cause)}\n${await journals(system)}`, { cause });
  });
  await eventually(
    async () => {
      const orders = await allOrders(system.trader);
      const found = wrongs(orders);
      for (const exchange of EXCHANGES) {
        const ledger = await system.venue.ledger(exchange);
        found.push(
          ...differences(
            orders.filter((order) => order.exchange === exchange),
            ledger,
          ),
        );
      }
      return found;
    },
    (found) => found.length === 0,
    'the ledgers agree with all orders',
    10_000,
  );
}
