import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OrderSpec } from '@orderplane/domain';
import type { ExchangeAdapter, SubmitRequest } from '../../adapter.ts';
import { createAdapter } from '../../create.ts';
import { json, serveMarkets, startStubVenue } from '../../testing/stub-venue.ts';
import type { StubVenue } from '../../testing/stub-venue.ts';

/** What is sent, byte by byte, and what its answers prove, against a stub. */

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined };
const CREDENTIALS = { apiKey: 'key', secret: 'secret', passphrase: 'phrase' };
let stub: StubVenue;
const adapters: ExchangeAdapter[] = [];

function adapterOf(): ExchangeAdapter {
  const options = { simulator: stub.address, clock: { now: () => Date.now() }, log: quiet, callTimeoutMs: 5_000 };
  const context = { accountId: 'a', exchange: 'okx', mode: 'PAPER', credentials: CREDENTIALS } as const;
  const adapter = createAdapter(context, options);
  adapters.push(adapter);
  return adapter;
}

beforeAll(async () => {
  stub = await startStubVenue();
  serveMarkets(stub);
});
beforeEach(() => {
  stub.requests.length = 0;
});
afterAll(async () => {
  await Promise.all(adapters.map((adapter) => adapter.close()));
  await stub.close();
});

const limitOrder = (terms: Partial<OrderSpec> = {}): SubmitRequest => ({
  venueClientId: '0197aaaabbbb7ccc8dddeeeeeeeeeeee',
  deadlineAt: new Date(Date.now() + 5_000).toISOString(),
  spec: {
    ...{ symbol: 'BTC-USDT', side: 'BUY', type: 'LIMIT', size: '0.25', quoteSize: null, price: '40000.5' },
    ...{ stopPrice: null, timeInForce: 'GTC', expiresAt: null, postOnly: false, reduceOnly: false },
    ...terms,
  },
});

describe('orders', () => {
  const ORDERS = 'POST www.okx.com/api/v5/trade/batch-orders';
  const STOPS = 'POST www.okx.com/api/v5/trade/order-algo';
  const accepted = (terms: Record<string, string>) =>
    json({ code: '0', msg: '', data: [{ sCode: '0', sMsg: '', ...terms }] });
  const submit = (terms: Partial<OrderSpec> = {}) => {
    const request = limitOrder(terms);
    return { request, outcome: adapterOf().submit(request, { timeoutMs: 5_000 }) };
  };
  const orderOf = (body: string): unknown => {
    const parsed: unknown = JSON.parse(body);
    return Array.isArray(parsed) ? parsed[0] : parsed;
  };

  it.each([
    ['a limit order', {}, { ordType: 'limit', px: '40000.5', sz: '0.25' }],
    ['a post-only order', { postOnly: true }, { ordType: 'post_only' }],
    ['an IOC order', { timeInForce: 'IOC' }, { ordType: 'ioc' }],
    ['a market order', { type: 'MARKET', price: null }, { ordType: 'market', sz: '0.25', tgtCcy: 'base_ccy' }],
    [
      'a sale by quote size',
      { type: 'MARKET', price: null, size: null, quoteSize: '123.4', side: 'SELL' },
      { ordType: 'market', sz: '123.4', tgtCcy: 'quote_ccy' },
    ],
  ] as const)('sends %s exactly, with our id and a deadline', async (_name, terms, wire) => {
    stub.on(ORDERS, accepted({ ordId: '31', clOrdId: 'x', tag: '', ts: '1' }));
    const { request, outcome } = submit(terms);
    expect(await outcome).toMatchObject({ kind: 'placed', report: { order: { orderId: '31' } } });
    const sent = stub.requests.find((one) => one.route === ORDERS);
    expect(orderOf(sent?.body ?? '')).toMatchObject({ clOrdId: request.venueClientId, tdMode: 'cash', ...wire });
    expect(sent?.body).not.toContain('eadline');
    expect(sent?.headers['exptime']).toBe(String(Date.parse(request.deadlineAt)));
  });

  it('stamps a stop so that it is too old at the deadline', async () => {
    stub.on(STOPS, accepted({ algoId: '41', algoClOrdId: 'x', clOrdId: '', tag: '' }));
    const { request, outcome } = submit({ type: 'STOP_MARKET', price: null, stopPrice: '41000' });
    expect(await outcome).toMatchObject({ kind: 'placed', report: { order: { orderId: '41', working: false } } });
    const sent = stub.requests.find((one) => one.route === STOPS);
    const wire = { slTriggerPx: '41000', slOrdPx: '-1', tdMode: 'cash', algoClOrdId: request.venueClientId };
    expect(orderOf(sent?.body ?? '')).toMatchObject({ ordType: 'conditional', sz: '0.25', ...wire });
    const stampedAt = Date.parse(String(sent?.headers['ok-access-timestamp']));
    expect(stampedAt).toBe(Date.parse(request.deadlineAt) - 30_000);
  });

  it('a refused timestamp takes the exchange time and signs again with the same deadline', async () => {
    const offset = 60_000;
    const expiries: number[] = [];
    stub.on('GET www.okx.com/api/v5/public/time', () =>
      json({ code: '0', data: [{ ts: String(Date.now() + offset) }] }),
    );
    stub.on(ORDERS, ({ headers }) => {
      expiries.push(Number(headers['exptime']));
      const isEarly = Date.parse(String(headers['ok-access-timestamp'])) < Date.now() + offset - 30_000;
      if (isEarly) return json({ code: '50102', msg: 'Timestamp request expired.', data: [] }, 401);
      return accepted({ ordId: '31', clOrdId: 'x', tag: '' });
    });
    expect((await submit().outcome).kind).toBe('placed');
    expect(expiries).toHaveLength(2);
    expect(Math.abs((expiries[1] ?? 0) - (expiries[0] ?? 0) - offset)).toBeLessThan(2_000);
  });

  it('a refusal that the clock does not explain is not repeated', async () => {
    stub.on('GET www.okx.com/api/v5/public/time', () => json({ code: '0', data: [{ ts: String(Date.now()) }] }));
    stub.on(ORDERS, json({ code: '1', msg: '', data: [{ ordId: '', sCode: '50036', sMsg: 'expTime' }] }));
    expect((await submit().outcome).kind).toBe('rateLimited');
    expect(stub.requests.filter((one) => one.route === ORDERS)).toHaveLength(1);
  });

  it('an order without an id proves nothing', async () => {
    stub.on(ORDERS, json({ code: '0', msg: '', data: [] }));
    expect(await submit().outcome).toMatchObject({ kind: 'unknown', message: 'the answer names no order' });
  });
});
