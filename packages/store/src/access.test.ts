import type { Market } from '@orderplane/domain';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AlreadyExistsError, NotFoundError } from './contracts.ts';
import type { Store, SyncRun } from './contracts.ts';
import { BACKENDS } from './testing/backends.ts';
import { accountOf, at } from './testing/fixtures.ts';
import { createApiToken, hashToken } from './tokens.ts';

describe.each(BACKENDS)('AccessStore and ObservationStore ($name)', ({ open }) => {
  let store: Store;
  let close: () => Promise<void>;

  beforeAll(async () => {
    ({ store, close } = await open());
  });
  afterAll(() => close());

  test('a token leads to its principal until it expires', async () => {
    const { token, prefix, tokenHash } = createApiToken();
    const row = {
      id: 't1',
      userId: 'user-1',
      role: 'trader',
      tokenHash,
      prefix,
      createdAt: at(0),
      expiresAt: at(10),
    } as const;
    await store.access.createToken(row);
    expect(await store.access.principalByTokenHash(hashToken(token), at(9))).toEqual({
      userId: 'user-1',
      role: 'trader',
      tokenId: 't1',
      expiresAt: at(10),
    });
    expect(await store.access.principalByTokenHash(tokenHash, at(10))).toBeNull();
    expect(await store.access.principalByTokenHash(hashToken('op_x'), at(9))).toBeNull();
    await expect(store.access.createToken(row)).rejects.toThrow(AlreadyExistsError);
    await expect(store.access.createToken({ ...row, id: 't2' })).rejects.toThrow(AlreadyExistsError);
    await expect(store.access.createToken({ ...row, id: 't3', tokenHash: 'x', userId: 'nobody' })).rejects.toThrow(
      NotFoundError,
    );
  });

  test('accounts keep their settings exactly, and lists never carry credentials', async () => {
    const account = accountOf('account-9', {
      createdAt: at(9),
      privacy: { cacheOpenOrders: false, encryptAtRest: true, historyRetentionDays: 30 },
      risk: {
        maxOrderNotional: '123456789012345678.000000000000000001',
        maxOpenNotional: '0.00000001',
        maxOpenOrders: 7,
        priceCollar: '0.05',
        rejectDuplicates: true,
      },
    });
    await store.access.createAccount(account, 'sealed-9');
    expect(await store.access.account('account-9')).toEqual(account);
    expect(await store.accounts.credentials('account-9')).toMatchObject({ id: 'initial', sealed: 'sealed-9' });
    expect(await store.access.account('nobody')).toBeNull();
    await expect(store.accounts.credentials('nobody')).rejects.toThrow(NotFoundError);
    await expect(store.access.createAccount(account, 'x')).rejects.toThrow(AlreadyExistsError);
    await expect(store.access.createAccount(accountOf('a', { userId: 'nobody' }), 'x')).rejects.toThrow(NotFoundError);
    await expect(store.access.createUser({ id: 'user-1', name: 'x', createdAt: at(0) })).rejects.toThrow(
      AlreadyExistsError,
    );
    const mine = await store.access.accountsOfUser('user-1');
    expect(mine.map(({ id }) => id)).toEqual(['account-1', 'account-2', 'account-9']);
    expect(await store.access.linkedAccounts()).toHaveLength(4);
    expect(JSON.stringify(await store.access.linkedAccounts())).not.toContain('sealed');
  });

  test('the last sync never moves back', async () => {
    await store.access.setLastSynced('account-1', at(5));
    await store.access.setLastSynced('account-1', at(4));
    expect((await store.access.account('account-1'))?.lastSyncedAt).toBe(at(5));
    await expect(store.access.setLastSynced('nobody', at(4))).rejects.toThrow(NotFoundError);
  });

  test('audit takes anything', async () => {
    const entry = { at: at(1), userId: null, action: 'login', target: 'nul \u0000', outcome: 'refused', remote: '::1' };
    await expect(store.access.audit(entry)).resolves.toBeUndefined();
  });

  test('sync runs: the newest, or the newest complete one', async () => {
    const run = (id: string, second: number, complete: boolean): SyncRun => ({
      id,
      accountId: 'account-1',
      reason: 'scheduled',
      startedAt: at(second),
      finishedAt: at(second + 1),
      coverage: [
        { part: 'open', askedAt: at(second), complete, from: null, pages: 1, items: 2, error: complete ? null : 'x' },
      ],
      complete,
      adopted: 1,
      changed: 2,
    });
    expect(await store.observations.lastSyncRun('account-1', false)).toBeNull();
    await store.observations.saveSyncRun(run('r1', 1, true));
    await store.observations.saveSyncRun(run('r3', 3, false));
    await store.observations.saveSyncRun(run('r2', 2, true));
    expect(await store.observations.lastSyncRun('account-1', false)).toEqual(run('r3', 3, false));
    expect(await store.observations.lastSyncRun('account-1', true)).toEqual(run('r2', 2, true));
    expect(await store.observations.lastSyncRun('account-2', false)).toBeNull();
    await expect(store.observations.saveSyncRun(run('r1', 9, true))).rejects.toThrow(AlreadyExistsError);
  });

  test('the fills watermark only moves forward', async () => {
    expect(await store.observations.fillsWatermark('account-1')).toBeNull();
    await store.observations.setFillsWatermark('account-1', at(5));
    await store.observations.setFillsWatermark('account-1', at(3));
    expect(await store.observations.fillsWatermark('account-1')).toBe(at(5));
  });

  test('markets are replaced per exchange', async () => {
    const market = (symbol: string, priceStep = '0.01'): Market => ({
      exchange: 'binance',
      symbol,
      base: 'B',
      quote: 'Q',
      nativeId: symbol,
      unifiedSymbol: symbol,
      priceStep,
      sizeStep: '0.00000001',
      minSize: null,
      maxSize: null,
      minNotional: '10',
      quoteStep: null,
      active: true,
    });
    await store.observations.saveMarkets('binance', [market('B-USD'), market('A-USD')], at(1));
    await store.observations.saveMarkets('kraken', [{ ...market('K-USD'), exchange: 'kraken' }], at(1));
    await store.observations.saveMarkets('binance', [market('B-USD', '0.1'), market('C-USD')], at(2));
    expect(await store.observations.markets('binance')).toEqual([market('B-USD', '0.1'), market('C-USD')]);
    expect(await store.observations.markets('binance', ['C-USD', 'K-USD'])).toEqual([market('C-USD')]);
    expect(await store.observations.markets('kraken')).toHaveLength(1);
  });

  test('exchange health: the newest observation stays', async () => {
    const health = {
      exchange: 'kraken',
      reachable: true,
      streamConnected: false,
      rateLimitedUntil: at(9),
      lastError: null,
      at: at(5),
    } as const;
    await store.observations.setExchangeHealth(health);
    await store.observations.setExchangeHealth({ ...health, reachable: false, at: at(4) });
    expect(await store.observations.exchangeHealth()).toEqual([health]);
    await store.observations.setRateLimited('kraken', at(8), at(6));
    expect(await store.observations.exchangeHealth()).toEqual([{ ...health, at: at(6) }]);
    await store.observations.setRateLimited('kraken', at(19), at(5));
    await store.observations.setRateLimited('binance', at(3), at(1));
    expect(await store.observations.exchangeHealth()).toEqual([
      {
        exchange: 'binance',
        reachable: true,
        streamConnected: false,
        rateLimitedUntil: at(3),
        lastError: null,
        at: at(1),
      },
      { ...health, rateLimitedUntil: at(19), at: at(6) },
    ]);
  });

  test("account health: the newest look stays, and the key's standing is another matter", async () => {
    const { observations } = store;
    const look = { accountId: 'account-1', reachable: true, lastError: null, at: at(5) } as const;
    expect(await observations.accountHealth(['account-1'])).toEqual([]);
    await observations.setAccountReachable(look);
    await observations.setAccountReachable({ ...look, reachable: false, at: at(4) });
    await observations.setAccountReachable({ ...look, at: at(6) });
    const well = { ...look, at: at(6), since: at(5), keyRefused: null };
    expect(await observations.accountHealth(['account-1', 'account-2'])).toEqual([well]);
    expect(await observations.accountsInTrouble()).toEqual([]);

    await observations.setAccountReachable({ ...look, reachable: false, lastError: 'a', at: at(7) });
    await observations.setAccountReachable({ ...look, reachable: false, lastError: 'b', at: at(8) });
    const ill = { ...look, reachable: false, lastError: 'b', since: at(7), at: at(8), keyRefused: null };
    expect(await observations.accountsInTrouble()).toEqual([ill]);

    await observations.setKeyRefused('account-1', 'wrong', at(9));
    await observations.setKeyRefused('account-1', 'still wrong', at(10));
    const refused = { ...ill, keyRefused: { since: at(9), reason: 'still wrong' } };
    await observations.setKeyRefused('account-2', 'wrong', at(9));
    expect((await observations.accountsInTrouble()).map(({ accountId }) => accountId)).toEqual([
      'account-1',
      'account-2',
    ]);
    expect(await observations.accountHealth(['account-1'])).toEqual([refused]);
    await observations.setAccountReachable({ ...look, at: at(11) });
    expect(await observations.accountHealth(['account-1'])).toMatchObject([
      { reachable: true, since: at(11), keyRefused: { since: at(9) } },
    ]);
    await observations.setKeyRefused('account-1', null, at(12));
    await observations.setKeyRefused('account-2', null, at(12));
    expect(await observations.accountsInTrouble()).toEqual([]);
  });

  test("the database's clock goes on", async () => {
    const before = await store.nowMs();
    await sleep(5);
    expect(await store.nowMs()).toBeGreaterThan(before);
  });

  test('a lease has one holder until it is released or runs out', async () => {
    const { observations } = store;
    const taken = await Promise.all(
      ['a', 'b', 'c', 'd'].map((owner) => observations.acquireLease('stream', owner, 60_000)),
    );
    expect(taken.filter(Boolean)).toHaveLength(1);
    const holder = 'abcd'[taken.indexOf(true)] ?? '';
    expect(await observations.acquireLease('stream', holder, 60_000)).toBe(true);
    await observations.releaseLease('stream', 'somebody');
    expect(await observations.acquireLease('stream', 'e', 60_000)).toBe(false);
    await observations.releaseLease('stream', holder);
    expect(await observations.acquireLease('stream', 'e', 1)).toBe(true);
    await sleep(5);
    expect(await observations.acquireLease('stream', 'f', 60_000)).toBe(true);
    expect(await observations.acquireLease('stream', 'e', 60_000)).toBe(false);
    expect(await observations.acquireLease('other', 'e', 60_000)).toBe(true);
  });
});
