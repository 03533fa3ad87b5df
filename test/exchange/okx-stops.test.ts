import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { OrderSpec } from '@orderplane/domain';
import type { ExchangeAdapter, StreamEvent, SubmitRequest } from '@orderplane/exchange';
import { fitClientId } from '@orderplane/normalization';
import type { NormalizedOrder } from '@orderplane/normalization';
import { adapterOf, openAccount, startSimulator } from './simulator.ts';
import type { Account, Simulator } from './simulator.ts';

/** OKX holds a stop under an id of its own, and its trigger places another order: the same order to us, throughout. */

const CONTROL = { timeoutMs: 10_000 };
const SYMBOL = 'BTC-USDT';
const PATIENCE = { timeout: 10_000 };
let simulator: Simulator;
let account: Account;
let adapter: ExchangeAdapter;
let events: StreamEvent[];

beforeAll(async () => {
  simulator = await startSimulator();
}, 30_000);
afterAll(() => simulator.stop());
beforeEach(async () => {
  const exchange = 'okx';
  await simulator.admin('POST', '/reset', { exchange });
  await simulator.admin('POST', '/walk', { exchange, running: false });
  await price('50000');
  account = await openAccount(simulator, exchange);
  adapter = adapterOf(simulator, account);
  events = [];
  adapter.watchOrders((event) => events.push(event));
  await expect.poll(() => events.some((event) => event.type === 'connected'), PATIENCE).toBe(true);
}, 30_000);
afterEach(() => adapter.close());

const price = (value: string, size?: string) =>
  simulator.admin('POST', '/price', {
    exchange: 'okx',
    symbol: SYMBOL,
    price: value,
    ...(size === undefined ? {} : { size }),
  });
const stop = (terms: Partial<OrderSpec> = {}): SubmitRequest => ({
  venueClientId: fitClientId('okx', randomUUID()),
  deadlineAt: new Date(Date.now() + 5_000).toISOString(),
  spec: {
    ...{ symbol: SYMBOL, side: 'SELL', type: 'STOP_LIMIT', size: '0.02', quoteSize: null, price: '45000' },
    ...{ stopPrice: '40000', timeInForce: 'GTC', expiresAt: null, postOnly: false, reduceOnly: false },
    ...terms,
  },
});
const place = async (request: SubmitRequest): Promise<string> => {
  const outcome = await adapter.submit(request, CONTROL);
  if (outcome.kind !== 'placed') throw new Error(JSON.stringify(outcome));
  return outcome.report.order?.orderId ?? '';
};
const lookup = (request: SubmitRequest, venueOrderId: string | null) =>
  adapter.lookup(
    {
      symbol: SYMBOL,
      venueClientId: request.venueClientId,
      venueOrderId,
      since: new Date(Date.now() - 10_000).toISOString(),
    },
    CONTROL,
  );
const cancel = (request: SubmitRequest, venueOrderId: string | null) =>
  adapter.cancel({ ...request, symbol: SYMBOL, venueOrderId }, CONTROL);
const told = (request: SubmitRequest): readonly NormalizedOrder[] =>
  events.flatMap((event) =>
    event.type === 'reports'
      ? event.reports.flatMap((one) => (one.order?.clientOrderId === request.venueClientId ? [one.order] : []))
      : [],
  );

it('waits, triggers, and is found by every id that it has had', async () => {
  const request = stop();
  const stopId = await place(request);
  await expect.poll(() => told(request).at(-1), PATIENCE).toMatchObject({ orderId: stopId, working: false });
  const open = await adapter.openOrders(CONTROL);
  expect(open).toMatchObject({ coverage: { complete: true }, items: [{ orderId: stopId, stopPrice: '40000' }] });

  await price('39999');
  await price('45000', '0.005');
  await expect.poll(() => told(request).at(-1), PATIENCE).toMatchObject({ working: true, filledSize: '0.005' });
  const { orders, executions } = await simulator.ledger('okx', account.apiKey);
  const placedId = orders[0]?.exchangeOrderId ?? '';
  expect(placedId).not.toBe(stopId);
  for (const id of [null, stopId, placedId]) {
    const found = await lookup(request, id);
    expect(found).toMatchObject({ error: null, fillsComplete: true });
    expect(found.order).toMatchObject({ orderId: placedId, clientOrderId: request.venueClientId, status: 'OPEN' });
    expect(found.fills).toMatchObject(
      executions.map(({ tradeId }) => ({ tradeId, clientOrderId: request.venueClientId })),
    );
  }
  expect((await adapter.openOrders(CONTROL)).items.map((one) => one.orderId)).toEqual([placedId]);
});

it.each(['nothing', 'the stop', 'the order'])(
  'is cancelled after its trigger by whoever knows the id of %s',
  async (known) => {
    const request = stop();
    const stopId = await place(request);
    await price('39999');
    const placedId = (await simulator.ledger('okx', account.apiKey)).orders[0]?.exchangeOrderId ?? '';
    const id = known === 'nothing' ? null : known === 'the stop' ? stopId : placedId;
    expect((await cancel(request, id)).kind).toBe('accepted');
    expect((await lookup(request, id)).order).toMatchObject({ orderId: placedId, status: 'CANCELLED' });
    expect((await cancel(request, id)).kind).toBe('unknownOrder');
  },
);

it.each([false, true])('is cancelled while it waits (by the exchange id: %s)', async (byVenueId) => {
  const request = stop({ type: 'STOP_MARKET', price: null });
  const stopId = await place(request);
  const id = byVenueId ? stopId : null;
  expect((await cancel(request, id)).kind).toBe('accepted');
  await expect.poll(() => told(request).at(-1)?.status, PATIENCE).toBe('CANCELLED');
  expect((await lookup(request, id)).order).toMatchObject({ orderId: stopId, status: 'CANCELLED' });
  expect((await cancel(request, id)).kind).toBe('unknownOrder');
});

it('that is beyond the market is refused, and its id is its own', async () => {
  expect(await adapter.submit(stop({ stopPrice: '55000' }), CONTROL)).toMatchObject({
    kind: 'notPlaced',
    nativeCode: '51280',
  });
  const request = stop();
  await place(request);
  expect((await adapter.submit(request, CONTROL)).kind).toBe('duplicate');
});

it('that was never placed is proved absent', async () => {
  await simulator.admin('POST', '/faults', { exchange: 'okx', fault: 'dropBeforeAccept', method: 'submit' });
  const request = stop();
  expect((await adapter.submit(request, CONTROL)).kind).toBe('unknown');
  expect(await lookup(request, null)).toMatchObject({ order: null, provesAbsence: true });
});
