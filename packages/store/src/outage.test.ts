import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPostgresStore, databaseOutage } from './index.ts';
import type { Store } from './index.ts';
import { openDatabase, type Database } from './postgres/client.ts';
import { startTestDatabase, type TestDatabase } from './testing/postgres.ts';

const failureOf = async (work: Promise<unknown>): Promise<unknown> => {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
};

describe('what a real PostgreSQL says when it does not serve', () => {
  let server: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    server = await startTestDatabase();
    database = openDatabase({ url: server.url, poolSize: 2, connectTimeoutMs: 2_000 });
  });
  afterAll(async () => {
    await database.close();
    await server.stop();
  });
  const raise = (state: string) => `DO $$ BEGIN RAISE EXCEPTION 'of this test' USING ERRCODE = '${state}'; END $$`;

  // prettier-ignore
  test.each([
    ['53100', 'its disk is full',                    true],
    ['53200', 'it is out of memory',                 true],
    ['53300', 'it has too many connections',         true],
    ['57P03', 'it is starting or stopping',          true],
    ['25006', 'it takes no writes',                  true],
    ['58030', 'it refused with 58030',               true],
    ['57P01', 'it ended the connection',             false],
    ['08006', 'it ended the connection',             false],
  ])('%s: %s', async (state, reason, isNothingWritten) => {
    for (const error of [
      await failureOf(database.sql.$executeRawUnsafe(raise(state))),
      await failureOf(database.prisma.$executeRawUnsafe(raise(state))),
    ])
      expect(databaseOutage(error)).toEqual({ reason, isNothingWritten });
  });

  test.each(['23505', '40001', '22003', 'P0001'])('%s is about something else', async (state) => {
    expect(databaseOutage(await failureOf(database.sql.$executeRawUnsafe(raise(state))))).toBeNull();
    expect(databaseOutage(await failureOf(database.prisma.$executeRawUnsafe(raise(state))))).toBeNull();
  });

  test('a session that takes no writes', async () => {
    const error = await failureOf(
      database.sql.$executeRawUnsafe('DO $$ BEGIN SET TRANSACTION READ ONLY; DELETE FROM leases; END $$'),
    );
    expect(databaseOutage(error)).toEqual({ reason: 'it takes no writes', isNothingWritten: true });
  });

  test('a connection that is cut while a statement runs', async () => {
    const sleeping = database.sql.$queryRawUnsafe('SELECT pg_sleep(30)');
    sleeping.catch(() => undefined);
    const cut = async () =>
      database.prisma.$queryRawUnsafe<unknown[]>(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(30)' AND pid <> pg_backend_pid()",
      );
    await expect.poll(async () => (await cut()).length, { timeout: 10_000 }).toBeGreaterThan(0);
    expect(databaseOutage(await failureOf(sleeping))).toMatchObject({ isNothingWritten: false });
  });
});

describe('a database that is not there', () => {
  const stores: Store[] = [];
  const storeAt = (port: number, connectTimeoutMs = 2_000): Store => {
    const store = createPostgresStore({ url: `postgresql://u:p@127.0.0.1:${port}/d`, poolSize: 1, connectTimeoutMs });
    stores.push(store);
    return store;
  };
  afterAll(async () => {
    for (const store of stores) await store.close();
  });

  test('a port that nobody listens on', async () => {
    for (const work of [(store: Store) => store.nowMs(), (store: Store) => store.observations.exchangeHealth()])
      expect(databaseOutage(await failureOf(work(storeAt(1))))).toEqual({
        reason: "it can't be reached",
        isNothingWritten: true,
      });
  });

  test('a server that takes the connection and says nothing', async () => {
    const mute = createServer(() => undefined);
    await new Promise<void>((resolve) => void mute.listen(0, '127.0.0.1', resolve));
    const { port } = mute.address() as AddressInfo;
    for (const work of [(store: Store) => store.nowMs(), (store: Store) => store.observations.exchangeHealth()])
      expect(databaseOutage(await failureOf(work(storeAt(port, 200))))).not.toBeNull();
    mute.close();
  });
});
