import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { BudgetAnswer, BudgetQuestion, OrderSpec, PauseNotice, RequestBudget } from '@orderplane/domain';
import type { ExchangeAdapter, LookupRequest, SubmitRequest } from './adapter.ts';
import { createAdapter, createMarketData } from './create.ts';
import { json, serveMarkets, startStubVenue } from './testing/stub-venue.ts';
import type { StubVenue } from './testing/stub-venue.ts';

/** What an adapter asks of the budget, and what it does when there is no room: real ccxt classes against a stub. */

const CONTROL = { timeoutMs: 4_000 };
const granted: BudgetAnswer = { granted: true };
const full = (waitMs: number): BudgetAnswer => ({ granted: false, why: 'full', waitMs, detail: 'weight' });

/** Answers as the test says, then grants everything. */
class ScriptedBudget implements RequestBudget {
  readonly questions: BudgetQuestion[] = [];
  readonly pauses: PauseNotice[] = [];
  readonly answers: BudgetAnswer[] = [];
  readonly left: string[] = [];

  ask(question: BudgetQuestion): Promise<BudgetAnswer> {
    this.questions.push(question);
    return Promise.resolve(this.answers.shift() ?? granted);
  }
  leave(question: BudgetQuestion): Promise<void> {
    this.left.push(question.id);
    return Promise.resolve();
  }
  pause(notice: PauseNotice): Promise<void> {
    this.pauses.push(notice);
    return Promise.resolve();
  }
  /** Class and points of what was asked, without what the first use of an adapter asks (the market list). */
  asked(): readonly string[] {
    return this.questions
      .splice(0)
      .map((one) => `${one.class} ${one.charges.map(({ rule, points }) => `${rule.name} ${points}`).join(' ')}`);
  }
}

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined };
let stub: StubVenue;
const open: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  stub = await startStubVenue();
  serveMarkets(stub);
});
afterEach(() => Promise.all(open.splice(0).map((one) => one.close())));
afterAll(() => stub.close());

const options = (budget: RequestBudget) => ({
  simulator: stub.address,
  clock: { now: () => Date.now() },
  log: quiet,
  callTimeoutMs: 4_000,
  budget,
});
async function adapterWith(
  exchange: 'binance' | 'kraken',
): Promise<{ adapter: ExchangeAdapter; budget: ScriptedBudget }> {
  const budget = new ScriptedBudget();
  const credentials = { apiKey: 'the-key', secret: Buffer.from('secret').toString('base64') };
  const adapter = createAdapter({ accountId: 'a', exchange, mode: 'PAPER', credentials }, options(budget));
  open.push(adapter);
  // The market list is loaded by the first call.
  stub.on(ORDERS[exchange], json(EMPTY[exchange]));
  expect((await adapter.openOrders({ timeoutMs: 20_000 })).coverage.error).toBeNull();
  budget.questions.length = 0;
  stub.requests.length = 0;
  return { adapter, budget };
}

const ORDERS = {
  binance: 'GET api.binance.com/api/v3/openOrders',
  kraken: 'POST api.kraken.com/0/private/OpenOrders',
} as const;
const EMPTY = { binance: [], kraken: { error: [], result: { open: {} } } } as const;
const SYMBOL = { binance: 'BTC-USDT', kraken: 'BTC-USD' } as const;
const CANCELS = {
  binance: 'DELETE api.binance.com/api/v3/order',
  kraken: 'POST api.kraken.com/0/private/CancelOrder',
} as const;
const SUBMITS = {
  binance: 'POST api.binance.com/api/v3/order',
  kraken: 'POST api.kraken.com/0/private/AddOrder',
} as const;

const order = (exchange: 'binance' | 'kraken'): SubmitRequest => {
  const spec: OrderSpec = {
    symbol: SYMBOL[exchange],
    side: 'BUY',
    type: 'LIMIT',
    size: '0.25',
    quoteSize: null,
    price: '40000.5',
    stopPrice: null,
    timeInForce: 'GTC',
    expiresAt: null,
    postOnly: false,
    reduceOnly: false,
  };
  const deadlineAt = new Date(Date.now() + 5_000).toISOString();
  return { venueClientId: '0197aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee', deadlineAt, spec };
};
const target = (exchange: 'binance' | 'kraken', ageMs: number) => ({
  symbol: SYMBOL[exchange],
  venueClientId: 'c',
  venueOrderId: '7',
  deadlineAt: new Date(Date.now() + 5_000).toISOString(),
  sentAt: new Date(Date.now() - ageMs).toISOString(),
});

test('an order that finds no room is not sent, and may go later', async () => {
  const { adapter, budget } = await adapterWith('binance');
  budget.answers.push(full(300));
  expect(await adapter.submit(order('binance'), CONTROL)).toEqual({
    kind: 'rateLimited',
    nativeCode: null,
    message: 'held back: weight',
    retryAfterMs: 300,
  });
  budget.answers.push(full(400));
  expect(await adapter.cancel(target('binance', 0), CONTROL)).toMatchObject({ kind: 'rateLimited', retryAfterMs: 400 });
  expect(stub.requests).toEqual([]);
  expect(budget.asked()).toEqual(['submit weight 1 orders-10s 1 orders-day 1', 'cancel weight 1']);
  expect(budget.pauses).toEqual([]);
});

test('room taken before the call is used by it, once', async () => {
  const { adapter, budget } = await adapterWith('kraken');
  stub.on(
    SUBMITS.kraken,
    json({ error: [], result: { txid: ['O1'], descr: { order: 'buy 0.25 XBTUSD @ limit 40000.5' } } }),
  );
  const room = await adapter.reserve({ id: 'o/submit', kind: 'submit', symbol: 'BTC-USD', sentAt: null });
  expect(room.granted).toBe(true);
  const { permit } = room.granted ? room : { permit: undefined };
  const control = permit === undefined ? CONTROL : { ...CONTROL, permit };
  expect((await adapter.submit(order('kraken'), control)).kind).toBe('placed');
  expect(budget.asked()).toEqual(['submit trading 1']);
  expect((await adapter.submit(order('kraken'), control)).kind).toBe('placed');
  expect(budget.asked()).toEqual(['submit trading 1']);
});

test('a question names place, key by its hash, and who asks', async () => {
  const { adapter, budget } = await adapterWith('kraken');
  budget.answers.push(full(1_234));
  const asked = { id: 'o/cancel', kind: 'cancel', symbol: 'BTC-USD', sentAt: target('kraken', 8_000).sentAt } as const;
  expect(await adapter.reserve(asked)).toEqual({ granted: false, waitMs: 1_234, reason: 'weight' });
  const [question] = budget.questions;
  const key = createHash('sha256').update('the-key').digest('hex').slice(0, 16);
  expect(question).toMatchObject({ place: 'kraken:PAPER', key, id: 'o/cancel', class: 'cancel', scale: 1 });
  expect(question?.charges).toMatchObject([{ points: 6, pair: 'BTC-USD', always: true }]);
});

test('a read waits for its turn as long as its call lasts', async () => {
  const { adapter, budget } = await adapterWith('binance');
  budget.answers.push(full(20), full(20));
  const listed = await adapter.openOrders(CONTROL);
  expect(listed.coverage).toMatchObject({ complete: true, error: null });
  // The same name each time, so that it keeps its place, and never more patience than the call has left.
  const { id = '' } = budget.questions[0] ?? {};
  expect(budget.questions.map((question) => question.id)).toEqual([id, id, id]);
  expect(id).not.toBe('');
  const patience = budget.questions.map(({ patienceMs }) => patienceMs);
  expect(patience).toEqual([...patience].sort((a, b) => b - a));
  expect(patience[0]).toBeLessThanOrEqual(CONTROL.timeoutMs - 750);
  budget.questions.length = 0;
  budget.answers.push(full(3_900));
  const late = await adapter.openOrders(CONTROL);
  // Who can't wait that long was given no place, and asks no further.
  expect([budget.questions.length, budget.left]).toEqual([1, []]);
  budget.answers.push(full(20), full(3_900));
  await adapter.openOrders(CONTROL);
  // One that had a place says that it leaves.
  expect(budget.left).toEqual([budget.questions.at(-1)?.id]);
  expect(late.coverage).toMatchObject({ complete: false, isRateLimited: true });
  const request: LookupRequest = {
    symbol: 'BTC-USDT',
    venueClientId: 'c',
    venueOrderId: null,
    since: order('binance').deadlineAt,
  };
  budget.answers.push(full(3_900));
  const looked = await adapter.lookup(request, CONTROL);
  expect(looked).toMatchObject({ order: null, provesAbsence: false, rateLimitedMs: 3_900 });
});

/** An exchange whose market list nobody has loaded yet. */
async function elsewhere(): Promise<StubVenue> {
  const fresh = await startStubVenue();
  serveMarkets(fresh);
  open.push(fresh);
  return fresh;
}

test('the market list waits too, under the name that all public data share', async () => {
  const { address } = await elsewhere();
  const budget = new ScriptedBudget();
  budget.answers.push(full(20));
  const data = createMarketData('binance', { ...options(budget), simulator: address });
  expect(await data.markets(CONTROL)).toHaveLength(1);
  await data.close();
  expect(budget.questions.map(({ key }) => key)).toEqual(['public', 'public']);
  expect(budget.asked()).toEqual(['read weight 20', 'read weight 20']);
});

const EVERYTHING = ['cancel', 'submit', 'read'];
test.each([
  [
    'binance',
    429,
    { code: -1003, msg: 'Too much request weight used' },
    { who: null, classes: EVERYTHING, forMs: 7_000 },
  ],
  ['binance', 418, { code: -1003, msg: 'IP banned' }, { who: null, classes: EVERYTHING, forMs: 7_000 }],
  ['binance', 429, { code: -1015, msg: 'Too many new orders' }, { who: 'key', classes: ['submit'], forMs: 7_000 }],
  ['binance', 400, { code: -1015, msg: 'Too many new orders' }, { who: 'key', classes: ['submit'], forMs: 7_000 }],
  ['kraken', 200, { error: ['EAPI:Rate limit exceeded'] }, { who: 'key', classes: ['submit', 'read'], forMs: 3_000 }],
  ['kraken', 200, { error: ['EOrder:Rate limit exceeded'] }, { who: 'key', classes: ['submit'], forMs: 3_000 }],
  ['kraken', 200, { error: ['EGeneral:Temporary lockout'] }, { who: 'key', classes: EVERYTHING, forMs: 60_000 }],
  ['kraken', 200, { error: ['EGeneral:Too many requests'] }, { who: null, classes: EVERYTHING, forMs: 5_000 }],
] as const)('%s %i %o stops whom it concerns', async (exchange, status, body, { who, classes, forMs }) => {
  const { adapter, budget } = await adapterWith(exchange);
  const refusal = json(body, status, { 'retry-after': '7' });
  stub.on(SUBMITS[exchange], refusal);
  stub.on(CANCELS[exchange], refusal);
  stub.on(ORDERS[exchange], refusal);
  expect(await adapter.submit(order(exchange), CONTROL)).toMatchObject({ kind: 'rateLimited', retryAfterMs: forMs });
  await adapter.cancel(target(exchange, 0), CONTROL);
  expect((await adapter.openOrders(CONTROL)).coverage.isRateLimited).toBe(true);
  expect(budget.pauses).toHaveLength(3);
  for (const pause of budget.pauses) {
    expect(pause).toMatchObject({ place: `${exchange}:PAPER`, classes, forMs });
    expect(pause.key === null).toBe(who === null);
  }
});

test('a nonce that was overtaken stops nobody', async () => {
  const { adapter, budget } = await adapterWith('kraken');
  stub.on(CANCELS.kraken, json({ error: ['EAPI:Invalid nonce'] }));
  await adapter.cancel(target('kraken', 0), CONTROL);
  expect(budget.pauses).toEqual([]);
});

test('a limit met by a request of no call is heeded', async () => {
  const busy = await elsewhere();
  busy.on('GET api.kraken.com/0/public/AssetPairs', json({ error: ['EGeneral:Too many requests'] }));
  const budget = new ScriptedBudget();
  const data = createMarketData('kraken', { ...options(budget), simulator: busy.address });
  await expect(data.markets(CONTROL)).rejects.toThrow('Too many requests');
  expect(budget.pauses).toMatchObject([{ place: 'kraken:PAPER', key: null, forMs: 5_000 }]);
  await data.close();
});

test('a simulated exchange says how much it grants', async () => {
  const { adapter, budget } = await adapterWith('binance');
  stub.on(ORDERS.binance, json([], 200, { 'x-orderplane-limit-scale': '20' }));
  await adapter.openOrders(CONTROL);
  await adapter.openOrders(CONTROL);
  expect(budget.questions.map(({ scale }) => scale)).toEqual([1, 20]);
});
