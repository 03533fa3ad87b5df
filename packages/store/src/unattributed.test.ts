import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InvalidCursorError, type Store, type UnattributedFill } from './contracts.ts';
import { unattributedFillId } from './paging.ts';
import { BACKENDS } from './testing/backends.ts';
import { at } from './testing/fixtures.ts';

const fillOf = (trade: string, overrides: Partial<UnattributedFill> = {}): UnattributedFill => ({
  accountId: 'account-1',
  symbol: 'BTC-USD',
  exchangeOrderId: 'x-1',
  exchangeTradeId: trade,
  clientOrderId: null,
  side: 'BUY',
  size: '0.5',
  price: '40000.01',
  fee: { currency: 'USD', cost: '0.000000000000000001' },
  liquidity: 'TAKER',
  executedAt: at(1),
  firstSeenAt: at(2),
  tries: 0,
  lastTriedAt: null,
  lastError: null,
  attributedAt: null,
  orderId: null,
  ...overrides,
});

describe.each(BACKENDS)('executions without an order, $name', ({ open }) => {
  let store: Store;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ store, close } = await open());
  });
  afterAll(() => close());

  test('are written once, tried again until an order is found, and stay', async () => {
    const { unattributed } = store;
    const first = fillOf('t1');
    // Some exchanges count per market.
    const other = fillOf('t1', { symbol: 'ETH-USD', side: null, fee: null, liquidity: null });
    expect(await unattributed.add([first, other])).toBe(2);
    expect(await unattributed.add([{ ...first, size: '9', tries: 7 }, fillOf('t2', { executedAt: at(3) })])).toBe(1);
    expect(await unattributed.add([])).toBe(0);
    expect(await unattributed.pendingCount('account-1')).toBe(3);
    expect(await unattributed.pending('account-1', 10)).toEqual([first, other, fillOf('t2', { executedAt: at(3) })]);
    await unattributed.tried(first, at(4), 'nobody knows\u0000 it');
    const pending = await unattributed.pending('account-1', 10);
    expect(pending.map(({ symbol, exchangeTradeId }) => [symbol, exchangeTradeId])).toEqual([
      ['ETH-USD', 't1'],
      ['BTC-USD', 't2'],
      ['BTC-USD', 't1'],
    ]);
    expect(pending[2]).toMatchObject({ tries: 1, lastTriedAt: at(4) });
    expect(pending[2]?.lastError).toContain('nobody knows');
    await unattributed.attribute(first, 'order-1', at(5));
    await unattributed.attribute(first, 'order-2', at(6));
    await unattributed.tried(first, at(7), 'late');
    expect(await unattributed.pendingCount('account-1')).toBe(2);
    expect(await unattributed.pending('account-1', 1)).toMatchObject([{ symbol: 'ETH-USD' }]);
    expect(await unattributed.pending('account-2', 10)).toEqual([]);
    const { items } = await unattributed.list('account-1', { limit: 10, pendingOnly: false });
    expect(items.find((fill) => fill.attributedAt !== null)).toEqual({
      ...first,
      tries: 1,
      lastTriedAt: at(4),
      attributedAt: at(5),
      orderId: 'order-1',
    });
  });

  test('are listed newest first, by pages', async () => {
    const { unattributed } = store;
    const accountId = 'account-2';
    await unattributed.add(
      ['a', 'b', 'c', 'd'].map((trade, n) => fillOf(trade, { accountId, executedAt: at(n < 2 ? 1 : n) })),
    );
    const first = await unattributed.list(accountId, { limit: 3, pendingOnly: true });
    expect([first.items.map((fill) => fill.exchangeTradeId), first.hasNext]).toEqual([['d', 'c', 'b'], true]);
    const last = first.items.at(-1);
    if (last === undefined) throw new Error('no fill');
    const after = unattributedFillId(last);
    const second = await unattributed.list(accountId, { limit: 3, pendingOnly: true, after });
    expect([second.items.map((fill) => fill.exchangeTradeId), second.hasNext]).toEqual([['a'], false]);
    await unattributed.attribute(last, 'order-1', at(9));
    expect((await unattributed.list(accountId, { limit: 3, pendingOnly: true })).items).toHaveLength(3);
    await expect(unattributed.list(accountId, { limit: 3, pendingOnly: true, after: 'nobody' })).rejects.toThrow(
      InvalidCursorError,
    );
  });
});
