import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EXCHANGE_IDS, sum } from '@orderplane/domain';
import type { ExchangeId, OrderSpec } from '@orderplane/domain';
import type { CancelRequest, ExchangeAdapter, LookupRequest, SubmitRequest } from '@orderplane/exchange';
import { capabilitiesOf, unsupported } from '@orderplane/exchange/capabilities';
import { fitClientId } from '@orderplane/normalization';
import { adapterOf, marketDataOf, openAccount, startSimulator, SYMBOL, warmUp } from './simulator.ts';
import type { Account, Simulator } from './simulator.ts';
import { openTurns } from './turns.ts';

/** The adapters against the real simulator process, through the real ccxt classes: calls. */

const CONTROL = { timeoutMs: 3_000 };
/** For many calls at once: a busy machine is no fault. */
const PATIENT = { timeoutMs: 25_000 };
/** A client id that an order has already: most refuse it, some answer with that order. */
const REPLAYS: ReadonlySet<ExchangeId> = new Set(['coinbase']);
/** Exchanges that take the same client id again while an order with it is open. */
const REPEATS_IDS: ReadonlySet<ExchangeId> = new Set(['deribit', 'mexc']);
/** A post-only order that would take: most refuse it, some take it and cancel it at once. */
const CANCELS_CROSSING: ReadonlySet<ExchangeId> = new Set(['okx']);
const rejections: unknown[] = [];
const note = (reason: unknown): void => void rejections.push(reason);
let simulator: Simulator;

beforeAll(async () => {
  process.on('unhandledRejection', note);
  simulator = await startSimulator();
  await warmUp(simulator);
}, 60_000);
afterAll(async () => {
  await simulator.stop();
  process.off('unhandledRejection', note);
  expect(rejections).toEqual([]);
});

describe.each(EXCHANGE_IDS)('%s', (exchange) => {
  const capabilities = capabilitiesOf(exchange);
  let account: Account;
  let adapter: ExchangeAdapter;

  beforeEach(async () => {
    await simulator.admin('POST', '/reset', { exchange });
    await simulator.admin('POST', '/walk', { exchange, running: false });
    await simulator.admin('POST', '/price', { exchange, symbol: SYMBOL[exchange], price: '50000' });
    account = await openAccount(simulator, exchange);
    adapter = adapterOf(simulator, account);
  });
  afterEach(async () => {
    await simulator.admin('DELETE', '/faults');
    await adapter.close();
  });

  const soon = (): string => new Date(Date.now() + 5_000).toISOString();
  const later = (): string => new Date(Date.now() + PATIENT.timeoutMs).toISOString();
  const order = (terms: Partial<OrderSpec> = {}): SubmitRequest => ({
    venueClientId: fitClientId(exchange, randomUUID()),
    deadlineAt: soon(),
    spec: {
      symbol: SYMBOL[exchange],
      side: 'BUY',
      type: 'LIMIT',
      size: '0.01',
      quoteSize: null,
      price: '40000.1',
      stopPrice: null,
      timeInForce: 'GTC',
      expiresAt: null,
      postOnly: false,
      reduceOnly: false,
      ...terms,
    },
  });
  const question = (request: SubmitRequest, venueOrderId: string | null = null): LookupRequest => ({
    symbol: request.spec.symbol,
    venueClientId: request.venueClientId,
    venueOrderId,
    since: new Date(Date.now() - 10_000).toISOString(),
  });
  const cancelOf = (request: SubmitRequest, venueOrderId: string | null = null): CancelRequest => ({
    symbol: request.spec.symbol,
    venueClientId: request.venueClientId,
    venueOrderId,
    deadlineAt: soon(),
  });
  const market = { type: 'MARKET', price: null } as const;

  const kinds = [
    ['a limit order', {}, 'OPEN'],
    ['a post-only order', { postOnly: true }, 'OPEN'],
    ['a market order', market, 'FILLED'],
    ['a market order by quote size', { ...market, size: null, quoteSize: '200' }, 'FILLED'],
    ['an IOC order', { timeInForce: 'IOC', price: '60000' }, 'FILLED'],
    // Kraken's REST says "canceled" and no time in force: only who sent the order can tell that it expired.
    ['an IOC order that finds nothing', { timeInForce: 'IOC' }, exchange === 'kraken' ? 'CANCELLED' : 'EXPIRED'],
    ['a FOK order', { timeInForce: 'FOK', price: '60000' }, 'FILLED'],
    ['a stop-limit order', { type: 'STOP_LIMIT', stopPrice: '60000', price: '60010' }, 'OPEN'],
    ['a stop-market order', { type: 'STOP_MARKET', stopPrice: '60000', price: null }, 'OPEN'],
    ['a GTT order', { timeInForce: 'GTT', expiresAt: new Date(Date.now() + 60_000).toISOString() }, 'OPEN'],
  ] as const;
  const isPossible = (terms: Partial<OrderSpec>): boolean => unsupported(capabilities, order(terms).spec) === null;

  it.each(kinds.filter(([, terms]) => isPossible(terms)))(
    'places %s and finds it by both ids',
    async (_name, terms, status) => {
      const request = order(terms);
      const outcome = await adapter.submit(request, CONTROL);
      expect(outcome).toMatchObject({ kind: 'placed' });
      if (outcome.kind !== 'placed') return;
      const { orderId, clientOrderId } = outcome.report.order ?? {};
      expect(clientOrderId).toBe(request.venueClientId);
      const ledger = await simulator.ledger(exchange, account.apiKey);
      expect(ledger.orders).toHaveLength(1);
      expect(ledger.orders[0]).toMatchObject({ exchangeOrderId: orderId, clientId: request.venueClientId });
      for (const venueOrderId of [null, orderId ?? '']) {
        const found = await adapter.lookup(question(request, venueOrderId), CONTROL);
        expect(found).toMatchObject({ error: null, provesAbsence: false, fillsComplete: true });
        expect(found.order).toMatchObject({ orderId, clientOrderId, status, symbol: SYMBOL[exchange] });
        expect(found.order?.filledSize).toBe(ledger.orders[0]?.filledSize);
        const own = ledger.executions.map((one) => one.tradeId).sort();
        expect(found.fills.map((fill) => fill.tradeId).sort()).toEqual(own);
        expect(sum(found.fills.map((fill) => fill.size))).toBe(ledger.orders[0]?.filledSize);
      }
    },
  );

  it('lists open orders and fills completely', async () => {
    const from = new Date(Date.now() - 1_000).toISOString();
    const resting = [order(), order({ side: 'SELL', price: '60000' })];
    for (const request of [...resting, order(market), order(market)]) await adapter.submit(request, CONTROL);
    const open = await adapter.openOrders(CONTROL);
    expect(open.coverage).toMatchObject({ complete: true, error: null });
    expect(open.items.map((one) => one.clientOrderId).sort()).toEqual(resting.map((one) => one.venueClientId).sort());
    const fills = await adapter.fills(from, [SYMBOL[exchange]], CONTROL);
    expect(fills.coverage).toMatchObject({ complete: true, from });
    const { executions } = await simulator.ledger(exchange, account.apiKey);
    expect(fills.items.map((fill) => fill.tradeId).sort()).toEqual(executions.map((one) => one.tradeId).sort());
  });

  it('a listing that fails is not an empty one', async () => {
    await adapter.submit(order(), CONTROL);
    await simulator.admin('POST', '/faults', { exchange, fault: 'error5xxBefore', method: 'list', times: 2 });
    const open = await adapter.openOrders(CONTROL);
    expect(open).toMatchObject({ items: [], coverage: { complete: false } });
    const fills = await adapter.fills(new Date(0).toISOString(), [SYMBOL[exchange]], CONTROL);
    expect(fills.coverage.complete).toBe(false);
  });

  it.each(kinds.filter(([, terms]) => !isPossible(terms)))(
    'refuses %s before anything is sent',
    async (_name, terms) => {
      expect(await adapter.submit(order(terms), CONTROL)).toMatchObject({ kind: 'notPlaced', nativeCode: null });
      expect((await simulator.ledger(exchange, account.apiKey)).orders).toHaveLength(0);
    },
  );

  it.each(capabilities.cancelByClientId ? [false, true] : [true])(
    'cancels (by the exchange id: %s)',
    async (byVenueId) => {
      const request = order();
      const outcome = await adapter.submit(request, CONTROL);
      const orderId = outcome.kind === 'placed' && byVenueId ? (outcome.report.order?.orderId ?? null) : null;
      expect((await adapter.cancel(cancelOf(request, orderId), CONTROL)).kind).toBe('accepted');
      expect((await adapter.lookup(question(request), CONTROL)).order).toMatchObject({
        status: 'CANCELLED',
        clientOrderId: request.venueClientId,
      });
      expect((await adapter.cancel(cancelOf(request, orderId), CONTROL)).kind).toBe('unknownOrder');
    },
  );

  it('a cancel of what never was proves nothing, a look-up does', async () => {
    const request = order();
    await adapter.submit(order(market), CONTROL);
    const outcome = await adapter.cancel(cancelOf(request), CONTROL);
    expect(outcome.kind).toBe(capabilities.cancelByClientId ? 'unknownOrder' : 'refused');
    const looked = await adapter.lookup(question(request), CONTROL);
    expect(looked).toMatchObject({ order: null, provesAbsence: true, error: null });
    expect(looked.places.length).toBeGreaterThanOrEqual(3);
  });

  it('a look-up of which a part fails proves nothing', async () => {
    await adapter.openOrders(CONTROL);
    await simulator.admin('POST', '/faults', { exchange, fault: 'error5xxBefore', method: 'list', times: 1 });
    const looked = await adapter.lookup(question(order()), CONTROL);
    expect(looked).toMatchObject({ order: null, provesAbsence: false });
    expect(looked.error).not.toBeNull();
  });

  it.each(['ackLost', 'error5xxAfterAccept', 'bodyStall', 'bodyCut'])('%s: unknown, and found', async (fault) => {
    const request = order();
    await adapter.openOrders(CONTROL);
    await simulator.admin('POST', '/faults', { exchange, fault, method: 'submit' });
    expect((await adapter.submit(request, { timeoutMs: 400 })).kind).toBe('unknown');
    expect((await adapter.lookup(question(request), CONTROL)).order?.status).toBe('OPEN');
    expect((await simulator.ledger(exchange, account.apiKey)).orders).toHaveLength(1);
  });

  it.each(['dropBeforeAccept', 'error5xxBefore'])('%s: unknown, and absent', async (fault) => {
    const request = order();
    await adapter.openOrders(CONTROL);
    await simulator.admin('POST', '/faults', { exchange, fault, method: 'submit' });
    expect((await adapter.submit(request, { timeoutMs: 400 })).kind).toBe('unknown');
    expect(await adapter.lookup(question(request), CONTROL)).toMatchObject({ order: null, provesAbsence: true });
  });

  it.each([
    ['rateLimit', 'rateLimited'],
    ['authFail', 'auth'],
  ])('%s', async (fault, kind) => {
    await adapter.openOrders(CONTROL);
    await simulator.admin('POST', '/faults', { exchange, fault, times: 2 });
    expect((await adapter.submit(order(), CONTROL)).kind).toBe(kind);
    expect((await adapter.cancel(cancelOf(order(), randomUUID()), CONTROL)).kind).toBe(kind);
  });

  it('an id that an open order has is a duplicate, or names that order, where ids are unique', async () => {
    const request = order();
    const first = await adapter.submit(request, CONTROL);
    const again = await adapter.submit(request, CONTROL);
    const isUnique = !REPEATS_IDS.has(exchange);
    expect(again.kind).toBe(REPLAYS.has(exchange) || !isUnique ? 'placed' : 'duplicate');
    if (again.kind === 'placed' && isUnique) expect(first).toMatchObject({ report: { order: again.report.order } });
    expect((await simulator.ledger(exchange, account.apiKey)).orders).toHaveLength(isUnique ? 1 : 2);
  });

  it.each([
    ['no money', { size: '500' }, { insufficientFunds: true }],
    ['too little', { size: '0.000001' }, { rulesChanged: true }],
  ])('%s is refused', async (_name, terms, flags) => {
    expect(await adapter.submit(order(terms), CONTROL)).toMatchObject({ kind: 'notPlaced', ...flags });
    expect((await simulator.ledger(exchange, account.apiKey)).orders).toHaveLength(0);
  });

  it('a crossing post-only order takes nothing', async () => {
    const request = order({ postOnly: true, price: '60000' });
    const isTaken = CANCELS_CROSSING.has(exchange);
    expect((await adapter.submit(request, CONTROL)).kind).toBe(isTaken ? 'placed' : 'notPlaced');
    const { orders, executions } = await simulator.ledger(exchange, account.apiKey);
    expect([orders.map((one) => one.status), executions]).toEqual([isTaken ? ['CANCELLED'] : [], []]);
    if (isTaken) {
      expect((await adapter.lookup(question(request), CONTROL)).order).toMatchObject({ status: 'CANCELLED' });
    }
  });

  it('a clock that is 20 s off is put right', async () => {
    const behind = adapterOf(simulator, account, { offsetMs: -20_000 });
    const request = { ...order(), deadlineAt: new Date(Date.now() - 20_000 + 5_000).toISOString() };
    const first = await behind.submit(request, CONTROL);
    // Where the deadline is an instant of the wall clock, the first refusal stays in doubt and teaches the offset.
    const outcome = first.kind === 'placed' ? first : await behind.submit(request, CONTROL);
    expect(outcome.kind).toBe('placed');
    await behind.close();
  });

  it('20 orders and cancels at once, from two processes of one key', async () => {
    // Two processes share Redis beside the key, each by a connection of its own.
    const shared = await Promise.all([openTurns(), openTurns()]);
    const [one, other] = [
      adapterOf(simulator, account, { turns: shared[0]?.turns ?? null }),
      adapterOf(simulator, account, { turns: shared[1]?.turns ?? null }),
    ];
    const requests = Array.from({ length: 20 }, () => ({ ...order(), deadlineAt: later() }));
    const outcomes = await Promise.all(
      requests.map((request, at) => (at % 2 === 0 ? one : other).submit(request, PATIENT)),
    );
    expect(outcomes.map(({ kind }) => kind)).toEqual(requests.map(() => 'placed'));
    const idAt = (at: number): string | null => {
      const outcome = outcomes[at];
      if (capabilities.cancelByClientId || outcome?.kind !== 'placed') return null;
      return outcome.report.order?.orderId ?? null;
    };
    const ends = await Promise.all(
      requests.map((request, at) =>
        (at % 2 === 0 ? other : one).cancel({ ...cancelOf(request, idAt(at)), deadlineAt: later() }, PATIENT),
      ),
    );
    expect(ends.map(({ kind }) => kind)).toEqual(requests.map(() => 'accepted'));
    await Promise.all([one.close(), other.close()]);
    for (const connection of shared) connection?.close();
  });

  it('amends in place, or says that it can not', async () => {
    const request = order();
    const placed = await adapter.submit(request, CONTROL);
    const venueOrderId = placed.kind === 'placed' ? (placed.report.order?.orderId ?? null) : null;
    for (const id of capabilities.cancelByClientId ? [null, venueOrderId] : [venueOrderId]) {
      const outcome = await adapter.amend(
        {
          ...cancelOf(request, id),
          side: 'BUY',
          type: 'LIMIT',
          size: '0.02',
          price: id === null ? '41000' : '42000',
          stopPrice: null,
        },
        CONTROL,
      );
      expect(outcome.kind).toBe(adapter.capabilities.amend === 'none' ? 'refused' : 'accepted');
    }
    if (adapter.capabilities.amend === 'none') return;
    expect((await adapter.lookup(question(request), CONTROL)).order).toMatchObject({
      orderId: venueOrderId,
      clientOrderId: request.venueClientId,
      size: '0.02',
      price: '42000',
    });
  });

  it('reads markets and tickers', async () => {
    const data = marketDataOf(simulator, exchange);
    const markets = await data.markets(CONTROL);
    const found = markets.find((one) => one.symbol === SYMBOL[exchange]);
    expect(found).toMatchObject({ active: true, base: 'BTC', exchange });
    expect(markets.length).toBeGreaterThan(5);
    const ticker = await data.ticker(SYMBOL[exchange], CONTROL);
    expect(Number(ticker.bid)).toBeLessThanOrEqual(Number(ticker.ask));
    await expect(data.ticker('NOPE-USD', CONTROL)).rejects.toThrow('no market');
    const watched = new Promise((resolve) => data.watchTicker(SYMBOL[exchange], resolve));
    await simulator.admin('POST', '/price', { exchange, symbol: SYMBOL[exchange], price: '51000' });
    expect(await watched).toMatchObject({ exchange, symbol: SYMBOL[exchange], bid: expect.any(String) as string });
    await data.close();
  });
});
