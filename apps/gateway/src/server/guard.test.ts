import { createClient } from 'graphql-ws';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { documentId } from '../documents/documents.ts';
import { DEFAULT_LIMITS } from '../policy.ts';
import { World } from '../testing/world.ts';

const ACCOUNTS = '{ accounts { id } }';
let world: World;
const sockets: WebSocket[] = [];
afterEach(() => sockets.splice(0).forEach((socket) => socket.terminate()));

const bearer = (of = world, token = 'ada-trader'): string => `Bearer ${of.tokens[token] ?? ''}`;
const raw = (body: string, headers: Record<string, string> = {}, method = 'POST'): Promise<Response> =>
  fetch(world.gateway.http, {
    method,
    headers: { 'content-type': 'application/json', authorization: bearer(), ...headers },
    ...(method === 'POST' ? { body } : {}),
  });
const post = async (body: unknown, headers: Record<string, string> = {}) => {
  const response = await raw(JSON.stringify(body), headers);
  const answer = (await response.json()) as { data?: unknown; errors?: { extensions: { code: string } }[] };
  return {
    status: response.status,
    headers: response.headers,
    data: answer.data,
    code: answer.errors?.[0]?.extensions.code,
  };
};

/** How the handshake ended: "open", or the HTTP status of the refusal. */
const handshake = (headers: Record<string, string> = {}): Promise<string | number> =>
  new Promise((resolve) => {
    const socket = new WebSocket(world.gateway.ws, 'graphql-transport-ws', { headers });
    sockets.push(socket);
    socket.on('open', () => resolve('open'));
    socket.on('unexpected-response', (_, { statusCode }) => resolve(statusCode ?? 0));
    socket.on('error', () => undefined);
  });

describe('a gateway as it is delivered', () => {
  beforeAll(async () => {
    world = await World.start();
  });
  afterAll(() => world[Symbol.asyncDispose]());

  test.each([
    ['an answer', () => raw(JSON.stringify({ query: ACCOUNTS }))],
    ['a refusal', () => raw('{}', { authorization: 'Bearer x' })],
    ['nothing here', () => fetch(new URL('/nothing', world.gateway.http))],
    ['the root', () => fetch(new URL('/', world.gateway.http))],
  ])('security headers on %s', async (_, ask) => {
    const { headers } = await ask();
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    for (const name of ['x-powered-by', 'etag', 'server', 'access-control-allow-origin', 'strict-transport-security'])
      expect(headers.get(name), name).toBeNull();
  });

  test.each(['https://evil.example', 'null', 'http://127.0.0.1:4000', 'https://desk.example.evil.example'])(
    'a page of %s is refused, over HTTP, before its request, and over WebSocket',
    async (origin) => {
      expect(await post({ query: ACCOUNTS }, { origin })).toMatchObject({ status: 403, code: 'FORBIDDEN' });
      const preflight = await raw('', { origin, 'access-control-request-method': 'POST' }, 'OPTIONS');
      expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([403, null]);
      expect(await handshake({ origin })).toBe(403);
    },
  );

  test('forms and simple requests are refused, whatever they hold', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      const response = await raw(JSON.stringify({ query: ACCOUNTS }), { 'content-type': type });
      expect([type, response.status]).toEqual([type, 400]);
    }
    const got = await raw('', { 'content-type': 'text/plain' }, 'GET');
    expect(got.status).toBe(400);
  });

  test('batches are refused', async () => {
    expect(await post([{ query: ACCOUNTS }, { query: ACCOUNTS }])).toMatchObject({ status: 400 });
  });

  test('a mutation over GET is refused', async () => {
    const url = `${world.gateway.http}?query=${encodeURIComponent('mutation { cancelOrder(orderId: "x") { userErrors { code } } }')}`;
    const headers = { authorization: bearer(), 'content-type': 'application/json' };
    expect((await fetch(url, { headers })).status).toBe(405);
  });

  test('a rate limit says when to come again, over HTTP and over WebSocket', async () => {
    world.onRequest = () => Promise.resolve(2_500);
    const refused = await post({ query: ACCOUNTS });
    expect(refused).toMatchObject({ status: 429, code: 'RATE_LIMITED' });
    expect(refused.headers.get('retry-after')).toBe('3');
    const failure = await new Promise<unknown>((resolve) => {
      const sink = { next: resolve, error: resolve, complete: () => resolve('completed') };
      world.client().subscribe({ query: ACCOUNTS }, sink);
    });
    expect(failure).toMatchObject([{ extensions: { code: 'RATE_LIMITED', retryAfterMs: 2_500 } }]);
    world.onRequest = () => Promise.resolve(null);
    expect((await post({ query: ACCOUNTS })).status).toBe(200);
  });

  test('who asks is counted by token, and strangers are not counted', async () => {
    const seen: string[] = [];
    world.onRequest = async (tokenId) => {
      seen.push(tokenId);
      return null;
    };
    await post({ query: ACCOUNTS });
    await post({ query: ACCOUNTS }, { authorization: bearer(world, 'bob-trader') });
    await post({ query: ACCOUNTS }, { authorization: 'Bearer op_x' });
    world.onRequest = () => Promise.resolve(null);
    expect(new Set(seen).size).toBe(2);
    expect(seen).toHaveLength(2);
  });

  test('a subscription over HTTP is told where it is served', async () => {
    const answer = await post({ query: 'subscription { orderUpdates(accountIds: ["acc-ada"]) { kind } }' });
    expect(answer).toMatchObject({ status: 400, code: 'BAD_REQUEST' });
  });

  test('automatic persisted queries: unknown, sent, known; a wrong hash is refused', async () => {
    const persistedQuery = { version: 1, sha256Hash: documentId(ACCOUNTS) };
    const extensions = { persistedQuery };
    expect(await post({ extensions })).toMatchObject({ code: 'PERSISTED_QUERY_NOT_FOUND' });
    expect(await post({ query: ACCOUNTS, extensions })).toMatchObject({ status: 200, code: undefined });
    expect((await post({ extensions })).data).toEqual({ accounts: [{ id: 'acc-ada' }] });
    const wrong = { persistedQuery: { version: 1, sha256Hash: documentId('x') } };
    expect(await post({ query: ACCOUNTS, extensions: wrong })).toMatchObject({
      status: 400,
      code: 'DOCUMENT_UNKNOWN',
    });
    expect(await post({ documentId: `sha256:${documentId('x')}` })).toMatchObject({
      status: 400,
      code: 'DOCUMENT_UNKNOWN',
    });
  });
});

describe('an operator who lets a desk in, behind a proxy', () => {
  const origin = 'https://desk.example';
  beforeAll(async () => {
    world = await World.start({ corsOrigins: [origin], trustedProxies: ['127.0.0.1', '10.0.0.0/8'] });
  });
  afterAll(() => world[Symbol.asyncDispose]());

  test('its pages may ask, and nobody else is named', async () => {
    const preflight = await raw('', { origin, 'access-control-request-method': 'POST' }, 'OPTIONS');
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe(origin);
    expect(preflight.headers.get('access-control-allow-headers')).toBe(
      'authorization, content-type, x-request-id, traceparent',
    );
    expect(preflight.headers.get('access-control-allow-credentials')).toBeNull();
    const answer = await post({ query: ACCOUNTS }, { origin });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, origin]);
    expect(answer.headers.get('vary')).toContain('Origin');
    expect(await handshake({ origin })).toBe('open');
    expect((await post({ query: ACCOUNTS }, { origin: 'https://evil.example' })).status).toBe(403);
  });

  test('the audit names the client, not the proxy, and not what the client wrote itself', async () => {
    const CANCEL = 'mutation { cancelOrder(orderId: "x") { userErrors { code } } }';
    for (const [forwarded, remote] of [
      ['203.0.113.7', '203.0.113.7'],
      ['1.2.3.4, 203.0.113.8, 10.1.2.3', '203.0.113.8'],
      ['evil, 2001:db8::1', '2001:db8::1'],
      ['nonsense', '127.0.0.1'],
    ] as const) {
      await post({ query: CANCEL }, { 'x-forwarded-for': forwarded });
      const { items } = await world.store.users.auditLog({ action: 'cancelOrder' }, { limit: 1 });
      expect(items[0]?.remote).toBe(remote);
    }
  });

  test('HSTS where TLS ended before us', async () => {
    const { headers } = await post({ query: ACCOUNTS }, { 'x-forwarded-proto': 'https' });
    expect(headers.get('strict-transport-security')).toContain('max-age=31536000');
  });
});

describe('few connections', () => {
  beforeAll(async () => {
    const limits = { ...DEFAULT_LIMITS, connectionsPerToken: 2, connectionsPerAddress: 4, subscriptionsPerToken: 3 };
    world = await World.start({ limits });
  });
  afterAll(() => world[Symbol.asyncDispose]());

  test('an address has as many as it may, and one more when one is gone', async () => {
    for (let n = 0; n < 4; n += 1) expect(await handshake()).toBe('open');
    expect(await handshake()).toBe(429);
    sockets[0]?.close();
    await expect.poll(() => handshake()).toBe('open');
  });

  test('a token has as many connections and operations as it may', async () => {
    const connect = (): Promise<string> =>
      new Promise((resolve) => {
        const client = createClient({
          url: world.gateway.ws,
          webSocketImpl: WebSocket,
          connectionParams: { authorization: bearer() },
          lazy: false,
          retryAttempts: 0,
          onNonLazyError: () => undefined,
        });
        client.on('connected', () => resolve('connected'));
        client.on('closed', (event) => resolve((event as CloseEvent).reason));
        open.push(() => void client.dispose());
      });
    const open: (() => void)[] = [];
    await expect.poll(connect).toBe('connected');
    await expect.poll(connect).toBe('connected');
    expect(await connect()).toContain('TOO_MANY_CONNECTIONS');
    open.splice(0).forEach((close) => close());

    const client = world.client('bob-trader');
    const query = 'subscription { orderUpdates(accountIds: ["acc-bob"]) { kind } }';
    const first = (): Promise<unknown> =>
      new Promise((resolve) =>
        client.subscribe({ query }, { next: resolve, error: resolve, complete: () => undefined }),
      );
    for (let n = 0; n < 3; n += 1) expect(await first()).toHaveProperty('data');
    expect(await first()).toMatchObject([{ extensions: { code: 'TOO_MANY_OPERATIONS' } }]);
  });
});

describe('failed sign-ins', () => {
  beforeAll(async () => {
    world = await World.start({ limits: { ...DEFAULT_LIMITS, signInFailuresPerMinute: 5 } });
  });
  afterAll(() => world[Symbol.asyncDispose]());

  test('who goes on trying has to wait, who was in before goes on, and the disk is not filled', async () => {
    expect((await post({ query: ACCOUNTS })).status).toBe(200);
    const guess = (n: number) =>
      post({ query: ACCOUNTS }, { authorization: `Bearer op_${String(n).padStart(8, '0')}_${'A'.repeat(43)}` });
    const statuses = [];
    for (let n = 0; n < 8; n += 1) statuses.push((await guess(n)).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
    expect((await guess(9)).headers.get('retry-after')).toBe('60');
    expect((await post({ query: ACCOUNTS })).status).toBe(200);
    for (let n = 0; n < 60; n += 1) expect((await post({}, { authorization: 'none' })).status).toBe(401);
    const lines = await world.store.users.auditLog({ action: 'signIn' }, { limit: 200 });
    expect(lines.items).toHaveLength(30);
    expect(lines.items.at(-1)).toMatchObject({
      userId: null,
      via: 'op_00000000',
      remote: '127.0.0.1',
      outcome: 'UNAUTHENTICATED: an unknown, expired or revoked token',
    });
    world.clock.advance(60_000);
    expect((await guess(10)).status).toBe(401);
    await expect
      .poll(async () => (await world.store.users.auditLog({ action: 'signIn' }, { limit: 200 })).items[1]?.outcome)
      .toBe('UNAUTHENTICATED: 35 more within a minute, from 1 addresses');
  });
});

describe('only the documents of the manifest', () => {
  const PING = 'query Ping { accounts { id } }';
  const WATCH = 'subscription Watch { orderUpdates(accountIds: ["acc-ada"]) { kind } }';
  beforeAll(async () => {
    const texts = new Map([PING, WATCH].map((text) => [documentId(text), text]));
    world = await World.start({ documents: { isAllowList: true, texts }, introspection: false });
  });
  afterAll(() => world[Symbol.asyncDispose]());
  const data = { accounts: [{ id: 'acc-ada' }] };

  test('by its text, by its id, by its id in either spelling', async () => {
    const sha256Hash = documentId(PING);
    for (const body of [
      { query: PING },
      { documentId: `sha256:${sha256Hash}` },
      { documentId: sha256Hash },
      { extensions: { persistedQuery: { version: 1, sha256Hash } } },
      { query: PING, documentId: sha256Hash },
    ])
      expect(await post(body), JSON.stringify(body)).toMatchObject({ status: 200, data });
  });

  test.each([
    ['another text', { query: ACCOUNTS }],
    ['the same with a space more', { query: `${PING} ` }],
    ['introspection', { query: '{ __schema { queryType { name } } }' }],
    ['an unknown id', { documentId: documentId('x') }],
    ['nothing at all', {}],
    ['an id that is a number', { documentId: 1 }],
    ['a known id with another text', { documentId: documentId(PING), query: ACCOUNTS }],
    [
      'a text that wants to be registered',
      { query: ACCOUNTS, extensions: { persistedQuery: { version: 1, sha256Hash: documentId(ACCOUNTS) } } },
    ],
    ['an array', [{ query: PING }]],
  ])('%s: refused', async (_, body) => {
    const { status, data: none } = await post(body);
    expect([400, 403]).toContain(status);
    expect(none ?? null).toBeNull();
  });

  test('GET is refused', async () => {
    const url = `${world.gateway.http}?query=${encodeURIComponent(ACCOUNTS)}`;
    const response = await fetch(url, { headers: { authorization: bearer(), 'content-type': 'application/json' } });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });

  test('over WebSocket alike', async () => {
    const ask = (payload: Record<string, unknown>): Promise<unknown> =>
      new Promise((resolve) => {
        const sink = { next: resolve, error: resolve, complete: () => resolve('completed') };
        world.client().subscribe({ query: '', ...payload }, sink);
      });
    expect(await ask({ documentId: documentId(PING) })).toEqual({ data });
    expect(await ask({ query: WATCH })).toEqual({ data: { orderUpdates: { kind: 'SNAPSHOT_END' } } });
    expect(await ask({ query: ACCOUNTS })).toMatchObject([{ extensions: { code: 'DOCUMENT_NOT_ALLOWED' } }]);
    expect(await ask({})).toMatchObject([{ extensions: { code: 'DOCUMENT_NOT_ALLOWED' } }]);
  });
});

test('without introspection the schema is not told, not even by hints', async () => {
  world = await World.start({ introspection: false });
  try {
    const asked = ['{ __schema { queryType { name } } }', '{ __type(name: "Query") { name } }', '{ accoun { id } }'];
    for (const query of asked) {
      const http = await world.query(query);
      expect(http.status).toBe(400);
      const socket = await new Promise<unknown>((resolve) => {
        world.client().subscribe({ query }, { next: resolve, error: resolve, complete: () => resolve('completed') });
      });
      expect(JSON.stringify([http, socket])).not.toMatch(/Did you mean|queryType":\{/);
    }
  } finally {
    await world[Symbol.asyncDispose]();
  }
});
