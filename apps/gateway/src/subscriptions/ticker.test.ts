import { EXCHANGE_IDS } from '@orderplane/domain';
import { tickerChannel, type TickerMessage } from '@orderplane/queues';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { World } from '../testing/world.ts';

let world: World;
beforeEach(async () => {
  world = await World.start();
  await world.store.observations.saveMarkets(
    'binance',
    [
      {
        exchange: 'binance',
        symbol: 'BTC-USDT',
        base: 'BTC',
        quote: 'USDT',
        nativeId: 'BTCUSDT',
        unifiedSymbol: 'BTC/USDT',
        priceStep: '0.01',
        sizeStep: '0.00001',
        minSize: '0.00001',
        maxSize: null,
        minNotional: '5',
        quoteStep: null,
        active: true,
      },
    ],
    world.clock.iso(),
  );
});
afterEach(() => world[Symbol.asyncDispose]());

const price = (last: string): TickerMessage => ({
  exchange: 'binance',
  symbol: 'BTC-USDT',
  last,
  bid: '99',
  ask: null,
  at: world.clock.iso(),
});
const watch = (exchange: string, symbol: string) =>
  world.client().iterate<{ ticker: TickerMessage }>({
    query:
      'subscription ($exchange: String!, $symbol: String!) { ticker(exchange: $exchange, symbol: $symbol) { exchange symbol last bid ask at } }',
    variables: { exchange, symbol },
  });

test('the last price, then every later one, over one stream for all who watch', async () => {
  world.prices.set('BTC-USDT', price('100'));
  const [one, two] = [watch('binance', 'BTC-USDT'), watch('binance', 'BTC-USDT')];
  for (const stream of [one, two]) expect((await stream.next()).value).toEqual({ data: { ticker: price('100') } });
  expect(world.streamJobs).toEqual([{ kind: 'ticker', exchange: 'binance', symbol: 'BTC-USDT' }]);
  const next = Promise.all([one.next(), two.next()]);
  await vi.waitFor(() => expect(world.listeners.size).toBe(1));
  world.publish(tickerChannel('binance', 'BTC-USDT'), 'not a price');
  world.publish(tickerChannel('binance', 'BTC-USDT'), JSON.stringify(price('101')));
  expect(await next).toMatchObject([1, 2].map(() => ({ value: { data: { ticker: price('101') } } })));
  await one.return?.();
  await two.return?.();
  await vi.waitFor(() => expect([...world.listeners.values()].every((set) => set.size === 0)).toBe(true));
});

test.each([
  ['nowhere', 'BTC-USDT'],
  ['binance', 'NO-SUCH'],
  ['binance', ''],
])('%s %s: there is no such market', async (exchange, symbol) => {
  const first = await watch(exchange, symbol).next();
  expect(first).toMatchObject({ value: { errors: [{ extensions: { code: 'INVALID_INPUT' } }] } });
});

test('markets with their last prices; exchanges with what they can; the reconciler with its counts', async () => {
  world.prices.set('BTC-USDT', price('100'));
  await world.orders.place('ada', 'acc-ada');
  world.clock.advance(1_500);
  const { data, errors } = await world.query(`{
    markets(exchange: "binance", symbols: ["BTC-USDT", "NO-SUCH"]) { exchange symbol base quote priceStep sizeStep minSize minNotional lastPrice }
    exchanges { id name modes orderTypes timesInForce capabilities { postOnly amend submissionDeadline marketByQuoteSize } health { reachable lastError } }
    reconciler { running reconciliationLagMs pendingReconciliations errorCount retryCount ambiguous needsAttention }
  }`);
  expect(errors).toBeUndefined();
  expect(data?.['markets']).toEqual([
    {
      exchange: 'binance',
      symbol: 'BTC-USDT',
      base: 'BTC',
      quote: 'USDT',
      priceStep: '0.01',
      sizeStep: '0.00001',
      minSize: '0.00001',
      minNotional: '5',
      lastPrice: '100',
    },
  ]);
  expect(data?.['exchanges']).toMatchObject([
    { id: 'binance', orderTypes: expect.arrayContaining(['MARKET', 'LIMIT']) as unknown, health: { reachable: false } },
    ...EXCHANGE_IDS.slice(1).map((id) => ({ id })),
  ]);
  expect(data?.['reconciler']).toMatchObject({
    running: true,
    reconciliationLagMs: 1_500,
    pendingReconciliations: 1,
    needsAttention: 0,
  });
});
