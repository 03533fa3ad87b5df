import { born, evolve } from '@orderplane/state-machine';
import type { EventBody, OrderMachine } from '@orderplane/state-machine';
import type { CommitNotifier, CommitResult, JournalRecord, OrderRecord, Store } from '@orderplane/store';

/** Writes orders straight into the store, as no service would: many at once, some rolled back, some against a version that is gone. */
const TERMS = { size: '2', quoteSize: null, price: '100', stopPrice: null };
const SPEC = {
  symbol: 'BTC-USDT',
  side: 'BUY',
  type: 'LIMIT',
  timeInForce: 'GTC',
  ...TERMS,
  expiresAt: null,
  postOnly: false,
  reduceOnly: false,
} as const;
const RECONCILIATION = {
  status: 'PROGRESSING',
  observedGeneration: 0,
  attempts: 0,
  nextAttemptAt: null,
  lastError: null,
  lastEvidenceAt: null,
  absentLookups: [],
} as const;

interface Owner {
  readonly store: Store;
  readonly notifier: CommitNotifier;
  readonly accountId: string;
  readonly userId: string;
}

function step(machine: OrderMachine, body: EventBody, journal: JournalRecord[]): OrderMachine {
  const event = { ...body, at: new Date().toISOString(), source: 'exchange' } as const;
  const next = evolve(machine, event);
  journal.push({ event, entries: next.journal });
  return next.order;
}

function newOrder({ accountId, userId }: Owner, orderId: string): { record: OrderRecord; journal: JournalRecord[] } {
  const at = new Date().toISOString();
  const created = {
    type: 'Created',
    kind: { type: SPEC.type, timeInForce: SPEC.timeInForce },
    terms: TERMS,
    at,
    source: 'client',
  } as const;
  const birth = born(created);
  const journal: JournalRecord[] = [{ event: created, entries: birth.journal }];
  const machine = step(birth.order, { type: 'Validated' }, journal);
  const times = { createdAt: at, updatedAt: at };
  const record: OrderRecord = {
    intent: {
      orderId,
      accountId,
      userId,
      exchange: 'binance',
      clientOrderId: orderId,
      requestHash: 'hash',
      origin: 'API',
      mode: 'LIVE',
      generation: 1,
      spec: SPEC,
      groupId: null,
      createdSessionId: null,
      sessionId: null,
      metadata: {},
      ...times,
    },
    actual: { orderId, version: 1, machine, reconciliation: RECONCILIATION, ...times },
  };
  return { record, journal };
}

const committed = (result: CommitResult): Extract<CommitResult, { kind: 'committed' }> => {
  if (result.kind !== 'committed') throw new Error(`a write ended in ${result.kind}`);
  return result;
};

/** One order from its beginning to its end. Beside each write one that is rolled back, and one that comes too late. */
export async function writeOrder(owner: Owner, orderId: string): Promise<void> {
  const { store, notifier } = owner;
  const { record: first, journal: beginning } = newOrder(owner, orderId);
  const placed = committed(await store.ledger.place(first, beginning));
  await notifier.committed(placed, null);
  let { record } = placed;
  const execution = (id: string) =>
    ({
      id: `${orderId}-${id}`,
      size: '1',
      price: '100',
      fee: { currency: 'USDT', cost: '0.1' },
      liquidity: 'TAKER',
      at: new Date().toISOString(),
      venueOrderId: `x-${orderId}`,
    }) as const;
  const steps: readonly EventBody[] = [
    { type: 'SubmitSent', venueClientId: `v-${orderId}`, deadlineAt: new Date().toISOString() },
    { type: 'Acknowledged', venueOrderId: `x-${orderId}` },
    { type: 'PartialFill', execution: execution('1') },
    { type: 'Fill', execution: execution('2') },
  ];
  for (const body of steps) {
    const journal: JournalRecord[] = [];
    const machine = step(record.actual.machine, body, journal);
    const { reconciliation, version } = record.actual;
    const change = {
      orderId,
      machine,
      reconciliation,
      journal,
      expectedVersion: version,
      at: new Date().toISOString(),
    };
    const [result] = await Promise.all([
      store.ledger.commit(change),
      store.ledger.place(first, beginning).then(
        () => Promise.reject(new Error('one order was placed twice')),
        () => undefined,
      ),
      store.ledger.commit({ ...change, expectedVersion: version - 1 }),
    ]);
    await notifier.committed(committed(result), null);
    ({ record } = committed(result));
  }
}
