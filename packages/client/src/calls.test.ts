import { afterEach, describe, expect, test } from 'vitest';
import { createClient } from './client.ts';
import type { ClientOptions } from './client.ts';
import { OrderplaneError } from './errors.ts';
import { anOrder } from './testing/orders.ts';
import { deadAddress, serve } from './testing/service.ts';
import type { Received, Reply } from './testing/service.ts';

const TOKEN = 'op_very_secret_token';
const INPUT = { accountId: 'a1', symbol: 'BTC-USD', side: 'BUY', type: 'LIMIT', size: '1', price: '40000' } as const;

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function service(reply: (request: Received, count: number) => Reply) {
  const served = await serve(reply);
  closers.push(() => served.close());
  return served;
}
const client = (urls: ClientOptions['urls'], options: Partial<ClientOptions> = {}) =>
  createClient({ urls, token: TOKEN, newId: () => 'drawn-id', ...options });

const placed = (change = {}): Reply => ({ data: { placeOrder: { order: anOrder(change), userErrors: [] } } });
const refusedWith = (field: string, code: string, where: readonly string[] | null = null): Reply => ({
  data: { [field]: { order: null, userErrors: [{ code, message: 'said so', field: where }] } },
});
const failed = (code: string, path?: readonly string[]): Reply => ({
  data: null,
  errors: [{ message: `about ${TOKEN}`, extensions: { code }, ...(path === undefined ? {} : { path }) }],
});
const ids = (received: readonly Received[]): unknown[] =>
  received.map(({ variables }) => (variables['input'] as { clientOrderId: string }).clientOrderId);

async function errorOf(call: Promise<unknown>): Promise<OrderplaneError> {
  const error = await call.then(
    () => null,
    (cause: unknown) => cause,
  );
  if (!(error instanceof OrderplaneError)) throw new Error(`not an error of the client: ${String(error)}`);
  expect(JSON.stringify([error.message, error.stack, error])).not.toContain(TOKEN);
  expect(error.cause).toBeUndefined();
  return error;
}

describe('placing', () => {
  test('an order is accepted: ok, with the order and its client order id', async () => {
    const { url, received } = await service(() => placed({ clientOrderId: 'drawn-id' }));
    const outcome = await client(url).placeOrder(INPUT);
    expect(outcome).toMatchObject({ ok: true, order: { id: 'o1', price: '40000.5' }, clientOrderId: 'drawn-id' });
    expect(received[0]).toMatchObject({ operationName: 'PlaceOrder', authorization: `Bearer ${TOKEN}` });
  });

  test('an expected refusal is a result, and told once', async () => {
    const { url, received } = await service(() => refusedWith('placeOrder', 'PRECISION', ['input', 'price']));
    const outcome = await client(url).placeOrder({ ...INPUT, clientOrderId: 'mine' });
    expect(outcome).toEqual({
      ok: false,
      userErrors: [{ code: 'PRECISION', message: 'said so', field: ['input', 'price'] }],
      inDoubt: false,
      clientOrderId: 'mine',
    });
    expect(received).toHaveLength(1);
  });

  test('TIMEOUT, a lost answer and a broken gateway are followed by the same request', async () => {
    const bad: Reply[] = [refusedWith('placeOrder', 'TIMEOUT'), 'lost', failed('INTERNAL_SERVER_ERROR')];
    const { url, received } = await service((_, count) => bad[count - 1] ?? placed());
    expect(await client(url).placeOrder(INPUT)).toMatchObject({ ok: true });
    expect(ids(received)).toEqual(['drawn-id', 'drawn-id', 'drawn-id', 'drawn-id']);
  });

  test('a refusal after a doubt says that the first try may still come true', async () => {
    const { url } = await service((_, count) => (count === 1 ? 'lost' : refusedWith('placeOrder', 'ACCOUNT_HALTED')));
    expect(await client(url).placeOrder(INPUT)).toMatchObject({ ok: false, inDoubt: true });
  });

  test('TIMEOUT to the end is a result in doubt; no answer to the end is an error that says so', async () => {
    const slow = await service(() => refusedWith('placeOrder', 'TIMEOUT'));
    const outcome = await client(slow.url).placeOrder(INPUT, { deadlineMs: 300 });
    expect(outcome).toMatchObject({ ok: false, userErrors: [{ code: 'TIMEOUT' }], inDoubt: true });
    const mute = await service(() => 'silent');
    const error = await errorOf(client(mute.url).placeOrder(INPUT, { deadlineMs: 300 }));
    expect(error).toMatchObject({ code: 'NO_ANSWER', mayHaveBeenAccepted: true });
  });

  test('each order of a group gets an id, the same at every try', async () => {
    let drawn = 0;
    const { url, received } = await service((_, count) =>
      count === 1 ? 'lost' : { data: { placeOrderGroup: { group: { id: 'g1', orders: [] }, userErrors: [] } } },
    );
    const orderplane = client(url, { newId: () => `id-${(drawn += 1)}` });
    const outcome = await orderplane.placeOrderGroup({ kind: 'OCO', orders: [INPUT, INPUT] });
    expect(outcome).toMatchObject({ ok: true, group: { id: 'g1' } });
    const sent = received.map(({ variables }) =>
      (variables['input'] as { orders: { clientOrderId: string }[] }).orders.map(({ clientOrderId }) => clientOrderId),
    );
    expect(sent).toEqual([
      ['id-1', 'id-2'],
      ['id-1', 'id-2'],
    ]);
  });
});

describe('changes after a doubt', () => {
  const order = (change = {}): Reply => ({ data: { order: anOrder(change) } });
  const replies = (own: readonly Reply[], read: Reply) => {
    let count = 0;
    return ({ operationName }: Received): Reply => (operationName === 'Order' ? read : (own[count++] ?? 'lost'));
  };

  test('a cancel that finds the order cancelled, or being cancelled, has what it asked for', async () => {
    const own = ['lost', refusedWith('cancelOrder', 'INVALID_STATE_TRANSITION')] as const;
    const pending = { pendingRequests: [{ kind: 'CANCEL', requestedAt: '2026-01-01T00:00:00.000Z', sentAt: null }] };
    for (const found of [{ state: 'CANCELLED', status: 'CANCELLED' }, pending]) {
      const { url } = await service(replies(own, order(found)));
      expect(await client(url).cancelOrder('o1')).toMatchObject({ ok: true, order: { id: 'o1' } });
    }
    const { url } = await service(replies(own, order({ state: 'FILLED', status: 'FILLED' })));
    expect(await client(url).cancelOrder('o1')).toMatchObject({ ok: false, inDoubt: true });
  });

  test('a first refusal of a cancel is the answer', async () => {
    const { url, received } = await service(() => refusedWith('cancelOrder', 'INVALID_STATE_TRANSITION'));
    expect(await client(url).cancelOrder('o1')).toMatchObject({ ok: false, inDoubt: false });
    expect(received).toHaveLength(1);
  });

  test('a change that asks for nothing new was taken the first time; any other refusal is one', async () => {
    const taken = await service(replies(['lost', refusedWith('modifyOrder', 'INVALID_INPUT')], order()));
    expect(await client(taken.url).modifyOrder({ orderId: 'o1', price: '1' })).toMatchObject({ ok: true });
    const wrong = refusedWith('modifyOrder', 'INVALID_INPUT', ['input', 'price']);
    const refused = await service(replies(['lost', wrong], order()));
    expect(await client(refused.url).modifyOrder({ orderId: 'o1', price: '1' })).toMatchObject({ ok: false });
  });
});

describe('what may go again', () => {
  const ALERT = {
    accountId: 'a1',
    symbol: 'BTC-USD',
    trigger: { direction: 'AT_OR_ABOVE', price: '1' },
  } as const;

  test('a mutation without an id goes again only when it surely was not accepted', async () => {
    const lost = await service(() => 'lost');
    expect(await errorOf(client(lost.url).createAlert(ALERT))).toMatchObject({
      code: 'NO_ANSWER',
      mayHaveBeenAccepted: true,
    });
    expect(lost.received).toHaveLength(1);
    const busy = await service((_, count) =>
      count === 1 ? failed('SERVICE_UNAVAILABLE') : { data: { createAlert: { alert: { id: 'x' }, userErrors: [] } } },
    );
    expect(await client(busy.url).createAlert(ALERT)).toMatchObject({ ok: true, alert: { id: 'x' } });
  });

  test('an outage below the mutation itself came after it: it may have been accepted', async () => {
    const { url, received } = await service(() => failed('SERVICE_UNAVAILABLE', ['createAlert', 'alert', 'account']));
    expect(await errorOf(client(url).createAlert(ALERT))).toMatchObject({ mayHaveBeenAccepted: true });
    expect(received).toHaveLength(1);
  });

  test('a refusal is final, and says that nothing was accepted', async () => {
    for (const [reply, code] of [
      [{ ...(failed('UNAUTHENTICATED') as object), status: 401 }, 'UNAUTHENTICATED'],
      [failed('DOCUMENT_TOO_COSTLY'), 'DOCUMENT_TOO_COSTLY'],
      [failed('NOT_FOUND'), 'NOT_FOUND'],
      [{ status: 404, text: '<html>' }, 'BAD_ANSWER'],
    ] as const) {
      const { url, received } = await service(() => reply);
      expect(await errorOf(client(url).placeOrder(INPUT))).toMatchObject({ code, mayHaveBeenAccepted: false });
      expect(received).toHaveLength(1);
    }
  });

  test('a gateway that asks to wait is left in peace until then', async () => {
    const busy: Reply = { status: 429, text: 'slow down', headers: { 'retry-after': '1' } };
    const { url, received } = await service((_, count) => (count === 1 ? busy : placed()));
    const error = await errorOf(client(url).placeOrder(INPUT, { deadlineMs: 500 }));
    expect(error).toMatchObject({ code: 'RATE_LIMITED', mayHaveBeenAccepted: false, retryAfterMs: 1_000 });
    expect(received).toHaveLength(1);
  });

  test('a call that its caller aborts ends at once', async () => {
    const { url } = await service(() => 'silent');
    const ending = new AbortController();
    const error = errorOf(client(url).placeOrder(INPUT, { signal: ending.signal }));
    ending.abort();
    expect((await error).code).toBe('ABORTED');
  });

  test('after close nothing is sent', async () => {
    const { url, received } = await service(() => placed());
    const orderplane = client(url);
    orderplane.close();
    expect((await errorOf(orderplane.placeOrder(INPUT))).code).toBe('CLOSED');
    expect(received).toHaveLength(0);
  });
});

describe('several gateways', () => {
  test('a dead one is passed over, and remembered', async () => {
    const dead = await deadAddress();
    const { url, received } = await service(() => placed());
    const orderplane = client([dead, url]);
    expect(await orderplane.placeOrder(INPUT)).toMatchObject({ ok: true });
    expect(await orderplane.placeOrder(INPUT)).toMatchObject({ ok: true });
    expect(received).toHaveLength(2);
  });

  test('when all are dead, nothing was accepted', async () => {
    const error = await errorOf(
      client([await deadAddress(), await deadAddress()]).placeOrder(INPUT, { deadlineMs: 300 }),
    );
    expect(error).toMatchObject({ code: 'UNREACHABLE', mayHaveBeenAccepted: false });
  });

  test('one that died with the request leaves a doubt, which the other one ends', async () => {
    const first = await service(() => 'lost');
    const second = await service(() => placed());
    expect(await client([first.url, second.url]).placeOrder(INPUT)).toMatchObject({ ok: true });
    expect(ids([...first.received, ...second.received])).toEqual(['drawn-id', 'drawn-id']);
  });

  test('one that does not answer is left after a while', async () => {
    const mute = await service(() => 'silent');
    const { url } = await service(() => ({ data: { accounts: [] } }));
    expect(await client([mute.url, url], { tryMs: 200 }).accounts()).toEqual([]);
  });
});

test('orders are read page by page, to the last one', async () => {
  const pages: Readonly<Record<string, readonly [string[], string | null]>> = {
    '': [['o1', 'o2'], 'p2'],
    p2: [['o3'], null],
  };
  const { url } = await service(({ variables }) => {
    const [names, endCursor] = pages[typeof variables['after'] === 'string' ? variables['after'] : ''] ?? [[], null];
    const pageInfo = { hasNextPage: endCursor !== null, endCursor };
    return { data: { orders: { nodes: names.map((id) => anOrder({ id })), pageInfo, totalCount: 3 } } };
  });
  const seen: string[] = [];
  for await (const { id } of client(url).orders({ symbols: ['BTC-USD'] })) seen.push(id);
  expect(seen).toEqual(['o1', 'o2', 'o3']);
});

test('the token may be asked for anew before each request; what its source says in anger stays with it', async () => {
  const { url, received } = await service(() => ({ data: { accounts: [] } }));
  let count = 0;
  const orderplane = client(url, { token: () => `${TOKEN}${(count += 1)}` });
  await orderplane.accounts();
  await orderplane.accounts();
  expect(received.map(({ authorization }) => authorization)).toEqual([`Bearer ${TOKEN}1`, `Bearer ${TOKEN}2`]);
  const broken = client(url, { token: () => Promise.reject(new Error(TOKEN)) });
  expect((await errorOf(broken.accounts({ deadlineMs: 200 }))).code).toBe('NO_TOKEN');
});

test('addresses that make no sense are refused at once', () => {
  for (const urls of [[], 'nowhere', 'ftp://x', 'http://user:password@x'])
    expect(() => client(urls)).toThrow(TypeError);
});
