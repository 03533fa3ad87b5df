import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EXCHANGE_IDS, add, multiply, subtract } from '@orderplane/domain';
import type { ExchangeId, OrderSpec } from '@orderplane/domain';
import type { ExchangeAdapter } from '@orderplane/exchange';
import { capabilitiesOf } from '@orderplane/exchange/capabilities';
import { fitClientId, splitSymbol } from '@orderplane/normalization';
import { adapterOf, openAccount, startSimulator, SYMBOL, warmUp } from './simulator.ts';
import type { Account, Simulator } from './simulator.ts';

/** What an account owns, asked of the real simulator process through the real ccxt classes. */

const CONTROL = { timeoutMs: 20_000 };
const PERPETUAL = 'BTC-USDC-PERPETUAL';
let simulator: Simulator;

beforeAll(async () => {
  simulator = await startSimulator();
  await warmUp(simulator);
}, 60_000);
afterAll(() => simulator.stop());

describe.each(EXCHANGE_IDS)('%s', (exchange) => {
  let account: Account;
  let adapter: ExchangeAdapter;
  const symbol = SYMBOL[exchange];
  const { base, quote } = splitSymbol(symbol);

  beforeEach(async () => {
    await simulator.admin('POST', '/reset', { exchange });
    await simulator.admin('POST', '/walk', { exchange, running: false });
    for (const one of exchange === 'deribit' ? [symbol, PERPETUAL] : [symbol])
      await simulator.admin('POST', '/price', { exchange, symbol: one, price: '50000' });
    account = await openAccount(simulator, exchange);
    adapter = adapterOf(simulator, account);
  });
  afterEach(async () => {
    await simulator.admin('DELETE', '/faults');
    await adapter.close();
  });

  const submit = async (terms: Partial<OrderSpec>): Promise<string> => {
    const outcome = await adapter.submit(
      {
        venueClientId: fitClientId(exchange, randomUUID()),
        deadlineAt: new Date(Date.now() + CONTROL.timeoutMs).toISOString(),
        spec: {
          ...{ symbol, side: 'BUY', type: 'LIMIT', size: '0.02', quoteSize: null, price: '40000' },
          ...{ stopPrice: null, timeInForce: 'GTC', expiresAt: null, postOnly: false, reduceOnly: false },
          ...terms,
        },
      },
      CONTROL,
    );
    if (outcome.kind !== 'placed') throw new Error(JSON.stringify(outcome));
    return outcome.report.order?.orderId ?? '';
  };
  const read = async () => {
    const funds = await adapter.funds(CONTROL);
    expect(funds.coverage).toMatchObject({ complete: true, error: null });
    expect(funds.answeredAt >= funds.coverage.askedAt).toBe(true);
    return funds;
  };
  const owned = async (asset: string) => {
    const { balances } = await read();
    return balances.find((one) => one.asset === asset) ?? { exchange, asset, free: '0', held: '0' };
  };

  it('shows what is free and what open orders hold, before and after', async () => {
    const before = await owned(quote);
    expect(before).toEqual({ exchange, asset: quote, free: '1000000', held: '0' });
    const orderId = await submit({});
    const during = await owned(quote);
    expect(add(during.free, during.held)).toBe('1000000');
    // Some hold the fee too.
    expect(Number(during.held)).toBeGreaterThanOrEqual(800);
    expect(Number(during.held)).toBeLessThan(820);
    await simulator.admin('POST', '/orders/cancel', { exchange, exchangeOrderId: orderId });
    expect(await owned(quote)).toEqual(before);
  });

  it('shows what a sale holds of the base, and what a fill moves', async () => {
    const before = await owned(base);
    await submit({ side: 'SELL', price: '60000' });
    expect(await owned(base)).toEqual({ ...before, free: subtract(before.free, '0.02'), held: '0.02' });
    await simulator.admin('POST', '/price', { exchange, symbol, price: '60000' });
    expect(await owned(base)).toEqual({ ...before, free: subtract(before.free, '0.02') });
    const gained = Number(subtract((await owned(quote)).free, '1000000'));
    expect(gained).toBeLessThanOrEqual(Number(multiply('0.02', '60000')));
    expect(gained).toBeGreaterThan(1_180);
  });

  it('what can not be read is not taken for nothing', async () => {
    await simulator.admin('POST', '/faults', { exchange, fault: 'error5xxBefore', method: 'list', times: 5 });
    const { coverage, balances } = await adapter.funds(CONTROL);
    expect([coverage.complete, balances]).toEqual([false, []]);
    expect(coverage.error).not.toBeNull();
  });

  it('positions are told where there are contracts, and only there', async () => {
    const { showsPositions, reduceOnly } = capabilitiesOf(exchange);
    expect((await read()).positions).toEqual([]);
    if (!showsPositions) return expect(reduceOnly).toBe(false);
    await submit({ symbol: PERPETUAL, type: 'MARKET', price: null, size: '0.02' });
    expect((await read()).positions).toEqual([{ exchange, symbol: PERPETUAL, size: '0.02' }]);
    await submit({ symbol: PERPETUAL, side: 'SELL', type: 'MARKET', price: null, size: '0.05' });
    expect((await read()).positions).toEqual([{ exchange, symbol: PERPETUAL, size: '-0.03' }]);
    await submit({ symbol: PERPETUAL, type: 'MARKET', price: null, size: '0.03', reduceOnly: true });
    expect((await read()).positions).toEqual([]);
  });
});

it('an account with more currencies than one page lists them all', async () => {
  const exchange: ExchangeId = 'coinbase';
  const account = await openAccount(simulator, exchange);
  const balances = Object.fromEntries(Array.from({ length: 600 }, (_, index) => [`C${index}`, String(index + 1)]));
  await simulator.admin('POST', '/accounts', { ...account, balances });
  const adapter = adapterOf(simulator, account);
  const read = await adapter.funds(CONTROL);
  await adapter.close();
  expect(read.coverage.pages).toBe(3);
  expect(read.balances.filter(({ asset }) => /^C\d+$/.test(asset))).toHaveLength(600);
});
