import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PurgedError, type Store } from '../contracts.ts';
import { at, created, play, recordOf, validated } from '../testing/fixtures.ts';
import { DAY, openHistory } from '../testing/history.ts';
import { startTestDatabase, type TestDatabase } from '../testing/postgres.ts';
import { createPostgresStore } from './index.ts';
import { PURGE } from './statements/purge.ts';

let database: TestDatabase;
let store: Store;
let client: pg.Client;

beforeAll(async () => {
  database = await startTestDatabase();
  store = createPostgresStore({ url: database.url });
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await store.close();
  await database.stop();
});

async function untilSomebodyWaits(): Promise<void> {
  for (;;) {
    const { rows } = await client.query<{ waiting: boolean }>(
      "SELECT count(*) > 0 AS waiting FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
    );
    if (rows[0]?.waiting === true) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test('a place that began before a purge and waited for it sees what the purge has left', async () => {
  await store.access.createUser({ id: 'user-1', name: 'One', createdAt: at(0) });
  const history = await openHistory(store, 'a', 0);
  const { intent } = await history.ended('x');
  await store.observations.setFillsWatermark('a', at(DAY));
  // As PostgresRetentionStore.purge does it, with a pause in the middle.
  await client.query('BEGIN');
  await client.query("SELECT account_id FROM account_journals WHERE account_id = 'a' FOR UPDATE");
  const played = play([created(), validated]);
  const repeat = recordOf(history.intent('again', { clientOrderId: intent.clientOrderId }), played);
  const placed = store.ledger.place(repeat, played.journal).then(
    () => 'placed',
    (error: unknown) => error,
  );
  await untilSomebodyWaits();
  const { rows } = await client.query<{ ids: string[] }>(PURGE, [
    ...['a', at(500), at(500), at(500), false, at(DAY)],
    ...[10, 'key', at(600)],
  ]);
  expect(rows[0]?.ids).toEqual([intent.orderId]);
  await client.query('COMMIT');
  expect(await placed).toBeInstanceOf(PurgedError);
  expect(await store.ledger.findByClientOrderId('a', intent.clientOrderId)).toBeNull();
});
