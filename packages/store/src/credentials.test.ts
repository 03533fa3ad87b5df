import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CredentialsError, generateMasterKey, openCredentials, parseKeyRing, sealCredentials } from './credentials.ts';

const ring = parseKeyRing(generateMasterKey('k1'));
const secrets = { apiKey: 'KEY-abcdef', secret: 'SECRET-123456', passphrase: 'PASS-7890' };

const messageOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(CredentialsError);
    return inspect(error, { depth: 10 });
  }
  throw new Error('nothing was thrown');
};

describe('credentials', () => {
  test('whatever is sealed opens for the same account', () => {
    const text = fc.string({ unit: 'binary', maxLength: 200 });
    fc.assert(
      fc.property(text, text, text, (apiKey, secret, accountId) => {
        const sealed = sealCredentials(ring, accountId, { apiKey, secret });
        expect(openCredentials(ring, accountId, sealed)).toEqual({ apiKey, secret });
      }),
    );
    expect(openCredentials(ring, 'a', sealCredentials(ring, 'a', secrets))).toEqual(secrets);
  });

  test('two envelopes of one secret have nothing in common but the head', () => {
    const [a, b] = [sealCredentials(ring, 'a', secrets), sealCredentials(ring, 'a', secrets)];
    expect(a.startsWith('v1.k1.')).toBe(true);
    expect(a.split('.').slice(2)).not.toEqual(b.split('.').slice(2));
    expect(a).not.toContain('SECRET');
  });

  test('another account, another key, another version and every altered byte are refused, without a secret in the error', () => {
    const sealed = sealCredentials(ring, 'a', secrets);
    const other = parseKeyRing(generateMasterKey('k1'));
    const unknown = parseKeyRing(generateMasterKey('k2'));
    const failures = [
      () => openCredentials(ring, 'b', sealed),
      () => openCredentials(other, 'a', sealed),
      () => openCredentials(unknown, 'a', sealed),
      () => openCredentials(ring, 'a', sealed.replace('v1', 'v2')),
      () => openCredentials(ring, 'a', ''),
      () => openCredentials(ring, 'a', 'v1.k1..'),
    ];
    for (const failure of failures) expect(messageOf(failure)).not.toMatch(/SECRET|KEY-|PASS/);
    const parts = sealed.split('.');
    for (const part of [2, 3]) {
      const bytes = Buffer.from(parts[part] ?? '', 'base64url');
      for (let index = 0; index < bytes.length; index += 1) {
        const altered = Buffer.from(bytes);
        altered[index] = (altered[index] ?? 0) ^ 1;
        const envelope = parts.with(part, altered.toString('base64url')).join('.');
        expect(() => openCredentials(ring, 'a', envelope)).toThrow(CredentialsError);
      }
    }
  });

  test('a rotated ring opens old envelopes and seals with the new key', () => {
    const [old, fresh] = [generateMasterKey('old'), generateMasterKey('new')];
    const sealed = sealCredentials(parseKeyRing(old), 'a', secrets);
    const rotated = parseKeyRing(`${fresh}, ${old}`);
    expect(openCredentials(rotated, 'a', sealed)).toEqual(secrets);
    expect(() => openCredentials(parseKeyRing(old), 'a', sealCredentials(rotated, 'a', secrets))).toThrow(
      CredentialsError,
    );
  });

  test.each([
    '',
    'k1',
    'k1:',
    'k1:c2hvcnQ=',
    ':AAAA',
    'a b:AAAA',
    `${generateMasterKey('k')},${generateMasterKey('k')}`,
  ])('key ring %# is refused without being quoted', (text) => {
    const message = messageOf(() => parseKeyRing(text));
    const secret = /[A-Za-z0-9+/]{12,}=/.exec(text)?.[0];
    if (secret !== undefined) expect(message).not.toContain(secret);
  });

  test('a logged ring shows no key', () => {
    const entry = generateMasterKey('k1');
    const logged = inspect(parseKeyRing(entry), { depth: 10 }) + JSON.stringify(parseKeyRing(entry));
    expect(logged).not.toContain(entry.slice(3));
  });
});
