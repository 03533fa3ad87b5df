import { createMemoryStore, type ConversionCursor, type ConvertedBatch, type PayloadStore } from '@orderplane/store';
import { accountOf } from '@orderplane/recorder/testing';
import { expect, test } from 'vitest';
import { keepConverting } from './convert-orders.ts';

const START = { part: 'orders', after: [] } as const;
const done = (next: ConversionCursor | null, failed: readonly string[] = []): ConvertedBatch => ({
  next,
  changed: 1,
  failed,
});

async function run(convert: PayloadStore['convert'], settles: readonly boolean[] = [true]) {
  const store = createMemoryStore({ nowMs: () => 0 });
  const at = '2026-01-01T00:00:00.000Z';
  await store.access.createUser({ id: 'u', name: 'u', createdAt: at });
  const privacy = { cacheOpenOrders: true, encryptAtRest: true, historyRetentionDays: null, cacheVersion: 3 };
  await store.access.createAccount({ ...accountOf('a', 'u', 'binance', at), privacy }, 'sealed');
  const ending = new AbortController();
  const settled: number[] = [];
  const said: string[] = [];
  let rounds = 0;
  const payloads: PayloadStore = {
    ...store.payloads,
    converting: async () => {
      rounds += 1;
      if (rounds > settles.length) ending.abort();
      return rounds > settles.length ? [] : ['a'];
    },
    convert,
    settle: async (_id, version) => {
      settled.push(version);
      return settles[rounds - 1] ?? false;
    },
  };
  const log = {
    info: (_fields: object, message: string) => said.push(message),
    warn: (_fields: object, message: string) => said.push(message),
  };
  await keepConverting({ payloads, access: store.access }, ending.signal, log, 1);
  return { settled, said };
}

test('walks through an account, and settles what it has seen under one setting', async () => {
  const seen: ConversionCursor[] = [];
  const rest = { part: 'events', after: ['7'] } as const;
  const { settled, said } = await run(async (_id, from) => {
    seen.push(from);
    return done(seen.length === 1 ? rest : null);
  });
  expect(seen).toEqual([START, rest]);
  expect(settled).toEqual([3]);
  expect(said).toEqual(['earlier orders of the account were converted']);
});

test('begins again when the setting was changed meanwhile', async () => {
  expect((await run(async () => done(null), [false, true])).settled).toEqual([3, 3]);
});

test('says what does not open, and settles nothing', async () => {
  const { settled, said } = await run(async () => done(null, ['orders.spec:o1 is sealed with key "lost"']));
  expect(settled).toEqual([]);
  expect(said[0]).toContain('ORDERPLANE_DATA_KEY');
});

test('goes on after a failure', async () => {
  let tries = 0;
  const { settled, said } = await run(async () => {
    tries += 1;
    if (tries === 1) throw new Error('the database is away');
    return done(null);
  }, [true, true]);
  expect([settled, said[0]]).toEqual([[3], 'orders are converted later']);
});
