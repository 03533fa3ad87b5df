/**
 * Prints the latency of place with an account's limits, beside 10,000 open orders, on a fresh embedded PostgreSQL:
 * `node packages/store/scripts/measure-limits.ts [open orders]`. With `--explain` also the plan of what is added up.
 */
import type { RiskLimits } from '@orderplane/domain';
import pg from 'pg';
import { createPostgresStore } from '../src/postgres/index.ts';
import { IS_OPEN, OPEN_ACCOUNT } from '../src/postgres/records.ts';
import {
  accountOf,
  created,
  intentOf,
  limitSpec,
  play,
  recordOf,
  seedAccounts,
  validated,
} from '../src/testing/fixtures.ts';
import { startTestDatabase } from '../src/testing/postgres.ts';

const OPEN = Number(process.argv[2] ?? 10_000);
const TRIES = 200;
const AT_ONCE = 64;
const NONE: RiskLimits = {
  ...{ maxOrderNotional: null, maxOpenNotional: null, maxOpenOrders: null },
  ...{ priceCollar: null, rejectDuplicates: false },
};
const LIMITS: readonly (readonly [string, Partial<RiskLimits>])[] = [
  ['no limits', {}],
  ['maxOrderNotional', { maxOrderNotional: '1000000000' }],
  ['maxOpenNotional, maxOpenOrders', { maxOpenNotional: '10000000000', maxOpenOrders: 1_000_000 }],
  ['rejectDuplicates', { rejectDuplicates: true }],
  ['all of them', { maxOpenNotional: '10000000000', maxOpenOrders: 1_000_000, rejectDuplicates: true }],
];

const database = await startTestDatabase();
const store = createPostgresStore({ url: database.url, poolSize: 4 });
let ids = 0;
const place = async (accountId: string): Promise<number> => {
  ids += 1;
  const spec = limitSpec({ price: String(ids), size: '0.5' });
  const record = recordOf(
    intentOf(`o${ids}`, { accountId, createdSessionId: null, sessionId: null, spec }),
    PLAYED(spec),
  );
  const start = performance.now();
  await store.ledger.place(record, PLAYED(spec).journal);
  return performance.now() - start;
};
const PLAYED = (spec: ReturnType<typeof limitSpec>) => play([created(spec), validated]);
const percentile = (list: readonly number[], part: number): string =>
  `${(list.toSorted((a, b) => a - b)[Math.floor(list.length * part)] ?? 0).toFixed(2)} ms`;

try {
  await seedAccounts(store);
  await store.access.createAccount(accountOf('busy'), 's');
  for (let left = OPEN; left > 0; left -= AT_ONCE)
    await Promise.all(Array.from({ length: Math.min(left, AT_ONCE) }, () => place('busy')));
  for (const [name, limits] of LIMITS) {
    await store.accounts.setRiskLimits('user-1', 'busy', { ...NONE, ...limits });
    for (let n = 0; n < 20; n += 1) await place('busy');
    const alone: number[] = [];
    for (let n = 0; n < TRIES; n += 1) alone.push(await place('busy'));
    const start = performance.now();
    await Promise.all(Array.from({ length: TRIES * 4 }, () => place('busy')));
    const each = ((performance.now() - start) / (TRIES * 4)).toFixed(2);
    process.stdout.write(
      `${name.padEnd(32)} p50 ${percentile(alone, 0.5)}  p99 ${percentile(alone, 0.99)}  800 at once: ${each} ms each\n`,
    );
  }
  if (process.argv.includes('--explain')) {
    const client = new pg.Client({ connectionString: database.url, options: '-c enable_seqscan=off -c jit=off' });
    await client.connect();
    const sums = `EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) SELECT COALESCE(o.limit_currency, ''), count(*), sum(o.open_value) FROM orders o
      WHERE ${OPEN_ACCOUNT} = 'busy' AND ${IS_OPEN} GROUP BY 1`;
    for (const row of (await client.query<Record<string, string>>(sums)).rows)
      process.stdout.write(`${Object.values(row)[0] ?? ''}\n`);
    await client.end();
  }
} finally {
  await store.close();
  await database.stop();
}
