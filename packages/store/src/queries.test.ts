import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InvalidCursorError } from './contracts.ts';
import type { OrderFilter, OrderRecord, Store } from './contracts.ts';
import { BACKENDS } from './testing/backends.ts';
import {
  at,
  cancelled,
  changeOf,
  created,
  filled,
  intentOf,
  limitSpec,
  placeOpen,
  play,
  reconciliationOf,
  recordOf,
} from './testing/fixtures.ts';

describe.each(BACKENDS)('OrderQueries ($name)', ({ open }) => {
  let store: Store;
  let close: () => Promise<void>;
  let busy: OrderRecord;

  beforeAll(async () => {
    ({ store, close } = await open());
    for (let n = 0; n < 7; n += 1) {
      const intent = intentOf(`o${n}`, { createdAt: at(n < 3 ? 1 : n), groupId: n % 2 === 0 ? 'even' : null });
      await store.ledger.place(recordOf(intent, play([created()])), []);
    }
    busy = await placeOpen(
      store,
      intentOf('busy', {
        accountId: 'account-2',
        exchange: 'kraken',
        mode: 'DARK',
        sessionId: 'session-1',
        createdAt: at(20),
        spec: limitSpec({ symbol: 'ETH-USD', side: 'SELL', size: '3' }),
      }),
      'x-busy',
    );
    for (const [n, second] of [
      [2, 60],
      [1, 60],
      [3, 59],
    ] as const) {
      const result = await store.ledger.commit(changeOf(busy, [filled(`t${n}`, '0.50', 'x-busy', second)]));
      if (result.kind === 'committed') busy = result.record;
    }
    await placeOpen(store, intentOf('theirs', { accountId: 'account-3', userId: 'user-2' }), 'x-theirs');
  });
  afterAll(() => close());

  const ids = async (filter: Partial<OrderFilter>): Promise<string[]> => {
    const full = { userId: 'user-1', ...filter };
    const { records } = await store.queries.page(full, { limit: 100 });
    expect(await store.queries.count(full)).toBe(records.length);
    return records.map(({ record }) => record.intent.orderId);
  };

  test('nobody reads another user’s order', async () => {
    expect(await store.queries.byId('user-1', 'busy')).toEqual(busy);
    expect(await store.queries.byId('user-2', 'busy')).toBeNull();
    expect(await store.queries.byId('user-1', 'nobody')).toBeNull();
    const some = await store.queries.byIds('user-1', ['o3', 'theirs', 'busy', 'o3', 'nobody']);
    expect(some.map((record) => record.intent.orderId)).toEqual(['o3', 'busy']);
    expect(await ids({ exchangeOrderId: 'x-theirs' })).toEqual([]);
    expect(await ids({ clientOrderId: 'client-theirs' })).toEqual([]);
    expect(await ids({ accountIds: ['account-3'] })).toEqual([]);
  });

  test('newest first, page by page, stable at equal times', async () => {
    const all = ['busy', 'o6', 'o5', 'o4', 'o3', 'o2', 'o1', 'o0'];
    expect(await ids({})).toEqual(all);
    for (const limit of [1, 2, 3, 8]) {
      const walked: string[] = [];
      let after: string | undefined;
      for (;;) {
        const page = await store.queries.page({ userId: 'user-1' }, { limit, ...(after !== undefined && { after }) });
        walked.push(...page.records.map(({ record }) => record.intent.orderId));
        after = page.records.at(-1)?.cursor;
        if (!page.hasNext) break;
        expect(page.records).toHaveLength(limit);
      }
      expect(walked).toEqual(all);
    }
  });

  test.each<[string, Partial<OrderFilter>, string[]]>([
    ['accounts', { accountIds: ['account-2', 'nobody'] }, ['busy']],
    ['no account at all', { accountIds: [] }, []],
    ['exchanges', { exchanges: ['kraken'] }, ['busy']],
    ['symbols', { symbols: ['ETH-USD'] }, ['busy']],
    ['statuses', { statuses: ['OPEN'] }, ['busy']],
    ['states', { states: ['PARTIALLY_FILLED', 'FILLED'] }, ['busy']],
    ['reconciliation', { reconciliation: ['IN_SYNC'] }, ['busy']],
    ['group', { groupId: 'even' }, ['o6', 'o4', 'o2', 'o0']],
    ['session', { sessionId: 'session-1' }, ['busy']],
    ['client order id', { clientOrderId: 'client-o5' }, ['o5']],
    ['exchange order id', { exchangeOrderId: 'x-busy' }, ['busy']],
    ['side', { side: 'SELL' }, ['busy']],
    ['mode', { mode: 'DARK' }, ['busy']],
    ['creation, both bounds excluded', { createdAfter: at(3), createdBefore: at(6) }, ['o5', 'o4']],
    ['several at once', { groupId: 'even', statuses: ['PENDING'], createdAfter: at(3) }, ['o6', 'o4']],
    ['nothing', { groupId: 'even', side: 'SELL' }, []],
  ])('filter by %s', async (_name, filter, expected) => {
    expect(await ids(filter)).toEqual(expected);
  });

  test('public events of one order, page by page', async () => {
    const all = await store.queries.events('busy', { limit: 100 });
    expect(all.items.map((item) => item.entry?.type)).toEqual([
      'ORDER_CREATED',
      'ORDER_VALIDATED',
      'ORDER_SUBMITTED',
      'ORDER_ACKNOWLEDGED',
      'ORDER_PARTIALLY_FILLED',
      'ORDER_PARTIALLY_FILLED',
      'ORDER_PARTIALLY_FILLED',
    ]);
    const first = await store.queries.events('busy', { limit: 3 });
    expect(first).toEqual({ items: all.items.slice(0, 3), hasNext: true });
    const after = String(first.items.at(-1)?.cursor);
    expect(await store.queries.events('busy', { limit: 4, after })).toEqual({
      items: all.items.slice(3),
      hasNext: false,
    });
    await expect(store.queries.events('busy', { limit: 4, after: 'x' })).rejects.toThrow(InvalidCursorError);
  });

  test('the events of many orders in one read are those of each by itself', async () => {
    const wanted = ['busy', 'nobody', 'o0', 'theirs', 'busy'];
    for (const limit of [1, 3, 6, 7, 200]) {
      const pages = await store.queries.firstEvents(wanted, limit);
      expect(new Set(pages.keys())).toEqual(new Set(wanted));
      for (const [orderId, page] of pages) expect(page).toEqual(await store.queries.events(orderId, { limit }));
    }
    const first = (await store.queries.firstEvents(wanted, 3)).get('busy');
    expect([first?.items.length, first?.hasNext]).toEqual([3, true]);
    const after = String(first?.items.at(-1)?.cursor);
    const rest = await store.queries.firstEvents(wanted, 4, after);
    expect(rest.get('busy')).toEqual(await store.queries.events('busy', { limit: 4, after }));
    expect(await store.queries.firstEvents([], 6)).toEqual(new Map());
    const many = Array.from({ length: 201 }, (_, n) => `o${n}`);
    await expect(store.queries.firstEvents(many, 6)).rejects.toThrow(RangeError);
    await expect(store.queries.firstEvents(['busy'], 201)).rejects.toThrow(RangeError);
  });

  test('fills by time, then trade id; a busted one is gone', async () => {
    const all = await store.queries.fills('busy', { limit: 100 });
    expect(all.items.map((fill) => fill.exchangeTradeId)).toEqual(['t3', 't1', 't2']);
    expect(all.items[0]).toEqual({
      id: 'busy:t3',
      orderId: 'busy',
      exchangeTradeId: 't3',
      size: '0.5',
      price: '50000.5',
      fee: { currency: 'USD', cost: '0.1' },
      liquidity: 'MAKER',
      executedAt: at(59),
    });
    const first = await store.queries.fills('busy', { limit: 2 });
    expect(first.hasNext).toBe(true);
    const rest = await store.queries.fills('busy', { limit: 2, after: first.items.at(-1)?.id ?? '' });
    expect([...first.items, ...rest.items]).toEqual(all.items);
    await expect(store.queries.fills('busy', { limit: 2, after: 'other:t1' })).rejects.toThrow(InvalidCursorError);
    const bust = changeOf(busy, [{ type: 'FillBusted', execId: 'b1', execRefId: 't1' }]);
    const result = await store.ledger.commit(bust);
    if (result.kind === 'committed') busy = result.record;
    const left = await store.queries.fills('busy', { limit: 100 });
    expect(left.items.map((fill) => fill.exchangeTradeId)).toEqual(['t3', 't2']);
  });

  test.each(['', 'x', Buffer.from('2026|').toString('base64url'), Buffer.from('no|o1').toString('base64url')])(
    'cursor %j is refused',
    async (after) => {
      await expect(store.queries.page({ userId: 'user-1' }, { limit: 1, after })).rejects.toThrow(InvalidCursorError);
    },
  );

  test('reconciler metrics: counts, and the oldest difference since it began', async () => {
    const before = await store.queries.reconcilerMetrics(at(1000));
    expect(before).toMatchObject({ ambiguous: 0, needsAttention: 0, errors: 0 });
    const record = await placeOpen(store, intentOf('lagging'), 'x-lagging');
    const doubt = (second: number, version: number) => ({
      ...changeOf({ ...record, actual: { ...record.actual, version } }, [], second),
      reconciliation: reconciliationOf({ status: 'AMBIGUOUS', attempts: 3, lastError: 'timeout' }),
      at: at(second),
    });
    await store.ledger.commit(doubt(-500, 2));
    await store.ledger.commit(doubt(-400, 3));
    const during = await store.queries.reconcilerMetrics(at(1000));
    expect(during).toEqual({
      pending: before.pending + 1,
      ambiguous: 1,
      needsAttention: 0,
      oldestPendingAt: at(-500),
      retries: before.retries + 3,
      errors: 1,
    });
    const found = await store.ledger.find('lagging');
    if (found !== null) await store.ledger.commit(changeOf(found, [cancelled]));
    expect(await store.queries.reconcilerMetrics(at(1000))).toEqual(before);
  });
});
