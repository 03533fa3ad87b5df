import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EXCHANGE_IDS } from '@orderplane/domain';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { cancelOrder, eventually, isQuiet, readOrder, request } from '../support/client.ts';
import { openCollector } from '../support/collector.ts';
import type { CollectedSpan, Collector } from '../support/collector.ts';
import { openDesk } from '../support/desk.ts';
import { documentedMetrics } from '../support/documents.ts';
import { openSystem } from '../support/system.ts';
import type { System } from '../support/system.ts';
import { watchOrders } from '../support/watch.ts';

/** What who operates the system sees of it: traces, metrics and logs, with everything in them and no secret. */
const COLLECTOR_KEY = 'collector-key-5b1c9e';
let collector: Collector;
let system: System;
beforeAll(async () => {
  collector = await openCollector();
  system = await openSystem({
    env: {
      LOG_LEVEL: 'trace',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: `x-collector-key=${COLLECTOR_KEY}`,
    },
  });
});
afterAll(async () => {
  await system?.stop();
  await collector?.close();
});

const traceOf = (orderId: string): readonly CollectedSpan[] => {
  const { spans } = collector;
  const command = spans.find(
    ({ name, facts }) => name === 'order-commands process' && facts['orderplane.order_id'] === orderId,
  );
  return spans.filter(({ traceId }) => traceId === command?.traceId);
};
const namesOf = (spans: readonly CollectedSpan[]): ReadonlySet<string> =>
  new Set(spans.map(({ service, name }) => `${service}: ${name}`));

test('one trace from the mutation through the queues to the exchange and back to the subscriber', async () => {
  const desk = await openDesk(system, 'binance');
  const market = desk.market('BTC');
  const { symbol, size } = market;
  const updates = watchOrders(system.trader, [desk.accountId]);
  await updates.until((items) => items.some(({ kind }) => kind === 'SNAPSHOT_END'), 'the snapshot');
  const order = await desk.resting({ symbol, side: 'BUY', type: 'LIMIT', size, price: market.at('0.9') });
  // An execution is told by the stream alone.
  await system.venue.price('binance', symbol, market.at('0.85'));
  await desk.reaches(order.id, 'FILLED');
  await updates.until((items) => items.some(({ event }) => event?.toState === 'FILLED'), 'the fill');
  const wanted = [
    'gateway: mutation placeOrder',
    'gateway: order-commands request',
    'order-command: order-commands process',
    'reconciler: reconcile-binance process',
    'reconciler: binance submit',
    'sync-worker: order booked',
    'gateway: orderUpdates push',
  ];
  const trace = await eventually(
    () => Promise.resolve(traceOf(order.id)),
    (spans) => wanted.every((name) => namesOf(spans).has(name)),
    `a trace with ${wanted.join(', ')}`,
  );
  // Every span but the first hangs on another one of the same trace.
  const ids = new Set(trace.map(({ spanId }) => spanId));
  expect(trace.filter(({ parentSpanId }) => !ids.has(parentSpanId)).map(({ name }) => name)).toEqual([
    'mutation placeOrder',
  ]);
  expect(collector.header('x-collector-key')[0]).toBe(COLLECTOR_KEY);
  await updates.close();
});

test("a caller's own trace and request id go on in ours", async () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const response = await fetch(system.trader.http, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${system.trader.token}`,
      'x-request-id': 'request-of-a-test',
      traceparent: `00-${traceId}-b7ad6b7169203331-01`,
    },
    body: JSON.stringify({ query: 'mutation { cancelOrder(orderId: "nothing") { userErrors { code } } }' }),
  });
  expect(response.headers.get('x-request-id')).toBe('request-of-a-test');
  await eventually(
    () => Promise.resolve(collector.spans.filter((span) => span.traceId === traceId)),
    (spans) => namesOf(spans).has('order-command: order-commands process'),
    "the caller's trace",
  );
  const line = (await logLines('order-command')).find(
    ({ requestId, msg }) => requestId === 'request-of-a-test' && msg === 'command',
  );
  expect(line).toMatchObject({ kind: 'cancel', outcome: 'NOT_FOUND', orderId: 'nothing', traceId });
});

test('every service shows the metrics that the documentation lists, and no other', async () => {
  const documented = await documentedMetrics();
  for (const { name, health } of system.stack.info.processes.filter((process) => process.health !== null)) {
    const text = await (await fetch(`${health}/metrics`)).text();
    const shown = [...text.matchAll(/^# TYPE (orderplane_\w+) /gm)].map(([, metric]) => metric);
    const wanted = documented.filter(({ services }) => services.includes(name)).map(({ metric }) => metric);
    expect([name, shown.sort()]).toEqual([name, wanted.sort()]);
  }
});

test('metrics tell of what happened', async () => {
  const text = await metricsOf('reconciler');
  expect(text).toMatch(/orderplane_exchange_calls_total\{exchange="binance",call="submit",outcome="placed",.*\} [1-9]/);
  expect(text).toMatch(/orderplane_reconcile_verdicts_total\{exchange="binance",verdict="Settled",.*\} [1-9]/);
  const streams = await metricsOf('sync-worker');
  for (const exchange of EXCHANGE_IDS)
    expect(streams).toMatch(new RegExp(`exchange_order_streams\\{exchange="${exchange}",state="up",.*\\} 1`));
  const gateway = await metricsOf('gateway');
  expect(gateway).toMatch(/orderplane_queue_jobs\{queue="order-commands",state="waiting",.*\} 0/);
  expect(gateway).toMatch(/orderplane_gateway_update_lag_seconds_count\{.*\} [1-9]/);
});

test('a whole run on all exchanges, with trouble, tells no secret in logs, traces, queues and answers', async () => {
  await Promise.all(EXCHANGE_IDS.map(trade));
  const wrong = { http: system.trader.http, token: 'op_wrong-token-of-this-test-000000000' };
  await expect(request(wrong, '{ accounts { id } }')).rejects.toThrow();
  const secrets = [...(await secretsOfHome()), COLLECTOR_KEY, wrong.token];
  const told = { ...(await allLogs()), traces: collector.texts.join('\n'), redis: await everythingInRedis() };
  for (const [where, text] of Object.entries(told)) {
    expect([where, secrets.filter((secret) => text.includes(secret)).length]).toEqual([where, 0]);
    expect([where, [...text.matchAll(SIGNED)].map(([found]) => found.slice(0, 60))]).toEqual([where, []]);
  }
});

/** Headers and fields with which exchanges sign, and the listen keys of their streams, with a value that is not taken out. */
const SIGNED =
  /\b(x-mbx-apikey|api-sign|api-key|kc-api-(sign|key|passphrase)|ok-access-(sign|key|passphrase)|x-mexc-apikey|signature|listenKey|client_secret|access_token|refresh_token)\\?["']?\s*[:=]\s*\\?["']?(?!\[redacted|null|undefined)[\w+/=-]{12,}|\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}/gi;

/** One order placed, changed and cancelled, one refused, while the exchange has trouble. */
async function trade(exchange: (typeof EXCHANGE_IDS)[number]): Promise<void> {
  const desk = await openDesk(system, exchange);
  const market = desk.market('BTC');
  const { symbol, size } = market;
  const order = await desk.resting({ symbol, side: 'BUY', type: 'LIMIT', size, price: market.at('0.8') });
  await system.venue.fault({ exchange, fault: 'streamDrop', times: 1 });
  await system.venue.fault({ exchange, fault: 'authFail', times: 2 });
  const refused = await desk.place({ symbol, side: 'BUY', type: 'LIMIT', size, price: market.at('0.79') });
  await system.venue.fault({ exchange, fault: 'error5xxBefore', times: 1 });
  for (const { id } of [order, ...(refused.order === null ? [] : [refused.order])])
    await cancelOrder(system.trader, id);
  await eventually(
    () => readOrder(system.trader, order.id),
    (read) => read !== null && isQuiet(read) && read.state === 'CANCELLED',
    `${exchange}: the order is cancelled`,
    60_000,
  );
}

const logsOf = async (): Promise<readonly string[]> => readdir(join(system.home, 'logs'));
const allLogs = async (): Promise<Record<string, string>> =>
  Object.fromEntries(
    await Promise.all(
      (await logsOf()).map(async (file) => [file, await readFile(join(system.home, 'logs', file), 'utf8')] as const),
    ),
  );
const logLines = async (name: string): Promise<Record<string, unknown>[]> =>
  (await readFile(join(system.home, 'logs', `${name}.log`), 'utf8'))
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => z.record(z.string(), z.unknown()).parse(JSON.parse(line)));

async function metricsOf(name: string): Promise<string> {
  const found = system.stack.info.processes.find((process) => process.name === name);
  return (await fetch(`${found?.health}/metrics`)).text();
}

const HomeSecretsSchema = z.object({
  masterKey: z.string(),
  dataKey: z.string(),
  postgresPassword: z.string(),
  redisPassword: z.string(),
  admin: z.object({ token: z.string() }),
  trader: z.object({ token: z.string() }),
  accounts: z.array(z.object({ apiKey: z.string(), secret: z.string(), passphrase: z.string().optional() })),
});

/** Everything that a home keeps under lock; of a key in several lines, each line. */
async function secretsOfHome(): Promise<readonly string[]> {
  const home = HomeSecretsSchema.parse(JSON.parse(await readFile(join(system.home, 'secrets.json'), 'utf8')));
  const keys = [home.masterKey, home.dataKey].map((ring) => ring.split(':')[1] ?? '');
  const credentials = home.accounts.flatMap(({ apiKey, secret, passphrase }) => [
    apiKey,
    passphrase ?? '',
    ...secret.split('\n').filter((line) => !line.startsWith('-----')),
  ]);
  const all = [...keys, home.postgresPassword, home.redisPassword, home.admin.token, home.trader.token, ...credentials];
  return all.filter((secret) => secret.length >= 8);
}

/** Every key of Redis with what it holds: jobs, results, caches, budgets. */
async function everythingInRedis(): Promise<string> {
  const redis = new Redis(system.stack.info.redis);
  try {
    const dumps: string[] = [];
    for (const key of await redis.keys('*')) dumps.push(key, (await redis.dumpBuffer(key))?.toString('latin1') ?? '');
    return dumps.join('\n');
  } finally {
    redis.disconnect();
  }
}
