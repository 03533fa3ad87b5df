import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NotFoundError } from './contracts.ts';
import type { AccountFunds, Store } from './contracts.ts';
import { BACKENDS } from './testing/backends.ts';
import { at } from './testing/fixtures.ts';

describe.each(BACKENDS)('FundsStore ($name)', ({ open }) => {
  let store: Store;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ store, close } = await open());
  });
  afterAll(() => close());
  const reading = (second: number, free: string, accountId = 'account-1'): AccountFunds => ({
    accountId,
    askedAt: at(second),
    answeredAt: at(second + 1),
    balances: [{ asset: 'BTC', free, held: '0.1' }],
    positions: [{ symbol: 'BTC-USDC-PERPETUAL', size: '-2' }],
  });

  test('the newest reading stays, whole, whoever comes last', async () => {
    expect(await store.funds.of('account-1')).toBeNull();
    await store.funds.save(reading(5, '1.5'));
    expect(await store.funds.of('account-1')).toEqual(reading(5, '1.5'));
    await store.funds.save(reading(3, '9'));
    expect(await store.funds.of('account-1')).toEqual(reading(5, '1.5'));
    await store.funds.save({ ...reading(7, '0.000000000000000001'), positions: [] });
    expect(await store.funds.of('account-1')).toEqual({ ...reading(7, '0.000000000000000001'), positions: [] });
    expect(await store.funds.of('account-2')).toBeNull();
  });

  test('of no account there is none', async () => {
    await expect(store.funds.save(reading(1, '1', 'nobody'))).rejects.toThrow(NotFoundError);
    expect(await store.funds.of('nobody')).toBeNull();
  });
});
