import type { ErrorCode, RiskLimits } from '@orderplane/domain';
import type { PlaceInput } from '@orderplane/queues';
import { found, happen } from '@orderplane/recorder/testing';
import { describe, expect, test } from 'vitest';
import { marketOf, modifying, openDesk, PERPETUAL, placing, type Desk, type ExchangeFunds } from '../testing/desk.ts';
import { CHECKS } from './list.ts';

const LAST = '100';
const set = (desk: Desk, change: Partial<RiskLimits>) =>
  desk.world.store.accounts.setRiskLimits('user-1', 'account-1', change);
async function limited(change: Partial<RiskLimits>, last: string | null = LAST): Promise<Desk> {
  const desk = await openDesk();
  if (last !== null) desk.prices.set('binance BTC-USD', last);
  await set(desk, change);
  return desk;
}
async function place(desk: Desk, input: Partial<PlaceInput> = {}): Promise<string> {
  const { orderIds, userErrors } = await desk.run(placing(input));
  expect(userErrors).toEqual([]);
  return orderIds[0] ?? '';
}

const MARKET = { type: 'MARKET', price: null } as const;
const DARK = {
  mode: 'DARK',
  trigger: { symbol: 'BTC-USD', source: 'LAST', direction: 'AT_OR_BELOW', price: '50' },
} as const;

interface Case {
  readonly limits?: Partial<RiskLimits>;
  readonly first?: Partial<PlaceInput>;
  readonly input: Partial<PlaceInput>;
  readonly last?: string | null;
  /** What the exchange shows when it is asked what the account owns. */
  readonly shows?: Partial<NonNullable<ExchangeFunds['shown']>>;
  readonly code: ErrorCode;
  readonly field: string;
  readonly says: RegExp;
}
// One for every check of the list, by its name: the code, the field to blame, and what its message says to do.
// prettier-ignore
const CASES: Readonly<Record<string, Case>> = {
  'account not halted':        { input: { accountId: 'account-4' }, code: 'ACCOUNT_HALTED', field: 'accountId', says: /resume it first/ },
  'terms make sense':          { input: { price: null }, code: 'INVALID_INPUT', field: 'price', says: /needs a price/ },
  'exchange has it':           { input: { reduceOnly: true }, code: 'UNSUPPORTED_BY_EXCHANGE', field: 'reduceOnly', says: /reduce/ },
  'market open':               { input: { symbol: 'OLD-USD' }, code: 'EXCHANGE_UNAVAILABLE', field: 'symbol', says: /try again later/ },
  'steps':                     { input: { price: '100.001' }, code: 'PRECISION', field: 'price', says: /multiple of 0.01/ },
  'minimum and maximum size':  { input: { size: '0.0009', price: '99999' }, code: 'MIN_NOTIONAL', field: 'size', says: /at least 0.001/ },
  'minimum notional':          { input: { size: '0.05' }, code: 'MIN_NOTIONAL', field: 'size', says: /the least in BTC-USD is 10/ },
  'trigger':                   { input: { mode: 'DARK', trigger: { ...DARK.trigger, source: 'MARK' } }, code: 'UNSUPPORTED_BY_EXCHANGE', field: 'trigger', says: /use one of/ },
  'exchange can be reached':   { input: {}, code: 'EXCHANGE_UNAVAILABLE', field: '', says: /try again later/ },
  'price collar':              { limits: { priceCollar: '0.05' }, input: { price: '94.99' }, code: 'RISK_LIMIT_EXCEEDED', field: 'price', says: /last price 100 .* 0.05 allows: give 95 to 105, or widen the collar/ },
  'price collar once reached': { limits: { priceCollar: '0.05' }, last: null, input: { type: 'STOP_LIMIT', stopPrice: '200', price: '210.01' }, code: 'RISK_LIMIT_EXCEEDED', field: 'price', says: /its stopPrice 200 .* give 190 to 210/ },
  'value can be told':         { limits: { maxOpenNotional: '1000' }, last: null, input: MARKET, code: 'STALE_DATA', field: 'symbol', says: /try again in a moment, or give a price or quoteSize/ },
  'fresh open orders':         { limits: { requireFreshData: true }, input: {}, code: 'STALE_DATA', field: 'accountId', says: /try again, or allow older ones/ },
  'reduces its position':      { shows: { positions: [] }, input: { accountId: 'account-5', symbol: PERPETUAL, reduceOnly: true }, code: 'INSUFFICIENT_FUNDS', field: 'reduceOnly', says: /holds nothing of [^;]*; leave out reduceOnly$/ },
  'available balance':         { shows: { balances: [{ asset: 'USD', free: '99', held: '0' }] }, input: {}, code: 'INSUFFICIENT_FUNDS', field: 'size', says: /needs 100 USD, .* has 99 USD free .*: make it smaller, cancel orders that hold USD, or deposit some/ },
  'maximum order notional':    { limits: { maxOrderNotional: '99.99' }, input: {}, code: 'RISK_LIMIT_EXCEEDED', field: 'size', says: /worth 100 USD, the account's maxOrderNotional is 99.99: make it smaller, or raise/ },
  'maximum open orders':       { limits: { maxOpenOrders: 1 }, first: {}, input: {}, code: 'RISK_LIMIT_EXCEEDED', field: 'accountId', says: /has 1 open orders, its maxOpenOrders is 1: cancel one/ },
  'maximum open notional':     { limits: { maxOpenNotional: '150' }, first: DARK, input: { size: '0.6' }, code: 'RISK_LIMIT_EXCEEDED', field: 'size', says: /worth 60 USD, and orders worth 100 are open; .* maxOpenNotional is 150/ },
  'duplicate':                 { limits: { rejectDuplicates: true }, first: DARK, input: { size: '2' }, code: 'DUPLICATE_ORDER', field: 'price', says: /same symbol, side and price.*give another price, or change or cancel that order/ },
};

describe('every check of the list', () => {
  test.each(CHECKS.map((check) => [check.name, check] as const))('%s', async (name, check) => {
    const one = CASES[name];
    if (one === undefined) throw new Error('no case for this check');
    const desk = await limited(one.limits ?? {}, one.last === undefined ? LAST : one.last);
    if (one.shows !== undefined) desk.owned.shown = { balances: [], positions: [], ...one.shows };
    if (name === 'exchange can be reached') {
      const health = { exchange: 'binance', reachable: false, streamConnected: false, rateLimitedUntil: null } as const;
      await desk.world.store.observations.setExchangeHealth({ ...health, lastError: null, at: desk.world.clock.iso() });
    }
    if (one.first !== undefined) await place(desk, one.first);
    const error = await desk.refusal(placing(one.input));
    expect(error.code).toBe(one.code);
    expect(check.codes).toContain(one.code);
    expect(error.field?.[1] ?? '').toBe(one.field);
    expect(error.message).toMatch(one.says);
  });

  test('has a case, and no case is of a check that is gone', () => {
    expect(Object.keys(CASES).sort()).toEqual(CHECKS.map(({ name }) => name).sort());
  });
});

describe('price collar', () => {
  test('holds on both sides of the last price, its edges included; orders without a limit price are not its business', async () => {
    const desk = await limited({ priceCollar: '0.05' });
    for (const price of ['95', '105']) await place(desk, { price });
    expect((await desk.refusal(placing({ price: '105.01', side: 'SELL' }))).code).toBe('RISK_LIMIT_EXCEEDED');
    await place(desk, MARKET);
    await place(desk, { type: 'STOP_MARKET', price: null, stopPrice: '200' });
  });

  test('without a last price nothing is guessed', async () => {
    const desk = await limited({ priceCollar: '0.05' }, null);
    const error = await desk.refusal(placing());
    expect(error).toMatchObject({ code: 'STALE_DATA', field: ['input', 'symbol'] });
    await set(desk, { priceCollar: null });
    await place(desk);
  });

  test('of an order that waits here: around the price that it waits for, and around the last price when it fires', async () => {
    const desk = await limited({ priceCollar: '0.05' });
    expect((await desk.refusal(placing({ ...DARK, price: '53' }))).message).toContain('the price that it waits for 50');
    const orderId = await place(desk, { ...DARK, price: '51' });
    const fired = { commandId: `fired-${orderId}`, userId: 'user-1', kind: 'fired', orderId } as const;
    await happen(desk.world, orderId, { type: 'Triggered' });
    // What made it fire is not recorded here, so that the last price is asked for.
    await desk.run(fired);
    const { actual } = await found(desk.world, orderId);
    expect(actual.machine).toMatchObject({ life: 'REJECTED', end: { saidBy: 'us' } });
    expect(actual.machine.end?.reason).toMatch(
      /^RISK_LIMIT_EXCEEDED when its trigger had fired: price 51 .* last price 100/,
    );
  });

  test('a price that is not known when it fires refuses nothing: it is checked again', async () => {
    const desk = await limited({ priceCollar: '0.05' });
    const orderId = await place(desk, { ...DARK, price: '51' });
    await happen(desk.world, orderId, { type: 'Triggered' });
    desk.prices.clear();
    const fired = { commandId: `fired-${orderId}`, userId: 'user-1', kind: 'fired', orderId } as const;
    await desk.run(fired);
    expect((await found(desk.world, orderId)).actual.reconciliation.cleared).toBeUndefined();
    desk.prices.set('binance BTC-USD', '50');
    await desk.run(fired);
    expect((await found(desk.world, orderId)).actual.reconciliation.cleared).toBe(0);
  });

  test('of a change only where the price changes', async () => {
    const desk = await limited({});
    const orderId = await place(desk, { price: '80' });
    await set(desk, { priceCollar: '0.05' });
    expect((await desk.refusal(modifying(orderId, { price: '81' }))).field).toEqual(['input', 'price']);
    expect((await desk.run(modifying(orderId, { size: '0.9' }))).userErrors).toEqual([]);
    expect((await desk.run(modifying(orderId, { price: '96' }))).userErrors).toEqual([]);
  });
});

describe('what an order is worth', () => {
  const worth = async (input: Partial<PlaceInput>, last: string | null = LAST) => {
    const desk = await limited({ maxOrderNotional: '0.01' }, last);
    return /worth (\S+) /.exec((await desk.refusal(placing(input))).message)?.[1];
  };
  // prettier-ignore
  test.each([
    ['its size at its price',                                       { size: '2', price: '90' },                                             '180'],
    ['at market: the last price and 5 %',                           { ...MARKET, size: '2' },                                               '210'],
    ['at market by quote: that',                                    { ...MARKET, size: null, quoteSize: '50' },                             '50'],
    ['a stop at market: its stop price and 5 %',                    { type: 'STOP_MARKET', price: null, stopPrice: '200', size: '2' },      '420'],
    ['a stop with a limit: the higher of its prices',               { type: 'STOP_LIMIT', side: 'SELL', price: '190', stopPrice: '200' },   '200'],
    ['a sale below the market: what the market pays',               { side: 'SELL', price: '10' },                                          '100'],
    ['a sale above the market: its price',                          { side: 'SELL', price: '150' },                                         '150'],
    ['at market, waiting for a price: that price and 5 %',          { ...MARKET, ...DARK },                                                 '52.5'],
  ] as const)('%s', async (_name, input, value) => {
    expect(await worth(input)).toBe(value);
  });

  test('a sale below a market without a known price: its own price', async () => {
    expect(await worth({ side: 'SELL', price: '10' }, null)).toBe('10');
  });

  test('of another currency: told in that, and dollars are one', async () => {
    const desk = await limited({ maxOpenNotional: '100' });
    const markets = ['BTC-EUR', 'BTC-USDT', 'BTC-USDC'].map((symbol) =>
      marketOf('binance', symbol, { quote: symbol.split('-')[1] ?? '' }),
    );
    await desk.world.store.observations.saveMarkets('binance', markets, desk.world.clock.iso());
    await place(desk, { symbol: 'BTC-USDT', size: '0.6' });
    await place(desk, { symbol: 'BTC-EUR' });
    expect((await desk.refusal(placing({ symbol: 'BTC-USDC', size: '0.5' }))).message).toContain('50 USD');
    expect((await desk.refusal(placing({ symbol: 'BTC-EUR' }))).message).toContain('100 EUR');
  });
});

describe('limits of the account', () => {
  test('a repeat of an order that was taken is answered with it, however full the account is', async () => {
    const desk = await limited({ maxOpenOrders: 1, maxOpenNotional: '100', rejectDuplicates: true });
    const first = await place(desk, { clientOrderId: 'once' });
    expect(await place(desk, { clientOrderId: 'once' })).toBe(first);
    expect((await desk.refusal(placing({ clientOrderId: 'once', size: '2' }))).code).toBe('ALREADY_EXISTS');
    expect((await desk.refusal(placing({ clientOrderId: 'twice' }))).code).toBe('RISK_LIMIT_EXCEEDED');
  });

  test('50 at once pass no limit of 10', async () => {
    const desk = await limited({ maxOpenOrders: 10 });
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, n) => desk.run(placing({ clientOrderId: `n-${n}` }))),
    );
    expect(results.filter(({ userErrors }) => userErrors.length === 0).length).toBe(10);
    expect((await desk.world.store.ledger.openOrders('account-1')).length).toBe(10);
  });

  test('a change may make an order worth less, and more as far as they allow', async () => {
    const desk = await limited({ maxOpenNotional: '300' });
    const orderId = await place(desk, { size: '2' });
    await place(desk);
    const more = await desk.refusal(modifying(orderId, { size: '2.01' }));
    expect(more).toMatchObject({ code: 'RISK_LIMIT_EXCEEDED', field: ['input', 'size'] });
    const dearer = await desk.refusal(modifying(orderId, { price: '101' }));
    expect(dearer).toMatchObject({ code: 'RISK_LIMIT_EXCEEDED', field: ['input', 'price'] });
    await set(desk, { maxOpenNotional: '1', maxOrderNotional: '1', maxOpenOrders: 1 });
    expect((await desk.run(modifying(orderId, { size: '1.5' }))).userErrors).toEqual([]);
  });

  test('a change to where another order is, is a duplicate; another change of an order that has a twin is not', async () => {
    const desk = await openDesk();
    const [first, second] = [await place(desk), await place(desk, { price: '99' })];
    await place(desk);
    await set(desk, { rejectDuplicates: true });
    expect((await desk.refusal(modifying(second, { price: '100' }))).code).toBe('DUPLICATE_ORDER');
    expect((await desk.run(modifying(first, { size: '2' }))).userErrors).toEqual([]);
  });

  test('a change of a price that the order does not have is told so, and not judged by the collar', async () => {
    const desk = await limited({ priceCollar: '0.1' });
    expect(await desk.refusal(modifying(await place(desk), { stopPrice: '5' }))).toMatchObject({
      code: 'INVALID_INPUT',
      field: ['input', 'stopPrice'],
    });
  });

  test('a dark order counts from its placing on, and is refused when it fires into limits that were lowered since', async () => {
    const desk = await limited({ maxOpenOrders: 2, maxOpenNotional: '200' });
    const [one, two] = [await place(desk, DARK), await place(desk, DARK)];
    const fire = async (orderId: string) => {
      await happen(desk.world, orderId, { type: 'Triggered' });
      await desk.run({ commandId: `fired-${orderId}`, userId: 'user-1', kind: 'fired', orderId });
      return (await found(desk.world, orderId)).actual;
    };
    expect((await fire(one)).reconciliation.cleared).toBe(0);
    await set(desk, { maxOpenNotional: '199' });
    const refused = await fire(two);
    expect(refused.machine.end?.reason).toMatch(
      /^RISK_LIMIT_EXCEEDED when its trigger had fired: .* orders worth 100 are open/,
    );
    expect(refused.reconciliation.cleared).toBeUndefined();
  });
});
