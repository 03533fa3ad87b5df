import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { CredentialsError, generateMasterKey, openCredentials, parseKeyRing, sealCredentials } from './credentials.ts';
import { intakeKey, openIntake, sealForIntake } from './intake.ts';
import { createMemoryStore } from './memory/index.ts';
import { reseal } from './reseal.ts';
import { accountOf, at, seedAccounts } from './testing/fixtures.ts';

const secrets = { apiKey: 'KEY-abcdef', secret: 'SECRET-123456', passphrase: 'PASS-7890' };
const [first, second] = [generateMasterKey('k1'), generateMasterKey('k2')];
const live = { exchange: 'kraken', mode: 'LIVE' } as const;
const accountsOf = () => createMemoryStore({ nowMs: () => 0 }).accounts;

describe('credentials on their way', () => {
  test('who has the public key can seal, who has the master key can open, for one candidate only', async () => {
    const accounts = accountsOf();
    expect(await intakeKey(accounts)).toBeNull();
    const intake = await openIntake(accounts, parseKeyRing(first), at(0));
    const publicKey = await intakeKey(accounts);
    const sealed = sealForIntake(publicKey ?? '', 'candidate-1', secrets);
    expect(sealed).not.toMatch(/KEY-|SECRET|PASS/);
    expect(intake.open('candidate-1', sealed)).toEqual(secrets);
    // Another process with the same ring, and one whose ring has another key first.
    expect((await openIntake(accounts, parseKeyRing(`${second},${first}`), at(1))).open('candidate-1', sealed)).toEqual(
      secrets,
    );
    for (const failure of [
      () => intake.open('candidate-2', sealed),
      () => intake.open('candidate-1', `${sealed.slice(0, -3)}AAA`),
      () => intake.open('candidate-1', sealed.replace('x1', 'v1')),
      () => intake.open('candidate-1', ''),
    ]) {
      expect(failure).toThrow(CredentialsError);
      try {
        failure();
      } catch (error) {
        expect(inspect(error, { depth: 10 })).not.toMatch(/KEY-|SECRET|PASS/);
      }
    }
    await expect(openIntake(accounts, parseKeyRing(second), at(2))).rejects.toThrow(/"k1", which is not in the ring/);
  });

  test('fingerprints are keyed, and the same whatever the master key is', async () => {
    const accounts = accountsOf();
    const one = await openIntake(accounts, parseKeyRing(first), at(0));
    const print = one.fingerprint('key', live, 'KEY-abcdef');
    expect(print).not.toContain('KEY');
    expect(one.fingerprint('key', { ...live, mode: 'PAPER' }, 'KEY-abcdef')).not.toBe(print);
    await reseal(accounts, parseKeyRing(`${second},${first}`));
    const later = await openIntake(accounts, parseKeyRing(second), at(1));
    expect(later.fingerprint('key', live, 'KEY-abcdef')).toBe(print);
    const elsewhere = await openIntake(accountsOf(), parseKeyRing(first), at(0));
    expect(elsewhere.fingerprint('key', live, 'KEY-abcdef')).not.toBe(print);
  });
});

describe('sealing anew', () => {
  test('moves everything to the first key of the ring, and may be repeated', async () => {
    const store = createMemoryStore({ nowMs: () => 0 });
    await seedAccounts(store);
    const old = parseKeyRing(first);
    for (const { boundTo, sealed } of await store.accounts.envelopes({ limit: 10 }))
      await store.accounts.replaceEnvelope({ boundTo, sealed }, sealCredentials(old, boundTo, secrets));
    await openIntake(store.accounts, old, at(0));
    const both = parseKeyRing(`${second},${first}`);
    expect(await reseal(store.accounts, both)).toEqual({ resealed: 4, current: 0, overtaken: 0, failed: [] });
    expect(await reseal(store.accounts, both)).toEqual({ resealed: 0, current: 4, overtaken: 0, failed: [] });
    const { sealed } = await store.accounts.credentials('account-1');
    expect(openCredentials(parseKeyRing(second), 'account-1', sealed)).toEqual(secrets);
    expect(() => openCredentials(old, 'account-1', sealed)).toThrow(CredentialsError);
  });

  test('walks all pages', async () => {
    const store = createMemoryStore({ nowMs: () => 0 });
    await seedAccounts(store);
    const old = parseKeyRing(first);
    for (let n = 0; n < 450; n += 1)
      await store.access.createAccount(accountOf(`more-${n}`), sealCredentials(old, `more-${n}`, secrets));
    const { resealed, failed } = await reseal(store.accounts, parseKeyRing(`${second},${first}`));
    expect([resealed, failed]).toEqual([450, ['account-1', 'account-2', 'account-3']]);
  });

  test('names what does not open and goes on; what others replace meanwhile is theirs', async () => {
    const store = createMemoryStore({ nowMs: () => 0 });
    await seedAccounts(store);
    const old = parseKeyRing(first);
    await store.accounts.replaceEnvelope(
      { boundTo: 'account-2', sealed: 'sealed-2' },
      sealCredentials(old, 'account-2', secrets),
    );
    const both = parseKeyRing(`${second},${first}`);
    const overtaking = {
      envelopes: store.accounts.envelopes.bind(store.accounts),
      replaceEnvelope: () => Promise.resolve(false),
    };
    expect(await reseal(overtaking, both)).toEqual({
      resealed: 0,
      current: 0,
      overtaken: 1,
      failed: ['account-1', 'account-3'],
    });
  });
});
