import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { AlreadyExistsError, NotFoundError, type NewOrder, type OrderGroup, type Store } from './contracts.ts';
import { BACKENDS } from './testing/backends.ts';
import {
  acknowledged,
  at,
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

describe.each(BACKENDS)('GroupStore ($name)', ({ open }) => {
  let store: Store;
  let close: () => Promise<void>;
  let next = 0;
  let id = '';

  beforeAll(async () => {
    ({ store, close } = await open());
  });
  afterAll(() => close());
  beforeEach(() => {
    next += 1;
    id = `g${next}`;
  });

  const groupOf = (over: Partial<OrderGroup> = {}): OrderGroup => ({
    groupId: id,
    userId: 'user-1',
    accountId: 'account-1',
    kind: 'OCO',
    onPartialFill: 'REDUCE',
    requestHash: 'hash',
    createdAt: at(1),
    conflict: null,
    ...over,
  });
  const member = (name: string, over: Parameters<typeof intentOf>[1] = {}): NewOrder => {
    const intent = intentOf(`${id}-${name}`, { groupId: id, ...over });
    const played = play([created(intent.spec), validated]);
    return { record: recordOf(intent, played), journal: played.journal };
  };
  const unsettled = async (): Promise<string[]> =>
    (await store.ledger.unsettled({ limit: 1_000 }))
      .map(({ orderId }) => orderId)
      .filter((orderId) => orderId.startsWith(`${id}-`));

  test('a group and its orders are written together and read together', async () => {
    const orders = [member('a'), member('b', { spec: limitSpec({ symbol: 'ETH-USD' }) })];
    const results = await store.ledger.groups.place(groupOf(), orders);
    const cursors = results.map((result) => (result.kind === 'committed' ? result.lastCursor : null));
    expect(cursors[1]).toBe((cursors[0] ?? 0n) + 2n);
    const found = await store.ledger.groups.find(id);
    expect(found).toEqual({ group: groupOf(), members: orders.map(({ record }) => record) });
    expect(await store.ledger.find(`${id}-b`)).toEqual(orders[1]?.record);
    expect((await store.ledger.journalOf(`${id}-a`)).map(({ event }) => event.type)).toEqual(['Created', 'Validated']);
    expect(await store.ledger.groups.find('nobody')).toBeNull();
  });

  test('all or none: an id that is taken, or an account that is not there, leaves nothing', async () => {
    await store.ledger.place(member('taken', { groupId: null }).record, []);
    const clientOrderId = `client-${id}-taken`;
    await expect(store.ledger.groups.place(groupOf(), [member('a'), member('b', { clientOrderId })])).rejects.toThrow(
      AlreadyExistsError,
    );
    const foreign = { accountId: 'account-9' };
    await expect(
      store.ledger.groups.place(groupOf(foreign), [member('a', foreign), member('b', foreign)]),
    ).rejects.toThrow(NotFoundError);
    expect(await store.ledger.groups.find(id)).toBeNull();
    expect(await store.ledger.find(`${id}-a`)).toBeNull();
    expect((await store.ledger.accountSnapshot('account-1')).orders.map(({ intent }) => intent.orderId)).not.toContain(
      `${id}-a`,
    );
  });

  test('a conflict is recorded once and stays', async () => {
    await store.ledger.groups.place(groupOf(), [member('a'), member('b')]);
    expect(await store.ledger.groups.recordConflict(id, { at: at(5), reason: 'first' })).toBe(true);
    expect(await store.ledger.groups.recordConflict(id, { at: at(6), reason: 'second' })).toBe(false);
    expect(await store.ledger.groups.recordConflict('nobody', { at: at(6), reason: 'second' })).toBe(false);
    expect((await store.ledger.groups.find(id))?.group.conflict).toEqual({ at: at(5), reason: 'first' });
  });

  test('groups and their orders are shown to their user only', async () => {
    await store.ledger.groups.place(groupOf(), [member('a'), member('b')]);
    const ids = (orders: readonly { readonly intent: { readonly orderId: string } }[]) =>
      orders.map(({ intent }) => intent.orderId);
    expect(await store.ledger.groups.byIds('user-1', [id, 'nobody'])).toEqual([groupOf()]);
    expect(await store.ledger.groups.byIds('user-2', [id])).toEqual([]);
    expect(ids(await store.ledger.groups.membersOf('user-1', [id]))).toEqual([`${id}-a`, `${id}-b`]);
    expect(await store.ledger.groups.membersOf('user-2', [id])).toEqual([]);
    expect(
      ids((await store.queries.page({ userId: 'user-1', groupId: id }, { limit: 10 })).records.map((r) => r.record)),
    ).toEqual([`${id}-b`, `${id}-a`]);
  });

  test('a filled order is unsettled until its group was told, however it ended', async () => {
    const orders = [member('a'), member('b')];
    await store.ledger.groups.place(groupOf(), orders);
    const [first] = orders;
    if (first === undefined) throw new Error('no order');
    const change = changeOf(first.record, [
      submitSent(`c-${id}`),
      acknowledged(`v-${id}`),
      filled(`t-${id}`, '1', `v-${id}`),
    ]);
    const result = await store.ledger.commit(change);
    if (result.kind !== 'committed') throw new Error('conflict');
    expect(result.record.actual.machine.life).toBe('FILLED');
    expect(await unsettled()).toEqual([`${id}-a`, `${id}-b`]);
    const told = changeOf(result.record, []);
    const reconciliation = { ...told.reconciliation, toldFilled: '1', alert: 'a person should look' };
    const committed = await store.ledger.commit({ ...told, reconciliation });
    expect(committed).toMatchObject({ kind: 'committed', record: { actual: { reconciliation } } });
    expect(await unsettled()).toEqual([`${id}-b`]);
    expect((await store.ledger.find(`${id}-a`))?.actual.reconciliation).toEqual(reconciliation);
  });
});
