import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Intent, OrderTrigger, Store } from './contracts.ts';
import { BACKENDS } from './testing/backends.ts';
import {
  acknowledged,
  at,
  cancelled,
  created,
  filled,
  intentOf,
  limitSpec,
  play,
  recordOf,
  submitSent,
  validated,
} from './testing/fixtures.ts';

const TRIGGER: OrderTrigger = {
  ...{ symbol: 'BTC-USD', source: 'LAST', direction: 'AT_OR_BELOW', price: '90' },
  ...{ version: 1, armedAt: at(1), isOwnStop: false },
};

describe.each(BACKENDS)('exposure ($name)', ({ open }) => {
  let store: Store;
  let close: () => Promise<void>;

  beforeAll(async () => {
    ({ store, close } = await open());
  });
  afterAll(() => close());

  /** What has happened to it decides what is left. */
  async function place(
    orderId: string,
    over: Partial<Intent>,
    happened: Parameters<typeof play>[0] = [],
  ): Promise<void> {
    const intent = intentOf(orderId, over);
    const sent = happened.length === 0 ? [] : [submitSent(`leg-${orderId}`), ...happened];
    const held = over.mode === 'DARK' ? [{ type: 'Armed' } as const] : [];
    const played = play([created(intent.spec), validated, ...held, ...sent]);
    const result = await store.ledger.place(recordOf(intent, played), played.journal);
    if (result.kind !== 'committed') throw new Error('conflict');
  }
  const sell = (size: string, price: string | null) =>
    limitSpec({ side: 'SELL', size, price, type: price === null ? 'MARKET' : 'LIMIT' });

  test('sums what is unfilled of what has not ended, by market and side; dark orders count, ended ones and other accounts do not', async () => {
    const buy = limitSpec({ side: 'BUY', size: '2', price: '100.000000000000000001' });
    await place('a', { spec: buy }, [acknowledged('x-a'), filled('t1', '0.5', 'x-a')]);
    await place('b', { spec: buy });
    await place('c', { spec: buy }, [acknowledged('x-c'), cancelled]);
    await place('d', { spec: sell('3', '110'), mode: 'DARK', trigger: TRIGGER });
    await place('e', { spec: sell('1', null), mode: 'DARK', trigger: TRIGGER });
    await place('f', { spec: sell('4', null), mode: 'DARK', trigger: { ...TRIGGER, symbol: 'ETH-USD' } });
    await place('g', { spec: limitSpec({ side: 'BUY', type: 'MARKET', size: null, price: null, quoteSize: '250' }) });
    await place('h', { spec: limitSpec({ symbol: 'ETH-USD', side: 'BUY', size: '5', price: '10' }) });
    await place('other', { spec: buy, accountId: 'account-2', exchange: 'kraken' });

    const side = (over: object) => ({ symbol: 'BTC-USD', unpricedSize: '0', quoteSize: '0', ...over });
    expect(await store.queries.exposure('account-1')).toEqual([
      side({ side: 'BUY', orders: 3, size: '3.5', notional: '350.0000000000000000035', quoteSize: '250' }),
      side({ side: 'SELL', orders: 3, size: '8', notional: '420', unpricedSize: '4' }),
      side({ symbol: 'ETH-USD', side: 'BUY', orders: 1, size: '5', notional: '50' }),
    ]);
    expect(await store.queries.exposure('nobody')).toEqual([]);
  });
});
