import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OrderRecord, OrderTrigger, Store } from './contracts.ts';
import { BACKENDS } from './testing/backends.ts';
import { at, changeOf, created, intentOf, play, recordOf, reconciliationOf, validated } from './testing/fixtures.ts';

const TRIGGER: OrderTrigger = {
  symbol: 'BTC-USD',
  source: 'LAST',
  direction: 'AT_OR_ABOVE',
  price: '50000.000000000000000001',
  version: 1,
  armedAt: at(1),
  isOwnStop: false,
};

describe.each(BACKENDS)('DarkOrderStore ($name)', ({ open }) => {
  let store: Store;
  let close: () => Promise<void>;

  beforeAll(async () => {
    ({ store, close } = await open());
  });
  afterAll(() => close());

  async function arm(orderId: string, over: Partial<OrderTrigger> = {}, accountId = 'account-1'): Promise<OrderRecord> {
    const exchange = accountId === 'account-2' ? 'kraken' : 'binance';
    const trigger = { ...TRIGGER, ...over };
    const intent = intentOf(orderId, { accountId, exchange, mode: 'DARK', trigger });
    const played = play([created(), validated, { type: 'Armed' }]);
    const result = await store.ledger.place(recordOf(intent, played), played.journal);
    if (result.kind !== 'committed') throw new Error('conflict');
    return result.record;
  }
  const armed = async (since: string | null = null, symbol = 'BTC-USD') =>
    (await store.dark.armed('binance', symbol, since)).map(({ orderId }) => orderId);

  test('what waits is found by its market and since when; it comes back as it was given', async () => {
    await arm('a');
    await arm('b', { armedAt: at(3) });
    await arm('c', { symbol: 'ETH-USD' });
    await arm('d', {}, 'account-2');
    expect(await store.dark.armed('binance', 'ETH-USD', null)).toEqual([
      { orderId: 'c', exchange: 'binance', trigger: { ...TRIGGER, symbol: 'ETH-USD' } },
    ]);
    expect(await armed()).toEqual(['a', 'b']);
    expect(await armed(at(1))).toEqual(['a', 'b']);
    expect(await armed(at(2))).toEqual(['b']);
    expect(await store.dark.needs()).toEqual([
      { exchange: 'binance', symbol: 'BTC-USD', armed: 2 },
      { exchange: 'binance', symbol: 'ETH-USD', armed: 1 },
      { exchange: 'kraken', symbol: 'BTC-USD', armed: 1 },
    ]);
    expect((await store.ledger.find('a'))?.intent.trigger).toEqual(TRIGGER);
  });

  test('a change of the trigger arms it anew; another change leaves it', async () => {
    const record = await arm('moved');
    const trigger = { ...TRIGGER, symbol: 'SOL-USD', version: 2, armedAt: at(9) };
    const { spec } = record.intent;
    const moved = await store.ledger.commit({ ...changeOf(record, []), intent: { spec, generation: 2, trigger } });
    if (moved.kind !== 'committed') throw new Error(moved.kind);
    expect(moved.record.intent).toMatchObject({ generation: 2, trigger });
    const sized = { ...changeOf(moved.record, []), intent: { spec: { ...spec, size: '2' }, generation: 3 } };
    const again = await store.ledger.commit(sized);
    if (again.kind !== 'committed') throw new Error(again.kind);
    expect(again.record.intent).toMatchObject({ generation: 3, spec: { size: '2' }, trigger });
    expect(await armed(at(9), 'SOL-USD')).toEqual(['moved']);
    expect(await armed()).not.toContain('moved');
  });

  test('what has fired or ended waits no more; what made it fire, and what was checked, is kept', async () => {
    const record = await arm('fires');
    const fired = { price: '50001', priceAt: at(4), at: at(5) };
    const change = changeOf(record, [{ type: 'Triggered', darkVersion: 0 }]);
    const result = await store.ledger.commit({ ...change, reconciliation: reconciliationOf({ fired, cleared: 0 }) });
    if (result.kind !== 'committed') throw new Error(result.kind);
    expect(await store.ledger.find('fires')).toEqual(result.record);
    expect(result.record.actual.reconciliation).toMatchObject({ fired, cleared: 0 });
    expect(await armed()).not.toContain('fires');
    // Of two ends at once one is written.
    expect((await store.ledger.commit(change)).kind).toBe('conflict');
    const other = await arm('ends');
    await store.ledger.commit(
      changeOf(other, [{ type: 'CancelRequested', requestId: 'c', generation: 2, by: 'client' }]),
    );
    expect(await armed()).toEqual(['a', 'b']);
  });
});
