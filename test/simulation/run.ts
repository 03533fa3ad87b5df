import { overdueSince } from '@orderplane/planner';
import { replay } from '@orderplane/state-machine';
import { isDeepStrictEqual } from 'node:util';
import { specOf } from './clients.ts';
import { CALM } from './invariants/calm.ts';
import { GROUPS_CALM } from './invariants/groups.ts';
import type { Violation } from './judge.ts';
import { streamOf } from './random.ts';
import { scriptOf, SYMBOLS, type Item, type Script } from './script.ts';
import type { Happening } from './sightings.ts';
import { START_MS } from './timeline.ts';
import { LOCK_MS } from './queue.ts';
import { withoutWorld } from './trap.ts';
import { openWorld, type World } from './world.ts';

export interface RunOptions {
  readonly seed: number;
  /** Steps of the storm; the calm comes after them. */
  readonly steps: number;
  /** Items of the script that do not happen. */
  readonly without?: ReadonlySet<number>;
  /** The storm ends at this step, though its script was drawn for `steps`. */
  readonly until?: number;
}

export interface RunResult {
  readonly seed: number;
  readonly steps: number;
  readonly hash: string;
  readonly violation: Violation | null;
  /** The last steps before it. */
  readonly last: readonly string[];
  readonly sightings: ReadonlyMap<string, number>;
  readonly script: Script;
  readonly orders: number;
}

/** How long everything answers before it is asked whether all has come together, ms. */
const CALM_MS = 240_000;
/** A sweep may be under way: what it wakes is looked at within this time, ms. */
const BUSY_MS = 2_000;
/** In this time after it, nothing may change any more, ms. */
const QUIET_MS = 75_000;
/** More steps than any calm needs: one that takes more turns in a circle. */
const MOST_CALM_STEPS = 60_000;
/** By then every command has been given out again whose worker had died, ms. */
const LATE_HALT_MS = 20_000;
/** How often a market moves, ms. */
const MOVE_MS = 600;

/** One run: the storm of its script, then the calm. The same options give the same run, step by step. */
export async function run(options: RunOptions): Promise<RunResult> {
  const { result, leaks } = await withoutWorld(() => runOnce(options));
  if (leaks.length === 0 || result.violation !== null) return result;
  const says = 'nothing asks the real clock, chance or timers';
  return { ...result, violation: { id: 'determinism', says, what: leaks.slice(0, 3).join('; '), step: 0 } };
}

async function runOnce({ seed, steps, without = new Set(), until = steps }: RunOptions): Promise<RunResult> {
  const script = scriptOf(seed, steps);
  const items = script.items.filter(({ index }) => !without.has(index));
  const world = await openWorld(seed, script, items);
  const { timeline, judge, sightings } = world;
  for (const item of items)
    timeline.at(START_MS + item.atMs, `# ${item.index} ${item.kind}`, () => happen(world, item));
  moveMarkets(world, seed, script.endsMs);
  await advance(world, () => timeline.steps < until);
  if (judge.violation === null) await calm(world, script);
  return {
    seed,
    steps: timeline.steps,
    last: timeline.last,
    hash: timeline.digest(),
    violation: judge.violation,
    sightings: sightings.counts,
    script,
    orders: judge.orders.size,
  };
}

async function advance({ timeline, judge }: World, goesOn: () => boolean): Promise<void> {
  while (judge.violation === null && goesOn() && timeline.nextAtMs !== null) await timeline.step();
}

async function pass(world: World, forMs: number): Promise<void> {
  const { timeline, judge } = world;
  const untilMs = timeline.nowMs + forMs;
  const most = timeline.steps + MOST_CALM_STEPS;
  await advance(world, () => (timeline.nextAtMs ?? Infinity) <= untilMs && timeline.steps < most);
  if (timeline.steps >= most) judge.fail('C9', 'a calm needs few steps', `more than ${MOST_CALM_STEPS}`);
  if (judge.violation !== null) return;
  timeline.nowMs = Math.max(timeline.nowMs, untilMs);
  await advance(world, () => world.queue.waiting > 0 && (timeline.nextAtMs ?? Infinity) < untilMs + BUSY_MS);
}

function moveMarkets({ venues, timeline, faults }: World, seed: number, endsMs: number): void {
  const random = streamOf(seed, 'market');
  const move = (): void => {
    if (faults.isCalm || timeline.nowMs - START_MS > endsMs) return;
    random.pick(venues).move(random.pick(SYMBOLS), random.whole(-45, 45));
    timeline.after(MOVE_MS, 'market', move);
  };
  timeline.after(MOVE_MS, 'market', move);
}

/** Faults stop, every exchange but a dead one answers, every process runs: then everything must come together, and stay. */
async function calm(world: World, script: Script): Promise<void> {
  const { timeline, judge, faults, venues, processes, store } = world;
  faults.isCalm = true;
  const dead = script.deadAccount === null ? null : (venues[script.deadAccount] ?? null);
  for (const venue of venues) venue.downUntilMs = venue === dead ? Number.MAX_SAFE_INTEGER : 0;
  for (const process of processes.values()) {
    process.start();
    process.stoppedUntilMs = 0;
    process.skewMs = 0;
    world.queue.renew(process);
  }
  world.queue.handOut();
  world.clients.resumeAll();
  // A halt whose worker died may be carried out again after that.
  timeline.after(LATE_HALT_MS, 'clients resume', () => world.clients.resumeAll());
  timeline.note('calm');
  await pass(world, CALM_MS);
  check(world, dead);
  const settled = quietOf(world);
  await pass(world, QUIET_MS);
  stayed(world, dead, settled, 'a second calm');
  for (const process of processes.values()) process.kill(100);
  await pass(world, QUIET_MS);
  stayed(world, dead, settled, 'a restart of all processes');
  for (const record of judge.orders.values()) {
    if (judge.purged.has(record.intent.orderId)) continue;
    const journal = await store.ledger.journalOf(record.intent.orderId);
    const replayed = replay(journal.map(({ event }) => event));
    if (!isDeepStrictEqual(replayed, record.actual.machine))
      judge.fail('I22', 'the journal replays to the state', record.intent.orderId);
  }
}

function check({ judge, queue, clients, venues }: World, dead: World['venues'][number] | null): void {
  for (const { id, says, check: wrongIn } of [...CALM, ...GROUPS_CALM]) {
    const wrong = wrongIn({ judge, queue, clients, venues, dead });
    if (wrong !== null) judge.fail(id, says, wrong);
  }
}

type Quiet = ReadonlyMap<string, number>;

const quietOf = ({ judge }: World): Quiet =>
  new Map([...judge.orders.values()].map(({ intent, actual }) => [intent.orderId, actual.version]));

/** Reconciling what stands as it should writes nothing (I24). */
function stayed(world: World, dead: World['venues'][number] | null, before: Quiet, after: string): void {
  if (world.judge.violation !== null) return;
  for (const { intent, actual } of world.judge.orders.values()) {
    if (intent.accountId === dead?.accountId || before.get(intent.orderId) === actual.version) continue;
    // Asked about until it ends: each look is noted.
    if (overdueSince(actual.machine) !== null) continue;
    const what = `${intent.orderId.slice(-4)} went from version ${before.get(intent.orderId) ?? 0} to ${actual.version}`;
    world.judge.fail('I24', `${after} changes nothing`, what);
  }
  check(world, dead);
}

/** One item of the script takes place. */
function happen(world: World, item: Item): void {
  const { timeline, clients, faults, queue, venues, processes, streams } = world;
  if (faults.isCalm) return;
  const see = (name: Happening): void => world.sightings.see(name);
  const venue = 'account' in item && item.account !== null ? venues[item.account] : undefined;
  switch (item.kind) {
    case 'place':
      clients.place(item);
      return;
    case 'placeGroup':
      clients.placeGroup(item);
      return;
    case 'cancel':
      clients.cancel(item);
      return;
    case 'repeat':
      clients.repeat(item);
      return;
    case 'modify':
      clients.modify(item);
      return;
    case 'cancelAll':
      clients.cancelAll(item);
      return;
    case 'halt':
      clients.halt(item);
      return;
    case 'cancelExternal':
      clients.cancelExternal(item);
      return;
    case 'window':
      return;
    case 'exchangeDown':
      if (venue === undefined) return;
      see(item.forMs > 1e9 ? 'an exchange never comes back' : 'an exchange can not be reached');
      venue.downUntilMs = Math.max(venue.downUntilMs, timeline.nowMs + item.forMs);
      for (const stream of streams) if (stream.isOf(venue.accountId)) stream.break(item.forMs);
      return;
    case 'streamBreaks':
      see('a stream breaks');
      for (const stream of streams) if (venue !== undefined && stream.isOf(venue.accountId)) stream.break(item.forMs);
      return;
    case 'crash':
      processes.get(item.process)?.dieSoon(item.answers, item.downMs);
      return;
    case 'stop':
      stop(world, item);
      return;
    case 'clock': {
      const process = processes.get(item.process);
      if (process === undefined) return;
      see('a clock jumps');
      process.skewMs = item.skewMs;
      timeline.after(item.forMs, `${item.process} clock is put right`, () => void (process.skewMs = 0));
      return;
    }
    case 'redisLost':
      see('all of Redis is lost');
      queue.lose();
      return;
    case 'outsideOrder':
    case 'outsideCancel':
    case 'outsideFill':
    case 'outsideAmend':
    case 'jump':
      outside(world, item);
      return;
  }
}

function stop({ processes, queue, timeline, sightings }: World, item: Extract<Item, { kind: 'stop' }>): void {
  const process = processes.get(item.process);
  if (process?.isAlive !== true) return;
  if (item.forMs > LOCK_MS) sightings.see('a process stands still longer than its lock' satisfies Happening);
  process.stop(item.forMs);
  queue.abandon(process);
  timeline.after(item.forMs, `${item.process} goes on`, () => {
    if (process.isStopped) return;
    queue.renew(process);
    queue.handOut();
  });
}

/** What others do at the exchange. */
function outside(
  { venues, timeline, sightings }: World,
  item: Extract<Item, { kind: 'outsideOrder' | 'outsideCancel' | 'outsideFill' | 'outsideAmend' | 'jump' }>,
): void {
  const venue = venues[item.account];
  if (venue === undefined) return;
  if (item.kind === 'jump') {
    venue.move(item.symbol, item.shift);
    return;
  }
  if (item.kind === 'outsideOrder') {
    const spec = specOf(item.terms, venue, timeline.nowMs);
    if (item.twin) {
      sightings.see('a foreign order with our client id' satisfies Happening);
      venue.armTwin(spec);
    } else venue.placeOutside(`other-${item.index}`, spec);
    return;
  }
  const open = venue.ledger.open();
  const order = open[item.nth % Math.max(1, open.length)];
  if (order === undefined) return;
  switch (item.kind) {
    case 'outsideCancel':
      sightings.see('an unsolicited cancel' satisfies Happening);
      venue.end(order, 'CANCELLED');
      return;
    case 'outsideFill':
      venue.fillSome(order);
      return;
    case 'outsideAmend': {
      const price = order.price === null ? null : (Math.round(Number(order.price) * 100) + item.priceShift) / 100;
      if (price !== null) venue.reprice(order, String(price));
      return;
    }
  }
}
