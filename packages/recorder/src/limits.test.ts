import { expect, test } from 'vitest';
import { z } from 'zod';
import { LIMITS_ENVIRONMENT, limitsFrom } from './limits.ts';

const read = (env: Record<string, string>) => limitsFrom(z.object(LIMITS_ENVIRONMENT).parse(env));

test('without variables there is no limit on the time in a state', () => {
  expect(read({})).toEqual({ staleAfterMs: 60_000, attentionAfterMs: 120_000, callTimeoutMs: 8_000 });
});

test('each limit has its variable', () => {
  const env = { SUBMITTED_LIMIT_MS: '30000', PENDING_CANCEL_LIMIT_MS: '10000', PENDING_REPLACE_LIMIT_MS: '20000' };
  expect(read(env)).toMatchObject({ submittedMs: 30_000, pendingCancelMs: 10_000, pendingReplaceMs: 20_000 });
  expect(() => read({ SUBMITTED_LIMIT_MS: '-1' })).toThrow();
});
