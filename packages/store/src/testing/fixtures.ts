import type { OrderSpec } from '@orderplane/domain';
import { born, evolve } from '@orderplane/state-machine';
import type { EventBody, MachineEvent, OrderMachine } from '@orderplane/state-machine';
import { firstSessionId } from '../account-defaults.ts';
import type {
  Account,
  ActualState,
  Intent,
  JournalRecord,
  OrderChange,
  OrderRecord,
  ReconciliationRecord,
  Store,
} from '../contracts.ts';
import { isDone, status } from '@orderplane/state-machine';

/** The n-th second of a day in 2026: readable, ordered instants. */
export const at = (second: number): string => new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();

export const limitSpec = (overrides: Partial<OrderSpec> = {}): OrderSpec => ({
  symbol: 'BTC-USD',
  side: 'BUY',
  type: 'LIMIT',
  size: '1',
  quoteSize: null,
  price: '50000',
  stopPrice: null,
  timeInForce: 'GTC',
  expiresAt: null,
  postOnly: false,
  reduceOnly: false,
  ...overrides,
});

export const intentOf = (orderId: string, overrides: Partial<Intent> = {}): Intent => ({
  orderId,
  accountId: 'account-1',
  userId: 'user-1',
  exchange: 'binance',
  clientOrderId: `client-${orderId}`,
  requestHash: 'hash',
  origin: 'API',
  mode: 'LIVE',
  generation: 1,
  spec: limitSpec(),
  groupId: null,
  createdSessionId: firstSessionId(overrides.accountId ?? 'account-1'),
  sessionId: firstSessionId(overrides.accountId ?? 'account-1'),
  metadata: { note: 'ümläut "quoted"', b: '2', a: '1' },
  createdAt: at(0),
  updatedAt: at(0),
  ...overrides,
});

export const reconciliationOf = (overrides: Partial<ReconciliationRecord> = {}): ReconciliationRecord => ({
  status: 'PROGRESSING',
  observedGeneration: 0,
  attempts: 0,
  nextAttemptAt: null,
  lastError: null,
  lastEvidenceAt: null,
  absentLookups: [],
  ...overrides,
});

export const accountOf = (id: string, overrides: Partial<Account> = {}): Account => ({
  id,
  userId: 'user-1',
  exchange: 'binance',
  label: id,
  mode: 'PAPER',
  halted: false,
  lastSyncedAt: null,
  createdAt: at(0),
  unlinkedAt: null,
  privacy: { cacheOpenOrders: true, encryptAtRest: false, historyRetentionDays: null },
  risk: {
    maxOrderNotional: null,
    maxOpenNotional: null,
    maxOpenOrders: null,
    priceCollar: null,
    rejectDuplicates: false,
  },
  ...overrides,
});

/** Users 1 and 2; user 1 with accounts 1 and 2, user 2 with account 3. */
export async function seedAccounts(store: Store): Promise<void> {
  await store.access.createUser({ id: 'user-1', name: 'One', createdAt: at(0) });
  await store.access.createUser({ id: 'user-2', name: 'Two', createdAt: at(0) });
  await store.access.createAccount(accountOf('account-1'), 'sealed-1');
  await store.access.createAccount(accountOf('account-2', { exchange: 'kraken', createdAt: at(1) }), 'sealed-2');
  await store.access.createAccount(accountOf('account-3', { userId: 'user-2' }), 'sealed-3');
}

export interface Played {
  readonly machine: OrderMachine;
  readonly journal: readonly JournalRecord[];
}

const stamped = (body: EventBody, second: number): MachineEvent => ({ ...body, at: at(second), source: 'system' });

/** Runs events through the real machine. `second` is the time of the first; each later one is a second later. */
export function play(bodies: readonly EventBody[], from: OrderMachine | null = null, second = 1): Played {
  let machine = from;
  const journal: JournalRecord[] = [];
  bodies.forEach((body, index) => {
    const event = stamped(body, second + index);
    if (machine === null) {
      const birth = born(event);
      machine = birth.order;
      journal.push({ event, entries: birth.journal });
      return;
    }
    const step = evolve(machine, event);
    if (step.verdict === 'bug') throw new Error(step.alarm ?? `${event.type} is impossible`);
    machine = step.order;
    journal.push({ event, entries: step.journal });
  });
  if (machine === null) throw new Error('no events');
  return { machine, journal };
}

export const created = (spec: OrderSpec = limitSpec()): EventBody => ({
  type: 'Created',
  kind: { type: spec.type, timeInForce: spec.timeInForce },
  terms: { size: spec.size, quoteSize: spec.quoteSize, price: spec.price, stopPrice: spec.stopPrice },
});
export const validated: EventBody = { type: 'Validated' };
export const submitSent = (venueClientId: string): EventBody => ({
  type: 'SubmitSent',
  venueClientId,
  deadlineAt: at(100),
});
export const acknowledged = (venueOrderId: string): EventBody => ({ type: 'Acknowledged', venueOrderId });
export const filled = (id: string, size: string, venueOrderId: string, second = 50): EventBody => ({
  type: 'PartialFill',
  execution: {
    id,
    size,
    price: '50000.5',
    fee: { currency: 'USD', cost: '0.1' },
    liquidity: 'MAKER',
    at: at(second),
    venueOrderId,
  },
});
export const cancelled: EventBody = { type: 'Cancelled', reason: null };

export function recordOf(intent: Intent, played: Played, reconciliation = reconciliationOf()): OrderRecord {
  const actual: ActualState = {
    orderId: intent.orderId,
    version: 1,
    machine: played.machine,
    reconciliation,
    createdAt: intent.createdAt,
    updatedAt: intent.createdAt,
  };
  return { intent, actual };
}

/** The next write of `record`, after these events. */
export function changeOf(record: OrderRecord, bodies: readonly EventBody[], second = 10): OrderChange {
  const played = play(bodies, record.actual.machine, second);
  const settled = isDone(played.machine) || status(played.machine) === 'OPEN';
  return {
    orderId: record.intent.orderId,
    accountId: record.intent.accountId,
    expectedVersion: record.actual.version,
    machine: played.machine,
    reconciliation: reconciliationOf({ status: settled ? 'IN_SYNC' : 'PROGRESSING', lastEvidenceAt: at(second) }),
    journal: played.journal,
    at: at(second + bodies.length),
  };
}

/** Places an order that the exchange has acknowledged under this id. */
export async function placeOpen(store: Store, intent: Intent, venueOrderId: string): Promise<OrderRecord> {
  const placed = recordOf(intent, play([created(intent.spec), validated]));
  await store.ledger.place(placed, play([created(intent.spec), validated]).journal);
  const change = changeOf(placed, [submitSent(`venue-${intent.orderId}`), acknowledged(venueOrderId)]);
  const result = await store.ledger.commit(change);
  if (result.kind !== 'committed') throw new Error('conflict');
  return result.record;
}
