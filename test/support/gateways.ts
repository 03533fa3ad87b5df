import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack } from '@orderplane/local';
import type { Stack } from '@orderplane/local';
import { CommitNotifier, createApiToken, createPostgresStore } from '@orderplane/store';
import type { Account, Store } from '@orderplane/store';
import { Redis } from 'ioredis';
import type { Endpoint } from './client.ts';

/** Gateways and their servers, and nothing that trades: what they tell is written by the test itself. */
export interface Gateways {
  readonly stack: Stack;
  readonly store: Store;
  readonly notifier: CommitNotifier;
  readonly userId: string;
  readonly accountIds: readonly string[];
  readonly token: string;
  stop(): Promise<void>;
}

const accountOf = (id: string, userId: string, createdAt: string): Account => ({
  id,
  userId,
  exchange: 'binance',
  label: id,
  mode: 'PAPER',
  halted: false,
  lastSyncedAt: null,
  createdAt,
  unlinkedAt: null,
  privacy: { cacheOpenOrders: true, encryptAtRest: false, historyRetentionDays: null },
  risk: {
    maxOrderNotional: null,
    maxOpenNotional: null,
    maxOpenOrders: null,
    priceCollar: null,
    rejectDuplicates: false,
  },
});

export async function openGateways(count: number, accounts: number): Promise<Gateways> {
  const home = await mkdtemp(join(tmpdir(), 'orderplane-gateways-'));
  const databaseUrl = process.env['ORDERPLANE_TEST_DATABASE_URL'];
  const stack = await startStack({
    home,
    durable: false,
    simulator: false,
    services: ['gateway'],
    instances: { gateway: count },
    ...(databaseUrl === undefined ? {} : { databaseUrl, freshDatabase: true }),
  });
  const store = createPostgresStore({ url: stack.info.postgres, poolSize: 20 });
  const redis = new Redis(stack.info.redis);
  const stop = async (): Promise<void> => {
    redis.disconnect();
    await store.close();
    await stack.stop();
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  };
  const createdAt = new Date().toISOString();
  const userId = randomUUID();
  await store.access.createUser({ id: userId, name: 'reader', createdAt });
  const { token, tokenHash, prefix } = createApiToken();
  await store.access.createToken({
    id: randomUUID(),
    userId,
    role: 'trader',
    tokenHash,
    prefix,
    createdAt,
    expiresAt: null,
  });
  const accountIds = Array.from({ length: accounts }, () => randomUUID());
  for (const id of accountIds) await store.access.createAccount(accountOf(id, userId, createdAt), 'sealed');
  return { stack, store, notifier: new CommitNotifier(redis), userId, accountIds, token, stop };
}

/** Each time it is asked for its address, another gateway's: so a client that comes back comes to the other one. */
export function inTurn(stack: Stack, token: string, first: number): Endpoint {
  const addresses = stack.info.gateways.map(({ http }) => http);
  let turn = first;
  return {
    token,
    get http() {
      turn += 1;
      return addresses[turn % addresses.length] ?? '';
    },
  };
}
