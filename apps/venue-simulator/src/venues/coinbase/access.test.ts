import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { request } from 'node:http';
import ccxt from 'ccxt';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Coinbase } from './testing.ts';
import { ACCOUNT, OTHER, Rig } from './testing.ts';

let rig: Rig;
let client: Coinbase;

beforeEach(async () => {
  rig = await Rig.start();
  client = await rig.client();
});
afterEach(() => rig.close());

const URI = 'GET api.coinbase.com/api/v3/brokerage/accounts';
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

function token(claims: object = {}, header: object = {}, key: string = ACCOUNT.secret): string {
  const now = Math.floor(Date.now() / 1000);
  const head = encode({ alg: 'ES256', typ: 'JWT', kid: ACCOUNT.apiKey, nonce: 'n', ...header });
  const body = encode({ iss: 'coinbase-cloud', sub: ACCOUNT.apiKey, nbf: now, exp: now + 120, uri: URI, ...claims });
  const signature = sign('sha256', Buffer.from(`${head}.${body}`), { key, dsaEncoding: 'ieee-p1363' });
  return `${head}.${body}.${signature.toString('base64url')}`;
}

function ask(authorization: string | null, path = '/api/v3/brokerage/accounts'): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { host: 'api.coinbase.com', ...(authorization === null ? {} : { authorization }) };
    const asked = request({ port: rig.port, path, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on('error', reject).end();
  });
}

describe('tokens', () => {
  test('a genuine one opens, each wrong one does not', async () => {
    const now = Math.floor(Date.now() / 1000);
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      .privateKey.export({ type: 'sec1', format: 'pem' })
      .toString();
    expect(await ask(`Bearer ${token()}`)).toBe(200);
    const wrong = [
      token({}, {}, stranger),
      token({}, {}, OTHER.secret),
      token({ exp: now - 1 }),
      token({ nbf: now + 60 }),
      token({ exp: now + 3_600 }),
      token({ uri: 'POST api.coinbase.com/api/v3/brokerage/orders' }),
      token({ uri: 'GET api.coinbase.com/api/v3/brokerage/accounts?limit=250' }),
      token({ sub: OTHER.apiKey }),
      token({}, { kid: OTHER.apiKey }),
      token({ sub: 'nobody' }, { kid: 'nobody' }),
      token({ iss: 'somebody' }),
      token({}, { alg: 'none' }),
      `${token().split('.').slice(0, 2).join('.')}.`,
      'nonsense',
      '',
    ];
    for (const one of wrong) expect(await ask(`Bearer ${one}`)).toBe(401);
    expect(await ask(null)).toBe(401);
    expect(await ask(`Basic ${token()}`)).toBe(401);
  });

  test('a token without an algorithm of its own is none: HS256 with the key as secret', async () => {
    const [head, body] = token({}, { alg: 'HS256' }).split('.');
    const forged = createHmac('sha256', ACCOUNT.secret).update(`${head}.${body}`).digest('base64url');
    expect(await ask(`Bearer ${head}.${body}.${forged}`)).toBe(401);
  });

  test('public data needs none', async () => {
    expect(await ask(null, '/api/v3/brokerage/market/products')).toBe(200);
    expect(await ask(null, '/v2/time')).toBe(200);
    expect(await ask(null, '/v2/nothing')).toBe(401);
    expect(await ask(null, '/elsewhere')).toBe(404);
  });

  test('ccxt reads a refused key as one', async () => {
    client.apiKey = 'organizations/sim/apiKeys/unknown';
    await expect(client.fetchOpenOrders()).rejects.toThrow(ccxt.AuthenticationError);
  });
});

describe('limits', () => {
  test('a key has so many requests an hour, an idle one all of them', async () => {
    rig.exchange.limits = { enabled: true, scale: 0.001 };
    for (let nth = 0; nth < 10; nth += 1) await client.fetchOpenOrders();
    await expect(client.fetchOpenOrders()).rejects.toThrow(ccxt.RateLimitExceeded);
    rig.advance(720_000);
    for (let nth = 0; nth < 2; nth += 1) await client.fetchOpenOrders();
    await expect(client.fetchOpenOrders()).rejects.toThrow(ccxt.RateLimitExceeded);
  });
});

describe('what faults make it say', () => {
  test.each([
    ['rateLimit', [429, 429]],
    ['authFail', [401, 403]],
    ['maintenance', [503, 503]],
  ] as const)('%s', (name, statuses) => {
    const venue = rig.exchange.venue.refusals;
    expect([1, 2].map((n) => venue[name](n).status)).toEqual(statuses);
  });

  test('5xx with JSON and with HTML', () => {
    const venue = rig.exchange.venue.refusals;
    expect(JSON.parse(venue.serverError(500, 1).body)).toMatchObject({ error: 'INTERNAL' });
    expect(venue.serverError(502, 2)).toMatchObject({
      status: 502,
      headers: { 'content-type': 'text/html; charset=UTF-8' },
    });
  });
});
