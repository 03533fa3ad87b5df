import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { add, multiply, sum } from '@orderplane/domain';
import { NotFoundError } from './contracts.ts';
import type { AccountFunds, Intent, OrderTrigger, Store } from './contracts.ts';
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

  describe('what own orders need that a reading can not know of', () => {
    let number = 0;
    async function place(
      over: Partial<Intent>,
      happened: Parameters<typeof play>[0] = [],
      firstSecond = 30,
    ): Promise<string> {
      number += 1;
      const orderId = `need-${number}`;
      const intent = intentOf(orderId, { accountId: 'account-3', exchange: 'kraken', ...over });
      const sent = happened.length === 0 ? [] : [submitSent(`leg-${orderId}`), ...happened];
      const held = over.mode === 'DARK' ? [{ type: 'Armed' } as const] : [];
      const played = play([created(intent.spec), validated, ...held, ...sent], null, firstSecond);
      const result = await store.ledger.place(recordOf(intent, played), played.journal);
      if (result.kind !== 'committed') throw new Error('conflict');
      return intent.clientOrderId;
    }
    const buy = limitSpec({ side: 'BUY', size: '2', price: '100' });
    const sell = limitSpec({ side: 'SELL', size: '3', price: '110' });
    const older = { createdAt: at(10), updatedAt: at(10) };
    const newer = { createdAt: at(40), updatedAt: at(40) };
    const both = (asset: string, except: readonly string[] = []) =>
      store.funds.reserved('account-3', asset, { askedAt: at(18), answeredAt: at(20) }, except);
    const reserved = async (asset: string, except: readonly string[] = []) => (await both(asset, except)).sure;

    test('is what came later, and what was not sent by then', async () => {
      expect(await reserved('USD')).toBe('0');
      const first = await place({ spec: buy, ...newer });
      await place({ spec: buy, ...newer }, [acknowledged('x-1'), filled('t1', '0.5', 'x-1')]);
      await place({ spec: buy, ...newer }, [acknowledged('x-2'), filled('t2', '0.5', 'x-2'), cancelled]);
      await place({ spec: buy, ...older });
      await place({ spec: buy, ...older }, [acknowledged('x-3')]);
      await place({ spec: sell, ...newer });
      const spent = (await store.ledger.findByVenueIds('account-3', { venueClientIds: [], venueOrderIds: ['x-2'] }))[0];
      expect(spent?.actual.machine.life).toBe('CANCELLED');
      // 200 each of four orders, and what one that was cancelled had bought: half a piece at the price of the fixture.
      const bought = sum((spent?.actual.machine.executions ?? []).map(({ size, price }) => multiply(size, price)));
      expect(await reserved('USD')).toBe(add('800', bought));
      expect(await reserved('USD', [first])).toBe(add('600', bought));
      expect(await reserved('BTC')).toBe('3');
      expect(await reserved('EUR')).toBe('0');
    });

    test('nothing of what was sent by then, waits here, is a contract, was found there, or is of another account', async () => {
      const before = [await reserved('USD'), await reserved('BTC')];
      await place({ spec: buy, ...older }, [acknowledged('x-5')], 11);
      const trigger: OrderTrigger = {
        ...{ symbol: 'BTC-USD', source: 'LAST', direction: 'AT_OR_BELOW', price: '90' },
        ...{ version: 1, armedAt: at(1), isOwnStop: false },
      };
      await place({ spec: sell, ...newer, mode: 'DARK', trigger });
      await place({ spec: { ...buy, symbol: 'BTC-USD-PERPETUAL' }, ...newer });
      await place({ spec: buy, ...newer, origin: 'EXTERNAL' }, [acknowledged('x-6')]);
      await place({ spec: buy, ...newer, accountId: 'account-2' });
      expect([await reserved('USD'), await reserved('BTC')]).toEqual(before);
    });

    test('is told apart where nobody can know: what was sent before the answer, and was not known to be there before', async () => {
      const before = await both('USD');
      await place({ spec: buy, ...older }, [acknowledged('x-7')], 11);
      expect(await both('USD')).toEqual(before);
      // Sent at the 18th second, acknowledged at the 19th.
      await place({ spec: buy, ...older }, [acknowledged('x-8')], 16);
      expect(await both('USD')).toEqual({ ...before, possible: add(before.possible, '200') });
    });

    test('of an amount of quote, the amount', async () => {
      const before = await reserved('USD');
      const spec = limitSpec({ side: 'BUY', type: 'MARKET', size: null, price: null, quoteSize: '250' });
      await place({ spec, ...newer });
      expect(await reserved('USD')).toBe(add(before, '250'));
    });
  });
});
