import { expect, test } from 'vitest';
import { createApiToken, hashToken, isApiToken } from './tokens.ts';

test('a token shows its prefix and hides its secret', () => {
  const { token, prefix, tokenHash } = createApiToken();
  expect(token).toMatch(/^op_[0-9a-f]{8}_[A-Za-z0-9_-]{43}$/);
  expect(token.startsWith(`${prefix}_`)).toBe(true);
  expect(tokenHash).toBe(hashToken(token));
  expect(tokenHash).toMatch(/^[0-9a-f]{64}$/);
  expect(isApiToken(token)).toBe(true);
  expect(createApiToken().token).not.toBe(token);
});

test('randomness comes in as an argument', () => {
  const { token } = createApiToken((bytes) => Buffer.alloc(bytes, 7));
  expect(token).toBe(`op_07070707_${Buffer.alloc(32, 7).toString('base64url')}`);
});

test.each(['', 'op_', 'op_0707070_x', 'Bearer op_07070707_x', `op_07070707_${'a'.repeat(44)}`])(
  '%j is no token',
  (text) => {
    expect(isApiToken(text)).toBe(false);
  },
);
