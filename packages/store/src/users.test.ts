import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AlreadyExistsError, InvalidCursorError, NotFoundError } from './contracts.ts';
import type { AuditEntry, Store } from './contracts.ts';
import { datedCursor } from './paging.ts';
import { BACKENDS } from './testing/backends.ts';
import { at } from './testing/fixtures.ts';
import { createApiToken } from './tokens.ts';

const ISSUER = 'https://id.example';

describe.each(BACKENDS)('UserStore ($name)', ({ open }) => {
  let store: Store;
  let close: () => Promise<void>;

  beforeAll(async () => {
    ({ store, close } = await open());
  });
  afterAll(() => close());

  const newToken = async (id: string, userId: string, second: number, label?: string): Promise<string> => {
    const { tokenHash, prefix } = createApiToken();
    const row = { id, userId, role: 'trader', tokenHash, prefix, createdAt: at(second), expiresAt: null } as const;
    await store.access.createToken(label === undefined ? row : { ...row, label });
    return tokenHash;
  };

  test('an identity means one user, and is made with it or not at all', async () => {
    const ann = await store.users.create(
      { id: 'ann', name: 'Ann \u0000', createdAt: at(100) },
      { issuer: ISSUER, subject: 'a' },
    );
    expect(ann).toMatchObject({ id: 'ann', disabledAt: null, identities: [{ issuer: ISSUER, subject: 'a' }] });
    const again = { id: 'ben', name: 'Ben', createdAt: at(101) };
    await expect(store.users.create(again, { issuer: ISSUER, subject: 'a' })).rejects.toThrow(AlreadyExistsError);
    expect(await store.users.byIds(['ben', 'ann'])).toHaveLength(1);
    await store.users.create(again, null);
    await expect(store.users.create(again, null)).rejects.toThrow(AlreadyExistsError);

    expect((await store.users.byIdentity({ issuer: ISSUER, subject: 'a' }))?.id).toBe('ann');
    expect(await store.users.byIdentity({ issuer: 'https://other.example', subject: 'a' })).toBeNull();
    const second = { issuer: ISSUER, subject: 'b' };
    await store.users.linkIdentity('ben', second, at(102));
    await store.users.linkIdentity('ben', second, at(103));
    await expect(store.users.linkIdentity('ann', second, at(103))).rejects.toThrow(AlreadyExistsError);
    await expect(store.users.linkIdentity('nobody', { ...second, subject: 'c' }, at(1))).rejects.toThrow(NotFoundError);
    expect(await store.users.unlinkIdentity('ann', second)).toBe(false);
    expect(await store.users.unlinkIdentity('ben', second)).toBe(true);
    expect(await store.users.byIdentity(second)).toBeNull();
  });

  test('a revoked token and a disabled user are nobody; both stay in the lists', async () => {
    await store.users.create({ id: 'cleo', name: 'Cleo', createdAt: at(110) }, null);
    const hash = await newToken('token-c1', 'cleo', 111, 'laptop');
    const other = await newToken('token-c2', 'cleo', 112);
    expect(await store.access.principalByTokenHash(hash, at(120))).toEqual({
      userId: 'cleo',
      role: 'trader',
      tokenId: 'token-c1',
    });
    expect(await store.users.revokeToken('token-c1', at(121))).toMatchObject({ revokedAt: at(121), label: 'laptop' });
    expect(await store.users.revokeToken('token-c1', at(122))).toMatchObject({ revokedAt: at(121) });
    expect(await store.users.revokeToken('nothing', at(122))).toBeNull();
    expect(await store.access.principalByTokenHash(hash, at(120))).toBeNull();

    expect(await store.users.setDisabled('cleo', at(123))).toMatchObject({ disabledAt: at(123) });
    expect(await store.users.setDisabled('cleo', at(124))).toMatchObject({ disabledAt: at(123) });
    expect(await store.access.principalByTokenHash(other, at(120))).toBeNull();
    expect(await store.users.setDisabled('cleo', null)).toMatchObject({ disabledAt: null });
    expect(await store.access.principalByTokenHash(other, at(120))).not.toBeNull();
    expect(await store.users.setDisabled('nobody', at(1))).toBeNull();

    const { items } = await store.users.tokens({ userId: 'cleo' }, { limit: 10 });
    expect(items.map(({ id }) => id)).toEqual(['token-c2', 'token-c1']);
    expect(JSON.stringify(items)).not.toContain(hash);
    const prefix = items[1]?.prefix ?? '';
    expect((await store.users.tokens({ prefix }, { limit: 10 })).items.map(({ id }) => id)).toEqual(['token-c1']);
    expect(await store.users.tokenById('token-c1')).toEqual(items[1]);
    expect(await store.users.tokenById('nothing')).toBeNull();
  });

  test('users and tokens in pages, newest first', async () => {
    for (const n of [1, 2, 3]) await store.users.create({ id: `page-${n}`, name: 'p', createdAt: at(200) }, null);
    const first = await store.users.page({ limit: 2 });
    expect(first).toMatchObject({ hasNext: true, items: [{ id: 'page-3' }, { id: 'page-2' }] });
    const last = first.items.at(-1);
    const next = await store.users.page({ limit: 1, after: last === undefined ? '' : datedCursor(last) });
    expect(next.items.map(({ id }) => id)).toEqual(['page-1']);
    await expect(store.users.page({ limit: 1, after: 'nonsense' })).rejects.toThrow(InvalidCursorError);
    await expect(store.users.page({ limit: 201 })).rejects.toThrow(RangeError);
    for (const n of [1, 2, 3]) await newToken(`many-${n}`, 'page-1', 201);
    const some = await store.users.tokens({ userId: 'page-1' }, { limit: 2 });
    const end = some.items.at(-1);
    const rest = await store.users.tokens(
      { userId: 'page-1' },
      { limit: 2, after: end === undefined ? '' : datedCursor(end) },
    );
    expect([...some.items, ...rest.items].map(({ id }) => id)).toEqual(['many-3', 'many-2', 'many-1']);
    expect(rest.hasNext).toBe(false);
  });

  test('the audit is read newest first, by user and by action', async () => {
    const entry = (action: string, over: Partial<AuditEntry> = {}): AuditEntry => ({
      at: at(300),
      userId: 'page-1',
      action,
      target: null,
      outcome: 'ok',
      remote: '::1',
      ...over,
    });
    await store.access.audit(entry('one'));
    await store.users.writeAudit([
      entry('two', { via: 'op_00000000', target: 'nul \u0000' }),
      entry('one', { userId: null }),
    ]);
    await store.users.writeAudit([]);
    const all = await store.users.auditLog({}, { limit: 2 });
    expect(all.items.map(({ action, userId }) => [action, userId])).toEqual([
      ['one', null],
      ['two', 'page-1'],
    ]);
    expect(all.items[1]).toMatchObject({ via: 'op_00000000', remote: '::1', outcome: 'ok', at: at(300) });
    const older = await store.users.auditLog({}, { limit: 200, after: all.items[1]?.id ?? '' });
    expect(older.items[0]).toMatchObject({ action: 'one', userId: 'page-1', via: null });
    expect((await store.users.auditLog({ userId: 'page-1' }, { limit: 9 })).items).toHaveLength(2);
    const both = await store.users.auditLog({ userId: 'page-1', action: 'one' }, { limit: 9 });
    expect(both.items).toHaveLength(1);
    await expect(store.users.auditLog({}, { limit: 9, after: 'x' })).rejects.toThrow(InvalidCursorError);
  });
});
