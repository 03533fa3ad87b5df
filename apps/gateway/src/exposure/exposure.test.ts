import type { ExposureSum } from '@orderplane/store';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { World } from '../testing/world.ts';
import { exposureRows, symbolsToPrice } from './rows.ts';

let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world[Symbol.asyncDispose]());

const sum = (over: Partial<ExposureSum>): ExposureSum => ({
  ...{ symbol: 'BTC-USD', side: 'BUY', orders: 1, size: '0', notional: '0', unpricedSize: '0', quoteSize: '0' },
  ...over,
});
const SUMS = [
  sum({ orders: 2, size: '3', notional: '300', quoteSize: '50' }),
  sum({ side: 'SELL', size: '2', notional: '100', unpricedSize: '1' }),
  sum({ symbol: 'ETH-USD', size: '5', notional: '50' }),
];

test('what names no price is valued at the last one', () => {
  expect(symbolsToPrice(SUMS)).toEqual(['BTC-USD']);
  const [btc, eth] = exposureRows(SUMS, (symbol) => (symbol === 'BTC-USD' ? '100' : null));
  expect(btc).toEqual({
    ...{ symbol: 'BTC-USD', buySize: '3.5', buyNotional: '350', sellSize: '2', sellNotional: '200' },
    ...{ openOrders: 3, complete: true },
  });
  expect(eth).toMatchObject({ buySize: '5', buyNotional: '50', sellSize: '0', openOrders: 1, complete: true });
});

test('without a last price the row says that a part is missing', () => {
  const [btc, eth] = exposureRows(SUMS, () => null);
  expect(btc).toMatchObject({ buySize: '3', buyNotional: '350', sellSize: '2', sellNotional: '100', complete: false });
  expect(eth).toMatchObject({ complete: true });
});

test('the exposure of an account is that of its open orders; of somebody else’s account there is none', async () => {
  const orderId = await world.orders.place('ada', 'acc-ada');
  await world.orders.acknowledge(orderId);
  const QUERY = `query ($id: ID!) { exposure(accountId: $id) { account { id } rows { symbol buySize buyNotional sellSize openOrders complete } syncedAt } }`;
  const { data } = await world.query(QUERY, { id: 'acc-ada' });
  const { exposure } = data as { exposure: { rows: readonly { openOrders: number; complete: boolean }[] } };
  expect(exposure).toMatchObject({ account: { id: 'acc-ada' }, rows: [{ openOrders: 1, complete: true }] });
  const { errors } = await world.query(QUERY, { id: 'acc-bob' });
  expect(errors?.[0]?.extensions).toMatchObject({ code: 'NOT_FOUND', field: ['accountId'] });
});
