import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { signatureOf } from './auth.ts';
import { ACCOUNT, Rig, SYMBOL } from './testing.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start();
});
afterAll(() => rig.close());
afterEach(() => {
  rig.exchange.limits = { enabled: false, scale: 1 };
  rig.exchange.venue.reset();
});

interface Answer {
  readonly status: number;
  readonly code: string;
}

const classOf = (method: string, target: string, headers: Record<string, string>, body = '') => {
  const [path = '', query = ''] = target.split('?');
  return { method, host: 'www.okx.com', path, query, body, headers };
};
function ask(method: string, target: string, headers: Record<string, string>, body = ''): Answer {
  const { venue } = rig.exchange;
  const request = classOf(method, target, headers, body);
  const { status, body: text } = venue.handle(request, venue.classify(request));
  return { status, code: (JSON.parse(text) as { code: string }).code };
}

const PATH = '/api/v5/trade/orders-pending?instType=SPOT';
function headersFor(method: string, target: string, body = '', change: Record<string, string> = {}) {
  const timestamp = change['ok-access-timestamp'] ?? new Date().toISOString();
  return {
    'ok-access-key': ACCOUNT.apiKey,
    'ok-access-passphrase': ACCOUNT.passphrase ?? '',
    'ok-access-timestamp': timestamp,
    'ok-access-sign': signatureOf(ACCOUNT.secret, timestamp + method + target + body),
    ...change,
  };
}

describe('access', () => {
  it('takes a request that is signed, query and body included', () => {
    expect(ask('GET', PATH, headersFor('GET', PATH))).toEqual({ status: 200, code: '0' });
    const other = '/api/v5/trade/orders-pending?instType=SWAP';
    expect(ask('GET', other, headersFor('GET', PATH))).toEqual({ status: 401, code: '50113' });
  });

  it.each([
    ['50103', { 'ok-access-key': '' }],
    ['50104', { 'ok-access-passphrase': '' }],
    ['50106', { 'ok-access-sign': '' }],
    ['50107', { 'ok-access-timestamp': '' }],
    ['50112', { 'ok-access-timestamp': '1700000000' }],
    ['50102', { 'ok-access-timestamp': new Date(Date.now() - 40_000).toISOString() }],
    ['50111', { 'ok-access-key': 'nobody' }],
    ['50105', { 'ok-access-passphrase': 'wrong' }],
    ['50113', { 'ok-access-sign': 'wrong' }],
  ])('refuses with %s', (code, change) => {
    expect(ask('GET', PATH, headersFor('GET', PATH, '', change))).toEqual({ status: 401, code });
  });

  it('refuses bodies that are none, and paths that lead nowhere', () => {
    const order = '/api/v5/trade/order';
    expect(ask('POST', order, headersFor('POST', order))).toEqual({ status: 400, code: '50000' });
    expect(ask('POST', order, headersFor('POST', order, '{'), '{')).toEqual({ status: 400, code: '50002' });
    expect(ask('GET', '/api/v5/nowhere', {}).status).toBe(404);
    expect(ask('GET', '/elsewhere', {}).status).toBe(404);
  });
});

describe('limits', () => {
  it('count by account and market in windows of two seconds', async () => {
    const client = await rig.client();
    rig.exchange.limits = { enabled: true, scale: 0.05 };
    const tries = Array.from({ length: 120 }, (_, at) => at);
    const place = async () => {
      try {
        await client.createOrder(SYMBOL, 'limit', 'buy', '0.0001' as never, '40000' as never);
        return 'placed';
      } catch (error) {
        return error instanceof Error ? error.constructor.name : 'nothing';
      }
    };
    const outcomes = await Promise.all(tries.map(place));
    // 300 × 0.05 in a window; on a busy machine the tries fall into several.
    expect(outcomes).toContain('RateLimitExceeded');
    expect(outcomes.filter((one) => one === 'placed').length).toBeGreaterThanOrEqual(15);
  });

  it('hold for an account as a whole', () => {
    // Three orders of a market and ten of the account in a window; the requests can fall into two.
    rig.exchange.limits = { enabled: true, scale: 0.01 };
    const target = '/api/v5/trade/batch-orders';
    const codes = ['BTC', 'ETH', 'SOL', 'XRP', 'ADA', 'DOGE', 'LTC', 'DOT'].map((base) => {
      const body = JSON.stringify(Array.from({ length: 3 }, () => ({ instId: `${base}-USDT` })));
      return ask('POST', target, headersFor('POST', target, body), body);
    });
    expect(codes[0]).toEqual({ status: 200, code: '1' });
    expect(codes).toContainEqual({ status: 200, code: '50061' });
  });
});

it('knows what a request is about', () => {
  const { venue } = rig.exchange;
  const body = JSON.stringify([{ instId: 'BTC-USDT', clOrdId: 'abc' }]);
  const headers = { 'ok-access-key': 'me' };
  expect(venue.classify(classOf('POST', '/api/v5/trade/batch-orders', headers, body))).toEqual({
    kind: 'submit',
    isPrivate: true,
    account: 'me',
    symbol: 'BTC-USDT',
    clientId: 'abc',
    orderId: null,
  });
  const stop = '{"instId":"ETH-USDT","algoClOrdId":"def","clOrdId":"def"}';
  expect(venue.classify(classOf('POST', '/api/v5/trade/order-algo', headers, stop))).toMatchObject({
    kind: 'submit',
    clientId: 'def',
  });
  expect(venue.classify(classOf('GET', '/api/v5/trade/order?ordId=1&instId=BTC-USDT', headers))).toMatchObject({
    kind: 'query',
    orderId: '1',
  });
  expect(venue.classify(classOf('POST', '/api/v5/trade/order', headers, 'garbage')).symbol).toBeNull();
  expect(venue.classify(classOf('GET', '/api/v5/public/time', {}))).toMatchObject({ kind: 'other', isPrivate: false });
});

it('says what faults make it say in its own words', () => {
  const { refusals } = rig.exchange.venue;
  expect([1, 2, 3].map((n) => refusals.rateLimit(n).status)).toEqual([429, 200, 429]);
  expect([1, 2, 3].map((n) => refusals.authFail(n).status)).toEqual([401, 401, 401]);
  expect(refusals.maintenance(1)).toMatchObject({ status: 503 });
  expect([500, 502, 503, 504].map((status) => refusals.serverError(status, 1).status)).toEqual([500, 502, 503, 504]);
});
