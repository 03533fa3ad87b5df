import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AlreadyExistsError, InvalidCursorError, NotFoundError } from './contracts.ts';
import type { ActualState, Store } from './contracts.ts';
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
  submitSent,
} from './testing/fixtures.ts';

describe.each(BACKENDS)('IntentStore and OrderStateStore ($name)', ({ open }) => {
  let store: Store;
  let close: () => Promise<void>;
  let next = 0;
  let id = '';
  let symbol = '';

  beforeAll(async () => {
    ({ store, close } = await open());
  });
  afterAll(() => close());
  beforeEach(() => {
    next += 1;
    id = `order-${String(next).padStart(3, '0')}`;
    symbol = `S${next}-USD`;
  });

  const stateOf = (orderId: string, overrides: Partial<ActualState> = {}): ActualState => ({
    ...recordOf(intentOf(orderId), play([created()])).actual,
    ...overrides,
  });
  const createBoth = async (
    orderId: string,
    overrides: Parameters<typeof intentOf>[1] = {},
    state: Partial<ActualState> = {},
  ) => {
    await store.ledger.intents.create(intentOf(orderId, overrides));
    await store.ledger.states.create(stateOf(orderId, state));
  };

  test('an intent is created once, read, updated and deleted', async () => {
    const intent = intentOf(id, { groupId: `g-${id}`, sessionId: 's', createdSessionId: 's0' });
    await store.ledger.intents.create(intent);
    expect(await store.ledger.intents.get(id)).toEqual(intent);
    expect(await store.ledger.intents.findByClientOrderId('account-1', intent.clientOrderId)).toEqual(intent);
    await expect(store.ledger.intents.create(intent)).rejects.toThrow(AlreadyExistsError);
    await expect(store.ledger.intents.create({ ...intent, orderId: `${id}-b` })).rejects.toThrow(AlreadyExistsError);
    const changed = { ...intent, generation: 2, spec: limitSpec({ price: '1.5' }), updatedAt: at(5) };
    await store.ledger.intents.update(changed);
    expect(await store.ledger.intents.get(id)).toEqual(changed);
    await store.ledger.intents.delete(id);
    await expect(store.ledger.intents.get(id)).rejects.toThrow(NotFoundError);
    await expect(store.ledger.intents.update(intent)).rejects.toThrow(NotFoundError);
    await expect(store.ledger.intents.delete(id)).rejects.toThrow(NotFoundError);
    expect(await store.ledger.intents.findByClientOrderId('account-1', intent.clientOrderId)).toBeNull();
  });

  test('the error names what exists', async () => {
    await store.ledger.intents.create(intentOf(id));
    await expect(store.ledger.intents.create(intentOf(id))).rejects.toMatchObject({
      id: expect.stringContaining(id) as string,
    });
    const twin = intentOf(`${id}-b`, { clientOrderId: `client-${id}` });
    await expect(store.ledger.intents.create(twin)).rejects.toMatchObject({
      name: 'AlreadyExistsError',
      id: `client-${id}`,
    });
  });

  test('lists by symbol and group, intersected, follow a change of either', async () => {
    const group = `g-${id}`;
    const spec = limitSpec({ symbol });
    await store.ledger.intents.create(intentOf(`${id}-a`, { spec, groupId: group, createdAt: at(2) }));
    await store.ledger.intents.create(intentOf(`${id}-b`, { spec, groupId: null, createdAt: at(1) }));
    await store.ledger.intents.create(intentOf(`${id}-c`, { groupId: group, createdAt: at(3) }));
    const ids = async (filter: Parameters<typeof store.ledger.intents.list>[0]): Promise<string[]> =>
      (await store.ledger.intents.list(filter, { limit: 100 })).map((intent) => intent.orderId);
    expect(await ids({ symbol })).toEqual([`${id}-b`, `${id}-a`]);
    expect(await ids({ groupId: group })).toEqual([`${id}-a`, `${id}-c`]);
    expect(await ids({ symbol, groupId: group })).toEqual([`${id}-a`]);
    expect(await ids({ symbol, groupId: group, accountId: 'account-2' })).toEqual([]);
    await store.ledger.intents.update(intentOf(`${id}-a`, { groupId: null, createdAt: at(2) }));
    expect(await ids({ symbol })).toEqual([`${id}-b`]);
    expect(await ids({ groupId: group })).toEqual([`${id}-c`]);
    expect((await store.ledger.intents.listByGroup(group)).map((intent) => intent.orderId)).toEqual([`${id}-c`]);
  });

  test('a list is paged by the last id', async () => {
    const spec = limitSpec({ symbol });
    for (const suffix of ['d', 'b', 'a', 'c'])
      await createBoth(`${id}-${suffix}`, { spec, createdAt: at(suffix === 'a' ? 9 : 1) });
    const pages: string[][] = [];
    let after: string | undefined;
    for (;;) {
      const page = await store.ledger.intents.list({ symbol }, { limit: 3, ...(after !== undefined && { after }) });
      const states = await store.ledger.states.list({ symbol }, { limit: 3, ...(after !== undefined && { after }) });
      expect(states.map((state) => state.orderId)).toEqual(page.map((intent) => intent.orderId));
      if (page.length === 0) break;
      pages.push(page.map((intent) => intent.orderId.slice(-1)));
      after = page.at(-1)?.orderId;
    }
    expect(pages).toEqual([['b', 'c', 'd'], ['a']]);
    await expect(store.ledger.intents.list({}, { limit: 10, after: 'nobody' })).rejects.toThrow(InvalidCursorError);
    await expect(store.ledger.intents.list({}, { limit: 201 })).rejects.toThrow(RangeError);
  });

  test('a state needs its intent, is created once, and moves by one version', async () => {
    await expect(store.ledger.states.create(stateOf(id))).rejects.toThrow(NotFoundError);
    await store.ledger.intents.create(intentOf(id));
    expect(await store.ledger.find(id)).toBeNull();
    await expect(store.ledger.states.get(id)).rejects.toThrow(NotFoundError);
    await expect(store.ledger.states.update(stateOf(id, { version: 2 }))).rejects.toThrow(NotFoundError);
    await store.ledger.states.create(stateOf(id));
    expect(await store.ledger.states.get(id)).toEqual(stateOf(id));
    await expect(store.ledger.states.create(stateOf(id))).rejects.toThrow(AlreadyExistsError);
    expect(await store.ledger.states.update(stateOf(id, { version: 2, updatedAt: at(3) }))).toBe(true);
    expect(await store.ledger.states.update(stateOf(id, { version: 2 }))).toBe(false);
    expect(await store.ledger.states.update(stateOf(id, { version: 4 }))).toBe(false);
    expect(await store.ledger.states.get(id)).toMatchObject({ version: 2, updatedAt: at(3), createdAt: at(0) });
  });

  test('what was tried in a doubt, and why a person should look, is kept as given', async () => {
    const tried = [
      { at: at(1), what: 'SUBMIT', result: 'NO_ANSWER', places: [], error: 'timeout' },
      { at: at(2), what: 'LOOKUP', result: 'NOT_FOUND', places: ['open', 'history'], error: null },
    ] as const;
    const given = reconciliationOf({ status: 'NEEDS_ATTENTION', tried, alert: 'two of it' });
    await createBoth(id, {}, { reconciliation: given });
    expect((await store.ledger.find(id))?.actual.reconciliation).toEqual(given);
    await store.ledger.states.update(stateOf(id, { version: 2 }));
    expect((await store.ledger.find(id))?.actual.reconciliation).toEqual(reconciliationOf());
  });

  test('a deleted state leaves the intent, and its ids at the exchange are free', async () => {
    await placeOpen(store, intentOf(id), `x-${id}`);
    await store.ledger.states.delete(id);
    await expect(store.ledger.states.delete(id)).rejects.toThrow(NotFoundError);
    await expect(store.ledger.states.getByExchangeOrderId('account-1', `x-${id}`)).rejects.toThrow(NotFoundError);
    expect((await store.ledger.intents.get(id)).orderId).toBe(id);
    expect(await store.ledger.openOrders('account-1')).not.toContainEqual(
      expect.objectContaining({ intent: intentOf(id) }),
    );
    await store.ledger.states.create(stateOf(id));
    expect((await store.ledger.find(id))?.actual.version).toBe(1);
  });

  test('an order is found by any id that the exchange gave it, also after its symbol changed', async () => {
    const record = await placeOpen(store, intentOf(id), `x-${id}`);
    const replaced = changeOf(record, [
      { type: 'Replaced', requestId: null, terms: { price: '2' }, venueOrderId: `y-${id}` },
    ]);
    expect((await store.ledger.commit(replaced)).kind).toBe('committed');
    for (const venueId of [`x-${id}`, `y-${id}`]) {
      expect((await store.ledger.states.getByExchangeOrderId('account-1', venueId)).orderId).toBe(id);
    }
    await store.ledger.intents.update({ ...record.intent, spec: limitSpec({ symbol }) });
    expect((await store.ledger.states.getByExchangeOrderId('account-1', `x-${id}`)).orderId).toBe(id);
    await expect(store.ledger.states.getByExchangeOrderId('account-2', `x-${id}`)).rejects.toThrow(NotFoundError);
  });

  test('states are listed by symbol and reconciliation status', async () => {
    const spec = limitSpec({ symbol });
    await createBoth(`${id}-a`, { spec }, { reconciliation: reconciliationOf({ status: 'AMBIGUOUS' }) });
    await createBoth(`${id}-b`, { spec }, { reconciliation: reconciliationOf({ status: 'IN_SYNC' }) });
    const ids = async (filter: Parameters<typeof store.ledger.states.list>[0]): Promise<string[]> =>
      (await store.ledger.states.list({ symbol, ...filter }, { limit: 10 })).map((state) => state.orderId);
    expect(await ids({})).toEqual([`${id}-a`, `${id}-b`]);
    expect(await ids({ status: 'AMBIGUOUS' })).toEqual([`${id}-a`]);
    expect(await ids({ status: 'IN_SYNC' })).toEqual([`${id}-b`]);
    await store.ledger.states.update(
      stateOf(`${id}-a`, { version: 2, reconciliation: reconciliationOf({ status: 'IN_SYNC' }) }),
    );
    expect(await ids({ status: 'AMBIGUOUS' })).toEqual([]);
  });

  test('stale: not done, and the last evidence (or the birth) is too old; oldest first', async () => {
    const evidence = (second: number) => ({ reconciliation: reconciliationOf({ lastEvidenceAt: at(second) }) });
    await createBoth(`${id}-new`, {}, evidence(-100));
    await createBoth(`${id}-old`, {}, evidence(-300));
    await createBoth(`${id}-none`, {}, { createdAt: at(-200) });
    const open = await placeOpen(store, intentOf(`${id}-done`), `x-${id}`);
    const done = changeOf(open, [cancelled]);
    await store.ledger.commit({ ...done, reconciliation: reconciliationOf({ lastEvidenceAt: at(-400) }) });
    const stale = async (second: number, limit = 10): Promise<string[]> =>
      (await store.ledger.states.listStale(at(second), limit)).map((state) => state.orderId);
    expect(await stale(-50)).toEqual([`${id}-old`, `${id}-none`, `${id}-new`]);
    expect(await stale(-150)).toEqual([`${id}-old`, `${id}-none`]);
    expect(await stale(-50, 1)).toEqual([`${id}-old`]);
    expect(await stale(-300)).toEqual([]);
  });

  test('fills of a state are stored once, whatever wrote them', async () => {
    const played = play([created(), { type: 'Validated' }, submitSent(`v-${id}`), filled(`t-${id}`, '0.5', `x-${id}`)]);
    await store.ledger.intents.create(intentOf(id));
    await store.ledger.states.create(stateOf(id, { machine: played.machine }));
    await store.ledger.states.update(stateOf(id, { machine: played.machine, version: 2 }));
    expect((await store.queries.fills(id, { limit: 10 })).items).toHaveLength(1);
  });
});
