import type { PrivacyChange } from '@orderplane/store';
import { beforeEach, describe, expect, test } from 'vitest';
import { openDesk, type Desk } from '../testing/desk.ts';
import { handle } from './handle.ts';

let desk: Desk;
beforeEach(async () => {
  desk = await openDesk();
});

const setting = (change: PrivacyChange, accountId = 'account-1') =>
  ({ kind: 'setPrivacy', commandId: 'privacy-1', userId: 'user-1', accountId, change }) as const;
const clearing = (accountId = 'account-1') =>
  ({ kind: 'clearOrderCache', commandId: 'clear-1', userId: 'user-1', accountId }) as const;
const done = { orderIds: [], userErrors: [] };
const privacy = async () => (await desk.world.store.access.account('account-1'))?.privacy;
const scope = { userId: 'user-1', exchange: 'binance', accountId: 'account-1' };

describe('privacy', () => {
  test('what is left out stays; what Redis may hold is forgotten when it has changed', async () => {
    expect(await desk.run(setting({ historyRetentionDays: 30 }))).toEqual(done);
    expect(await privacy()).toEqual({ cacheOpenOrders: true, encryptAtRest: false, historyRetentionDays: 30 });
    expect(desk.forgotten).toEqual([]);
    expect(await desk.run(setting({ cacheOpenOrders: false }))).toEqual(done);
    expect(await privacy()).toMatchObject({ cacheOpenOrders: false, historyRetentionDays: 30, cacheVersion: 1 });
    expect(desk.forgotten).toMatchObject([{ ...scope, enabled: false, version: 1 }]);
    // Again is the same as once; Redis is told again, for the first try may have ended before that.
    expect(await desk.run(setting({ cacheOpenOrders: false }))).toEqual(done);
    expect(desk.forgotten[1]).toEqual(desk.forgotten[0]);
    expect(await desk.run(setting({ historyRetentionDays: null, encryptAtRest: true }))).toEqual(done);
    expect(await privacy()).toMatchObject({ encryptAtRest: true, historyRetentionDays: null, cacheVersion: 2 });
  });

  test('clearing the cache makes every scope that was read before an old one', async () => {
    expect(await desk.run(clearing())).toEqual(done);
    expect(desk.forgotten).toMatchObject([{ ...scope, enabled: true, version: 1 }]);
    expect(await desk.run(clearing())).toEqual(done);
    expect(desk.forgotten[1]).toMatchObject({ version: 2 });
    expect(await privacy()).toMatchObject({ cacheOpenOrders: true });
  });

  test.each([
    ['days below nothing', setting({ historyRetentionDays: -1 }), 'INVALID_INPUT', ['input', 'historyRetentionDays']],
    ['days beyond', setting({ historyRetentionDays: 36_501 }), 'INVALID_INPUT', ['input', 'historyRetentionDays']],
    ['somebody else’s', setting({ cacheOpenOrders: false }, 'account-3'), 'NOT_FOUND', ['input', 'accountId']],
    ['nobody’s', setting({ cacheOpenOrders: false }, 'nobody'), 'NOT_FOUND', ['input', 'accountId']],
    ['somebody else’s cache', clearing('account-3'), 'NOT_FOUND', ['accountId']],
    ['nobody’s cache', clearing('nobody'), 'NOT_FOUND', ['accountId']],
  ])('%s is refused', async (_what, command, code, field) => {
    expect(await desk.refusal(command)).toMatchObject({ code, field });
    expect(desk.forgotten).toEqual([]);
  });

  test.each([
    ['encryptAtRest', { encryptAtRest: true }],
    ['cacheOpenOrders', { cacheOpenOrders: false }],
  ])('without a key %s is refused, and the refusal says what to set', async (field, change) => {
    const { userErrors } = await handle({ ...desk.context, canSeal: false }, setting(change));
    expect(userErrors).toMatchObject([{ code: 'INVALID_INPUT', field: ['input', field] }]);
    expect(userErrors[0]?.message).toContain('ORDERPLANE_DATA_KEY');
    expect(await privacy()).toMatchObject({ encryptAtRest: false, cacheOpenOrders: true });
    const back = { encryptAtRest: false, cacheOpenOrders: true };
    expect(await handle({ ...desk.context, canSeal: false }, setting(back))).toEqual(done);
  });

  test.each(['privacy:before-commit', 'privacy:after-commit'])(
    'a process that dies at %s leaves all or nothing, and the command run again does the rest',
    async (step) => {
      const crashPoint = (at: string): void => {
        if (at === step) throw new Error(`died at ${at}`);
      };
      const command = setting({ cacheOpenOrders: false });
      await expect(handle({ ...desk.context, crashPoint }, command)).rejects.toThrow('died at');
      expect((await privacy())?.cacheOpenOrders).toBe(step === 'privacy:before-commit');
      expect(await desk.run(command)).toEqual(done);
      expect((await privacy())?.cacheOpenOrders).toBe(false);
      expect(desk.forgotten).toMatchObject([{ enabled: false, version: 1 }]);
    },
  );
});
