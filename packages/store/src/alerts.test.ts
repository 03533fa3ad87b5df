import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { NewAlert, Store } from './contracts.ts';
import { BACKENDS } from './testing/backends.ts';
import { at } from './testing/fixtures.ts';

const alertOf = (id: string, over: Partial<NewAlert> = {}): NewAlert => ({
  id,
  accountId: 'account-1',
  userId: 'user-1',
  exchange: 'binance',
  symbol: 'BTC-USD',
  trigger: { symbol: 'BTC-USD', source: 'LAST', direction: 'AT_OR_ABOVE', price: '50000.000000000000000001' },
  note: 'out of bed',
  createdAt: at(1),
  ...over,
});
const FIRE = { price: '50001', priceAt: at(4), at: at(5) };

describe.each(BACKENDS)('AlertStore ($name)', ({ open }) => {
  let store: Store;
  let close: () => Promise<void>;

  beforeAll(async () => {
    ({ store, close } = await open());
  });
  afterAll(() => close());

  test('created once, exactly as given', async () => {
    const created = await store.alerts.create(alertOf('a'), 10);
    const expected = { ...alertOf('a'), status: 'ARMED', updatedAt: at(1), fired: null };
    expect(created).toEqual({ kind: 'created', alert: expected, again: false });
    expect(await store.alerts.create(alertOf('a', { createdAt: at(3) }), 1)).toEqual({ ...created, again: true });
    expect(await store.alerts.byId('user-1', 'a')).toEqual(expected);
    expect(await store.alerts.byId('user-2', 'a')).toBeNull();
    expect(await store.alerts.create(alertOf('b', { accountId: 'nobody' }), 10)).toEqual({ kind: 'notFound' });
  });

  test('fires once; what has fired is not cancelled, what was cancelled does not fire', async () => {
    const fired = await store.alerts.fire('a', FIRE);
    expect(fired).toMatchObject({ id: 'a', status: 'TRIGGERED', updatedAt: at(5), fired: FIRE });
    expect(await store.alerts.fire('a', { ...FIRE, price: '1' })).toBeNull();
    expect(await store.alerts.cancel('user-1', 'a', at(6))).toEqual({ kind: 'triggered', alert: fired });
    expect(await store.alerts.fire('nobody', FIRE)).toBeNull();

    await store.alerts.create(alertOf('c'), 10);
    expect(await store.alerts.cancel('user-2', 'c', at(6))).toEqual({ kind: 'notFound' });
    const cancelled = await store.alerts.cancel('user-1', 'c', at(6));
    expect(cancelled).toMatchObject({ kind: 'cancelled', again: false, alert: { status: 'CANCELLED', fired: null } });
    expect(await store.alerts.cancel('user-1', 'c', at(7))).toEqual({ ...cancelled, again: true });
    expect(await store.alerts.fire('c', FIRE)).toBeNull();
  });

  test('of many ends at once one wins', async () => {
    await store.alerts.create(alertOf('race'), 10);
    const [cancel, ...fires] = await Promise.all([
      store.alerts.cancel('user-1', 'race', at(8)),
      ...Array.from({ length: 8 }, () => store.alerts.fire('race', FIRE)),
    ]);
    const wins = fires.filter((one) => one !== null).length + (cancel?.kind === 'cancelled' ? 1 : 0);
    expect(wins).toBe(1);
  });

  test('the limit counts what is armed, also when many come at once', async () => {
    const many = Array.from({ length: 6 }, (_, n) =>
      store.alerts.create(alertOf(`many-${n}`, { accountId: 'account-2' }), 3),
    );
    const kinds = (await Promise.all(many)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'created')).toHaveLength(3);
    expect(await store.alerts.create(alertOf('more', { accountId: 'account-2' }), 3)).toEqual({
      kind: 'tooMany',
      armed: 3,
    });
    const [one] = (await store.alerts.page({ userId: 'user-1', accountId: 'account-2', status: 'ARMED' }, { limit: 1 }))
      .alerts;
    await store.alerts.cancel('user-1', one?.alert.id ?? '', at(9));
    expect((await store.alerts.create(alertOf('more', { accountId: 'account-2' }), 3)).kind).toBe('created');
  });

  test('pages, newest first', async () => {
    const list = { userId: 'user-1', accountId: 'account-1' } as const;
    const ids = async (page: { limit: number; after?: string }) => store.alerts.page(list, page);
    const all = await ids({ limit: 200 });
    expect(all.alerts.map(({ alert }) => alert.id)).toEqual(['race', 'c', 'a']);
    const first = await ids({ limit: 2 });
    expect(first.hasNext).toBe(true);
    const rest = await ids({ limit: 2, after: first.alerts.at(-1)?.cursor ?? '' });
    expect(rest).toEqual({ alerts: all.alerts.slice(2), hasNext: false });
    expect((await store.alerts.page({ ...list, userId: 'user-2' }, { limit: 9 })).alerts).toEqual([]);
    expect((await store.alerts.page({ ...list, status: 'CANCELLED' }, { limit: 9 })).alerts).toHaveLength(
      all.alerts.filter(({ alert }) => alert.status === 'CANCELLED').length,
    );
  });

  test('changes in the order in which they happened, each as it left the alert', async () => {
    const lines = await store.alerts.changes('account-1', 0n, 100);
    const told = lines.map(({ alert }) => `${alert.id} ${alert.status}`);
    expect(told.slice(0, 5)).toEqual(['a ARMED', 'a TRIGGERED', 'c ARMED', 'c CANCELLED', 'race ARMED']);
    expect(lines.map(({ position }) => position)).toEqual(
      lines.map(({ position }) => position).sort((a, b) => Number(a - b)),
    );
    expect(lines[0]?.alert).toMatchObject({ fired: null, updatedAt: at(1) });
    // Who comes too late to end an alert may use up a position.
    const positions = await store.alerts.positions(['account-1', 'nobody']);
    expect(lines.at(-1)?.position).toBeLessThanOrEqual(positions.get('account-1') ?? 0n);
    expect(positions.get('nobody')).toBe(0n);
    expect(await store.alerts.changes('account-1', lines[1]?.position ?? 0n, 2)).toEqual(lines.slice(2, 4));
  });

  test('what is waited for, by market', async () => {
    const trigger = { symbol: 'ETH-USD', source: 'BID', direction: 'AT_OR_BELOW', price: '3000' } as const;
    await store.alerts.create(alertOf('eth', { trigger, createdAt: at(20) }), 10);
    const needs = await store.alerts.needs();
    expect(needs).toContainEqual({ exchange: 'binance', symbol: 'ETH-USD', armed: 1 });
    expect((await store.alerts.armed('binance', 'ETH-USD', null)).map(({ id }) => id)).toEqual(['eth']);
    expect(await store.alerts.armed('binance', 'ETH-USD', at(20))).toHaveLength(1);
    expect(await store.alerts.armed('binance', 'ETH-USD', at(21))).toEqual([]);
    expect(await store.alerts.armed('kraken', 'ETH-USD', null)).toEqual([]);
  });

  test('how far the trades were read is kept by the holder of the lease alone, and never moves back', async () => {
    const { observations } = store;
    const lease = { name: 'ticker:kraken:BTC-USD', owner: 'one' };
    const mark = { tradeAt: at(5), armedUntil: at(6) };
    expect(await observations.saveTapeMark('kraken', 'BTC-USD', mark, lease)).toBe(false);
    expect(await observations.tapeMark('kraken', 'BTC-USD')).toBeNull();
    expect(await observations.acquireLeases([lease.name, 'other'], 'one', 60_000)).toEqual(
      expect.arrayContaining([lease.name, 'other']),
    );
    expect(await observations.acquireLeases([lease.name, 'third'], 'two', 60_000)).toEqual(['third']);
    expect(await observations.saveTapeMark('kraken', 'BTC-USD', mark, lease)).toBe(true);
    expect(await observations.saveTapeMark('kraken', 'BTC-USD', { ...mark, tradeAt: at(3) }, lease)).toBe(true);
    expect(await observations.tapeMark('kraken', 'BTC-USD')).toEqual(mark);
    expect(await observations.saveTapeMark('kraken', 'BTC-USD', mark, { ...lease, owner: 'two' })).toBe(false);
  });
});
