import ccxt from 'ccxt';
import { classOf, metersOf, REQUEST_CLASSES } from '@orderplane/domain';
import { describe, expect, test } from 'vitest';
import { orderCost, requestCost } from './limits.ts';
import type { OrderRequestKind, VenueLimits } from './limits.ts';
import { binanceLimits } from './venues/binance/limits.ts';
import { coinbaseLimits } from './venues/coinbase/limits.ts';
import { deribitLimits } from './venues/deribit/limits.ts';
import { krakenLimits } from './venues/kraken/limits.ts';
import { kucoinLimits } from './venues/kucoin/limits.ts';
import { mexcLimits } from './venues/mexc/limits.ts';
import { okxLimits } from './venues/okx/limits.ts';

const TABLES: readonly (readonly [string, VenueLimits])[] = [
  ['binance', binanceLimits],
  ['coinbase', coinbaseLimits],
  ['deribit', deribitLimits],
  ['kraken', krakenLimits],
  ['kucoin', kucoinLimits],
  ['mexc', mexcLimits],
  ['okx', okxLimits],
];
const ORDER_KINDS: readonly OrderRequestKind[] = ['submit', 'cancel', 'amend', 'query'];

/** Every "METHOD path" of the client library's own table of endpoints. */
function endpointsOf(name: string): ReadonlySet<string> {
  const Class = (ccxt as unknown as Record<string, new () => { readonly api: unknown }>)[name];
  if (Class === undefined) throw new Error(`no ccxt class ${name}`);
  const found = new Set<string>();
  const walk = (node: unknown, method: string): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, value] of Object.entries(node)) {
      const isMethod = /^(get|post|put|delete|patch)$/.test(key);
      if (method !== '') found.add(`${method} ${Array.isArray(node) ? String(value) : key}`);
      else walk(value, isMethod ? key.toUpperCase() : '');
    }
  };
  walk(new Class().api, '');
  return found;
}

describe.each(TABLES)('%s', (name, limits) => {
  test('names endpoints that the client library has', () => {
    const known = endpointsOf(name);
    expect(Object.keys(limits.routes).filter((route) => !known.has(route))).toEqual([]);
  });

  test('charges every request to buckets that it has, with points that their windows can count', () => {
    const requests = [...Object.keys(limits.routes), 'GET of-this-nothing-is-known', 'POST neither-of-this'].flatMap(
      (route) => {
        const [method = '', path = ''] = route.split(' ');
        return [true, false].flatMap((isPrivate) =>
          [{}, { symbol: 'BTC' }].map((parameters) => ({ method, path, isPrivate, parameters })),
        );
      },
    );
    const costs = [
      ...requests.map((request) => requestCost(limits, request, 'BTC-USD', null)),
      ...ORDER_KINDS.flatMap((kind) => [null, 0, 7_000, 1e9].map((age) => orderCost(limits, kind, 'BTC-USD', age))),
    ];
    for (const { charges } of costs) {
      for (const { points, rule } of charges) {
        expect(points).toBeGreaterThan(0);
        if (rule.refill.kind === 'window') expect(Number.isInteger(points)).toBe(true);
      }
    }
    for (const kind of ORDER_KINDS) expect(orderCost(limits, kind, 'BTC-USD', null).class).toBe(classOf(kind));
  });

  test('leaves every class room for its dearest request', () => {
    for (const requestClass of REQUEST_CLASSES) {
      for (const kind of ORDER_KINDS.filter((one) => classOf(one) === requestClass)) {
        const { charges } = orderCost(limits, kind, 'BTC-USD', null);
        const question = { place: name, key: 'key', id: '', patienceMs: 0, class: requestClass, charges, scale: 1 };
        for (const { points, ceiling, capacity } of metersOf(question)) {
          expect(points).toBeLessThanOrEqual(ceiling);
          expect(ceiling).toBeLessThanOrEqual(capacity);
        }
      }
    }
  });

  test('orders cost something, and no bucket is for nobody', () => {
    for (const kind of ['submit', 'query'] as const)
      expect(orderCost(limits, kind, 'BTC-USD', null).charges.length).toBeGreaterThan(0);
    const used = new Set<string>();
    const note = (points: object): void => Object.keys(points).forEach((bucket) => used.add(bucket));
    for (const kind of ORDER_KINDS) note(limits.orders[kind].points(null));
    note(limits.otherwise.public);
    note(limits.otherwise.private);
    for (const { points } of Object.values(limits.routes))
      if (points !== null) note(typeof points === 'function' ? points({}) : points);
    expect([...used].sort()).toEqual(limits.buckets.map((bucket) => bucket.name).sort());
  });
});

test('on Kraken a young order is dear to cancel, an old one free, and neither is ever refused', () => {
  const pointsAt = (ageMs: number | null) =>
    orderCost(krakenLimits, 'cancel', 'BTC-USD', ageMs).charges.map(({ points, always }) => [points, always]);
  expect([null, 0, 4_999, 5_000, 14_000, 40_000, 89_000, 299_000].map(pointsAt)).toEqual(
    [8, 8, 8, 6, 5, 4, 2, 1].map((points) => [[points, true]]),
  );
  expect(pointsAt(300_000)).toEqual([]);
});

test('on Binance a listing of one market is cheaper than one of all', () => {
  const weightOf = (parameters: object) =>
    requestCost(
      binanceLimits,
      { method: 'GET', path: 'openOrders', isPrivate: true, parameters: { ...parameters } },
      '',
      null,
    ).charges[0]?.points;
  expect([weightOf({ symbol: 'BTCUSDT' }), weightOf({})]).toEqual([6, 80]);
});
