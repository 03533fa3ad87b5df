import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { intentOf, placeOpen, seedAccounts } from '../testing/fixtures.ts';
import { startTestDatabase } from '../testing/postgres.ts';
import type { TestDatabase } from '../testing/postgres.ts';
import { SESSION_OPTIONS } from './client.ts';
import { createPostgresStore } from './index.ts';
import { GROUP_WITH_MEMBERS } from './group-store.ts';
import { IS_OPEN, IS_UNSETTLED, OPEN_ACCOUNT } from './records.ts';
import { ACCOUNT_JOURNAL } from './statements/account-journal.ts';
import { commitStatement } from './statements/commit.ts';
import { FIRST_EVENTS } from './statements/first-events.ts';
import { placeStatement } from './statements/place.ts';
import { DUE_ACCOUNTS, FORGET, PURGE } from './statements/purge.ts';
import { BOOK_LATE, PURGED_BY_NAMES } from './statements/purged.ts';

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await startTestDatabase();
  const store = createPostgresStore({ url: database.url });
  await seedAccounts(store);
  for (let n = 0; n < 5; n += 1) await placeOpen(store, intentOf(`o${n}`), `x${n}`);
  await store.close();
  client = new pg.Client({ connectionString: database.url, options: SESSION_OPTIONS });
  await client.connect();
  // The trap: statistics that say "one page", under which reading everything looks cheapest.
  await client.query('ANALYZE');
});
afterAll(async () => {
  await client.end();
  await database.stop();
});

const OPEN = `SELECT o.id FROM orders o WHERE ${OPEN_ACCOUNT} = $1 AND ${IS_OPEN} ORDER BY o.created_at, o.id`;
const SNAPSHOT = `SELECT j.seq, o.id FROM (SELECT $1::text AS account_id) a
  LEFT JOIN account_journals j ON j.account_id = a.account_id
  LEFT JOIN orders o ON ${OPEN_ACCOUNT} = a.account_id AND ${IS_OPEN} ORDER BY o.created_at, o.id`;
const VENUE_IDS = `SELECT o.id FROM orders o WHERE o.version IS NOT NULL AND o.id = ANY(ARRAY(
  SELECT order_id FROM order_legs WHERE account_id = $1 AND venue_client_id = ANY($2::text[])
  UNION ALL SELECT order_id FROM order_leg_ids WHERE account_id = $1 AND venue_order_id = ANY($3::text[]))) ORDER BY o.created_at, o.id`;
const FIND = `SELECT o.id, a.halted_at, a.cancel_open_before FROM orders o JOIN accounts a ON a.id = o.account_id
  WHERE o.id = ANY($1::text[]) AND o.version IS NOT NULL`;
const NEWEST = 'SELECT created_at FROM orders WHERE account_id = $1 ORDER BY created_at DESC LIMIT 1 OFFSET 0';
const UNSETTLED = `SELECT o.id FROM orders o WHERE ${IS_UNSETTLED} AND o.id > $1 ORDER BY o.id LIMIT $2`;
const STALE = `SELECT o.id FROM orders o WHERE NOT o.done AND o.version IS NOT NULL
  AND COALESCE(o.last_evidence_at, o.actual_created_at) < $1::timestamptz
  ORDER BY COALESCE(o.last_evidence_at, o.actual_created_at), o.id LIMIT $2`;

const ALL_PARTS = { legs: true, legIds: true, fills: true };

test.each([
  ['place', placeStatement(ALL_PARTS), 'account_journals_pkey'],
  ['commit', commitStatement(ALL_PARTS), 'orders_pkey'],
  ['find', FIND, 'orders_pkey'],
  ['newest order of an account', NEWEST, 'orders_account_id_created_at_id_idx'],
  ['open orders', OPEN, 'orders_open_idx'],
  ['account snapshot', SNAPSHOT, 'orders_open_idx'],
  ['venue ids', VENUE_IDS, 'order_leg_ids_pkey'],
  ['unsettled', UNSETTLED, 'orders_unsettled_idx'],
  ['stale', STALE, 'orders_stale_idx'],
  ['account journal', ACCOUNT_JOURNAL, 'order_events_pkey'],
  ['group', GROUP_WITH_MEMBERS, 'orders_group_idx'],
  ['first events', FIRST_EVENTS, 'order_events_order_id_sequence_key'],
  ['accounts with something due', DUE_ACCOUNTS, 'accounts_retention_idx'],
  ['purge', PURGE, 'orders_account_id_created_at_id_idx'],
  ['purged by names', PURGED_BY_NAMES, 'purged_keys_pkey'],
  ['late executions', BOOK_LATE, 'purged_orders_pkey'],
  ['forget', FORGET, 'purged_orders_purged_at_idx'],
])('%s reads through its index, however small the tables were when it was planned', async (_name, sql, index) => {
  const { rows } = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN (GENERIC_PLAN) ${sql}`);
  const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
  expect(plan).not.toMatch(/Seq Scan|Hash Join|Hash .* Join|Merge/);
  if (index !== null) expect(plan).toContain(index);
});
