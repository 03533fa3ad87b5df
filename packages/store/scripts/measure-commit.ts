/** Prints the latency of place and commit on a fresh embedded PostgreSQL: `node packages/store/scripts/measure-commit.ts`. */
import pg from 'pg';
import type { OrderRecord, Store } from '../src/contracts.ts';
import { createPostgresStore } from '../src/postgres/index.ts';
import { generateMasterKey } from '../src/credentials.ts';
import { payloadVault } from '../src/payloads/vault.ts';
import {
  accountOf,
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
} from '../src/testing/fixtures.ts';
import { startTestDatabase } from '../src/testing/postgres.ts';

const WARM_UP = 100;
const ORDERS = 500;

const samples = new Map<string, number[]>();
async function timed<T>(name: string, run: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await run();
  const list = samples.get(name) ?? [];
  list.push(performance.now() - start);
  samples.set(name, list);
  return result;
}

async function oneOrder(store: Store, id: string, accountId: string, kind = ''): Promise<void> {
  const played = play([created(), validated]);
  const intent = intentOf(id, { accountId });
  await timed(`place${kind}`, () => store.ledger.place(recordOf(intent, played), played.journal));
  let record: OrderRecord = recordOf(intent, played);
  for (const body of [submitSent(`v-${id}`), acknowledged(`x-${id}`), filled(`t-${id}`, '1', `x-${id}`)]) {
    const change = changeOf(record, [body]);
    const result = await timed(`commit${kind}`, () => store.ledger.commit(change));
    if (result.kind !== 'committed') throw new Error('conflict');
    record = result.record;
  }
  await timed(`find${kind}`, () => store.ledger.find(id));
}

const database = await startTestDatabase();
const vault = payloadVault(generateMasterKey('measured'));
const store = createPostgresStore({ url: database.url, poolSize: 4, vault });
const floor = new pg.Client({ connectionString: database.url });
try {
  await seedAccounts(store);
  await floor.connect();
  await floor.query('CREATE TABLE floor (id text PRIMARY KEY, body json)');
  const privacy = { cacheOpenOrders: true, encryptAtRest: true, historyRetentionDays: null };
  await store.access.createAccount(accountOf('encrypted', { privacy }), 'sealed');
  for (let n = 0; n < WARM_UP; n += 1)
    for (const accountId of ['account-1', 'encrypted']) await oneOrder(store, `warm-${accountId}-${n}`, accountId);
  samples.clear();
  for (let n = 0; n < ORDERS; n += 1) {
    await oneOrder(store, `order-${n}`, 'account-1');
    await oneOrder(store, `sealed-${n}`, 'encrypted', ', encrypted');
    const insert = { name: 'floor', text: 'INSERT INTO floor VALUES ($1, $2)', values: [`f${n}`, '{"a":1}'] };
    await timed('floor: one INSERT over plain pg', () => floor.query(insert));
  }
  for (const [name, list] of samples) {
    list.sort((a, b) => a - b);
    const at = (share: number): string => (list[Math.floor(list.length * share)] ?? NaN).toFixed(2);
    process.stdout.write(`${name.padEnd(32)} p50 ${at(0.5)} ms  p99 ${at(0.99)} ms  n ${list.length}\n`);
  }
} finally {
  await floor.end();
  await store.close();
  await database.stop();
}
