import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseOptions } from '../options.ts';
import { anOrder, serveGraphql } from '../testing.ts';
import type { Request } from '../testing.ts';
import { balancesCommand } from './balances.ts';
import { ordersCommand } from './orders.ts';
import { syncCommand } from './sync.ts';

const AT = '2026-01-01T00:00:00.000Z';
const GOOD = { syncedAt: AT, fresh: true, complete: true, userErrors: [] };
const LATE = { syncedAt: AT, fresh: false, complete: false, userErrors: [{ code: 'TIMEOUT', message: 'no answer' }] };
const OWNED = {
  balances: [{ asset: 'USDT', free: '90', locked: '10.5', total: '100.5' }],
  positions: [{ symbol: 'BTC-USDC-PERPETUAL', size: '-2' }],
};
let close: () => Promise<void>;
let requests: Request[] = [];
let answers: Record<string, unknown> = {};
let [out, err] = ['', ''];

beforeAll(async () => {
  const server = await serveGraphql((request) => {
    requests.push(request);
    return { body: { data: answers } };
  });
  close = server.close;
  vi.stubEnv('ORDERPLANE_URL', server.connection.http);
  vi.stubEnv('ORDERPLANE_TOKEN', 'op_test');
  const collect = (take: (text: string) => void) => (text: string | Uint8Array) => {
    take(String(text));
    return true;
  };
  vi.spyOn(process.stderr, 'write').mockImplementation(collect((text) => (err += text)));
  vi.spyOn(process.stdout, 'write').mockImplementation(collect((text) => (out += text)));
});
afterAll(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await close();
});
beforeEach(() => {
  [requests, out, err, answers] = [[], '', '', {}];
});

describe('balances', () => {
  it('prints what is owned, and how old that is', async () => {
    answers = { balances: { ...OWNED, ...GOOD } };
    expect(await balancesCommand(parseOptions('balances', ['acc', '--max-age', '5']))).toBe(0);
    expect(requests[0]?.variables).toEqual({ accountId: 'acc', maxAgeSeconds: 5 });
    expect(out).toMatch(/^ASSET +FREE +LOCKED +TOTAL\nUSDT +90 +10\.5 +100\.5\n/);
    expect(out).toMatch(/BTC-USDC-PERPETUAL +-2\n/);
    expect(out).toContain(`as of ${AT}\n`);
    expect(err).toBe('');
  });

  it('fails when it is not fresh, and says why beside what is known', async () => {
    answers = { balances: { ...OWNED, ...LATE } };
    expect(await balancesCommand(parseOptions('balances', ['acc', '--json']))).toBe(1);
    expect(JSON.parse(out)).toEqual({ ...OWNED, ...LATE });
    expect(err).toBe('orderplane: TIMEOUT: no answer\n');
    out = '';
    answers = { balances: { balances: [], positions: [], ...LATE, syncedAt: null } };
    expect(await balancesCommand(parseOptions('balances', ['acc']))).toBe(1);
    expect(out).toBe('the exchange was never asked\n');
  });
});

it('sync says what came of it', async () => {
  answers = { syncOrders: { orders: [{ id: 'o1' }, { id: 'o2' }], adopted: 1, ...GOOD } };
  expect(await syncCommand(parseOptions('sync', ['acc']))).toBe(0);
  expect(out).toBe(`2 open orders, 1 of them found and adopted now; as of ${AT}\n`);
  answers = { syncOrders: { orders: [], adopted: 0, ...LATE } };
  expect(await syncCommand(parseOptions('sync', ['acc', '--json']))).toBe(1);
  expect(requests.at(-1)?.variables).toEqual({ accountId: 'acc' });
});

it('orders --max-age has the exchange asked first', async () => {
  answers = { openOrders: { orders: [anOrder({ id: 'o1' }), anOrder({ id: 'o2' })], ...GOOD } };
  const argv = ['--open', '--account', 'acc', '--symbol', 'BTC-USD', '--max-age', '0'];
  expect(await ordersCommand(parseOptions('orders', [...argv, '--first', '1']))).toBe(0);
  expect(requests[0]?.variables).toEqual({ accountId: 'acc', symbol: 'BTC-USD', maxAgeSeconds: 0 });
  expect(out).toMatch(new RegExp(`o1 .*\\n\\n1 of 2 orders\\nas of ${AT}\\n$`));
  answers = { openOrders: { orders: [], ...LATE } };
  expect(await ordersCommand(parseOptions('orders', argv))).toBe(1);
  expect(out).toContain(`No open orders.\nas of ${AT}, not fresh, not complete\n`);
  expect(err).toBe('orderplane: TIMEOUT: no answer\n');
});
