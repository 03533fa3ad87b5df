/**
 * How long a committed fill takes to a subscriber: commit done → message at a graphql-ws client, over a fresh embedded
 * PostgreSQL and a Redis of its own (`redis-server` on the PATH, or ORDERPLANE_TEST_REDIS_URL).
 * `node apps/gateway/scripts/measure-updates.ts`
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { openRedis, redisReady } from '@orderplane/queues';
import { createPostgresStore, type Store } from '@orderplane/store';
import { freePort, startTestDatabase } from '@orderplane/store/testing';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { startGateway } from '../src/gateway.ts';
import { createRedisChannels } from '../src/redis/channels.ts';
import { OrderBook } from '../src/testing/orders.ts';
import { World } from '../src/testing/world.ts';

/** Fills of one order: few, for its record grows with each. */
const FILLS_EACH = 10;
const ORDERS = 150;
const BURSTS = 5;
/** Orders of one account that are filled at the same time. */
const BURST = 20;

const UPDATES = `subscription { orderUpdates(accountIds: ["acc-ada"]) { kind cursor
  order { id status filledSize remainingSize } event { type toState at } } }`;

/** Counts what the gateway asks of the database while updates flow. */
function counted(store: Store): { readonly store: Store; readonly reads: () => number } {
  let reads = 0;
  const wrap = <T extends object>(target: T): T =>
    new Proxy(target, {
      get: (of, name) => {
        const value: unknown = Reflect.get(of, name, of);
        if (typeof value !== 'function') return value;
        return (...given: unknown[]): unknown => {
          reads += 1;
          return Reflect.apply(value, of, given);
        };
      },
    });
  return { store: { ...store, ledger: wrap(store.ledger), queries: wrap(store.queries) }, reads: () => reads };
}

async function redisUrl(): Promise<{ readonly url: string; readonly stop: () => void }> {
  const given = process.env['ORDERPLANE_TEST_REDIS_URL'] ?? '';
  if (given !== '') return { url: given, stop: () => undefined };
  const port = await freePort();
  const server = spawn('redis-server', ['--port', String(port), '--save', ''], { stdio: 'ignore' });
  return { url: `redis://127.0.0.1:${port}`, stop: () => void server.kill('SIGTERM') };
}

function print(name: string, samples: number[], readsPerFill: number): void {
  samples.sort((a, b) => a - b);
  const at = (share: number): string => (samples[Math.floor(samples.length * share)] ?? NaN).toFixed(2);
  process.stdout.write(
    `${name.padEnd(28)} p50 ${at(0.5)} ms  p99 ${at(0.99)} ms  n ${samples.length}  reads per fill ${readsPerFill.toFixed(2)}\n`,
  );
}

const ignore = (): void => undefined;
const database = await startTestDatabase();
const redis = await redisUrl();
const store = createPostgresStore({ url: database.url, poolSize: 20 });
const publisher = openRedis(redis.url, 'producer', ignore);
const subscriber = openRedis(redis.url, 'subscriber', ignore);
const world = await World.start();
try {
  await Promise.all([redisReady(publisher, 5_000), redisReady(subscriber, 5_000)]);
  await store.access.createUser({ id: 'ada', name: 'ada', createdAt: world.clock.iso() });
  const account = await world.store.access.account('acc-ada');
  if (account === null) throw new Error('no account');
  await store.access.createAccount(account, 'sealed');

  const seen = counted(store);
  const channels = createRedisChannels(subscriber, ignore);
  const { ledger, queries } = seen.store;
  const gateway = await startGateway({
    host: '127.0.0.1',
    port: 0,
    ports: { ...world.ports, ledger, queries, channels },
    timeouts: { commandMs: 1_000, syncMs: 1_000, accountMs: 1_000 },
  });

  let onFill: (orderId: string, filledSize: string) => void = ignore;
  const client = createClient({
    url: gateway.ws,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${world.tokens['ada-trader'] ?? ''}` },
  });
  await new Promise<void>((ready) => {
    client.subscribe<{ orderUpdates: { kind: string; order: { id: string; filledSize: string } | null } }>(
      { query: UPDATES },
      {
        next: ({ data }) => {
          if (data?.orderUpdates.kind === 'SNAPSHOT_END') ready();
          else if (data?.orderUpdates.order) onFill(data.orderUpdates.order.id, data.orderUpdates.order.filledSize);
        },
        error: (error) => process.stderr.write(`${String(error)}\n`),
        complete: ignore,
      },
    );
  });

  const committedAt = new Map<string, number>();
  const book = new OrderBook({
    store,
    now: () => world.clock.iso(),
    publish: (channel, message) => {
      committedAt.set((JSON.parse(message) as { orderId: string }).orderId, performance.now());
      void publisher.publish(channel, message);
    },
  });
  const open = async (): Promise<string> => {
    const orderId = await book.place('ada', 'acc-ada', { size: '1000000' });
    await book.acknowledge(orderId);
    return orderId;
  };
  /** Fills all of them at the same time, and waits until the subscriber has heard of each. */
  const fillAll = async (orderIds: readonly string[], samples: number[]): Promise<void> => {
    const waiting = new Set(orderIds);
    const all = Promise.withResolvers<void>();
    committedAt.clear();
    onFill = (orderId) => {
      if (!waiting.delete(orderId)) return;
      // Heard by another order's wake-up before its own commit had returned: no wait at all.
      const since = committedAt.get(orderId) ?? performance.now();
      committedAt.delete(orderId);
      samples.push(performance.now() - since);
      if (waiting.size === 0) all.resolve();
    };
    await Promise.all(orderIds.map((orderId) => book.fill(orderId, randomUUID(), '0.01')));
    await all.promise;
  };
  const run = async (name: string, groups: readonly (readonly string[])[]): Promise<void> => {
    await sleep(200);
    const samples: number[] = [];
    const before = seen.reads();
    for (let n = 0; n < FILLS_EACH; n += 1) for (const orderIds of groups) await fillAll(orderIds, samples);
    if (name !== '') print(name, samples, (seen.reads() - before) / samples.length);
  };
  const openMany = (count: number): Promise<string[]> => Promise.all(Array.from({ length: count }, open));

  await run(
    '',
    (await openMany(30)).map((orderId) => [orderId]),
  );
  await run(
    'one fill at a time',
    (await openMany(ORDERS)).map((orderId) => [orderId]),
  );
  await run(`${BURST} at the same time`, await Promise.all(Array.from({ length: BURSTS }, () => openMany(BURST))));
  await client.dispose();
  await gateway.close();
} finally {
  await world[Symbol.asyncDispose]();
  publisher.disconnect();
  subscriber.disconnect();
  redis.stop();
  await store.close();
  await database.stop();
}
