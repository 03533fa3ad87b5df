import type { OrderSpec, RiskLimits } from '@orderplane/domain';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LimitExceededError, type Intent, type LimitRefusal, type OrderRecord, type Store } from './contracts.ts';
import { BACKENDS } from './testing/backends.ts';
import {
  accountOf,
  acknowledged,
  at,
  cancelled,
  changeOf,
  created,
  filled,
  intentOf,
  limitSpec,
  play,
  recordOf,
  submitSent,
  validated,
} from './testing/fixtures.ts';

const NONE: RiskLimits = {
  ...{ maxOrderNotional: null, maxOpenNotional: null, maxOpenOrders: null },
  ...{ priceCollar: null, rejectDuplicates: false },
};

describe.each(BACKENDS)('limits of an account ($name)', ({ open }) => {
  let store: Store;
  let another: () => Store;
  let close: () => Promise<void>;
  let accounts = 0;
  let orders = 0;
  beforeAll(async () => {
    ({ store, another, close } = await open());
  });
  afterAll(() => close());

  const account = async (risk: Partial<RiskLimits> = {}): Promise<string> => {
    accounts += 1;
    const id = `limited-${accounts}`;
    await store.access.createAccount(accountOf(id, { risk: { ...NONE, ...risk } }), 'sealed');
    return id;
  };
  const newOrder = (accountId: string, spec: Partial<OrderSpec> = {}, over: Partial<Intent> = {}) => {
    orders += 1;
    const intent = intentOf(`order-${orders}`, {
      ...{ accountId, createdSessionId: null, sessionId: null },
      ...over,
      spec: limitSpec({ size: '1', price: '100', ...spec }),
    });
    return recordOf(intent, play([created(intent.spec), validated]));
  };
  const put = async (record: OrderRecord, by = store): Promise<OrderRecord> => {
    const result = await by.ledger.place(record, play([created(record.intent.spec), validated]).journal);
    if (result.kind !== 'committed') throw new Error(result.kind);
    return result.record;
  };
  const place = (accountId: string, spec: Partial<OrderSpec> = {}, over: Partial<Intent> = {}, by = store) =>
    put(newOrder(accountId, spec, over), by);
  const refusal = (placing: Promise<unknown>): Promise<LimitRefusal> =>
    placing.then(
      () => Promise.reject(new Error('it was taken')),
      (error: unknown) => (error instanceof LimitExceededError ? error.refusal : Promise.reject(error as Error)),
    );
  const happen = async (record: OrderRecord, events: Parameters<typeof changeOf>[1], second = 10) => {
    const result = await store.ledger.commit(changeOf(record, events, second));
    if (result.kind !== 'committed') throw new Error(result.kind);
    return result.record;
  };
  const rest = (record: OrderRecord) => {
    const { orderId } = record.intent;
    return happen(record, [submitSent(`leg-${orderId}`), acknowledged(`x-${orderId}`)]);
  };
  /** A wish of the caller's, held against the limits. */
  const modify = (record: OrderRecord, change: { size?: string; price?: string }, requestId = 'r1') => {
    const terms = { ...record.actual.machine.terms, ...change };
    const asked = { type: 'ReplaceRequested', requestId, generation: 2, terms, by: 'client' } as const;
    return store.ledger.commit({ ...changeOf(record, [asked], 20), limited: 'raise' });
  };

  test('begin with none, change one by one, and are the account’s from then on', async () => {
    const id = await account();
    const set = (change: Partial<RiskLimits>) => store.accounts.setRiskLimits('user-1', id, change);
    const first = { maxOrderNotional: '1000.5', maxOpenOrders: 3, priceCollar: '0.05' };
    expect(await set(first)).toMatchObject({ kind: 'set', again: false, account: { id, risk: { ...NONE, ...first } } });
    expect(await set({ maxOpenOrders: 3, maxOrderNotional: '1000.50' })).toMatchObject({ again: true });
    const second = { ...NONE, ...first, maxOpenOrders: null, rejectDuplicates: true, maxOpenNotional: '0' };
    expect(await set({ maxOpenOrders: null, rejectDuplicates: true, maxOpenNotional: '0' })).toMatchObject({
      account: { risk: second },
    });
    expect((await store.access.account(id))?.risk).toEqual(second);
  });

  test('of another’s account, of none, and of an unlinked one are not found', async () => {
    const id = await account();
    await store.accounts.unlink('user-1', id, at(9));
    for (const one of ['account-3', 'nobody', id])
      expect(await store.accounts.setRiskLimits('user-1', one, { maxOpenOrders: 1 })).toEqual({ kind: 'notFound' });
  });

  test('each is said with the limit, the value and what is open; just as much as it allows is taken', async () => {
    const id = await account({ maxOrderNotional: '300', maxOpenNotional: '500', maxOpenOrders: 3 });
    const over = { kind: 'maxOrderNotional', limit: '300', value: '300.01', currency: 'USD' };
    expect(await refusal(place(id, { price: '300.01' }))).toEqual(over);
    await place(id, { size: '3' });
    const full = { kind: 'maxOpenNotional', limit: '500', open: '300', value: '200.01', currency: 'USD' };
    expect(await refusal(place(id, { price: '200.01' }))).toEqual(full);
    await place(id, { price: '100' });
    await place(id, { size: '0.5' });
    expect(await refusal(place(id, { size: '0.1' }))).toEqual({ kind: 'maxOpenOrders', limit: 3, open: 3 });
    expect((await store.ledger.openOrders(id)).length).toBe(3);
  });

  test('hold from the moment that they are set, and are gone when they are taken off', async () => {
    const id = await account();
    await place(id);
    await store.accounts.setRiskLimits('user-1', id, { maxOpenOrders: 1 });
    expect(await refusal(place(id))).toEqual({ kind: 'maxOpenOrders', limit: 1, open: 1 });
    await store.accounts.setRiskLimits('user-1', id, { maxOpenOrders: null });
    await place(id);
  });

  test('currencies are not added up, but for dollars of all kinds', async () => {
    const id = await account({ maxOpenNotional: '150' });
    await place(id, { symbol: 'BTC-USDT' });
    await place(id, { symbol: 'BTC-EUR' });
    await place(id, { symbol: 'BTC-USDC-PERPETUAL', size: '0.5' });
    const dollars = { kind: 'maxOpenNotional', limit: '150', open: '150', value: '1', currency: 'USD' };
    expect(await refusal(place(id, { symbol: 'ETH-USDC', price: '1' }))).toEqual(dollars);
    expect(await refusal(place(id, { symbol: 'ETH-EUR', price: '51' }))).toMatchObject({
      open: '100',
      currency: 'EUR',
    });
    await place(id, { symbol: 'ETH-EUR', price: '50' });
  });

  test('what is filled, cancelled or refused counts no more; what is in doubt, dark or adopted does', async () => {
    const id = await account({ maxOpenNotional: '400' });
    const open = async () => {
      const said = await refusal(place(id, { size: '1000' }));
      return said.kind === 'maxOpenNotional' ? said.open : said.kind;
    };
    const first = await rest(await place(id, { size: '2' }));
    const partly = await happen(first, [filled('t1', '0.5', `x-${first.intent.orderId}`)]);
    expect(await open()).toBe('150');
    await happen(partly, [cancelled], 30);
    expect(await open()).toBe('0');
    const second = await place(id, { size: '1' });
    await happen(second, [submitSent('leg-doubt'), { type: 'SubmitUnknown', reason: 'timeout' }]);
    await place(id, { size: '0.5' }, { mode: 'DARK' });
    expect(await open()).toBe('150');
    await place(id, { size: '7' }, { origin: 'EXTERNAL' });
    expect(await open()).toBe('850');
  });

  test('an order without a price counts at the price that it is valued at, one by quote at what is not spent', async () => {
    const id = await account({ maxOpenNotional: '1000' });
    const market = { type: 'MARKET', price: null } as const;
    const first = await rest(await place(id, { ...market, size: '4' }, { valuedAt: '105' }));
    expect(await refusal(place(id, { size: '10' }))).toMatchObject({ open: '420' });
    expect((await store.ledger.find(first.intent.orderId))?.intent.valuedAt).toBe('105');
    const partly = await happen(first, [filled('t2', '3', `x-${first.intent.orderId}`)]);
    expect(partly.intent.valuedAt).toBe('105');
    expect(await refusal(place(id, { size: '10' }))).toMatchObject({ open: '105' });
    await place(id, { ...market, size: null, quoteSize: '300' });
    await place(id, { type: 'STOP_MARKET', price: null, stopPrice: '100' });
    await place(id, { side: 'SELL', price: '10' }, { valuedAt: '90' });
    expect(await refusal(place(id, { size: '10' }))).toMatchObject({ open: '600' });
  });

  test('a change may always make less; more only as far as the limits allow, and its own old value does not count', async () => {
    const id = await account({ maxOpenNotional: '500', maxOrderNotional: '450' });
    await place(id);
    const record = await rest(await place(id, { size: '2' }));
    const more = { kind: 'maxOpenNotional', limit: '500', open: '100', value: '401', currency: 'USD' };
    expect(await modify(record, { size: '4.01' })).toEqual({ kind: 'limited', refusal: more });
    expect(await modify(record, { price: '226' })).toMatchObject({
      refusal: { kind: 'maxOrderNotional', value: '452' },
    });
    expect((await store.ledger.find(record.intent.orderId))?.actual.version).toBe(record.actual.version);
    await store.accounts.setRiskLimits('user-1', id, {
      maxOpenNotional: '10',
      maxOrderNotional: '10',
      maxOpenOrders: 1,
    });
    const less = await modify(record, { size: '1.5' });
    expect(less.kind).toBe('committed');
    expect(await modify(record, { size: '1.5' })).toEqual({ kind: 'conflict' });
  });

  test('while a change is under way an order counts as the larger of the two', async () => {
    const id = await account({ maxOpenNotional: '1000' });
    const open = () => refusal(place(id, { size: '100' }));
    const record = await rest(await place(id, { size: '2' }));
    const raised = await modify(record, { size: '3' });
    if (raised.kind !== 'committed') throw new Error(raised.kind);
    expect(await open()).toMatchObject({ open: '300' });
    const sent = { type: 'ReplaceSent', requestId: 'r1', how: 'AMEND', deadlineAt: at(99) } as const;
    const refused = { type: 'ReplaceRejected', requestId: 'r1', refusal: 'OTHER', reason: 'no' } as const;
    const back = await happen(raised.record, [sent, refused], 30);
    expect(await open()).toMatchObject({ open: '200' });
    const lowered = await modify(back, { price: '10' }, 'r2');
    if (lowered.kind !== 'committed') throw new Error(lowered.kind);
    expect(await open()).toMatchObject({ open: '200' });
    await happen(
      lowered.record,
      [
        { ...sent, requestId: 'r2' },
        { type: 'Replaced', requestId: 'r2', terms: { price: '10' } },
      ],
      40,
    );
    expect(await open()).toMatchObject({ open: '20' });
  });

  test('what is judged anew counts once, and is refused where there is too much already', async () => {
    const id = await account({ maxOpenOrders: 2, maxOpenNotional: '200' });
    const [one] = [await place(id), await place(id)];
    if (one === undefined) throw new Error('no order');
    const anew = { ...changeOf(one, []), limited: 'anew' as const };
    const cleared = await store.ledger.commit(anew);
    expect(cleared.kind).toBe('committed');
    await store.accounts.setRiskLimits('user-1', id, { maxOpenOrders: 1 });
    expect(await store.ledger.commit({ ...anew, expectedVersion: 2 })).toEqual({
      kind: 'limited',
      refusal: { kind: 'maxOpenOrders', limit: 1, open: 1 },
    });
    await store.accounts.setRiskLimits('user-1', id, { maxOpenOrders: null, maxOpenNotional: '199' });
    expect(await store.ledger.commit({ ...anew, expectedVersion: 2 })).toMatchObject({
      refusal: { kind: 'maxOpenNotional', open: '100', value: '100' },
    });
  });

  test('duplicates: the same symbol, side and price while one is open, dark or wished; nothing else', async () => {
    const id = await account({ rejectDuplicates: true });
    const first = await rest(await place(id));
    const twin = { kind: 'duplicate', orderId: first.intent.orderId };
    expect(await refusal(place(id, { size: '5', type: 'STOP_LIMIT', stopPrice: '99' }))).toEqual(twin);
    await place(id, { side: 'SELL' });
    await place(id, { symbol: 'ETH-USD' });
    await place(id, { price: '100.5' }, { mode: 'DARK' });
    expect(await refusal(place(id, { price: '100.5' }))).toMatchObject({ kind: 'duplicate' });
    for (const _ of [1, 2]) await place(id, { type: 'MARKET', price: null });
    await place(id, { type: 'STOP_MARKET', price: null, stopPrice: '100' });
    expect(await refusal(place(id, { type: 'STOP_MARKET', price: null, stopPrice: '100' }))).toMatchObject({
      kind: 'duplicate',
    });
    const other = await rest(await place(id, { price: '101' }));
    expect(await modify(other, { price: '100' })).toEqual({ kind: 'limited', refusal: twin });
    const moved = await modify(first, { price: '102' });
    if (moved.kind !== 'committed') throw new Error(moved.kind);
    // It may be at either price until the exchange has said.
    expect(await refusal(place(id, { price: '100' }))).toEqual(twin);
    expect(await refusal(place(id, { price: '102' }))).toEqual(twin);
    await happen(moved.record, [cancelled], 30);
    await place(id);
    await place(id, { price: '102' });
  });

  test('a group is taken whole or not at all, and each of its orders counts', async () => {
    const id = await account({ maxOpenNotional: '300', maxOpenOrders: 3 });
    const groupOf = (n: number, ...specs: Partial<OrderSpec>[]) => {
      const groupId = `group-${id}-${n}`;
      const members = specs.map((spec) => newOrder(id, spec, { groupId }));
      const group = {
        groupId,
        userId: 'user-1',
        accountId: id,
        kind: 'OCO',
        onPartialFill: 'CANCEL',
        requestHash: 'h',
        createdAt: at(0),
        conflict: null,
      } as const;
      const given = members.map((record) => ({
        record,
        journal: play([created(record.intent.spec), validated]).journal,
      }));
      return { members, placed: store.ledger.groups.place(group, given) };
    };
    const over = groupOf(1, { size: '2' }, { size: '1.01' });
    const error = await over.placed.catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(LimitExceededError);
    expect(error).toMatchObject({ orderId: over.members[1]?.intent.orderId, refusal: { open: '200', value: '101' } });
    expect(await store.ledger.openOrders(id)).toEqual([]);
    expect(await store.ledger.groups.find(`group-${id}-1`)).toBeNull();
    await groupOf(2, { size: '2' }, { size: '0.5' }).placed;
    expect(await refusal(groupOf(3, { size: '0.1' }, { size: '0.1' }).placed)).toMatchObject({ kind: 'maxOpenOrders' });
    expect((await store.ledger.openOrders(id)).length).toBe(2);
  });

  test('50 orders at once, from two processes and in groups: no more than the limits allow', async () => {
    const other = another();
    for (const [risk, most] of [
      [{ maxOpenOrders: 10 }, 10],
      [{ maxOpenNotional: '1099.99' }, 10],
      [{ rejectDuplicates: true }, 1],
    ] as const) {
      const id = await account(risk);
      const outcomes = await Promise.allSettled(
        Array.from({ length: 50 }, (_, n) => place(id, {}, {}, n % 2 === 0 ? store : other)),
      );
      const refused = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
      expect(outcomes.length - refused.length).toBe(most);
      for (const error of refused) expect(error).toBeInstanceOf(LimitExceededError);
      expect((await store.ledger.openOrders(id)).length).toBe(most);
    }
  });

  test('changes at once, from two processes, see each other', async () => {
    const other = another();
    const id = await account({ maxOpenNotional: '1500' });
    const records = await Promise.all(Array.from({ length: 10 }, async () => rest(await place(id))));
    const raised = await Promise.all(
      records.map((record, n) => {
        const asked = { type: 'ReplaceRequested', requestId: 'r', generation: 2, by: 'client' } as const;
        const terms = { ...record.actual.machine.terms, size: '2' };
        return (n % 2 === 0 ? store : other).ledger.commit({
          ...changeOf(record, [{ ...asked, terms }], 20),
          limited: 'raise',
        });
      }),
    );
    expect(raised.filter(({ kind }) => kind === 'committed').length).toBe(5);
    expect(raised.filter(({ kind }) => kind === 'limited').length).toBe(5);
  });

  test('set and taken off while orders come and go, from two processes: nothing that is open is forgotten', async () => {
    const other = another();
    for (let round = 0; round < 5; round += 1) {
      const id = await account();
      const early = await place(id);
      const [, ...placed] = await Promise.all([
        store.accounts.setRiskLimits('user-1', id, { maxOpenNotional: '100000' }),
        ...Array.from({ length: 12 }, (_, n) => place(id, {}, {}, n % 2 === 0 ? store : other)),
        happen(early, [submitSent(`leg-early-${id}`), { type: 'Rejected', reason: 'no' }]),
      ]);
      expect(placed.length).toBe(13);
      expect(await refusal(place(id, { size: '1000' }))).toMatchObject({ kind: 'maxOpenNotional', open: '1200' });
      await store.accounts.setRiskLimits('user-1', id, { maxOpenNotional: null });
      await place(id);
      await store.accounts.setRiskLimits('user-1', id, { maxOpenOrders: 1 });
      expect(await refusal(place(id))).toEqual({ kind: 'maxOpenOrders', limit: 1, open: 13 });
    }
  });

  test('limits and halt: a halt is told as a halt', async () => {
    const id = await account({ maxOpenOrders: 0 });
    await store.accounts.halt('user-1', id, { cancelOpen: false, at: at(20) });
    await expect(place(id)).rejects.toThrow('halted');
  });
});
