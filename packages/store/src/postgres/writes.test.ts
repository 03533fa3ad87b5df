import { replay } from '@orderplane/state-machine';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AlreadyExistsError } from '../contracts.ts';
import type { OrderRecord, Store } from '../contracts.ts';
import {
  acknowledged,
  changeOf,
  created,
  filled,
  intentOf,
  play,
  recordOf,
  seedAccounts,
  submitSent,
  validated,
} from '../testing/fixtures.ts';
import { startTestDatabase } from '../testing/postgres.ts';
import type { TestDatabase } from '../testing/postgres.ts';
import { createPostgresStore } from './index.ts';

/** Writes of one account that share statements, in two processes' worth of stores. */
let database: TestDatabase;
let stores: readonly Store[];

beforeAll(async () => {
  database = await startTestDatabase();
  stores = [1, 2].map(() => createPostgresStore({ url: database.url, poolSize: 6 }));
  await seedAccounts(first());
});
afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()));
  await database.stop();
});

function first(): Store {
  const [store] = stores;
  if (store === undefined) throw new Error('no store');
  return store;
}

const played = play([created(), validated]);
const place = async (store: Store, id: string, clientOrderId = `client-${id}`): Promise<OrderRecord> => {
  const result = await store.ledger.place(recordOf(intentOf(id, { clientOrderId }), played), played.journal);
  if (result.kind !== 'committed') throw new Error('conflict');
  return result.record;
};
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

async function cursorsOf(orderIds: readonly string[]): Promise<readonly bigint[]> {
  const { lines } = await first().ledger.accountJournal('account-1', 0n, 10_000);
  return lines.filter((line) => orderIds.includes(line.orderId)).map((line) => line.cursor);
}

test('of orders placed together one that is refused harms no other, and leaves no gap', async () => {
  const before = (await first().ledger.accountSnapshot('account-1')).cursor;
  await place(first(), 'taken-0', 'taken');
  const results = await Promise.allSettled(
    range(20).map((n) => place(first(), `together-${n}`, n === 7 ? 'taken' : `together-${n}`)),
  );
  expect(results.map(({ status }) => status)).toEqual(range(20).map((n) => (n === 7 ? 'rejected' : 'fulfilled')));
  expect(results[7]).toMatchObject({ reason: expect.any(AlreadyExistsError) as unknown });
  const ids = ['taken-0', ...range(20).map((n) => `together-${n}`)];
  expect(await cursorsOf(ids)).toEqual(range(2 * 20).map((n) => before + BigInt(n + 1)));
});

test('of commits that come together each is told its own end', async () => {
  const records = await Promise.all(range(12).map((n) => place(first(), `fate-${n}`)));
  const results = await Promise.allSettled(
    records.map((record, n) => {
      const change = changeOf(record, [submitSent(n === 5 ? 'venue-fate-4' : `venue-fate-${n}`)]);
      return first().ledger.commit(n === 3 ? { ...change, expectedVersion: 9 } : change);
    }),
  );
  results.forEach((result, n) => {
    if (n === 5)
      expect(result).toMatchObject({ status: 'rejected', reason: expect.any(AlreadyExistsError) as unknown });
    else expect(result).toMatchObject({ value: { kind: n === 3 ? 'conflict' : 'committed' } });
  });
  const committed = results.flatMap((result) =>
    result.status === 'fulfilled' && result.value.kind === 'committed' ? [result.value] : [],
  );
  const stored = await first().ledger.accountJournal('account-1', 0n, 10_000);
  for (const { record, firstCursor, lastCursor } of committed) {
    const own = stored.lines.filter((line) => line.orderId === record.intent.orderId).map((line) => line.cursor);
    expect(own.slice(2)).toEqual([firstCursor]);
    expect(firstCursor).toBe(lastCursor);
    expect(await first().ledger.find(record.intent.orderId)).toEqual(record);
  }
});

test('two processes that write the same orders in bulk: no deadlock, every order written once by version', async () => {
  const ids = range(30).map((n) => `bulk-${n}`);
  await Promise.all(ids.map((id) => place(first(), id)));
  const startedAt = performance.now();
  const drive = async (store: Store, id: string, writer: number): Promise<void> => {
    for (let step = 0; step < 4; step += 1) {
      const record = await store.ledger.find(id);
      if (record === null) throw new Error(`${id} is gone`);
      const { life } = record.actual.machine;
      if (life === 'VALIDATED') await store.ledger.commit(changeOf(record, [submitSent(`venue-${id}`)]));
      else if (life === 'SUBMITTED') await store.ledger.commit(changeOf(record, [acknowledged(`x-${id}`)]));
      // Bookkeeping alone: no journal line.
      else if (writer === 0) await store.ledger.commit({ ...changeOf(record, []), journal: [] });
      else await store.ledger.commit(changeOf(record, [filled(`t-${id}-${step}`, '0.1', `x-${id}`)]));
    }
  };
  const backwards = [...ids].reverse();
  await Promise.all(
    stores.flatMap((store, writer) => (writer === 0 ? ids : backwards).map((id) => drive(store, id, writer))),
  );
  // A deadlock costs a second each before the server sees it.
  expect(performance.now() - startedAt).toBeLessThan(10_000);
  for (const id of ids) {
    const found = await first().ledger.find(id);
    const journal = await first().ledger.journalOf(id);
    expect(replay(journal.map(({ event }) => event))).toEqual(found?.actual.machine);
  }
  const { lines } = await first().ledger.accountJournal('account-1', 0n, 10_000);
  expect(lines.map((line) => line.cursor)).toEqual(lines.map((_, index) => BigInt(index + 1)));
});
