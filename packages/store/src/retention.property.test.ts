import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EventBody } from '@orderplane/state-machine';
import { AlreadyExistsError, PurgedError, type OrderRecord, type Store } from './contracts.ts';
import { BACKENDS } from './testing/backends.ts';
import {
  acknowledged,
  at,
  cancelled,
  changeOf,
  created,
  filled,
  intentOf,
  play,
  recordOf,
  submitSent,
  validated,
} from './testing/fixtures.ts';
import { openHistory } from './testing/history.ts';

const GRACE_S = 5;
const VISIBILITY_S = 2;

/** An order as this test counts it. */
interface Model {
  record: OrderRecord;
  readonly key: number;
  stage: 'new' | 'open' | 'doubt' | 'over';
  wasSent: boolean;
  filled: number;
  isRaised: boolean;
  changedAt: number;
}

type Step =
  | { readonly do: 'place'; readonly key: number }
  | { readonly do: 'send' | 'fill' | 'cancel' | 'doubt' | 'deny' | 'raise'; readonly which: number }
  | { readonly do: 'pass'; readonly seconds: number }
  | { readonly do: 'read' }
  | { readonly do: 'purge'; readonly limit: number };

const which = fc.nat({ max: 9 });
const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('place' as const), key: fc.nat({ max: 5 }) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'send' as const,
        'send' as const,
        'fill' as const,
        'cancel' as const,
        'deny' as const,
        'doubt' as const,
      ),
      which,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('raise' as const), which }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('pass' as const), seconds: fc.integer({ min: 1, max: 12 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('read' as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('purge' as const), limit: fc.integer({ min: 1, max: 4 }) }) },
);

const denied: EventBody = { type: 'Denied', code: 'INVALID_INPUT', reason: 'no' };

/** One history of one account, and what should be left of it. */
class History {
  readonly orders = new Map<number, Model>();
  readonly purged = new Map<number, string>();
  now = 10;
  readUpTo = -1;
  #made = 0;
  readonly #store: Store;
  readonly #id: string;

  constructor(store: Store, id: string) {
    this.#store = store;
    this.#id = id;
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case 'pass':
        this.now += step.seconds;
        return;
      case 'read':
        this.readUpTo = this.now;
        await this.#store.observations.setFillsWatermark(this.#id, at(this.now));
        return;
      case 'place':
        return this.#place(step.key);
      case 'purge':
        return this.#purge(step.limit);
      default:
        return this.#change(step.do, [...this.orders.values()][step.which % Math.max(1, this.orders.size)]);
    }
  }

  async #place(key: number): Promise<void> {
    this.#made += 1;
    const over = { accountId: this.#id, clientOrderId: `k${key}`, createdAt: at(this.now), updatedAt: at(this.now) };
    const intent = intentOf(`${this.#id}-${String(this.#made).padStart(3, '0')}`, over);
    const played = play([created(), validated]);
    const placed = this.#store.ledger.place(recordOf(intent, played), played.journal);
    if (this.purged.has(key)) return expect(placed).rejects.toThrow(PurgedError);
    if (this.orders.has(key)) return expect(placed).rejects.toThrow(AlreadyExistsError);
    const result = await placed;
    if (result.kind !== 'committed') throw new Error(result.kind);
    const { record } = result;
    const fresh = { stage: 'new', wasSent: false, filled: 0, isRaised: false } as const;
    this.orders.set(key, { record, key, ...fresh, changedAt: this.now });
  }

  async #change(
    what: 'send' | 'fill' | 'cancel' | 'doubt' | 'deny' | 'raise',
    order: Model | undefined,
  ): Promise<void> {
    if (order === undefined) return;
    const id = order.record.intent.orderId;
    if (what === 'raise') return this.#write(order, [], 'raised');
    if (order.stage === 'new') {
      if (what === 'deny') order.stage = 'over';
      else if (what === 'send') [order.stage, order.wasSent] = ['open', true];
      else return;
      return this.#write(order, what === 'deny' ? [denied] : [submitSent(`c-${id}`), acknowledged(`v-${id}`)]);
    }
    if (order.stage === 'over' || what === 'deny' || what === 'send') return;
    if (what === 'fill') {
      if (order.filled >= 3 || order.stage === 'doubt') return;
      order.filled += 1;
      return this.#write(order, [filled(`t-${id}-${order.filled}`, '0.2', `v-${id}`)]);
    }
    order.stage = what === 'doubt' ? 'doubt' : 'over';
    return this.#write(order, [what === 'doubt' ? { type: 'Vanished', reason: 'not listed' } : cancelled]);
  }

  async #write(order: Model, bodies: readonly EventBody[], raised?: 'raised'): Promise<void> {
    if (raised !== undefined) order.isRaised = true;
    const change = changeOf(order.record, bodies, this.now);
    const raise = order.isRaised ? ({ status: 'NEEDS_ATTENTION', alert: 'look' } as const) : {};
    const result = await this.#store.ledger.commit({
      ...change,
      reconciliation: { ...change.reconciliation, ...raise },
    });
    if (result.kind !== 'committed') throw new Error(result.kind);
    order.record = result.record;
    order.changedAt = this.now + bodies.length;
  }

  #isDue({ stage, isRaised, wasSent, changedAt }: Model): boolean {
    if (stage !== 'over' || isRaised || changedAt > this.now - GRACE_S) return false;
    return !wasSent || this.readUpTo - VISIBILITY_S >= changedAt;
  }

  async #purge(limit: number): Promise<void> {
    const due = [...this.orders.values()].filter((order) => this.#isDue(order)).slice(0, limit);
    const terms = {
      accountId: this.#id,
      now: at(this.now),
      graceMs: GRACE_S * 1_000,
      visibilityMs: VISIBILITY_S * 1_000,
    };
    const { orderIds } = await this.#store.retention.purge({ ...terms, limit });
    expect(orderIds).toEqual(due.map(({ record }) => record.intent.orderId).sort());
    for (const { key, record } of due) {
      this.orders.delete(key);
      this.purged.set(key, record.intent.orderId);
    }
  }

  /** What is left is what was not purged, as it was; what is open is open. */
  async check(): Promise<void> {
    const { records } = await this.#store.queries.page({ userId: 'user-1', accountIds: [this.#id] }, { limit: 50 });
    const kept = [...this.orders.values()].map(({ record }) => record);
    const byId = (list: readonly OrderRecord[]) =>
      [...list].sort((a, b) => (a.intent.orderId < b.intent.orderId ? -1 : 1));
    expect(byId(records.map(({ record }) => record))).toEqual(byId(kept));
    const open = [...this.orders.values()].filter(({ stage }) => stage !== 'over');
    const fifths = open.reduce((total, order) => total + 5 - order.filled, 0);
    const sums = await this.#store.queries.exposure(this.#id);
    expect(sums.map(({ orders, size }) => [orders, size])).toEqual(
      open.length === 0 ? [] : [[open.length, String(fifths / 5)]],
    );
    const { oldest, newest } = (await this.#store.ledger.journalBounds([this.#id])).get(this.#id) ?? {
      oldest: 0n,
      newest: 0n,
    };
    const { lines } = await this.#store.ledger.accountJournal(this.#id, oldest, 1_000);
    expect(lines.map(({ cursor }) => cursor)).toEqual(lines.map((_, index) => oldest + BigInt(index) + 1n));
    expect(lines.at(-1)?.cursor ?? newest).toBe(newest);
  }

  /** Each of those that are gone is known, by every name. */
  async checkPurged(): Promise<void> {
    for (const [key, orderId] of this.purged) {
      expect((await this.#store.ledger.purged.byClientOrderId(this.#id, `k${key}`))?.orderId).toBe(orderId);
      const name = { venueOrderId: 'unheard', symbol: 'BTC-USD', venueClientId: `c-${orderId}` };
      const names = [{ ...name, venueOrderId: `v-${orderId}`, venueClientId: null }, name];
      const found = await this.#store.ledger.purged.byVenueNames(this.#id, names);
      expect(new Set(found.map((one) => one?.orderId)).size).toBe(1);
    }
  }
}

describe.each(BACKENDS)('random histories, purged at random moments ($name)', ({ name, open }) => {
  let store: Store;
  let close: () => Promise<void>;
  let ids = 0;
  beforeAll(async () => {
    ({ store, close } = await open());
  });
  afterAll(() => close());

  test('only what is due goes, nothing is placed twice, and what is left adds up', async () => {
    const property = fc.asyncProperty(fc.array(stepArbitrary, { minLength: 15, maxLength: 60 }), async (steps) => {
      ids += 1;
      await openHistory(store, `h${ids}`, 0);
      const history = new History(store, `h${ids}`);
      for (const step of steps) {
        await history.take(step);
        if (step.do === 'purge') await history.check();
      }
      await history.check();
      await history.checkPurged();
    });
    await fc.assert(property, { numRuns: name === 'memory' ? 150 : 15, seed: 6 });
  });
});
