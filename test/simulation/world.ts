import { divide, type ExchangeId, type Market, type RiskLimits } from '@orderplane/domain';
import type { NormalizedFill } from '@orderplane/normalization';
import type { VenueOrder } from '@orderplane/planner/testing';
import type { Store } from '@orderplane/store';
import { createMemoryStore } from '@orderplane/store/memory';
import { Clients, userOf } from './clients.ts';
import { Faults } from './faults.ts';
import { Judge } from './judge.ts';
import { watchedLedger, watchedRetention } from './ports.ts';
import { SimProcess, type Outstanding } from './process.ts';
import { SimQueue, type CommandRunner, type JobRunner } from './queue.ts';
import { streamOf, type Random } from './random.ts';
import { PROCESSES, SYMBOLS, type Item, type ProcessName, type Script } from './script.ts';
import { bootCommander, bootReconciler, bootSyncWorker, type Surroundings } from './services.ts';
import { Sightings, type Happening } from './sightings.ts';
import { iso, START_MS, Timeline } from './timeline.ts';
import { SimAdapter } from './venue/adapter.ts';
import { SimExchange } from './venue/exchange.ts';
import type { SimStream } from './venue/stream.ts';

/** Everything of one run. */
export interface World {
  readonly timeline: Timeline;
  readonly sightings: Sightings;
  readonly faults: Faults;
  readonly judge: Judge;
  readonly queue: SimQueue;
  readonly clients: Clients;
  readonly store: Store;
  readonly venues: readonly SimExchange[];
  readonly streams: Set<SimStream>;
  readonly processes: ReadonlyMap<ProcessName, SimProcess>;
}

/** The whole system on models of time, queues, network and exchanges. Nothing has happened yet. */
export async function openWorld(seed: number, script: Script, items: readonly Item[]): Promise<World> {
  const timeline = new Timeline(streamOf(seed, 'ties'));
  const sightings = new Sightings();
  const faults = new Faults(
    seed,
    items,
    () => timeline.nowMs,
    (fault) => sightings.see(`fault ${fault}`),
  );
  const byAccount = new Map<string, SimExchange>();
  const judge = new Judge(timeline, byAccount, sightings);
  const streams = new Set<SimStream>();
  const listener = listenerOf(judge, streams);
  const venues = script.accounts.map(
    (exchange, number) => new SimExchange(number, exchange, timeline, streamOf(seed, `venue ${number}`), listener),
  );
  for (const venue of venues) byAccount.set(venue.accountId, venue);

  const memory = createMemoryStore({ nowMs: () => timeline.nowMs });
  for (const venue of venues)
    judge.limits.set(venue.accountId, riskLimitsOf(streamOf(seed, `limits of ${venue.accountId}`)));
  // In some of the runs no account keeps any history.
  const retains = streamOf(seed, 'retention').chance(0.6);
  await openAccounts(memory, venues, judge.limits, retains ? null : 0);
  const store = {
    ...memory,
    ledger: watchedLedger(memory.ledger, judge),
    retention: watchedRetention(memory.retention, judge),
  };
  const queue = new SimQueue(timeline, streamOf(seed, 'queue'), sightings);
  const network = streamOf(seed, 'network');
  let ids = 0;
  const around: Surroundings = {
    store,
    queue,
    faults,
    random: streamOf(seed, 'services'),
    stateLimits: stateLimitsOf(seed),
    purges: !retains,
    newId: () => `00000000-0000-4000-8000-${String((ids += 1)).padStart(12, '0')}`,
    priceOf: (exchange, symbol) => {
      const venue = venues.find((one) => one.exchange === exchange);
      if (venue === undefined || venue.isDown) return null;
      return { price: divide(String(venue.price(symbol)), '100', 2), at: iso(timeline.nowMs) };
    },
    adapterFor: (process, accountId) => {
      const venue = byAccount.get(accountId);
      if (venue === undefined) throw new Error(`no account ${accountId}`);
      const listed = (at: SimExchange, coverage: Parameters<Judge['listed']>[1]): void => judge.listed(at, coverage);
      const soughtInVain = (...sought: Parameters<Judge['soughtInVain']>): void => judge.soughtInVain(...sought);
      return new SimAdapter({ process, venue, timeline, random: network, faults, listed, soughtInVain, streams });
    },
  };
  const processes = openProcesses(seed, { timeline, queue, sightings, around });
  const clients = new Clients({ timeline, queue, judge, sightings, venues });
  return { timeline, sightings, faults, judge, queue, clients, store, venues, streams, processes };
}

/** Each limit in some of the runs. */
function stateLimitsOf(seed: number): Surroundings['stateLimits'] {
  const random = streamOf(seed, 'limits');
  return {
    ...(random.chance(0.25) ? { submittedMs: random.whole(2_000, 40_000) } : {}),
    ...(random.chance(0.25) ? { pendingCancelMs: random.whole(1_000, 20_000) } : {}),
    ...(random.chance(0.25) ? { pendingReplaceMs: random.whole(1_000, 20_000) } : {}),
  };
}

const listenerOf = (judge: Judge, streams: Set<SimStream>) => ({
  received: (...arrived: Parameters<Judge['arrived']>) => judge.arrived(...arrived),
  placed: (venue: SimExchange, order: VenueOrder) => judge.placed(venue, order),
  changed: (venue: SimExchange, order: VenueOrder, fills: readonly NormalizedFill[]) => {
    judge.changed(venue, order);
    for (const stream of streams) {
      if (stream.isOver) streams.delete(stream);
      else if (stream.isOf(venue.accountId)) stream.changed(order, fills);
    }
  },
});

const marketOf = (exchange: ExchangeId, symbol: string): Market => ({
  exchange,
  symbol,
  base: symbol.split('-')[0] ?? '',
  quote: 'USD',
  nativeId: symbol,
  unifiedSymbol: symbol.replace('-', '/'),
  priceStep: '0.01',
  sizeStep: '0.01',
  minSize: '0.01',
  maxSize: null,
  minNotional: null,
  quoteStep: null,
  active: true,
});

const NO_LIMITS: RiskLimits = {
  ...{ maxOrderNotional: null, maxOpenNotional: null, maxOpenOrders: null },
  ...{ priceCollar: null, rejectDuplicates: false },
};

/** One account in eight has limits, of some kinds. */
function riskLimitsOf(random: Random): RiskLimits {
  if (!random.chance(0.12)) return NO_LIMITS;
  return {
    maxOrderNotional: random.chance(0.3) ? String(random.whole(150, 600)) : null,
    maxOpenNotional: random.chance(0.5) ? String(random.whole(300, 2_000)) : null,
    maxOpenOrders: random.chance(0.5) ? random.whole(2, 6) : null,
    priceCollar: random.chance(0.2) ? '0.05' : null,
    rejectDuplicates: random.chance(0.3),
  };
}

async function openAccounts(
  store: Store,
  venues: readonly SimExchange[],
  limits: ReadonlyMap<string, RiskLimits>,
  historyRetentionDays: number | null,
): Promise<void> {
  const createdAt = iso(START_MS);
  for (const { accountId, exchange } of venues) {
    const userId = userOf(accountId);
    await store.access.createUser({ id: userId, name: userId, createdAt });
    await store.access.createAccount(
      {
        id: accountId,
        userId,
        exchange,
        label: accountId,
        mode: 'PAPER',
        halted: false,
        lastSyncedAt: null,
        createdAt,
        unlinkedAt: null,
        privacy: { cacheOpenOrders: true, encryptAtRest: false, historyRetentionDays },
        risk: limits.get(accountId) ?? NO_LIMITS,
      },
      'sealed',
    );
    await store.observations.saveMarkets(
      exchange,
      SYMBOLS.map((symbol) => marketOf(exchange, symbol)),
      createdAt,
    );
  }
}

function openProcesses(
  seed: number,
  parts: {
    readonly timeline: Timeline;
    readonly queue: SimQueue;
    readonly sightings: Sightings;
    readonly around: Surroundings;
  },
): ReadonlyMap<ProcessName, SimProcess> {
  const { timeline, queue, sightings, around } = parts;
  const processes = new Map<ProcessName, SimProcess>();
  const idle = (): never => {
    throw new Error('the process does not run');
  };
  let commander: CommandRunner = idle;
  const workers = new Map<ProcessName, JobRunner>();
  const boot: Readonly<Record<ProcessName, (process: SimProcess) => void>> = {
    'order-command': (process) => void (commander = bootCommander(process, around)),
    'reconciler-1': (process) => void workers.set('reconciler-1', bootReconciler(process, around)),
    'reconciler-2': (process) => void workers.set('reconciler-2', bootReconciler(process, around)),
    'sync-worker': (process) => bootSyncWorker(process, around),
  };
  for (const name of PROCESSES) {
    const hooks = {
      boot: (process: SimProcess) => {
        boot[name](process);
        queue.handOut();
      },
      onDeath: (process: SimProcess, outstanding: readonly Outstanding[]) => {
        queue.abandon(process);
        for (const happening of deathsOf(outstanding)) sightings.see(happening);
      },
    };
    const process = new SimProcess(name, timeline, streamOf(seed, `process ${name}`), hooks);
    processes.set(name, process);
    if (name === 'order-command') queue.setCommander(process, () => commander);
    if (name.startsWith('reconciler')) queue.addWorker(process, () => workers.get(name) ?? idle());
  }
  for (const process of processes.values()) process.start();
  return processes;
}

/** In the middle of what it died. */
function deathsOf(outstanding: readonly Outstanding[]): readonly Happening[] {
  const deaths: Happening[] = [];
  for (const { label, hasArrived } of outstanding) {
    if (/ledger\.(commit|place)/.test(label))
      deaths.push(
        hasArrived ? 'a process dies between its write and what follows' : 'a process dies with a write on its way',
      );
    if (/ (submit|cancel|amend) /.test(label)) deaths.push('a process dies with a request on its way');
  }
  return deaths;
}
