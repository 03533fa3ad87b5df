import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store } from '../contracts.ts';
import { created, intentOf, play, recordOf, seedAccounts, validated } from '../testing/fixtures.ts';
import { startTestDatabase } from '../testing/postgres.ts';
import type { TestDatabase } from '../testing/postgres.ts';
import { createPostgresStore } from './index.ts';

let database: TestDatabase;
let store: Store;
let other: pg.Client;

beforeAll(async () => {
  database = await startTestDatabase();
  store = createPostgresStore({ url: database.url });
  await seedAccounts(store);
  other = new pg.Client({ connectionString: database.url });
  await other.connect();
});
afterAll(async () => {
  await other.end();
  await store.close();
  await database.stop();
});

const WAITING = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;

async function somebodyWaits(): Promise<void> {
  for (;;) {
    const { rows } = await other.query<{ n: number }>(WAITING);
    if ((rows[0]?.n ?? 0) > 0) return;
  }
}

test('a place that waits for the lock of a refusal sees it, though its snapshot is older', async () => {
  const nowMs = await store.nowMs();
  const time = { issuedAt: new Date(nowMs).toISOString(), expiresAt: new Date(nowMs + 60_000).toISOString() };
  const intent = intentOf('late', { clientOrderId: 'late' });
  const played = play([created(intent.spec), validated]);
  await other.query('BEGIN');
  await other.query(`SELECT refuse_requests('account-1', '{late}', '{hash}')`);
  const placing = store.ledger.place(recordOf(intent, played), played.journal, { time });
  placing.catch(() => undefined);
  await somebodyWaits();
  await other.query('COMMIT');
  await expect(placing).rejects.toMatchObject({ reason: 'refused' });
});

test('a command whose time ends while it waits for the lock places nothing', async () => {
  const nowMs = await store.nowMs();
  const time = { issuedAt: new Date(nowMs).toISOString(), expiresAt: new Date(nowMs + 300).toISOString() };
  const intent = intentOf('slow', { clientOrderId: 'slow' });
  const played = play([created(intent.spec), validated]);
  await other.query('BEGIN');
  await other.query(`SELECT 1 FROM account_journals WHERE account_id = 'account-1' FOR UPDATE`);
  const placing = store.ledger.place(recordOf(intent, played), played.journal, { time });
  placing.catch(() => undefined);
  while ((await store.nowMs()) <= nowMs + 300) await somebodyWaits();
  await other.query('COMMIT');
  await expect(placing).rejects.toMatchObject({ reason: 'expired' });
});

test('refusals are kept for an hour', async () => {
  await store.ledger.refuse('account-2', [{ clientOrderId: 'old', requestHash: 'hash' }]);
  await other.query(
    `UPDATE order_refusals SET refused_at = refused_at - interval '61 minutes' WHERE client_order_id = 'old'`,
  );
  await store.ledger.refuse('account-2', [{ clientOrderId: 'new', requestHash: 'hash' }]);
  const { rows } = await other.query(`SELECT client_order_id FROM order_refusals WHERE account_id = 'account-2'`);
  expect(rows).toEqual([{ client_order_id: 'new' }]);
});
