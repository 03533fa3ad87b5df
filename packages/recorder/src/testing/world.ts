import { onceFired, type ExchangeId, type OrderSpec } from '@orderplane/domain';
import { born, evolve, type EventBody, type MachineEvent } from '@orderplane/state-machine';
import { PLACED_SIZE } from '@orderplane/store';
import type { Account, JournalRecord, NewOrder, OrderRecord, OrderTrigger, Store } from '@orderplane/store';
import { createMemoryStore } from '@orderplane/store/memory';
import { record, type RecorderOptions } from '../record.ts';
import { hookedLedger, noHooks, type LedgerHooks } from './hooked-ledger.ts';

/** Stands still until told otherwise. */
export interface TestClock {
  nowMs: number;
  now(): Date;
  iso(): string;
  advance(ms: number): void;
}

export const testClock = (start = '2026-01-01T00:00:00.000Z'): TestClock => ({
  nowMs: Date.parse(start),
  now() {
    return new Date(this.nowMs);
  },
  iso() {
    return new Date(this.nowMs).toISOString();
  },
  advance(ms) {
    this.nowMs += ms;
  },
});

/**
 * The in-memory store behind the real recorder: user-1 with account-1 (binance) and account-2 (kraken), user-2 with
 * account-3 (binance). Nothing here reads a clock or draws a random number.
 */
export interface World {
  readonly store: Store;
  readonly clock: TestClock;
  readonly hooks: LedgerHooks;
  readonly recorder: RecorderOptions;
  /** Every commit that listeners were told of, oldest first. */
  readonly commits: OrderRecord[];
  readonly warnings: string[];
  readonly newId: () => string;
}

const VISIBILITY_DELAY_MS = 2_000;

export const accountOf = (id: string, userId: string, exchange: ExchangeId, createdAt: string): Account => ({
  id,
  userId,
  exchange,
  label: id,
  mode: 'PAPER',
  halted: false,
  lastSyncedAt: null,
  createdAt,
  unlinkedAt: null,
  privacy: { cacheOpenOrders: true, encryptAtRest: false, historyRetentionDays: null },
  risk: {
    maxOrderNotional: null,
    maxOpenNotional: null,
    maxOpenOrders: null,
    priceCollar: null,
    rejectDuplicates: false,
  },
});

export async function openWorld(): Promise<World> {
  const clock = testClock();
  const store = createMemoryStore({ nowMs: () => clock.nowMs });
  const createdAt = clock.iso();
  for (const id of ['user-1', 'user-2']) await store.access.createUser({ id, name: id, createdAt });
  await store.access.createAccount(accountOf('account-1', 'user-1', 'binance', createdAt), 'sealed');
  await store.access.createAccount(accountOf('account-2', 'user-1', 'kraken', createdAt), 'sealed');
  await store.access.createAccount(accountOf('account-3', 'user-2', 'binance', createdAt), 'sealed');
  let ids = 0;
  const newId = (): string => {
    ids += 1;
    return `00000000-0000-4000-8000-${String(ids).padStart(12, '0')}`;
  };
  const commits: OrderRecord[] = [];
  const warnings: string[] = [];
  const hooks = noHooks();
  const recorder: RecorderOptions = {
    ledger: hookedLedger(store.ledger, hooks),
    listener: { committed: (committed) => void commits.push(committed) },
    clock,
    limits: { staleAfterMs: 60_000, attentionAfterMs: 120_000, callTimeoutMs: 5_000 },
    visibilityDelayMs: () => VISIBILITY_DELAY_MS,
    newId,
    log: { warn: (_fields, message) => void warnings.push(message), info: () => undefined },
  };
  return { store, clock, hooks, recorder, commits, warnings, newId };
}

export const limitSpec: OrderSpec = {
  symbol: 'BTC-USD',
  side: 'BUY',
  type: 'LIMIT',
  size: '1',
  quoteSize: null,
  price: '100',
  stopPrice: null,
  timeInForce: 'GTC',
  expiresAt: null,
  postOnly: false,
  reduceOnly: false,
};

/** An accepted order that nobody has sent yet, as order-command writes it; with a trigger it is dark. */
export async function placeOrder(
  world: World,
  spec: OrderSpec = limitSpec,
  accountId = 'account-1',
  trigger: Partial<OrderTrigger> | null = null,
): Promise<OrderRecord> {
  const account = await world.store.access.account(accountId);
  if (account === null) throw new Error(`no account ${accountId}`);
  const { record: placed, journal } = newOrder(world, spec, { ...account, accountId }, null, trigger);
  const result = await world.store.ledger.place(placed, journal);
  if (result.kind !== 'committed') throw new Error('conflict');
  return result.record;
}

/** The same, not written yet; one of a group where its id is given. */
export function newOrder(
  world: World,
  spec: OrderSpec,
  owner: { readonly accountId: string; readonly userId: string; readonly exchange: ExchangeId },
  groupId: string | null = null,
  trigger: Partial<OrderTrigger> | null = null,
): NewOrder {
  const at = world.clock.iso();
  const created: MachineEvent = {
    type: 'Created',
    kind: { type: onceFired(spec, trigger?.isOwnStop === true).type, timeInForce: spec.timeInForce },
    terms: { size: spec.size, quoteSize: spec.quoteSize, price: spec.price, stopPrice: spec.stopPrice },
    at,
    source: 'client',
  };
  const birth = born(created);
  const orderId = world.newId();
  const journal: JournalRecord[] = [{ event: created, entries: birth.journal }];
  let machine = birth.order;
  for (const type of trigger === null ? (['Validated'] as const) : (['Validated', 'Armed'] as const)) {
    const event: MachineEvent = { type, at, source: 'system' };
    const next = evolve(machine, event);
    journal.push({ event, entries: next.journal });
    machine = next.order;
  }
  const placed: OrderRecord = {
    intent: {
      orderId,
      accountId: owner.accountId,
      userId: owner.userId,
      exchange: owner.exchange,
      clientOrderId: `client-${orderId}`,
      requestHash: 'hash',
      origin: 'API',
      ...(trigger === null ? { mode: 'LIVE' } : { mode: 'DARK', trigger: triggerOf(spec, at, trigger) }),
      generation: 1,
      spec,
      groupId,
      createdSessionId: null,
      sessionId: null,
      metadata: groupId === null || spec.size === null ? {} : { [PLACED_SIZE]: spec.size },
      createdAt: at,
      updatedAt: at,
    },
    actual: {
      orderId,
      version: 1,
      machine,
      reconciliation: {
        status: 'PROGRESSING',
        observedGeneration: 0,
        attempts: 0,
        nextAttemptAt: null,
        lastError: null,
        lastEvidenceAt: null,
        absentLookups: [],
      },
      createdAt: at,
      updatedAt: at,
    },
  };
  return { record: placed, journal };
}

const triggerOf = (spec: OrderSpec, armedAt: string, over: Partial<OrderTrigger>): OrderTrigger => ({
  symbol: spec.symbol,
  source: 'LAST',
  direction: 'AT_OR_ABOVE',
  price: '110',
  version: 1,
  armedAt,
  isOwnStop: false,
  ...over,
});

/** Runs events through the machine and writes each, as the services do. Throws on an event that the table forbids. */
export async function happen(world: World, orderId: string, ...bodies: readonly EventBody[]): Promise<OrderRecord> {
  let last = await found(world, orderId);
  for (const body of bodies) {
    const written = await record(world.recorder, orderId, (current, at) => {
      const event: MachineEvent = { ...body, at, source: 'system' };
      const step = evolve(current.actual.machine, event);
      if (step.verdict === 'bug') throw new Error(step.alarm ?? body.type);
      return { machine: step.order, journal: [{ event, entries: step.journal }] };
    });
    if (written !== null) last = written.record;
  }
  return last;
}

export async function found(world: World, orderId: string): Promise<OrderRecord> {
  const known = await world.store.ledger.find(orderId);
  if (known === null) throw new Error(`no order ${orderId}`);
  return known;
}

/** Sent under this client id and acknowledged under this exchange id. */
export async function openOrder(
  world: World,
  ids: { readonly client: string; readonly venue: string },
  spec: OrderSpec = limitSpec,
  accountId = 'account-1',
): Promise<OrderRecord> {
  const order = await placeOrder(world, spec, accountId);
  const deadlineAt = new Date(world.clock.nowMs + 5_000).toISOString();
  return happen(
    world,
    order.intent.orderId,
    { type: 'SubmitSent', venueClientId: ids.client, deadlineAt },
    { type: 'Acknowledged', venueOrderId: ids.venue },
  );
}

/** An account like account-1 that keeps the history of its orders for so many days. */
export async function openRetaining(world: World, accountId: string, historyRetentionDays: number): Promise<void> {
  const account = accountOf(accountId, 'user-1', 'binance', world.clock.iso());
  await world.store.access.createAccount(
    { ...account, privacy: { ...account.privacy, historyRetentionDays } },
    'sealed',
  );
}

/** Its executions have been read by now, and everything that is due is purged. Gives what has gone. */
export async function purgeNow(world: World, accountId: string): Promise<readonly string[]> {
  const { store, clock } = world;
  clock.advance(10_000);
  await store.observations.setFillsWatermark(accountId, clock.iso());
  const terms = { accountId, now: clock.iso(), graceMs: 1_000, visibilityMs: VISIBILITY_DELAY_MS, limit: 100 };
  return (await store.retention.purge(terms)).orderIds;
}
