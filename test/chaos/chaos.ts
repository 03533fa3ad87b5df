import { EXCHANGE_IDS } from '@orderplane/domain';
import { allOrders } from '../support/client.ts';
import { randomFrom } from '../support/random.ts';
import { ACCIDENTS } from './accidents.ts';
import type { Damage } from './accidents.ts';
import { ACTIONS } from './actions.ts';
import { Diary } from './diary.ts';
import { longestDoubt, readJournal } from './journal.ts';
import { judge } from './judge.ts';
import { drawAccidents, drawErrands } from './plan.ts';
import type { Storm } from './plan.ts';
import type { Finding } from './promises.ts';
import { describeFindings, summarize } from './report.ts';
import type { Summary } from './report.ts';
import { pause } from './requests.ts';
import { heal, ledgersOf, settle } from './settle.ts';
import { subscribeAll } from './subscribers.ts';
import { openChaosWorld } from './world.ts';
import type { ChaosWorld } from './world.ts';

export interface ChaosOptions extends Storm {
  readonly say: (line: string) => void;
  readonly home?: string;
  readonly signal?: AbortSignal;
}

export interface Verdict {
  readonly summary: Summary;
  readonly findings: readonly Finding[];
  /** Everything that helps to understand the findings: journals, requests, ends of logs. */
  readonly evidence: string;
}

/** Clients whose answers are not there yet. Beyond it the next ones wait: a small machine keeps up. */
const MOST_AT_ONCE = 40;
/** A client that is still busy this long after the storm is given up and told as a finding. */
const LAST_CLIENT_MS = 300_000;

export async function runChaos(options: ChaosOptions): Promise<Verdict> {
  const { say } = options;
  say('starting the whole system');
  const world = await openChaosWorld(options);
  try {
    return await inWorld(world, options);
  } finally {
    await world.stop();
  }
}

async function inWorld(world: ChaosWorld, options: ChaosOptions): Promise<Verdict> {
  const { seed, stormMs, say, signal } = options;
  const diary = new Diary();
  const accountIds = EXCHANGE_IDS.map((exchange) => world.account(exchange));
  const subscribers = subscribeAll(world.trader, accountIds, randomFrom(seed ^ 0xca11));
  const damage: Omit<Damage, 'random'> = {
    ...{ world, away: new Set<string>(), asleep: new Set<number>(), held: new Set<string>() },
    count: (what) => diary.count(what),
  };
  try {
    say(`storm of ${stormMs / 1_000} s, seed ${seed}`);
    const startedAt = Date.now();
    const clients = runClients(world, diary, options, startedAt);
    const accidents = runAccidents(damage, options, startedAt);
    await pause(stormMs);
    signal?.throwIfAborted();
    say('the storm is over: healing');
    const overAt = Date.now();
    await accidents;
    await heal({ ...damage, random: randomFrom(seed) });
    await Promise.race([clients, pause(LAST_CLIENT_MS).then(() => diary.complaints.push('a client is still busy'))]);
    // Points that the last clients armed.
    await heal({ ...damage, random: randomFrom(seed) });
    say('waiting until nothing is on its way');
    const settling = await settle(world, subscribers, overAt);
    await Promise.all(subscribers.map((subscriber) => subscriber.stop()));
    say('judging');
    const [orders, ledgers, journal] = await Promise.all([
      allOrders(world.trader),
      ledgersOf(world),
      readJournal(world.stack.info.postgres),
    ]);
    const stories = subscribers.map(({ story }) => story);
    const { mayBeRefused, surprised, refusing } = world;
    const found = judge({ orders, ledgers, journal, diary, stories, mayBeRefused, surprised, refusing });
    const general = [settling.stuck, settling.restless].flatMap((text) => text ?? []);
    const findings = [
      ...general.map((text) => ({ orderId: null, exchange: null, text: text.slice(0, 2_000) })),
      ...found,
    ];
    const summary = summarize({
      seed,
      stormMs,
      settling,
      orders,
      ledgers,
      diary,
      stories,
      ends: world.ends,
      doubt: longestDoubt(journal),
      findings,
    });
    return { summary, findings, evidence: await describeFindings(world, findings, orders, journal, diary) };
  } finally {
    await Promise.all(subscribers.map((subscriber) => subscriber.stop()));
  }
}

/** Errands begin at their time, unless too many clients are still busy; what begins too late for the storm is left out. */
async function runClients(world: ChaosWorld, diary: Diary, options: ChaosOptions, startedAt: number): Promise<void> {
  const busy = new Set<Promise<void>>();
  for (const errand of drawErrands(options, ACTIONS)) {
    await pause(Math.max(0, startedAt + errand.atMs - Date.now()));
    while (busy.size >= MOST_AT_ONCE) await Promise.race(busy);
    if (options.signal?.aborted === true || Date.now() > startedAt + options.stormMs) {
      diary.count('errands left out');
      continue;
    }
    const { exchange, id } = errand;
    const actor = { world, diary, exchange, id, desk: world.desks[exchange], random: randomFrom(errand.seed) };
    const action = ACTIONS.find(({ name }) => name === errand.name);
    diary.count(`action ${errand.name}`);
    const run = (action?.run(actor) ?? Promise.resolve())
      .catch((cause: unknown) => {
        diary.complaints.push(
          `${errand.name} ${id} of ${exchange}: ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}`,
        );
      })
      .finally(() => busy.delete(run));
    busy.add(run);
  }
  await Promise.all(busy);
}

async function runAccidents(damage: Omit<Damage, 'random'>, options: ChaosOptions, startedAt: number): Promise<void> {
  const running: Promise<void>[] = [];
  for (const { name, seed, atMs } of drawAccidents(options, ACCIDENTS)) {
    await pause(Math.max(0, startedAt + atMs - Date.now()));
    if (options.signal?.aborted === true) break;
    const accident = ACCIDENTS.find((candidate) => candidate.name === name);
    const struck = accident?.strike({ ...damage, random: randomFrom(seed) }) ?? Promise.resolve();
    // What has fallen already can't be hit: the exchange is down and takes no fault, the server is away.
    running.push(struck.catch(() => damage.count('accidents that found nothing to hit')));
  }
  await Promise.all(running);
}
