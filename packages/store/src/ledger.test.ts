import { isDone, replay } from '@orderplane/state-machine';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AlreadyExistsError, NotFoundError } from './contracts.ts';
import type { OrderRecord, Store, StoredOrderEvent } from './contracts.ts';
import { BACKENDS } from './testing/backends.ts';
import {
  acknowledged,
  at,
  cancelled,
  changeOf,
  created,
  filled,
  intentOf,
  limitSpec,
  placeOpen,
  play,
  reconciliationOf,
  recordOf,
  submitSent,
  validated,
} from './testing/fixtures.ts';

describe.each(BACKENDS)('OrderLedger ($name)', ({ open }) => {
  let store: Store;
  let close: () => Promise<void>;
  let next = 0;
  let id = '';

  beforeAll(async () => {
    ({ store, close } = await open());
  });
  afterAll(() => close());
  beforeEach(() => {
    next += 1;
    id = `order-${String(next).padStart(3, '0')}`;
  });

  const place = async (overrides: Parameters<typeof intentOf>[1] = {}): Promise<OrderRecord> => {
    const intent = intentOf(id, overrides);
    const played = play([created(intent.spec), validated]);
    const result = await store.ledger.place(recordOf(intent, played), played.journal);
    if (result.kind !== 'committed') throw new Error('conflict');
    return result.record;
  };

  test('a placed order is found whole, by id and by the caller’s id', async () => {
    const record = await place();
    expect(await store.ledger.find(id)).toEqual(record);
    expect(await store.ledger.findByClientOrderId('account-1', `client-${id}`)).toEqual(record);
    expect(await store.ledger.findByClientOrderId('account-2', `client-${id}`)).toBeNull();
    expect(await store.ledger.find('nobody')).toBeNull();
  });

  test('a snapshot comes back byte for byte', async () => {
    const record = await place();
    const found = await store.ledger.find(id);
    expect(JSON.stringify(found?.actual.machine)).toBe(JSON.stringify(record.actual.machine));
    expect(JSON.stringify(found?.intent.metadata)).toBe(JSON.stringify(record.intent.metadata));
  });

  test('an id or a client order id is taken once per account', async () => {
    const record = await place();
    const { journal } = play([created(), validated]);
    await expect(store.ledger.place(record, journal)).rejects.toThrow(AlreadyExistsError);
    const other = { ...record.intent, orderId: `${id}-b` };
    const again = recordOf(other, play([created(), validated]));
    await expect(store.ledger.place(again, journal)).rejects.toThrow(AlreadyExistsError);
    const elsewhere = { ...other, accountId: 'account-2', exchange: 'kraken' as const };
    expect((await store.ledger.place(recordOf(elsewhere, play([created()])), [])).kind).toBe('committed');
    await expect(
      store.ledger.place(recordOf(intentOf(`${id}-c`, { accountId: 'nobody' }), play([created()])), journal),
    ).rejects.toThrow(NotFoundError);
  });

  test('of twenty that place the same client order id at once one wins', async () => {
    const played = play([created(), validated]);
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) =>
        store.ledger.place(
          recordOf(intentOf(`${id}-${index}`, { clientOrderId: `same-${id}` }), played),
          played.journal,
        ),
      ),
    );
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(AlreadyExistsError);
    }
  });

  test('a refused place leaves nothing behind, no cursor either', async () => {
    await place();
    const before = await store.ledger.accountSnapshot('account-1');
    const played = play([created(), validated]);
    const clash = recordOf(intentOf(`${id}-b`, { clientOrderId: `client-${id}` }), played);
    await expect(store.ledger.place(clash, played.journal)).rejects.toThrow(AlreadyExistsError);
    expect(await store.ledger.accountSnapshot('account-1')).toEqual(before);
    expect(await store.ledger.find(`${id}-b`)).toBeNull();
  });

  test('a commit moves the version; a stale one changes nothing', async () => {
    const record = await place();
    const change = changeOf(record, [submitSent(`venue-${id}`)]);
    const first = await store.ledger.commit(change);
    expect(first.kind).toBe('committed');
    const found = await store.ledger.find(id);
    if (first.kind === 'committed') expect(found).toEqual(first.record);
    expect(found?.actual).toMatchObject({ version: 2, createdAt: record.actual.createdAt, updatedAt: change.at });
    const before = await store.ledger.accountSnapshot('account-1');
    expect(await store.ledger.commit(change)).toEqual({ kind: 'conflict' });
    expect(await store.ledger.accountSnapshot('account-1')).toEqual(before);
    await expect(store.ledger.commit({ ...change, orderId: 'nobody' })).rejects.toThrow(NotFoundError);
  });

  test('of twenty commits on one version one wins, and the journal holds only it', async () => {
    const record = await place();
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        store.ledger.commit(changeOf(record, [submitSent(`venue-${id}-${index}`)])),
      ),
    );
    expect(results.filter((result) => result.kind === 'committed')).toHaveLength(1);
    expect((await store.ledger.find(id))?.actual.version).toBe(2);
    const journal = await store.ledger.journalOf(id);
    expect(journal.map(({ event }) => event.type)).toEqual(['Created', 'Validated', 'SubmitSent']);
  });

  test('a commit may change the intent; indices follow', async () => {
    const record = await place();
    const spec = limitSpec({ symbol: 'ETH-USD', side: 'SELL', price: '3000' });
    const result = await store.ledger.commit({
      ...changeOf(record, [submitSent(`v-${id}`)]),
      intent: { spec, generation: 2 },
    });
    const found = await store.ledger.find(id);
    expect(found?.intent).toMatchObject({ spec, generation: 2, createdAt: record.intent.createdAt });
    if (result.kind === 'committed') expect(result.record).toEqual(found);
    expect((await store.ledger.openOrders('account-1', 'ETH-USD')).map((r) => r.intent.orderId)).toContain(id);
    expect((await store.ledger.openOrders('account-1', 'BTC-USD')).map((r) => r.intent.orderId)).not.toContain(id);
  });

  test('replaying the journal gives the machine', async () => {
    let record = await placeOpen(store, intentOf(id), `x-${id}`);
    for (const bodies of [
      [filled(`t1-${id}`, '0.25', `x-${id}`)],
      [{ type: 'CancelRequested', requestId: 'r1', generation: 1, by: 'client' } as const],
      [{ type: 'CancelSent', requestId: 'r1', deadlineAt: at(99) } as const],
      [filled(`t2-${id}`, '0.25', `x-${id}`), cancelled],
    ]) {
      const result = await store.ledger.commit(changeOf(record, bodies));
      if (result.kind !== 'committed') throw new Error('conflict');
      record = result.record;
    }
    const journal = await store.ledger.journalOf(id);
    const replayed = replay(journal.map(({ event }) => event));
    const found = await store.ledger.find(id);
    expect(replayed).toEqual(found?.actual.machine);
    expect(JSON.stringify(replayed)).toBe(JSON.stringify(found?.actual.machine));
    expect(found && isDone(found.actual.machine)).toBe(true);
  });

  test('the journal keeps lines without a public entry and several entries of one event', async () => {
    const record = await place();
    const change = changeOf(record, [submitSent(`venue-${id}`)]);
    const [only] = change.journal;
    if (only === undefined) throw new Error('no event');
    const entry = { type: 'OUTCOME_UNKNOWN', fromState: null, toState: 'SUBMITTED', reason: 'x' } as const;
    const journal = [
      { event: only.event, entries: [] },
      { event: only.event, entries: [entry, entry, entry] },
    ];
    const result = await store.ledger.commit({ ...change, journal });
    if (result.kind !== 'committed' || result.firstCursor === null) throw new Error('not committed');
    expect(result.lastCursor).toBe(result.firstCursor + 3n);
    const { lines } = await store.ledger.accountJournal('account-1', result.firstCursor - 1n, 10);
    expect(
      lines.map((line) => [line.sequence, line.entry?.type ?? null, line.event !== null, line.source, line.version]),
    ).toEqual([
      [3, null, true, 'system', 2],
      [4, 'OUTCOME_UNKNOWN', true, 'system', 2],
      [5, 'OUTCOME_UNKNOWN', false, 'system', 2],
      [6, 'OUTCOME_UNKNOWN', false, 'system', 2],
    ]);
    expect((await store.ledger.journalOf(id)).slice(2)).toEqual(journal);
  });

  test('the account’s journal brings every order that a public line speaks of, once, as it is', async () => {
    const before = (await store.ledger.accountSnapshot('account-1')).cursor;
    const a = await placeOpen(store, intentOf(`${id}-a`), `x-${id}-a`);
    const b = await placeOpen(store, intentOf(`${id}-b`), `x-${id}-b`);
    const read = await store.ledger.accountJournal('account-1', before, 100);
    expect(read.lines).toHaveLength(8);
    expect([...read.orders.values()]).toEqual([a, b]);

    // A page that ends in the middle of an order's lines has the order as it is now all the same.
    const part = await store.ledger.accountJournal('account-1', before, 1);
    expect([part.lines[0]?.entry?.type, part.orders.get(`${id}-a`)]).toEqual(['ORDER_CREATED', a]);
    const last = read.lines.at(-1)?.cursor ?? 0n;
    expect(await store.ledger.accountJournal('account-1', last, 100)).toEqual({ lines: [], orders: new Map() });

    const silent = changeOf(a, [filled(`t-${id}`, '0.5', `x-${id}-a`)]);
    await store.ledger.commit({ ...silent, journal: silent.journal.map(({ event }) => ({ event, entries: [] })) });
    const quiet = await store.ledger.accountJournal('account-1', last, 100);
    expect([quiet.lines.length, quiet.lines[0]?.entry, quiet.orders.size]).toEqual([1, null, 0]);

    await store.ledger.states.delete(`${id}-b`);
    const after = await store.ledger.accountJournal('account-1', before, 100);
    expect([after.lines.length, [...after.orders.keys()]]).toEqual([9, [`${id}-a`]]);
    await expect(store.ledger.accountJournal('account-1', before, 0)).rejects.toThrow(RangeError);
  });

  test('text that PostgreSQL cannot hold does not stop an order', async () => {
    const record = await place();
    const change = changeOf(record, [submitSent(`venue-${id}`)]);
    const lastError = 'nul \u0000 and half \ud800 a pair, and a literal \\u0000';
    const result = await store.ledger.commit({ ...change, reconciliation: reconciliationOf({ lastError }) });
    expect(result.kind).toBe('committed');
    expect((await store.ledger.find(id))?.actual.reconciliation.lastError).toMatch(/a literal \\u0000$/);
  });

  test(
    'fifty writers on one account, some rolled back: cursors without gaps, visible in order',
    { timeout: 60_000 },
    async () => {
      const records = await Promise.all(
        Array.from({ length: 50 }, (_, index) => {
          const played = play([created(), validated]);
          return store.ledger.place(
            recordOf(intentOf(`${id}-${index}`, { accountId: 'account-3', userId: 'user-2' }), played),
            played.journal,
          );
        }),
      );
      const seen: bigint[] = [];
      const older: StoredOrderEvent[] = [];
      let writing = true;
      const reader = (async () => {
        let cursor = 0n;
        for (let rounds = 0; rounds < 10_000; rounds += 1) {
          const last = !writing;
          const { lines, orders } = await store.ledger.accountJournal('account-3', cursor, 7);
          for (const line of lines) {
            seen.push(line.cursor);
            // Lines and orders are of one moment: an order is never older than what the journal says of it.
            const version = orders.get(line.orderId)?.actual.version ?? 0;
            if (line.entry !== null && version < line.version) older.push(line);
          }
          cursor = lines.at(-1)?.cursor ?? cursor;
          if (last && lines.length === 0) return;
          if (lines.length === 0) await new Promise((resolve) => setImmediate(resolve));
        }
      })();
      await Promise.all(
        records.map(async (placed, index) => {
          if (placed.kind !== 'committed') throw new Error('conflict');
          let { record } = placed;
          for (const bodies of [
            [submitSent(`w-${id}-${index}`)],
            [acknowledged(`wx-${id}-${index}`)],
            [filled(`wt-${id}-${index}`, '0.5', `wx-${id}-${index}`)],
            [filled(`wu-${id}-${index}`, '0.5', `wx-${id}-${index}`)],
          ]) {
            const change = changeOf(record, bodies);
            // Beside each write one that is rolled back whole (its order exists), and one that finds its version gone.
            const [result] = await Promise.all([
              store.ledger.commit(change),
              expect(store.ledger.place(placed.record, [])).rejects.toThrow(),
              store.ledger.commit({ ...change, expectedVersion: record.actual.version - 1 }),
            ]);
            if (result.kind !== 'committed') throw new Error('conflict');
            record = result.record;
          }
        }),
      );
      writing = false;
      await reader;
      expect(seen).toEqual(Array.from({ length: seen.length }, (_, index) => BigInt(index + 1)));
      expect(older).toEqual([]);
      expect(seen.length).toBeGreaterThanOrEqual(50 * 6);
      const bounds = await store.ledger.journalBounds(['account-3', 'no-such-account']);
      expect(bounds.get('account-3')).toEqual({ oldest: 0n, newest: BigInt(seen.length) });
      expect(bounds.get('no-such-account')).toEqual({ oldest: 0n, newest: 0n });
      const snapshot = await store.ledger.accountSnapshot('account-3');
      expect(snapshot).toEqual({ cursor: BigInt(seen.length), orders: [] });
      for (let index = 0; index < 50; index += 1) {
        const journal = await store.ledger.journalOf(`${id}-${index}`);
        const found = await store.ledger.find(`${id}-${index}`);
        expect(replay(journal.map(({ event }) => event))).toEqual(found?.actual.machine);
      }
    },
  );

  test('venue ids lead to every order that owns one of them', async () => {
    const a = await placeOpen(store, intentOf(`${id}-a`), `x-${id}-a`);
    const b = await placeOpen(store, intentOf(`${id}-b`), `x-${id}-b`);
    const both = { venueClientIds: [`venue-${id}-a`, 'nobody'], venueOrderIds: [`x-${id}-b`, `x-${id}-a`] };
    expect(await store.ledger.findByVenueIds('account-1', both)).toEqual([a, b]);
    expect(await store.ledger.findByVenueIds('account-2', both)).toEqual([]);
    expect(await store.ledger.findByVenueIds('account-1', { venueClientIds: [], venueOrderIds: [] })).toEqual([]);
  });

  test('an order at the exchange is adopted once; foreign client ids may come again', async () => {
    const adopt = (orderId: string, venueOrderId: string, symbol = 'BTC-USD') => {
      const spec = limitSpec({ symbol });
      const played = play([
        { ...created(spec), type: 'Adopted', venueClientId: `foreign-${id}`, venueOrderId } as Parameters<
          typeof play
        >[0][number],
      ]);
      return store.ledger.place(recordOf(intentOf(orderId, { origin: 'EXTERNAL', spec }), played), played.journal);
    };
    expect((await adopt(`${id}-a`, `x-${id}`)).kind).toBe('committed');
    await expect(adopt(`${id}-b`, `x-${id}`)).rejects.toThrow(AlreadyExistsError);
    expect((await adopt(`${id}-c`, `y-${id}`)).kind).toBe('committed');
    // Some exchanges count their orders per symbol.
    expect((await adopt(`${id}-d`, `x-${id}`, 'ETH-USD')).kind).toBe('committed');
    const found = await store.ledger.findByVenueIds('account-1', {
      venueClientIds: [`foreign-${id}`],
      venueOrderIds: [],
    });
    expect(found.map((record) => record.intent.orderId)).toEqual([`${id}-a`, `${id}-c`, `${id}-d`]);
  });

  test('an own venue client id or an execution cannot belong to two orders', async () => {
    const a = await placeOpen(store, intentOf(`${id}-a`), `x-${id}-a`);
    const played = play([created(), validated]);
    const b = recordOf(intentOf(`${id}-b`), played);
    await store.ledger.place(b, played.journal);
    await expect(store.ledger.commit(changeOf(b, [submitSent(`venue-${id}-a`)]))).rejects.toThrow(AlreadyExistsError);
    await store.ledger.commit(changeOf(a, [filled(`t-${id}`, '0.5', `x-${id}-a`)]));
    const stolen = changeOf(b, [submitSent(`venue-${id}-b`), filled(`t-${id}`, '0.5', `x-${id}-a`)]);
    await expect(store.ledger.commit(stolen)).rejects.toThrow(AlreadyExistsError);
    expect((await store.ledger.find(`${id}-b`))?.actual.version).toBe(1);
  });

  test('open and unsettled orders leave their lists when they end', async () => {
    const accountId = 'account-2';
    const record = await placeOpen(store, intentOf(id, { accountId, exchange: 'kraken' }), `x-${id}`);
    const opened = await store.ledger.accountSnapshot(accountId);
    expect(opened.orders.map((r) => r.intent.orderId)).toContain(id);
    const last = `${id.slice(0, -1)}${String.fromCharCode(id.charCodeAt(id.length - 1) - 1)}`;
    const keys = await store.ledger.unsettled({ limit: 100, after: last, exchange: 'kraken' });
    expect(keys).toContainEqual({ orderId: id, accountId, exchange: 'kraken' });
    expect(await store.ledger.unsettled({ limit: 100, after: last, exchange: 'binance' })).not.toContainEqual(
      expect.objectContaining({ orderId: id }),
    );
    const result = await store.ledger.commit(changeOf(record, [cancelled]));
    if (result.kind !== 'committed') throw new Error('conflict');
    const closed = await store.ledger.accountSnapshot(accountId);
    expect(closed.cursor).toBe(result.lastCursor);
    expect(closed.orders.map((r) => r.intent.orderId)).not.toContain(id);
    const after = await store.ledger.unsettled({ limit: 100, exchange: 'kraken' });
    expect(after.map((k) => k.orderId)).not.toContain(id);
  });

  test('the markets of an account, also of orders that have ended, the one with the newest change first', async () => {
    const accountId = 'account-2';
    const spec = (symbol: string) => ({ ...intentOf(id).spec, symbol });
    for (const [suffix, symbol] of [
      ['a', `A-${id}`],
      ['b', `B-${id}`],
      ['c', `A-${id}`],
    ] as const) {
      const intent = intentOf(`${id}-${suffix}`, { accountId, exchange: 'kraken', spec: spec(symbol) });
      const record = await placeOpen(store, intent, `x-${id}-${suffix}`);
      if (suffix !== 'b') await store.ledger.commit(changeOf(record, [cancelled]));
    }
    const own = (await store.ledger.marketsOf(accountId, 100)).filter((symbol) => symbol.endsWith(id));
    expect([...own].sort()).toEqual([`A-${id}`, `B-${id}`]);
    expect(await store.ledger.marketsOf(accountId, 1)).toHaveLength(1);
    expect(await store.ledger.marketsOf('nobody', 10)).toEqual([]);
  });

  test('unsettled is walked in id order, page by page', async () => {
    for (const suffix of ['c', 'a', 'B']) {
      const intent = intentOf(`z-${id}-${suffix}`);
      await store.ledger.place(recordOf(intent, play([created()])), []);
    }
    const walked: string[] = [];
    let after = `z-${id}`;
    for (;;) {
      const [key] = await store.ledger.unsettled({ limit: 1, after });
      if (key === undefined) break;
      walked.push(key.orderId);
      after = key.orderId;
    }
    expect(walked).toEqual([`z-${id}-B`, `z-${id}-a`, `z-${id}-c`]);
    await expect(store.ledger.unsettled({ limit: 0 })).rejects.toThrow(RangeError);
  });
});
