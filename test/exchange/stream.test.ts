import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { compare, EXCHANGE_IDS, maximum, sum } from '@orderplane/domain';
import type { ExchangeId, OrderSpec } from '@orderplane/domain';
import type { ExchangeAdapter, StreamEvent, SubmitRequest } from '@orderplane/exchange';
import { fitClientId } from '@orderplane/normalization';
import type { NormalizedFill, OrderReport } from '@orderplane/normalization';
import { adapterOf, openAccount, startSimulator, SYMBOL, warmUp } from './simulator.ts';
import type { Account, Simulator } from './simulator.ts';

/** The order streams against the real simulator process, through the real ccxt classes. */

const CONTROL = { timeoutMs: 3_000 };
/** Streams that tell cumulative quantities and no single execution: those are read over REST. */
const TELLS_TOTALS: ReadonlySet<ExchangeId> = new Set(['coinbase']);
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

const reportsOf = (events: readonly StreamEvent[]): readonly OrderReport[] =>
  events.flatMap((event) => (event.type === 'reports' ? event.reports : []));
const fillsOf = (events: readonly StreamEvent[]): readonly NormalizedFill[] => [
  ...new Map(reportsOf(events).flatMap((one) => one.fills.map((fill) => [fill.tradeId, fill] as const))).values(),
];
/** The largest filled size that was told of each order that has any. */
const totalsOf = (events: readonly StreamEvent[]): Readonly<Record<string, string>> => {
  const totals: Record<string, string> = {};
  for (const { order } of reportsOf(events)) {
    if (order === null || compare(order.filledSize ?? '0', '0') === 0) continue;
    totals[order.orderId] = maximum(totals[order.orderId] ?? '0', order.filledSize ?? '0');
  }
  return totals;
};
const count = (events: readonly StreamEvent[], type: StreamEvent['type']): number =>
  events.filter((event) => event.type === type).length;

describe.each(EXCHANGE_IDS)('%s', (exchange) => {
  let account: Account;
  let adapter: ExchangeAdapter;
  let events: StreamEvent[];

  beforeEach(async () => {
    await simulator.admin('POST', '/reset', { exchange });
    await simulator.admin('POST', '/walk', { exchange, running: false });
    await simulator.admin('POST', '/price', { exchange, symbol: SYMBOL[exchange], price: '50000' });
    account = await openAccount(simulator, exchange);
    adapter = adapterOf(simulator, account);
    events = [];
    adapter.watchOrders((event) => events.push(event));
    await expect.poll(() => count(events, 'connected')).toBe(1);
  });
  afterEach(async () => {
    await simulator.admin('DELETE', '/faults');
    await adapter.close();
  });

  const order = (terms: Partial<OrderSpec> = {}): SubmitRequest => ({
    venueClientId: fitClientId(exchange, randomUUID()),
    deadlineAt: new Date(Date.now() + 5_000).toISOString(),
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
  const cancel = (request: SubmitRequest, venueOrderId: string | null) =>
    adapter.cancel({ ...request, symbol: request.spec.symbol, venueOrderId }, CONTROL);
  const statuses = (request: SubmitRequest): readonly (string | undefined)[] =>
    reportsOf(events)
      .filter((one) => one.order?.clientOrderId === request.venueClientId)
      .map((one) => one.order?.status);
  /** Waits until the stream has told every execution of the exchange, each by its id or in the total of its order. */
  const tellsAll = async () => {
    const { executions } = await simulator.ledger(exchange, account.apiKey);
    if (TELLS_TOTALS.has(exchange)) {
      const filled = new Map<string, string>();
      for (const { exchangeOrderId, size } of executions) {
        filled.set(exchangeOrderId, sum([filled.get(exchangeOrderId) ?? '0', size]));
      }
      await expect.poll(() => totalsOf(events)).toEqual(Object.fromEntries(filled));
    } else {
      const ids = () => fillsOf(events).map((fill) => fill.tradeId);
      const expected = executions.map((one) => one.tradeId).sort();
      await expect.poll(() => ids().sort()).toEqual(expected);
      expect(sum(fillsOf(events).map((fill) => fill.size))).toBe(sum(executions.map((one) => one.size)));
    }
    return executions;
  };

  it('tells an order from its acknowledgement to its end, by id', async () => {
    const request = order();
    const placed = await adapter.submit(request, CONTROL);
    await expect.poll(() => statuses(request)).toContain('OPEN');
    const orderId = placed.kind === 'placed' ? (placed.report.order?.orderId ?? null) : null;
    await cancel(request, orderId);
    const words = () =>
      reportsOf(events)
        .filter((one) => one.order?.orderId === orderId)
        .map((one) => one.order?.status);
    await expect.poll(() => words().at(-1)).toBe('CANCELLED');
    expect(count(events, 'unreadable')).toBe(0);
  });

  it('tells every execution of a burst', async () => {
    const requests = Array.from({ length: 10 }, () => order({ type: 'MARKET', price: null }));
    await Promise.all(requests.map((request) => adapter.submit(request, CONTROL)));
    const executions = await tellsAll();
    expect(executions.length).toBeGreaterThanOrEqual(10);
    expect(sum(executions.map((one) => one.size))).toBe('0.1');
    for (const request of requests) expect(statuses(request)).toContain('FILLED');
  });

  it.each(['streamDuplicate', 'streamReorder'])('%s: the same executions', async (fault) => {
    await simulator.admin('POST', '/faults', { exchange, fault, durationMs: 5_000 });
    for (let nth = 0; nth < 5; nth++) await adapter.submit(order({ type: 'MARKET', price: null }), CONTROL);
    await simulator.admin('DELETE', '/faults');
    await adapter.submit(order({ type: 'MARKET', price: null }), CONTROL);
    await tellsAll();
  });

  it('streamDrop: told, connected again, and what follows is heard', async () => {
    await simulator.admin('POST', '/faults', { exchange, fault: 'streamDrop' });
    await expect.poll(() => count(events, 'disconnected')).toBe(1);
    await expect.poll(() => count(events, 'connected')).toBe(2);
    const request = order();
    await adapter.submit(request, CONTROL);
    await expect.poll(() => statuses(request)).toContain('OPEN');
  });

  it('a key that is refused keeps the stream down, quietly', async () => {
    const stranger = adapterOf(simulator, { ...account, apiKey: randomUUID() });
    const told: StreamEvent[] = [];
    stranger.watchOrders((event) => told.push(event));
    await expect.poll(() => count(told, 'disconnected')).toBeGreaterThan(1);
    expect(count(told, 'connected')).toBe(0);
    await stranger.close();
  });
});
