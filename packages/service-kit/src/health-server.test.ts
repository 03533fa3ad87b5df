import { afterEach, expect, test } from 'vitest';
import { startHealthServer } from './health-server.ts';
import type { HealthCheck, HealthServer } from './health-server.ts';
import { createMetrics } from './metrics.ts';

let server: HealthServer | undefined;
afterEach(async () => server?.close());

async function start(ready: Record<string, HealthCheck>): Promise<(path: string) => Promise<[number, string]>> {
  const metrics = createMetrics('test', { processMetrics: false });
  metrics.counter('things_total', 'Things').inc(3);
  expect(metrics.counter('things_total', 'Things')).toBe(metrics.counter('things_total', 'Things'));
  const started = await startHealthServer({ port: 0, metrics, ready, checkDeadlineMs: 50 });
  server = started;
  return async (path) => {
    const response = await fetch(`${started.url}${path}`);
    return [response.status, await response.text()];
  };
}

test('alive, ready and measured', async () => {
  const get = await start({ postgres: () => Promise.resolve() });
  expect((await get('/healthz'))[0]).toBe(200);
  expect(await get('/readyz')).toEqual([200, expect.stringContaining('"postgres":{"ok":true}')]);
  expect((await get('/metrics'))[1]).toContain('orderplane_things_total{service="test"} 3');
  expect((await get('/other'))[0]).toBe(404);
});

test('one failing or hanging check makes it unready, and its secrets are not shown', async () => {
  const get = await start({
    good: () => undefined,
    bad: () => {
      throw new Error('connect to postgresql://u:hunter2@h failed');
    },
    hanging: () => new Promise(() => undefined),
  });
  const [status, body] = await get('/readyz');
  expect(status).toBe(503);
  expect(JSON.parse(body)).toMatchObject({
    ready: false,
    checks: { good: { ok: true }, bad: { ok: false }, hanging: { error: 'hanging did not finish within 50 ms' } },
  });
  expect(body).not.toContain('hunter2');
  expect((await get('/healthz'))[0]).toBe(200);
});

test('draining is alive but not ready', async () => {
  const get = await start({});
  server?.drain();
  expect((await get('/readyz'))[0]).toBe(503);
  expect((await get('/healthz'))[0]).toBe(200);
});
