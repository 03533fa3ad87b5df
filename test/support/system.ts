import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXCHANGE_IDS } from '@orderplane/domain';
import type { ExchangeId } from '@orderplane/domain';
import { startStack } from '@orderplane/local';
import type { Stack, StackOptions } from '@orderplane/local';
import { createApiToken, createPostgresStore, hashToken } from '@orderplane/store';
import type { Store } from '@orderplane/store';
import { eventually, request } from './client.ts';
import type { Endpoint } from './client.ts';
import { venueAt } from './venue.ts';
import type { Venue } from './venue.ts';

/**
 * One exchange that amends in place and one that doesn't: what is the system's own work is tested on these two. What an
 * exchange adds is tested on every one of them: `e2e/exchanges.test.ts`, `conformance/venues`.
 */
export const EXCHANGES = ['binance', 'kraken'] as const;
export type CoreExchange = (typeof EXCHANGES)[number];
export type Exchange = ExchangeId;

/** One running system as its users meet it, with the operator's side of the simulated exchanges. */
export interface System {
  readonly stack: Stack;
  readonly home: string;
  readonly trader: Endpoint;
  readonly admin: Endpoint;
  readonly venue: Venue;
  /** The same database as the services', for what no API creates yet (users, tokens). */
  readonly store: Store;
  account(exchange: Exchange): string;
  /** A token of the trader's own user, or of a new one. */
  token(role: 'viewer' | 'trader' | 'admin', of: 'trader' | 'stranger'): Promise<Endpoint>;
  /** Ends everything; the home is removed unless it was given. */
  stop(): Promise<void>;
}

export interface SystemOptions extends Omit<StackOptions, 'home' | 'databaseUrl' | 'freshDatabase' | 'redisUrl'> {
  /** Default: a new temporary one, gone at stop. */
  readonly home?: string;
  /** Own PostgreSQL also where the test run has one: for tests that stop and start everything. */
  readonly ownServers?: boolean;
  /** Prices walk by themselves. Default false: only the test moves them. */
  readonly walking?: boolean;
  /** Rate limits of the exchanges as their retail users have them. Default false: none. */
  readonly limited?: boolean;
}

/**
 * Starts the whole system: own processes, real servers. PostgreSQL is the one of the test run (a fresh database in it)
 * where there is one; Redis is always its own, because pub/sub channels are shared by all databases of one server.
 */
export async function openSystem(options: SystemOptions = {}): Promise<System> {
  const { home: given, ownServers = false, walking = false, limited = false, ...rest } = options;
  const home = given ?? (await mkdtemp(join(tmpdir(), 'orderplane-e2e-')));
  const databaseUrl = ownServers ? undefined : process.env['ORDERPLANE_TEST_DATABASE_URL'];
  const forget = async (): Promise<void> => {
    if (given === undefined) await rm(home, { recursive: true, force: true, maxRetries: 5 });
  };
  const stack = await startStack({
    home,
    durable: false,
    ...(databaseUrl === undefined ? {} : { databaseUrl, freshDatabase: true }),
    ...rest,
  }).catch(async (cause: unknown) => {
    await forget();
    throw cause;
  });
  const store = createPostgresStore({ url: stack.info.postgres, poolSize: 2 });
  const stop = async (): Promise<void> => {
    await store.close();
    await stack.stop();
    await forget();
  };
  try {
    const system = describeSystem(stack, store, stop);
    await settle(system, { walking, limited });
    return system;
  } catch (cause) {
    await stop();
    throw cause;
  }
}

function describeSystem(stack: Stack, store: Store, stop: () => Promise<void>): System {
  const { gateway, traderToken, adminToken, simulator, accounts } = stack.info;
  const endpoint = (token: string): Endpoint => ({ http: gateway.http, token });
  if (simulator === null) throw new Error('these tests need the simulator');
  return {
    stack,
    store,
    stop,
    home: stack.home,
    trader: endpoint(traderToken),
    admin: endpoint(adminToken),
    venue: venueAt(simulator.admin),
    account: (exchange) => {
      const account = accounts.find((candidate) => candidate.exchange === exchange);
      if (account === undefined) throw new Error(`run.json has no account of ${exchange}`);
      return account.id;
    },
    token: async (role, of) => endpoint(await newToken(store, traderToken, role, of)),
  };
}

async function newToken(
  store: Store,
  traderToken: string,
  role: 'viewer' | 'trader' | 'admin',
  of: string,
): Promise<string> {
  const createdAt = new Date().toISOString();
  const trader = await store.access.principalByTokenHash(hashToken(traderToken), createdAt);
  let userId = trader?.userId;
  if (of === 'stranger' || userId === undefined) {
    userId = randomUUID();
    await store.access.createUser({ id: userId, name: 'stranger', createdAt });
  }
  const { token, tokenHash, prefix } = createApiToken();
  await store.access.createToken({ id: randomUUID(), userId, role, tokenHash, prefix, createdAt, expiresAt: null });
  return token;
}

/** The order streams are up and the first syncs are done: from here on nothing happens but what the test does. */
async function settle(system: System, how: { readonly walking: boolean; readonly limited: boolean }): Promise<void> {
  for (const exchange of EXCHANGE_IDS) {
    await system.venue.walk(exchange, how.walking);
    await system.venue.limits(exchange, { enabled: how.limited });
  }
  await eventually(
    () =>
      request<{
        exchanges: { health: { reachable: boolean; streamConnected: boolean } }[];
        accounts: { lastSyncedAt: string | null }[];
      }>(system.trader, '{ exchanges { health { reachable streamConnected } } accounts { lastSyncedAt } }'),
    ({ exchanges, accounts }) =>
      exchanges.every(({ health }) => health.reachable && health.streamConnected) &&
      accounts.every(({ lastSyncedAt }) => lastSyncedAt !== null),
    'all exchanges are reachable and streaming',
    60_000,
  );
}
