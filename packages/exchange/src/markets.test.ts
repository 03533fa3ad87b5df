import { expect, test } from 'vitest';
import { loadCcxtClass } from './ccxt.ts';
import { loadSharedMarkets } from './markets.ts';
import { binance } from './venues/binance/index.ts';

test('an exchange that was away when it was first asked is reached when it is back', async () => {
  const Class = await loadCcxtClass(binance.ccxtClass);
  const instance = new Class({});
  let asked = 0;
  const fetchMarkets = (): Promise<unknown[]> => {
    asked += 1;
    return asked < 3 ? Promise.reject(new Error('connect ECONNREFUSED')) : Promise.resolve([]);
  };
  Object.assign(instance, { fetchMarkets, has: { ...(instance as { has?: object }).has, fetchCurrencies: false } });
  const load = () => loadSharedMarkets('away at first', binance, instance, false);
  await expect(load()).rejects.toThrow('ECONNREFUSED');
  await expect(load()).rejects.toThrow('ECONNREFUSED');
  await expect(load()).resolves.toMatchObject({ bySymbol: new Map() });
  await load();
  expect(asked).toBe(3);
});
