import { expect, test } from 'vitest';
import type { Account, AccessStore } from '@orderplane/store';
import { cacheScopes } from './commit-listener.ts';

const account = {
  id: 'a',
  userId: 'u',
  exchange: 'binance',
  privacy: { cacheOpenOrders: true },
} as unknown as Account;

function rig() {
  const asked: string[] = [];
  let nowMs = 0;
  let fails = false;
  const access = {
    account: async (id: string) => {
      asked.push(id);
      if (fails) throw new Error('away');
      return id === 'a' ? account : null;
    },
    accountsOfUser: async () => [account],
  } as unknown as AccessStore;
  return {
    asked,
    scopes: cacheScopes(access, () => nowMs),
    at: (ms: number) => (nowMs = ms),
    fail: (on: boolean) => (fails = on),
  };
}
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('known for two seconds; read again in the background after one, once', async () => {
  const { asked, scopes, at } = rig();
  expect(await scopes('a')).toMatchObject({ accountId: 'a', enabled: true });
  at(900);
  await scopes('a');
  expect(asked).toHaveLength(1);
  at(1_100);
  const first = scopes('a');
  const second = scopes('a');
  expect(asked).toHaveLength(2);
  expect(await first).toEqual(await second);
  await settled();
  at(2_050);
  await scopes('a');
  expect(asked).toHaveLength(2);
});

test('after a pause it is read before it is given', async () => {
  const { asked, scopes, at } = rig();
  await scopes('a');
  at(2_000);
  await scopes('a');
  expect(asked).toHaveLength(2);
  expect(await scopes('nobody')).toBeNull();
});

test('a failed read is not remembered, and one in the background harms nobody', async () => {
  const { asked, scopes, at, fail } = rig();
  fail(true);
  await expect(scopes('a')).rejects.toThrow('away');
  fail(false);
  await scopes('a');
  at(1_500);
  fail(true);
  expect(await scopes('a')).toMatchObject({ accountId: 'a' });
  await settled();
  fail(false);
  expect(await scopes('a')).toMatchObject({ accountId: 'a' });
  expect(asked).toHaveLength(4);
});
