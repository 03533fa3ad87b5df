import { EXCHANGE_IDS } from '@orderplane/domain';
import type { ExchangeId } from '@orderplane/domain';
import { differences } from '../support/accounting.ts';
import { ENDED, allOrders, request } from '../support/client.ts';
import type { OrderView } from '../support/client.ts';
import type { Ledger } from '../support/venue.ts';
import { PROCESSES, wake } from './accidents.ts';
import type { Damage } from './accidents.ts';
import { isSettled } from './judge.ts';
import { journalLength, readJournal } from './journal.ts';
import { pause } from './requests.ts';
import type { Subscriber } from './subscribers.ts';
import { missingEnds } from './telling.ts';
import type { ChaosWorld } from './world.ts';

/** After the storm: everything is put right from outside, then the system has to find its way by itself. */

/** Longer than any proof takes, and than the longest pause between two looks (60 s). */
const NO_PROGRESS_MS = 180_000;
/** Whatever still moves by then, will move for ever. */
const LONGEST_MS = 900_000;
const LOOK_EVERY_MS = 1_000;

/** Faults end, stopped processes go on, killed ones are started, prices stand still. The system itself is not touched. */
export async function heal(damage: Damage): Promise<void> {
  const { world, asleep, held } = damage;
  world.armory.disarm();
  for (const pid of [...asleep]) wake(asleep, pid);
  const names = ['redis', 'postgres', ...PROCESSES];
  await Promise.all(names.map((name) => world.stack.up(name)));
  // A point may have been passed after the last look at it: a process that died of it is on its way back.
  for (const name of names) await world.stack.whenReady(name);
  await world.venue.heal();
  for (const exchange of EXCHANGE_IDS) await world.venue.walk(exchange, false);
  for (const entry of held) {
    const [exchange, account] = entry.split(' ');
    await world.venue.script('executions/hold', { exchange, account, held: false });
  }
}

/** Waits as long as `look` shows something new now and then. Null when `isDone`, else the last thing seen. */
async function whileItMoves(look: () => Promise<string>, isDone: (seen: string) => boolean): Promise<string | null> {
  const startedAt = Date.now();
  let movedAt = startedAt;
  let last = '';
  for (;;) {
    const seen = await look().catch((cause: unknown) => `can't be read: ${String(cause)}`);
    if (isDone(seen)) return null;
    if (seen !== last) movedAt = Date.now();
    last = seen;
    if (Date.now() - movedAt > NO_PROGRESS_MS || Date.now() - startedAt > LONGEST_MS) return last;
    await pause(LOOK_EVERY_MS);
  }
}

/** Orders that the system itself says are not in sync; what needs attention is looked at one by one, later. */
async function outOfSync(world: ChaosWorld): Promise<readonly string[]> {
  const { orders } = await request<{ orders: { nodes: { id: string; state: string }[]; totalCount: number } }>(
    world.trader,
    `{ orders(first: 50, filter: { reconciliation: [PROGRESSING, AMBIGUOUS, STALE] }) {
         nodes { id state } totalCount } }`,
  );
  return orders.nodes.map(({ id, state }) => `${id} ${state}`).concat(String(orders.totalCount));
}

const isOnItsWay = (order: OrderView, surprised: ReadonlySet<string>): boolean =>
  !isSettled(order, surprised) || (order.expiresAt !== null && !ENDED.has(order.state));

export const ledgersOf = async (world: ChaosWorld): Promise<Record<ExchangeId, Ledger>> =>
  Object.fromEntries(
    await Promise.all(EXCHANGE_IDS.map(async (exchange) => [exchange, await world.venue.ledger(exchange)] as const)),
  ) as Record<ExchangeId, Ledger>;

/** What is not yet as it will be: orders on their way, and what the exchanges hold and nobody here knows. */
async function openEnds(world: ChaosWorld): Promise<string> {
  const waiting = await outOfSync(world);
  const lines = await journalLength(world.stack.info.postgres);
  if (waiting.length > 1) return `${lines} lines; ${waiting.join(', ')}`;
  const [orders, ledgers] = await Promise.all([allOrders(world.trader), ledgersOf(world)]);
  const ends = [
    ...orders.filter((order) => isOnItsWay(order, world.surprised)).map(({ id, state }) => `${id} ${state}`),
    ...EXCHANGE_IDS.flatMap((exchange) =>
      differences(
        orders.filter((order) => order.exchange === exchange),
        ledgers[exchange],
      ),
    ),
  ];
  return ends.length === 0 ? '' : `${lines} lines; ${ends.join(', ')}`;
}

export interface Settling {
  /** From the end of the storm, healing and last answers included, to the moment when nothing is on its way. */
  readonly convergedMs: number;
  /** What never found its way; null: all has. */
  readonly stuck: string | null;
  /** What changed although nothing was left to do; null: nothing. */
  readonly restless: string | null;
}

/** Two complete rounds of looking, in which nothing may change. */
const STILL_MS = 12_000;

export async function settle(world: ChaosWorld, subscribers: readonly Subscriber[], overAt: number): Promise<Settling> {
  const stuck = await whileItMoves(
    () => openEnds(world),
    (seen) => seen === '',
  );
  const convergedMs = Date.now() - overAt;
  const before = await journalLength(world.stack.info.postgres);
  if (stuck === null) await pause(STILL_MS);
  const journal = await readJournal(world.stack.info.postgres);
  const after = [...journal.accounts.values()].reduce((sum, lines) => sum + lines.length, 0);
  const behind = (): string =>
    subscribers.flatMap(({ story }) => missingEnds(story, journal).map((account) => `${story.name} ${account}`)).join();
  await whileItMoves(
    async () => behind(),
    (seen) => seen === '',
  );
  const restless =
    stuck === null && after !== before ? `${after - before} journal lines after everything was settled` : null;
  return { convergedMs, stuck, restless };
}
