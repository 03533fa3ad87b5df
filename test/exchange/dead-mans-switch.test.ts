import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomUUID } from 'node:crypto';
import { EXCHANGE_IDS } from '@orderplane/domain';
import type { ExchangeId } from '@orderplane/domain';
import type { ExchangeAdapter, SubmitRequest } from '@orderplane/exchange';
import { capabilitiesOf } from '@orderplane/exchange/capabilities';
import { adapterOf, openAccount, startSimulator } from './simulator.ts';
import type { Account, Simulator } from './simulator.ts';

/** What is said to each exchange, signed by the real ccxt classes, to the real simulator process. */

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
});
afterAll(() => simulator.stop());
const CONTROL = { timeoutMs: 10_000 };

async function usingAccount<Result>(
  exchange: ExchangeId,
  run: (adapter: ExchangeAdapter, account: Account) => Promise<Result>,
): Promise<Result> {
  const account = await openAccount(simulator, exchange);
  const adapter = adapterOf(simulator, account);
  try {
    return await run(adapter, account);
  } finally {
    await adapter.close();
    await simulator.admin('DELETE', '/faults');
  }
}

const WITH = EXCHANGE_IDS.filter((exchange) => capabilitiesOf(exchange).deadMansSwitch !== null);
const isTimer = (exchange: ExchangeId): boolean => capabilitiesOf(exchange).deadMansSwitch?.bound === undefined;

describe.each(WITH)('%s', (exchange) => {
  const { minimumSeconds = 0, maximumSeconds = 0 } = capabilitiesOf(exchange).deadMansSwitch ?? {};

  it('takes its bounds, and off, which may be said twice', async () => {
    await usingAccount(exchange, async (adapter) => {
      for (const seconds of [minimumSeconds, maximumSeconds, null, null])
        expect(await adapter.setDeadMansSwitch(seconds, CONTROL), String(seconds)).toEqual({ kind: 'set' });
    });
  });

  it.runIf(isTimer(exchange))('what it refuses, and what has no whole answer, is not confirmed', async () => {
    await usingAccount(exchange, async (adapter, account) => {
      expect((await adapter.setDeadMansSwitch(maximumSeconds + 1, CONTROL)).kind).toBe('unset');
      for (const fault of ['authFail', 'ackLost', 'error5xxAfterAccept', 'bodyCut', 'rateLimit']) {
        await simulator.admin('POST', '/faults', {
          exchange,
          fault,
          method: 'cancel',
          times: 1,
          account: account.apiKey,
        });
        const outcome = await adapter.setDeadMansSwitch(60, CONTROL);
        expect(outcome.kind, fault).toBe('unset');
        if (fault === 'rateLimit') expect(outcome).toMatchObject({ retryAfterMs: expect.any(Number) as number });
        await simulator.admin('DELETE', '/faults');
      }
      expect(await adapter.setDeadMansSwitch(60, CONTROL)).toEqual({ kind: 'set' });
    });
  });
});

it.each(EXCHANGE_IDS.filter((exchange) => !WITH.includes(exchange)))('%s has none', async (exchange) => {
  await usingAccount(exchange, async (adapter) => {
    const outcome = await adapter.setDeadMansSwitch(60, CONTROL);
    expect(outcome).toMatchObject({
      kind: 'unset',
      message: expect.stringContaining("no dead man's switch") as string,
    });
  });
});

describe('deribit', () => {
  const order = (price: string): SubmitRequest => ({
    venueClientId: randomUUID(),
    deadlineAt: new Date(Date.now() + 5_000).toISOString(),
    spec: {
      symbol: 'BTC-USDT',
      side: 'BUY',
      type: 'LIMIT',
      size: '0.001',
      quoteSize: null,
      price,
      stopPrice: null,
      timeInForce: 'GTC',
      expiresAt: null,
      postOnly: true,
      reduceOnly: false,
    },
  });

  it('places over the guarded connection, and leaves it without a cancel', async () => {
    const account = await openAccount(simulator, 'deribit');
    const adapter = adapterOf(simulator, account);
    expect(await adapter.setDeadMansSwitch(60, CONTROL)).toEqual({ kind: 'set' });
    const placed = await adapter.submit(order('40000.5'), CONTROL);
    expect(placed).toMatchObject({
      kind: 'placed',
      report: { order: { status: 'OPEN', price: '40000.5', size: '0.001' } },
    });
    // The exchange's own refusal, read as over HTTP.
    const poor = { ...order('40000'), spec: { ...order('40000').spec, size: '90000' } };
    expect(await adapter.submit(poor, CONTROL)).toMatchObject({ kind: 'notPlaced', nativeCode: '10009' });
    // Off: what comes now goes over HTTP, and belongs to no connection.
    expect(await adapter.setDeadMansSwitch(null, CONTROL)).toEqual({ kind: 'set' });
    expect((await adapter.submit(order('40001'), CONTROL)).kind).toBe('placed');
    expect(await adapter.setDeadMansSwitch(60, CONTROL)).toEqual({ kind: 'set' });
    expect((await adapter.submit(order('40002'), CONTROL)).kind).toBe('placed');
    await adapter.close();
    const { orders } = await simulator.ledger('deribit', account.apiKey);
    expect(orders.map(({ status }) => status)).toEqual(['OPEN', 'OPEN', 'OPEN']);
  });

  it('cancels what was placed over a connection that breaks, and nothing else', async () => {
    const account = await openAccount(simulator, 'deribit');
    const adapter = adapterOf(simulator, account);
    expect((await adapter.submit(order('40001'), CONTROL)).kind).toBe('placed');
    expect(await adapter.setDeadMansSwitch(60, CONTROL)).toEqual({ kind: 'set' });
    expect((await adapter.submit(order('40002'), CONTROL)).kind).toBe('placed');
    await simulator.admin('POST', '/faults', {
      exchange: 'deribit',
      fault: 'streamDrop',
      account: account.apiKey,
      times: 1,
    });
    await expect
      .poll(async () => (await simulator.ledger('deribit', account.apiKey)).orders.map(({ status }) => status))
      .toEqual(['OPEN', 'CANCELLED']);
    // The next one dials anew.
    await expect.poll(async () => (await adapter.submit(order('40003'), CONTROL)).kind).toBe('placed');
    await adapter.close();
  });
});
