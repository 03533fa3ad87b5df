import type { ErrorCode } from '@orderplane/domain';
import { NotAcceptedError, type PlaceInput } from '@orderplane/queues';
import { found } from '@orderplane/recorder/testing';
import { describe, expect, test } from 'vitest';
import { openDesk, placing } from '../testing/desk.ts';
import { handleOrSay } from './handle.ts';

const HOUR_AHEAD = '2026-01-01T01:00:00.000Z';

// What is refused, with which code, and which field is to blame. The clock stands at 2026-01-01T00:00:00Z.
// prettier-ignore
const BAD_INPUT: readonly (readonly [string, Partial<PlaceInput>, ErrorCode, keyof PlaceInput])[] = [
  ['an unknown symbol',                      { symbol: 'NOPE-USD' },                                        'INVALID_INPUT',           'symbol'],
  ['a market that takes no orders now',      { symbol: 'OLD-USD' },                                         'EXCHANGE_UNAVAILABLE',    'symbol'],
  ['size zero',                              { size: '0' },                                                 'INVALID_INPUT',           'size'],
  ['a negative size',                        { size: '-1' },                                                'INVALID_INPUT',           'size'],
  ['an over-precise size',                   { size: '1.00001' },                                           'PRECISION',               'size'],
  ['a size below the minimum',               { size: '0.0009', price: '100000' },                           'MIN_NOTIONAL',            'size'],
  ['a size above the maximum',               { size: '1000.0001' },                                         'INVALID_INPUT',           'size'],
  ['price zero',                             { price: '0' },                                                'INVALID_INPUT',           'price'],
  ['a negative price',                       { price: '-100' },                                             'INVALID_INPUT',           'price'],
  ['an over-precise price',                  { price: '100.001' },                                          'PRECISION',               'price'],
  ['an over-precise stop price',             { type: 'STOP_LIMIT', stopPrice: '100.001' },                  'PRECISION',               'stopPrice'],
  ['less than the minimum notional',         { size: '0.0999', price: '100' },                              'MIN_NOTIONAL',            'size'],
  ['less than the minimum at the stop',      { type: 'STOP_MARKET', size: '0.0999', price: null, stopPrice: '100' }, 'MIN_NOTIONAL',   'size'],
  ['less than the minimum by quote size',    { type: 'MARKET', size: null, quoteSize: '9.99', price: null }, 'MIN_NOTIONAL',           'quoteSize'],
  ['an over-precise quote size',             { type: 'MARKET', size: null, quoteSize: '10.001', price: null }, 'PRECISION',            'quoteSize'],
  ['quote size zero',                        { type: 'MARKET', size: null, quoteSize: '0', price: null },   'INVALID_INPUT',           'quoteSize'],
  ['neither size nor quote size',            { size: null },                                                'INVALID_INPUT',           'size'],
  ['size and quote size',                    { type: 'MARKET', quoteSize: '100', price: null },             'INVALID_INPUT',           'quoteSize'],
  ['quote size on a limit order',            { size: null, quoteSize: '100' },                              'INVALID_INPUT',           'quoteSize'],
  ['quote size where the exchange has none', { accountId: 'account-2', side: 'SELL', type: 'MARKET', size: null, quoteSize: '100', price: null }, 'UNSUPPORTED_BY_EXCHANGE', 'quoteSize'],
  ['a limit order without a price',          { price: null },                                               'INVALID_INPUT',           'price'],
  ['a stop-limit order without a price',     { type: 'STOP_LIMIT', price: null, stopPrice: '99' },          'INVALID_INPUT',           'price'],
  ['a stop order without a stop price',      { type: 'STOP_MARKET', price: null },                          'INVALID_INPUT',           'stopPrice'],
  ['a market order with a price',            { type: 'MARKET' },                                            'INVALID_INPUT',           'price'],
  ['a stop-market order with a price',       { type: 'STOP_MARKET', stopPrice: '99' },                      'INVALID_INPUT',           'price'],
  ['a limit order with a stop price',        { stopPrice: '99' },                                           'INVALID_INPUT',           'stopPrice'],
  ['a GTT without expiry',                   { timeInForce: 'GTT' },                                        'INVALID_INPUT',           'expiresAt'],
  ['a GTT with expiry in the past',          { timeInForce: 'GTT', expiresAt: '2025-12-31T23:59:59.999Z' }, 'INVALID_INPUT',           'expiresAt'],
  ['a GTT with expiry now',                  { timeInForce: 'GTT', expiresAt: '2026-01-01T00:00:00.000Z' }, 'INVALID_INPUT',           'expiresAt'],
  ['a GTT with expiry in a century',         { timeInForce: 'GTT', expiresAt: '2126-01-01T00:00:00.000Z' }, 'INVALID_INPUT',           'expiresAt'],
  ['an expiry without GTT',                  { expiresAt: HOUR_AHEAD },                                     'INVALID_INPUT',           'expiresAt'],
  ['a market order that is to rest',         { type: 'MARKET', price: null, timeInForce: 'GTT', expiresAt: HOUR_AHEAD }, 'INVALID_INPUT', 'timeInForce'],
  ['post-only that may not rest',            { postOnly: true, timeInForce: 'IOC' },                        'INVALID_INPUT',           'postOnly'],
  ['a post-only market order',               { type: 'MARKET', price: null, postOnly: true },               'INVALID_INPUT',           'postOnly'],
  ['post-only on a stop',                    { type: 'STOP_LIMIT', stopPrice: '99', postOnly: true },       'UNSUPPORTED_BY_EXCHANGE', 'postOnly'],
  ['reduce-only on spot',                    { reduceOnly: true },                                          'UNSUPPORTED_BY_EXCHANGE', 'reduceOnly'],
  ['FOK on a stop where there is none',      { accountId: 'account-2', type: 'STOP_LIMIT', stopPrice: '99', timeInForce: 'FOK' }, 'UNSUPPORTED_BY_EXCHANGE', 'timeInForce'],
  ['an account that does not exist',         { accountId: 'account-9' },                                    'NOT_FOUND',               'accountId'],
  ['an account of another user',             { accountId: 'account-3' },                                    'NOT_FOUND',               'accountId'],
  ['a halted account',                       { accountId: 'account-4' },                                    'ACCOUNT_HALTED',          'accountId'],
];

describe('bad input is refused and leaves no trace', () => {
  test.each(BAD_INPUT)('%s', async (_name, input, code, field) => {
    const desk = await openDesk();
    expect(await desk.refusal(placing(input))).toMatchObject({ code, field: ['input', field] });
  });

  test('every refusal says what is wrong in a sentence', async () => {
    const desk = await openDesk();
    for (const [, input] of BAD_INPUT) expect((await desk.refusal(placing(input))).message).toMatch(/^.{10,160}$/);
  });

  test('an exchange that is down, until it is up again', async () => {
    const desk = await openDesk();
    const { clock, store } = desk.world;
    const health = { exchange: 'binance', streamConnected: false, rateLimitedUntil: null, lastError: 'down' } as const;
    await store.observations.setExchangeHealth({ ...health, reachable: false, at: clock.iso() });
    expect(await desk.refusal(placing())).toMatchObject({ code: 'EXCHANGE_UNAVAILABLE', field: null });
    expect((await desk.run(placing({ accountId: 'account-2' }))).userErrors).toEqual([]);
    clock.advance(1_000);
    await store.observations.setExchangeHealth({ ...health, reachable: true, at: clock.iso() });
    expect((await desk.run(placing())).userErrors).toEqual([]);
  });

  test('an exchange of which nobody has said anything for two minutes is tried', async () => {
    const desk = await openDesk();
    const { clock, store } = desk.world;
    const health = { exchange: 'binance', streamConnected: false, rateLimitedUntil: null, lastError: 'down' } as const;
    await store.observations.setExchangeHealth({ ...health, reachable: false, at: clock.iso() });
    clock.advance(120_001);
    expect((await desk.run(placing())).userErrors).toEqual([]);
  });

  test('markets that were never read: come back in a moment', async () => {
    const desk = await openDesk();
    await desk.world.store.observations.saveMarkets('binance', [], desk.world.clock.iso());
    expect(await desk.refusal(placing())).toMatchObject({ code: 'EXCHANGE_UNAVAILABLE', field: ['input', 'symbol'] });
  });
});

describe('an accepted order', () => {
  test('is durable, validated, and wakes the reconciler', async () => {
    const desk = await openDesk();
    const { orderIds, userErrors } = await desk.run(placing());
    expect(userErrors).toEqual([]);
    const order = await found(desk.world, orderIds[0] ?? '');
    expect(order.intent).toMatchObject({ accountId: 'account-1', userId: 'user-1', origin: 'API', generation: 1 });
    expect(order.actual.machine.life).toBe('VALIDATED');
    expect(order.actual.reconciliation).toMatchObject({ status: 'PROGRESSING', observedGeneration: 0 });
    expect(desk.wakes).toEqual([{ exchange: 'binance', orderId: orderIds[0], urgency: 'submit' }]);
    const journal = await desk.world.store.ledger.journalOf(orderIds[0] ?? '');
    expect(journal.map(({ event }) => event.type)).toEqual(['Created', 'Validated']);
    expect(desk.world.commits).toHaveLength(1);
  });

  // prettier-ignore
  test.each<readonly [string, Partial<PlaceInput>]>([
    ['market by size',               { type: 'MARKET', price: null }],
    ['market by quote size',         { type: 'MARKET', price: null, size: null, quoteSize: '100' }],
    ['market sell by quote size',    { type: 'MARKET', side: 'SELL', price: null, size: null, quoteSize: '100' }],
    ['market IOC',                   { type: 'MARKET', price: null, timeInForce: 'IOC' }],
    ['stop-limit',                   { type: 'STOP_LIMIT', stopPrice: '99' }],
    ['stop-market',                  { type: 'STOP_MARKET', price: null, stopPrice: '99' }],
    ['IOC',                          { timeInForce: 'IOC' }],
    ['FOK',                          { timeInForce: 'FOK' }],
    ['GTT, kept by us',              { timeInForce: 'GTT', expiresAt: HOUR_AHEAD }],
    ['GTT, kept by the exchange',    { accountId: 'account-2', timeInForce: 'GTT', expiresAt: HOUR_AHEAD }],
    ['post-only',                    { postOnly: true }],
    ['exactly the least notional',   { size: '0.1' }],
  ])('%s', async (_name, input) => {
    const desk = await openDesk();
    expect((await desk.run(placing(input))).userErrors).toEqual([]);
  });
});

describe('the client order id', () => {
  test('with the same request gives the same order, in whatever notation, whatever has become of it', async () => {
    const desk = await openDesk();
    const first = await desk.run(placing({ clientOrderId: 'mine' }));
    const { store, clock } = desk.world;
    await store.observations.saveMarkets('binance', [], clock.iso());
    const again = await desk.run(placing({ clientOrderId: 'mine' }));
    expect(again).toEqual(first);
    expect(await store.ledger.openOrders('account-1')).toHaveLength(1);
    expect(desk.wakes).toHaveLength(1);
  });

  test('with another request is refused', async () => {
    const desk = await openDesk();
    await desk.run(placing({ clientOrderId: 'mine' }));
    for (const other of [{ size: '2' }, { side: 'SELL' as const }, { price: '101' }, { postOnly: true }])
      expect(await desk.refusal(placing({ clientOrderId: 'mine', ...other }))).toMatchObject({
        code: 'ALREADY_EXISTS',
        field: ['input', 'clientOrderId'],
      });
  });

  test('is per account', async () => {
    const desk = await openDesk();
    const first = await desk.run(placing({ clientOrderId: 'mine' }));
    const second = await desk.run(placing({ clientOrderId: 'mine', accountId: 'account-2' }));
    expect(second.orderIds[0]).not.toBe(first.orderIds[0]);
  });

  test('in a race of ten gives one order to all', async () => {
    const desk = await openDesk();
    const results = await Promise.all(Array.from({ length: 10 }, () => desk.run(placing({ clientOrderId: 'mine' }))));
    expect(new Set(results.flatMap(({ orderIds }) => orderIds)).size).toBe(1);
    expect(results.flatMap(({ userErrors }) => userErrors)).toEqual([]);
    expect(await desk.world.store.ledger.openOrders('account-1')).toHaveLength(1);
  });

  test('in a race of different requests gives one order, and ALREADY_EXISTS to the other', async () => {
    const desk = await openDesk();
    const results = await Promise.all([
      desk.run(placing({ clientOrderId: 'mine', size: '1' })),
      desk.run(placing({ clientOrderId: 'mine', size: '2' })),
    ]);
    expect(results.map(({ userErrors }) => userErrors[0]?.code)).toEqual([undefined, 'ALREADY_EXISTS']);
  });

  test('a command that died after its write is answered by its repeat', async () => {
    const desk = await openDesk();
    const command = placing({ clientOrderId: 'mine' });
    desk.world.hooks.after = () => {
      throw new Error('the process died');
    };
    await expect(desk.run(command)).rejects.toThrow('died');
    desk.world.hooks.after = () => undefined;
    const again = await desk.run(command);
    expect(again.orderIds).toHaveLength(1);
    expect(await desk.world.store.ledger.openOrders('account-1')).toHaveLength(1);
  });
});

describe('while the database does not serve', () => {
  const failing = async (code: string) => {
    const desk = await openDesk();
    desk.world.hooks.before = () => {
      throw Object.assign(new Error('of this test'), { code });
    };
    return desk;
  };

  test('an order that it could not take is said not to be accepted, and why', async () => {
    const desk = await failing('53100');
    const refusal = await handleOrSay(desk.context, placing({})).catch((error: unknown) => error);
    expect(NotAcceptedError.from(refusal)?.reason).toContain('its disk is full');
    desk.world.hooks.before = () => undefined;
    expect((await desk.run(placing({}))).userErrors).toEqual([]);
  });

  test('of a connection that was lost nothing is said', async () => {
    const desk = await failing('57P01');
    const refusal = await handleOrSay(desk.context, placing({})).catch((error: unknown) => error);
    expect([NotAcceptedError.from(refusal), refusal]).toMatchObject([null, { code: '57P01' }]);
  });
});
