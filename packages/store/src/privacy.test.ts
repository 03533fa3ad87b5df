import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Store } from './contracts.ts';
import { privacyAfter } from './privacy-terms.ts';
import { BACKENDS } from './testing/backends.ts';
import { accountOf, at } from './testing/fixtures.ts';

describe.each(BACKENDS)('privacy of an account ($name)', ({ open }) => {
  let store: Store;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ store, close } = await open());
  });
  afterAll(() => close());

  const link = async (id: string): Promise<string> => {
    await store.access.createAccount(accountOf(id), 'sealed');
    return id;
  };
  const privacyOf = async (id: string) => (await store.access.account(id))?.privacy;

  test('what is left out stays, and each change of what the cache may hold raises its version', async () => {
    const id = await link('a');
    const set = (change: Parameters<typeof store.accounts.setPrivacy>[2]) =>
      store.accounts.setPrivacy('user-1', id, change);
    expect(await set({ historyRetentionDays: 7 })).toMatchObject({ kind: 'set', again: false });
    const kept = { cacheOpenOrders: true, encryptAtRest: false, historyRetentionDays: 7 };
    expect(await privacyOf(id)).toEqual(kept);
    expect(await set({ cacheOpenOrders: true, historyRetentionDays: 7 })).toMatchObject({ again: true });
    expect(await set({ cacheOpenOrders: false })).toMatchObject({ again: false });
    expect(await privacyOf(id)).toEqual({ ...kept, cacheOpenOrders: false, cacheVersion: 1 });
    await set({ encryptAtRest: true });
    expect(await privacyOf(id)).toMatchObject({ encryptAtRest: true, cacheOpenOrders: false, cacheVersion: 2 });
    await set({ historyRetentionDays: null });
    expect(await privacyOf(id)).toMatchObject({ historyRetentionDays: null, cacheVersion: 2 });
    expect(await store.accounts.renewCache('user-1', id)).toMatchObject({ kind: 'set', account: { id } });
    expect(await privacyOf(id)).toMatchObject({ cacheVersion: 3 });
  });

  test('of somebody else’s account, none, or an unlinked one nothing is changed', async () => {
    const id = await link('b');
    const change = { cacheOpenOrders: false };
    for (const [user, account] of [
      ['user-2', id],
      ['user-1', 'nobody'],
    ] as const) {
      expect(await store.accounts.setPrivacy(user, account, change)).toEqual({ kind: 'notFound' });
      expect(await store.accounts.renewCache(user, account)).toEqual({ kind: 'notFound' });
    }
    await store.accounts.unlink('user-1', id, at(9));
    expect(await store.accounts.setPrivacy('user-1', id, change)).toEqual({ kind: 'notFound' });
    expect((await privacyOf(id))?.cacheOpenOrders).toBe(true);
  });

  test('changes at once are each kept', async () => {
    const id = await link('c');
    await Promise.all([
      store.accounts.setPrivacy('user-1', id, { cacheOpenOrders: false }),
      store.accounts.setPrivacy('user-1', id, { historyRetentionDays: 3 }),
      ...Array.from({ length: 5 }, () => store.accounts.renewCache('user-1', id)),
    ]);
    const all = { cacheOpenOrders: false, encryptAtRest: false, historyRetentionDays: 3, cacheVersion: 6 };
    expect(await privacyOf(id)).toEqual(all);
  });
});

test('only a change of the encryption converts what was written before', () => {
  const before = { cacheOpenOrders: true, encryptAtRest: false, historyRetentionDays: null };
  expect(privacyAfter(before, { encryptAtRest: true })).toEqual({
    privacy: { ...before, encryptAtRest: true, cacheVersion: 1, converting: true },
    converts: true,
  });
  expect(privacyAfter(before, { encryptAtRest: false }).privacy).toBe(before);
  expect(privacyAfter(before, { historyRetentionDays: 1 })).toMatchObject({ converts: false });
});
