import { describe, expect, test } from 'vitest';
import {
  CommandResultSchema,
  MaintenanceJobSchema,
  OrderCommandSchema,
  PlaceInputSchema,
  RECONCILE_PRIORITY,
  reconcileQueue,
  StreamJobSchema,
  SyncJobSchema,
  type PlaceInput,
} from './contracts.ts';

const input: PlaceInput = {
  accountId: 'account-1',
  clientOrderId: 'mine',
  symbol: 'BTC-USD',
  side: 'BUY',
  type: 'LIMIT',
  size: '1',
  quoteSize: null,
  price: '100',
  stopPrice: null,
  timeInForce: 'GTC',
  expiresAt: null,
  postOnly: false,
  reduceOnly: false,
};
const time = { issuedAt: '2026-01-01T00:00:00.000Z', expiresAt: '2026-01-01T00:00:15.000Z' };
const place = { commandId: 'c', userId: 'u', time, kind: 'place', input };
const change = { commandId: 'c', userId: 'u', kind: 'modify', orderId: 'o', size: '1', price: null, stopPrice: null };

describe('what a queue takes', () => {
  test.each([
    ['place', OrderCommandSchema, place],
    ['modify', OrderCommandSchema, change],
    ['cancel', OrderCommandSchema, { commandId: 'c', userId: 'u', kind: 'cancel', orderId: 'o' }],
    [
      'cancelAll',
      OrderCommandSchema,
      { commandId: 'c', userId: 'u', kind: 'cancelAll', accountId: 'a', symbol: null, side: null },
    ],
    ['sync', SyncJobSchema, { accountId: 'a', reason: 'forced', requestedAt: '2026-01-01T00:00:00.000Z', maxAgeMs: 0 }],
    ['orders of an account', StreamJobSchema, { kind: 'orders', accountId: 'a' }],
    ['a ticker', StreamJobSchema, { kind: 'ticker', exchange: 'kraken', symbol: 'BTC-USD' }],
    ['recheck', MaintenanceJobSchema, { kind: 'recheck', orderId: 'o', exchange: 'binance' }],
    ['resync', MaintenanceJobSchema, { kind: 'resync' }],
  ])('%s', (_name, schema, data) => {
    expect(schema.parse(data)).toEqual(data);
  });

  test('decimals become canonical, so that the same request looks the same', () => {
    expect(PlaceInputSchema.parse({ ...input, size: '1.000', price: '100.50' })).toMatchObject({
      size: '1',
      price: '100.5',
    });
  });
});

describe('what a queue refuses', () => {
  test.each([
    ['another kind of command', { ...place, kind: 'placed' }],
    ['a command without an id', { ...place, commandId: '' }],
    ['an id without end', { ...place, commandId: 'x'.repeat(65) }],
    ['an exponent', { ...place, input: { ...input, size: '1e3' } }],
    ['a float', { ...place, input: { ...input, price: 100.1 } }],
    ['not a number', { ...place, input: { ...input, price: 'NaN' } }],
    ['digits without end', { ...place, input: { ...input, price: '9'.repeat(41) } }],
    ['an unknown side', { ...place, input: { ...input, side: 'buy' } }],
    ['a local time', { ...place, input: { ...input, expiresAt: '2026-01-01T00:00:00+01:00' } }],
    ['no client order id', { ...place, input: { ...input, clientOrderId: '' } }],
    ['a cancel of nothing', { commandId: 'c', userId: 'u', kind: 'cancel' }],
  ])('%s', (_name, data) => {
    expect(OrderCommandSchema.safeParse(data).success).toBe(false);
  });

  test('an exchange that it does not know, a negative age, a time of day', () => {
    expect(StreamJobSchema.safeParse({ kind: 'ticker', exchange: 'mtgox', symbol: 'BTC-USD' }).success).toBe(false);
    const sync = { accountId: 'a', reason: 'forced', requestedAt: '2026-01-01T00:00:00.000Z', maxAgeMs: 0 };
    expect(SyncJobSchema.safeParse({ ...sync, maxAgeMs: -1 }).success).toBe(false);
    expect(SyncJobSchema.safeParse({ ...sync, requestedAt: '12:00' }).success).toBe(false);
  });
});

test('a result carries ids and errors with known codes only', () => {
  const error = { code: 'PRECISION', message: 'no', field: ['input', 'size'] };
  expect(CommandResultSchema.parse({ orderIds: [], userErrors: [error] }).userErrors).toEqual([error]);
  expect(CommandResultSchema.safeParse({ orderIds: [], userErrors: [{ ...error, code: 'OOPS' }] }).success).toBe(false);
});

test('a reconcile job carries a key and nothing else; one queue per exchange; cancels first', () => {
  expect(reconcileQueue('kraken').data.parse({ orderId: 'o', price: '1' })).toEqual({ orderId: 'o' });
  expect(reconcileQueue('kraken').name).not.toBe(reconcileQueue('binance').name);
  const { cancel, submit, read, resync } = RECONCILE_PRIORITY;
  expect([cancel, submit, read, resync]).toEqual([...[cancel, submit, read, resync]].sort((a, b) => a - b));
});
