import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anOrder, serveGraphql } from './testing.ts';
import type { Request } from './testing.ts';

const BIN = join(dirname(fileURLToPath(import.meta.url)), '..', 'bin', 'orderplane.mjs');

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The real program, in a process of its own. */
function run(argv: readonly string[], environment: Record<string, string> = {}, input = ''): Promise<Ran> {
  const env = { PATH: process.env['PATH'] ?? '', ...environment };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [BIN, ...argv], { env, cwd: tmpdir() }, (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, out, err });
    });
    child.stdin?.end(input);
  });
}

let home = '';
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'orderplane-cli-'));
});
afterAll(() => rm(home, { recursive: true }));

describe('orderplane', () => {
  it('explains itself', async () => {
    const help = await run(['--help']);
    expect(help).toMatchObject({ code: 0, err: '' });
    expect(help.out).toContain('Usage: orderplane');
    expect((await run(['orders', '--help'])).out).toContain('--open');
  });

  it.each([
    [[], /Usage/],
    [['dance'], /unknown command "dance"/],
    [['orders', '--colour'], /--colour/],
    [['orders', '--first', 'many'], /--first takes a number/],
    [['watch', '--after', 'x'], /exactly one --account/],
    [['orders', '--open', '--max-age', '5'], /exactly one --account/],
    [['orders', '--account', 'a1', '--max-age', '5'], /give --open/],
    [['balances'], /balances takes one account id/],
    [['balances', 'a1', '--max-age', '86401'], /--max-age takes seconds/],
  ])('%j is a wrong call', async (argv, message) => {
    expect(await run(argv)).toMatchObject({ code: 2, out: '', err: expect.stringMatching(message) as string });
  });

  it('normalizes lines', async () => {
    const { code, out } = await run(['normalize'], {}, '{"exchange":"binance","transport":"rest","payload":[]}\nx\n');
    const [first, second] = out
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text) as unknown);
    expect([code, first]).toEqual([0, { ok: true, orders: [] }]);
    expect(second).toMatchObject({ ok: false, error: { code: 'BAD_JSON' } });
  });

  it('says what to do when nothing runs', async () => {
    const { code, err } = await run(['status', '--home', '/nowhere']);
    expect(code).toBe(3);
    expect(err).toContain('npm start');
  });
});

describe('against a gateway', () => {
  const RECONCILER = {
    running: true,
    reconciliationLagMs: 12,
    pendingReconciliations: 0,
    errorCount: 0,
    retryCount: 3,
    ambiguous: 0,
    needsAttention: 1,
  };
  const health = { reachable: true, streamConnected: false, rateLimitedUntil: null, lastError: 'reset' };

  it('lists orders over several pages, with the filter asked for', async () => {
    const requests: Request[] = [];
    const { connection, close } = await serveGraphql((request) => {
      requests.push(request);
      const second = request.variables['after'] === 'e1';
      const nodes = second ? [anOrder({ id: 'o3' })] : [anOrder({ id: 'o1' }), anOrder({ id: 'o2', price: null })];
      const pageInfo = { hasNextPage: !second, endCursor: second ? null : 'e1' };
      return { body: { data: { orders: { nodes, totalCount: 3, pageInfo } } } };
    });
    const environment = { ORDERPLANE_URL: connection.http, ORDERPLANE_TOKEN: 'op_test' };
    const argv = ['orders', '--open', '--account', 'a1', '--symbol', 'BTC-USD'];
    const human = await run(argv, environment);
    expect(human).toMatchObject({ code: 0, err: '' });
    expect(human.out).toMatch(/^ID .*\no1 .*\no2 .*market.*\no3 .*\n\n3 of 3 orders\n$/);
    const filter = { statuses: ['PENDING', 'OPEN'], accountIds: ['a1'], symbols: ['BTC-USD'] };
    expect(requests[0]).toMatchObject({
      authorization: 'Bearer op_test',
      variables: { filter, first: 50, after: null },
    });
    const lines = (await run([...argv, '--json'], environment)).out.trim().split('\n');
    expect(lines.map((text) => (JSON.parse(text) as { id: string }).id)).toEqual(['o1', 'o2', 'o3']);
    await close();
  });

  it('shows the state of the system, and fails when a part of it is gone', async () => {
    const data = { exchanges: [{ id: 'kraken', name: 'Kraken', health }], reconciler: RECONCILER };
    const { connection, close } = await serveGraphql(() => ({ body: { data } }));
    const write = (pid: number) =>
      writeFile(
        join(home, 'run.json'),
        JSON.stringify({ gateway: { http: connection.http }, adminToken: 'a', processes: [{ name: 'gateway', pid }] }),
      );
    await write(process.pid);
    const good = await run(['status', '--home', home]);
    expect(good).toMatchObject({ code: 0, err: '' });
    expect(good.out).toMatch(/gateway +\d+ +running/);
    expect(good.out).toMatch(/kraken +yes +NO +- +reset/);
    expect(good.out).toMatch(/need attention +1/);
    await write(4_000_000);
    const gone = await run(['status', '--home', home, '--json']);
    expect(gone.code).toBe(1);
    expect(JSON.parse(gone.out)).toMatchObject({ services: [{ alive: false }], reconciler: { retryCount: 3 } });
    await close();
    const down = await run(['status', '--home', home]);
    expect(down.code).toBe(3);
    expect(down.out).toMatch(/GONE/);
  });
});
