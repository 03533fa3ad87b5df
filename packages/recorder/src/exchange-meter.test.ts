import type { ExchangeAdapter, MarketDataAdapter, StreamEvent } from '@orderplane/exchange';
import { createMetrics } from '@orderplane/service-kit';
import { expect, test } from 'vitest';
import { meterExchanges } from './exchange-meter.ts';

/** With private state, as the real adapters have. */
class Played {
  readonly capabilities = { exchange: 'kraken' };
  #sink: ((event: StreamEvent) => void) | null = null;
  readonly #answers: Readonly<Record<string, unknown>>;
  constructor(answers: Readonly<Record<string, unknown>>) {
    this.#answers = answers;
  }
  submit = (): Promise<unknown> => this.#answer('submit');
  lookup(): Promise<unknown> {
    return this.#answer('lookup');
  }
  openOrders(): Promise<unknown> {
    return this.#answer('openOrders');
  }
  reserve(): Promise<unknown> {
    return this.#answer('reserve');
  }
  somethingNew(): Promise<unknown> {
    return Promise.reject(new Error('not so'));
  }
  watchOrders(sink: (event: StreamEvent) => void) {
    this.#sink = sink;
    return { close: () => Promise.resolve() };
  }
  tell(event: StreamEvent): void {
    this.#sink?.(event);
  }
  #answer(name: string): Promise<unknown> {
    return Promise.resolve(this.#answers[name]);
  }
}

const meter = () => {
  const metrics = createMetrics('probe', { processMetrics: false });
  return { metrics, exchanges: meterExchanges(metrics) };
};
const account = { accountId: 'a', exchange: 'kraken' as const };
const asAdapter = (played: Played) => played as unknown as ExchangeAdapter & Played;

test.each([
  ['submit', { kind: 'placed' }, 'placed'],
  ['openOrders', { items: [], coverage: { complete: true } }, 'complete'],
  ['openOrders', { items: [], coverage: { complete: false, isRateLimited: true } }, 'rateLimited'],
  ['openOrders', { items: [], coverage: { complete: false, keyRefused: true } }, 'auth'],
  ['openOrders', { items: [], coverage: { complete: false } }, 'incomplete'],
  ['lookup', { order: {}, provesAbsence: false }, 'found'],
  ['lookup', { order: null, provesAbsence: true, rateLimitedMs: null }, 'absent'],
  ['lookup', { order: null, provesAbsence: false, rateLimitedMs: 5 }, 'rateLimited'],
  ['lookup', { order: null, provesAbsence: false, rateLimitedMs: null }, 'unclear'],
])('%s giving %j is counted as %s', async (call, answer, outcome) => {
  const { metrics, exchanges } = meter();
  const adapter = exchanges.account(asAdapter(new Played({ [call]: answer })), account);
  expect(await Reflect.apply(Reflect.get(adapter, call) as () => Promise<unknown>, undefined, [])).toBe(answer);
  expect(await metrics.text()).toContain(
    `orderplane_exchange_calls_total{exchange="kraken",call="${call}",outcome="${outcome}",service="probe"} 1`,
  );
});

test('what an adapter learns later is counted too, and what it throws is thrown', async () => {
  const { metrics, exchanges } = meter();
  const adapter = exchanges.account(asAdapter(new Played({})), account) as ExchangeAdapter & Played;
  await expect(adapter.somethingNew()).rejects.toThrow('not so');
  expect(await metrics.text()).toMatch(/call="somethingNew",outcome="thrown",.* 1/);
  expect(adapter.capabilities.exchange).toBe('kraken');
});

test('a request without room is a wait, and no call', async () => {
  const { metrics, exchanges } = meter();
  const played = new Played({ reserve: { granted: false, waitMs: 5 } });
  const adapter = exchanges.account(asAdapter(played), account);
  await adapter.reserve({ id: 'x', kind: 'submit', symbol: 'BTC-USD', sentAt: null });
  const text = await metrics.text();
  expect(text).toMatch(/rate_limit_waits_total\{exchange="kraken",call="submit",.*\} 1/);
  expect(text).not.toMatch(/calls_total\{/);
});

test('streams are up, down, or gone', async () => {
  const { metrics, exchanges } = meter();
  const adapter = exchanges.account(asAdapter(new Played({})), account) as ExchangeAdapter & Played;
  const states = async () =>
    [...(await metrics.text()).matchAll(/order_streams\{.*state="(\w+)".*\} (\d)/g)].map(([, s, n]) => `${s} ${n}`);
  const heard: string[] = [];
  const subscription = adapter.watchOrders(({ type }) => heard.push(type));
  expect(await states()).toEqual(['down 1']);
  adapter.tell({ type: 'connected' });
  expect(await states()).toEqual(['down 0', 'up 1']);
  adapter.tell({ type: 'disconnected', error: 'x' });
  expect(await states()).toEqual(['down 1', 'up 0']);
  await subscription.close();
  await subscription.close();
  expect(await states()).toEqual(['down 0', 'up 0']);
  expect(heard).toEqual(['connected', 'disconnected']);
});

test('public data is counted without an account; its streams and its end are left alone', async () => {
  const { metrics, exchanges } = meter();
  const data = { exchange: 'okx', ticker: () => Promise.resolve({}), close: () => Promise.resolve() };
  const adapter = exchanges.marketData(data as unknown as MarketDataAdapter);
  await adapter.ticker('BTC-USDT', { timeoutMs: 1 });
  await adapter.close();
  const text = await metrics.text();
  expect(text).toMatch(/calls_total\{exchange="okx",call="ticker",outcome="ok",.*\} 1/);
  expect(text).not.toMatch(/call="close"/);
});

test('a pause is counted for its exchange', async () => {
  const { metrics, exchanges } = meter();
  exchanges.paused({ place: 'mexc:LIVE', key: null, classes: ['submit'], forMs: 1, reason: 'x' });
  expect(await metrics.text()).toMatch(/exchange_pauses_total\{exchange="mexc",.*\} 1/);
});
