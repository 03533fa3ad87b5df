import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CONVERSION_START, type ConversionCursor, type Store } from './contracts.ts';
import { generateMasterKey, parseKeyRing } from './credentials.ts';
import { PayloadVault } from './payloads/vault.ts';
import { createPostgresStore } from './postgres/index.ts';
import {
  accountOf,
  at,
  cancelled,
  changeOf,
  created,
  filled,
  intentOf,
  limitSpec,
  placeOpen,
  play,
  recordOf,
  seedAccounts,
  validated,
} from './testing/fixtures.ts';
import { startTestDatabase, type TestDatabase } from './testing/postgres.ts';

const [old, fresh] = [generateMasterKey('old'), generateMasterKey('fresh')];
const vaultOf = (...keys: string[]) => new PayloadVault(parseKeyRing(keys.join(',')));

let database: TestDatabase;
let raw: Client;
const stores: Store[] = [];
const open = (vault: PayloadVault | null): Store => {
  const store = createPostgresStore({ url: database.url, poolSize: 4, vault });
  stores.push(store);
  return store;
};
let store: Store;
beforeAll(async () => {
  database = await startTestDatabase();
  raw = new Client({ connectionString: database.url });
  await raw.connect();
  store = open(vaultOf(old));
  await seedAccounts(store);
});
afterAll(async () => {
  await Promise.all(stores.map((one) => one.close()));
  await raw.end();
  await database.stop();
});

const link = async (id: string, encryptAtRest = false): Promise<string> => {
  const privacy = { cacheOpenOrders: true, encryptAtRest, historyRetentionDays: null };
  await store.access.createAccount(accountOf(id, { privacy }), 'sealed');
  return id;
};
const encrypt = (id: string, encryptAtRest = true) => store.accounts.setPrivacy('user-1', id, { encryptAtRest });
/** Everything that is stored of an account's orders, but for what limits are judged by while they are open. */
const stored = async (accountId: string): Promise<string> => {
  const { rows } = await raw.query<{ text: string }>(
    `SELECT (to_jsonb(o) - 'open_prices' - 'open_value')::text AS text FROM orders o WHERE account_id = $1
     UNION ALL SELECT e::text FROM order_events e WHERE account_id = $1`,
    [accountId],
  );
  return rows.map(({ text }) => text).join('\n');
};
const SECRET = '49173.25';
const place = (orderId: string, accountId: string, from: Store = store) =>
  placeOpen(
    from,
    intentOf(orderId, { accountId, spec: limitSpec({ price: SECRET }), metadata: { strategy: 'hidden-hand' } }),
    `x-${orderId}`,
  );
const convertAll = async (id: string, from: Store = store): Promise<number> => {
  let changed = 0;
  for (let next: ConversionCursor | null = CONVERSION_START; next !== null;) {
    const batch = await from.payloads.convert(id, next);
    expect(batch.failed).toEqual([]);
    changed += batch.changed;
    next = batch.next;
  }
  return changed;
};

describe('orders of an encrypted account', () => {
  test('are read as they were written, and nothing of their payload lies there', async () => {
    const id = await link('a', true);
    const record = await place('a1', id);
    expect(record.intent.spec.price).toBe(SECRET);
    const done = await store.ledger.commit({
      ...changeOf(record, [filled('t1', '0.25', 'x-a1'), cancelled]),
      reconciliation: { ...record.actual.reconciliation, lastError: 'the price 49173.25 was refused' },
    });
    if (done.kind !== 'committed') throw new Error(done.kind);
    const another = open(vaultOf(old));
    for (const reader of [store, another]) {
      expect(await reader.ledger.find('a1')).toEqual(done.record);
      expect(await reader.queries.byId('user-1', 'a1')).toEqual(done.record);
      expect(await reader.ledger.intents.get('a1')).toEqual(done.record.intent);
      expect((await reader.ledger.journalOf('a1')).length).toBeGreaterThan(3);
      const { lines, orders } = await reader.ledger.accountJournal(id, 0n, 100);
      expect(orders.get('a1')).toEqual(done.record);
      expect(lines.map(({ event }) => event?.type)).toContain('PartialFill');
    }
    const text = await stored(id);
    expect(text).not.toContain(SECRET);
    expect(text).not.toContain('hidden-hand');
    expect(text).not.toContain('venueClientId');
    await expect(open(null).ledger.find('a1')).rejects.toThrow(/ORDERPLANE_DATA_KEY/);
    await expect(open(vaultOf(fresh)).ledger.find('a1')).rejects.toThrow(/key "old"/);
    await expect(
      open(null).ledger.place(recordOf(intentOf('a2', { accountId: id }), play([created()])), []),
    ).rejects.toThrow(/ORDERPLANE_DATA_KEY/);
  });

  test('are exposed, and need funds, as others do', async () => {
    const id = await link('b');
    await place('b1', id);
    const before = await store.queries.exposure(id);
    const reserved = (since: string) => store.funds.reserved(id, 'USD', { askedAt: since, answeredAt: since }, []);
    const [late, early] = [await reserved(at(60)), await reserved(at(-60))];
    await encrypt(id);
    await convertAll(id);
    expect(await store.queries.exposure(id)).toEqual(before);
    expect([await reserved(at(60)), await reserved(at(-60))]).toEqual([late, early]);
    expect(early.sure).toBe(SECRET);
    expect(before).toMatchObject([{ orders: 1, notional: SECRET }]);
  });

  test('that are dark are armed by what stays plain', async () => {
    const id = await link('c', true);
    const armedAt = '2026-01-01T00:00:01.000Z';
    const place = { symbol: 'BTC-USD', source: 'LAST', direction: 'AT_OR_ABOVE' } as const;
    const trigger = { ...place, price: SECRET, version: 1, armedAt, isOwnStop: false };
    const dark = play([created(), validated, { type: 'Armed' }]);
    await store.ledger.place(recordOf(intentOf('c1', { accountId: id, mode: 'DARK', trigger }), dark), dark.journal);
    expect(await store.dark.needs()).toContainEqual({ exchange: 'binance', symbol: 'BTC-USD', armed: 1 });
    expect(await store.dark.armed('binance', 'BTC-USD', armedAt)).toMatchObject([{ orderId: 'c1', trigger }]);
    expect(await stored(id)).not.toContain(SECRET);
  });
});

describe('the setting', () => {
  test('holds for the next write of every process, also of one that has not heard of it', async () => {
    const id = await link('d');
    const another = open(vaultOf(old));
    const [first, second] = [await place('d1', id), await place('d2', id, another)];
    await encrypt(id);
    expect((await store.access.account(id))?.privacy.converting).toBe(true);
    const results = await Promise.all([
      store.ledger.commit({ ...changeOf(first, [filled('t1', '0.1', 'x-d1')]), accountId: id }),
      another.ledger.commit(changeOf(second, [filled('t1', '0.1', 'x-d2')])),
      another.ledger.place(...newOrder('d3', id)),
      store.ledger.place(...newOrder('d4', id)),
    ]);
    expect(results.map(({ kind }) => kind)).toEqual(Array(4).fill('committed'));
    const { rows } = await raw.query(
      `SELECT id, json_typeof(machine) AS machine, json_typeof(spec) AS spec FROM orders WHERE account_id = $1 ORDER BY id`,
      [id],
    );
    expect(rows).toEqual([
      { id: 'd1', machine: 'string', spec: 'object' },
      { id: 'd2', machine: 'string', spec: 'object' },
      { id: 'd3', machine: 'string', spec: 'string' },
      { id: 'd4', machine: 'string', spec: 'string' },
    ]);
    // A version that is behind is a conflict in either way.
    expect(await store.ledger.commit(changeOf(first, [cancelled]))).toEqual({ kind: 'conflict' });
  });

  test('converts what was there before, back and forth, while it is traded on', async () => {
    const id = await link('e');
    const COUNT = 120;
    let records = await Promise.all(Array.from({ length: COUNT }, (_, n) => place(`e${n}`, id)));
    const journal = (await store.ledger.accountJournal(id, 0n, 10_000)).lines;
    for (const encryptAtRest of [true, false, true]) {
      await encrypt(id, encryptAtRest);
      expect(await store.payloads.converting(100)).toContain(id);
      const trading = (async () => {
        const next = [];
        for (const record of records.slice(0, 30)) {
          const result = await store.ledger.commit(
            changeOf(record, [filled(`t${record.actual.version}`, '0.001', `x-${record.intent.orderId}`)]),
          );
          if (result.kind !== 'committed') throw new Error(result.kind);
          next.push(result.record);
        }
        return next;
      })();
      const [changed, again] = await Promise.all([convertAll(id), convertAll(id)]);
      records = [...(await trading), ...records.slice(30)];
      expect(changed + again).toBeGreaterThan(COUNT);
      expect(await convertAll(id)).toBe(0);
      const version = (await store.access.account(id))?.privacy.cacheVersion ?? 0;
      expect(await store.payloads.settle(id, version - 1)).toBe(false);
      expect(await store.payloads.settle(id, version)).toBe(true);
      expect((await store.access.account(id))?.privacy.converting).toBeUndefined();
      expect((await stored(id)).includes(SECRET)).toBe(!encryptAtRest);
      expect(await Promise.all(records.map(({ intent }) => store.ledger.find(intent.orderId)))).toEqual(records);
    }
    expect((await store.ledger.accountJournal(id, 0n, 10_000)).lines.slice(0, journal.length)).toEqual(journal);
  });

  test('a new key: what is sealed moves to it, the old one is not needed any more, and what fails is named', async () => {
    const id = await link('f', true);
    const record = await place('f1', id);
    const both = open(vaultOf(fresh, old));
    const rekey = async (from: Store) => {
      const so = { changed: 0, failed: [] as string[] };
      for (let next: ConversionCursor | null = CONVERSION_START; next !== null;) {
        const batch = await from.payloads.rekey(id, next);
        so.changed += batch.changed;
        so.failed.push(...batch.failed);
        next = batch.next;
      }
      return so;
    };
    expect(await store.payloads.sealedAccounts({ limit: 100 })).toContain(id);
    expect((await rekey(open(vaultOf(fresh)))).failed[0]).toContain('key "old"');
    expect((await rekey(both)).failed).toEqual([]);
    expect(await rekey(both)).toEqual({ changed: 0, failed: [] });
    expect(await open(vaultOf(fresh)).ledger.find('f1')).toEqual(record);
    expect((await open(vaultOf(fresh)).ledger.journalOf('f1')).length).toBeGreaterThan(1);
  });
});

function newOrder(orderId: string, accountId: string) {
  const played = play([created(), validated]);
  return [recordOf(intentOf(orderId, { accountId }), played), played.journal] as const;
}
