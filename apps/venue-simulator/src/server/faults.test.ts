import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { KEY, startRig, until } from '../testing.ts';
import type { Binance, Rig } from '../testing.ts';
import { signatureOf } from '../venues/binance/auth.ts';
import type { ReceivedRequest } from './requests.ts';

// Every fault over real sockets, as the real ccxt class feels it, against what the ledger says.

let rig: Rig;
let client: Binance;
let serial = 0;

beforeAll(async () => {
  rig = await startRig();
  client = rig.client;
});
afterEach(async () => {
  await rig.admin('POST', '/reset', {});
  await rig.admin('POST', '/walk', { exchange: 'binance', running: false });
  await rig.admin('POST', '/limits', { exchange: 'binance', enabled: false });
});
afterAll(() => rig.close());

const submit = (from: Binance = client) =>
  from.createOrder('BTC/USDT', 'limit', 'buy', '0.1' as never, '80000' as never, {
    clientOrderId: `f-${(serial += 1)}`,
  });
const list = () => client.fetchOpenOrders('BTC/USDT');
async function ledger(): Promise<{ orders: unknown[]; executions: unknown[] }> {
  return (await rig.admin('GET', '/ledger?exchange=binance')).json as never;
}
async function received(): Promise<ReceivedRequest[]> {
  return (await rig.admin('GET', '/requests?exchange=binance')).json['requests'] as never;
}
async function thrown(action: Promise<unknown>): Promise<string> {
  try {
    await action;
  } catch (cause) {
    return `${(cause as Error).constructor.name}: ${(cause as Error).message}`;
  }
  return 'nothing';
}

describe('requests', () => {
  test('ackLost: processed, never answered, once', async () => {
    await rig.fault('ackLost');
    expect(await thrown(submit())).toMatch(/^(NetworkError|ExchangeNotAvailable|RequestTimeout)/);
    expect((await ledger()).orders).toHaveLength(1);
    expect(await thrown(submit())).toBe('nothing');
    expect((await received()).map((one) => [one.kind, one.fault])).toEqual([
      ['submit', 'ackLost'],
      ['submit', null],
    ]);
  });

  test('dropBeforeAccept: never processed; listings are not concerned', async () => {
    await rig.fault('dropBeforeAccept', { times: 2 });
    expect(await list()).toEqual([]);
    expect(await thrown(submit())).toMatch(/NetworkError/);
    expect(await thrown(submit())).toMatch(/NetworkError/);
    expect(await thrown(submit())).toBe('nothing');
    expect((await ledger()).orders).toHaveLength(1);
  });

  test('delay: held on the way, then processed', async () => {
    client.timeout = 100;
    await rig.fault('delay', { ms: 250 });
    expect(await thrown(submit())).toMatch(/RequestTimeout/);
    expect((await ledger()).orders).toHaveLength(0);
    client.timeout = 1_000;
    await until(async () => (await ledger()).orders.length === 1, 'the held order is accepted');
  });

  test('delayAnswer: processed, then answered late', async () => {
    await rig.fault('delayAnswer', { ms: 80 });
    const answer = submit();
    await until(async () => (await ledger()).orders.length === 1, 'the order is accepted');
    expect((await answer).status).toBe('open');
  });

  test('error5xxAfterAccept and error5xxBefore cycle through the statuses', async () => {
    await rig.fault('error5xxAfterAccept', { times: 4 });
    for (const text of ['-1000', '502', '503', '-1007']) expect(await thrown(submit())).toContain(text);
    expect((await ledger()).orders).toHaveLength(4);
    await rig.fault('error5xxBefore', { status: 520 });
    expect(await thrown(submit())).toContain('520');
    expect((await ledger()).orders).toHaveLength(4);
    expect((await received()).map((one) => one.status)).toEqual([500, 502, 503, 504, 520]);
  });

  test('bodyStall: headers, then nothing', async () => {
    await rig.fault('bodyStall');
    const pending = submit().then(
      () => 'answered',
      () => 'failed',
    );
    const patience = new Promise((resolve) => setTimeout(() => resolve('pending'), 150));
    expect(await Promise.race([pending, patience])).toBe('pending');
    expect((await ledger()).orders).toHaveLength(1);
  });

  test('bodyCut and rawAnswer: unreadable successes', async () => {
    await rig.fault('bodyCut');
    expect(await thrown(submit())).not.toBe('nothing');
    await rig.fault('rawAnswer', { body: '{}' });
    expect((await submit()).id).toBeUndefined();
    await rig.fault('rawAnswer', { status: 400, body: '{"code":-4242,"msg":"unseen"}', process: false });
    expect(await thrown(submit())).toContain('-4242');
    expect((await ledger()).orders).toHaveLength(2);
  });

  test('rateLimit, authFail, maintenance speak as the venue does and place nothing', async () => {
    await rig.fault('rateLimit', { retryAfterSeconds: 7 });
    expect(await thrown(submit())).toMatch(/^DDoSProtection.*429/);
    expect(client.last_response_headers?.['Retry-After']).toBe('7');
    await rig.fault('authFail', { method: 'list' });
    expect(await thrown(submit())).toBe('nothing');
    expect(await thrown(list())).toContain('-2015');
    await rig.fault('maintenance');
    expect(await thrown(submit())).toMatch(/^OnMaintenance/);
    expect((await ledger()).orders).toHaveLength(1);
  });

  test('filters: by method, symbol, client id; ms lasts; DELETE ends', async () => {
    await rig.fault('dropBeforeAccept', { method: 'cancel', times: 1 });
    const order = await submit();
    expect(await thrown(client.cancelOrder(String(order.id), 'BTC/USDT'))).toMatch(/NetworkError/);
    await rig.fault('dropBeforeAccept', { symbol: 'ETH-USDT' });
    expect(await thrown(submit())).toBe('nothing');
    await rig.fault('error5xxBefore', { clientId: `f-${serial + 2}`, times: 1 });
    expect(await thrown(submit())).toBe('nothing');
    expect(await thrown(submit())).toContain('-1000');
    await rig.fault('error5xxBefore', { ms: 60_000 });
    expect(await thrown(submit())).toContain('-1000');
    expect(await thrown(submit())).toContain('502');
    const shown = (await rig.admin('GET', '/faults')).json['faults'] as unknown as { fault: string; used: number }[];
    expect(shown.map((one) => [one.fault, one.used])).toEqual([
      ['dropBeforeAccept', 0],
      ['error5xxBefore', 2],
    ]);
    await rig.admin('DELETE', '/faults?exchange=binance');
    expect(await thrown(submit())).toBe('nothing');
  });

  test('probability is drawn from the seed', async () => {
    await rig.fault('error5xxBefore', { probability: 0.5, method: 'list' });
    let failed = 0;
    for (let n = 0; n < 40; n += 1) if ((await thrown(list())) !== 'nothing') failed += 1;
    expect(failed).toBeGreaterThan(5);
    expect(failed).toBeLessThan(35);
  });

  test('hideFromOpenOrders: the listing leaves orders out, the order is there', async () => {
    const order = await submit();
    await rig.fault('hideFromOpenOrders', { times: 1 });
    expect(await list()).toEqual([]);
    expect((await list()).map((one) => one.id)).toEqual([order.id]);
    expect((await client.fetchOrder(String(order.id), 'BTC/USDT')).status).toBe('open');
  });
});

describe('streams', () => {
  /** Kinds and sizes of the pushed reports, read raw: ccxt would merge them. */
  async function listen(): Promise<{ seen: string[]; watcher: Binance }> {
    const watcher = await rig.another();
    const seen: string[] = [];
    const original = watcher.handleMessage.bind(watcher);
    watcher.handleMessage = (socket: unknown, message: { event?: Record<string, string> }): void => {
      const event = message.event;
      if (event?.['e'] === 'executionReport') seen.push(`${event['x']} ${event['z']}`);
      original(socket as never, message);
    };
    watcher.watchOrders().catch(() => undefined);
    await rig.streaming(1);
    return { seen, watcher };
  }
  /** A bare client of the user stream. */
  function subscribe(): WebSocket {
    const headers = { host: 'ws-api.binance.com' };
    const socket = new WebSocket(`ws://127.0.0.1:${rig.port}/ws-api/v3`, { headers });
    const params = { apiKey: KEY.apiKey, timestamp: Date.now() };
    const signature = signatureOf(KEY.secret, `apiKey=${params.apiKey}&timestamp=${params.timestamp}`);
    const method = 'userDataStream.subscribe.signature';
    socket.once('open', () => socket.send(JSON.stringify({ id: '1', method, params: { ...params, signature } })));
    return socket;
  }
  const fill = (size: string) =>
    rig.admin('POST', '/price', { exchange: 'binance', symbol: 'BTC-USDT', price: '80000', size });
  async function life(): Promise<void> {
    const order = await submit();
    await fill('0.02');
    await fill('0.03');
    await client.cancelOrder(String(order.id), 'BTC/USDT');
  }
  const TRUE_ORDER = ['NEW 0.00000000', 'TRADE 0.02000000', 'TRADE 0.05000000', 'CANCELED 0.05000000'];

  afterEach(() => rig.fault('streamDrop'));

  test('undisturbed', async () => {
    const { seen, watcher } = await listen();
    await life();
    await until(() => seen.length >= 4, 'four reports');
    expect(seen).toEqual(TRUE_ORDER);
    await watcher.close();
  });

  test('streamDuplicate: everything twice', async () => {
    const { seen, watcher } = await listen();
    await rig.fault('streamDuplicate', { ms: 60_000 });
    await life();
    await until(() => seen.length >= 8, 'eight reports');
    expect(seen).toEqual(TRUE_ORDER.flatMap((one) => [one, one]));
    await watcher.close();
  });

  test('streamReorder: all of it, in another order', async () => {
    const { seen, watcher } = await listen();
    await rig.fault('streamReorder', { ms: 60_000 });
    // Only what is told within a moment is mixed: on a busy machine it takes more than one life.
    const told: string[] = [];
    while (seen.join() === told.join()) {
      await life();
      told.push(...TRUE_ORDER);
      await until(() => seen.length >= told.length, 'four reports more');
    }
    expect([...seen].sort()).toEqual(told.sort());
    await watcher.close();
  });

  test('streamSilent: connected, and nothing is told', async () => {
    const { seen, watcher } = await listen();
    await rig.fault('streamSilent', { ms: 60_000 });
    await life();
    expect((await rig.admin('GET', '/streams?exchange=binance')).json['accounts']).toHaveLength(1);
    await rig.admin('DELETE', '/faults');
    await submit();
    await until(() => seen.length >= 1, 'a report after the silence');
    expect(seen).toEqual(['NEW 0.00000000']);
    await watcher.close();
  });

  test('streamDrop: cut at once, and for as long as it lasts', async () => {
    const { watcher } = await listen();
    await rig.fault('streamDrop');
    await rig.streaming(0);
    await watcher.close();
    await rig.fault('streamDrop', { ms: 60_000 });
    const again = subscribe();
    await new Promise((resolve) => again.once('close', resolve));
    await rig.admin('DELETE', '/faults');
    const third = subscribe();
    await rig.streaming(1);
    third.terminate();
  });
});
