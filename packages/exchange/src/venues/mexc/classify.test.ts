import { describe, expect, it } from 'vitest';
import type { Answer } from '../../transport.ts';
import { classifyCancel, classifyRead, classifySubmit } from '../../outcome.ts';
import { mexcClassifier } from './classify.ts';

/** The outcome table, row by row. */

const NOW = Date.parse('2026-01-01T00:00:00.000Z');

const answer = (status: number, body: unknown, headers: Record<string, string> = {}): Answer => ({
  requested: true,
  notConnected: null,
  status,
  headers,
  body: typeof body === 'string' ? body : JSON.stringify(body),
  json: typeof body === 'string' ? undefined : body,
  timedOut: false,
  error: null,
});

describe('mexc', () => {
  const at = (status: number, code: number, msg: string) => answer(status, { code, msg });
  const ROWS: readonly (readonly [number, number, string, string, string, string])[] = [
    [400, 30004, 'Insufficient position', 'notPlaced', 'refused', 'failed'],
    [400, 30005, 'Oversold', 'notPlaced', 'refused', 'failed'],
    [400, 10101, 'Insufficient balance', 'notPlaced', 'refused', 'failed'],
    [400, 30002, 'The minimum transaction volume cannot be less than：1USDT', 'notPlaced', 'refused', 'failed'],
    [400, 400, 'quantity scale is invalid', 'notPlaced', 'refused', 'failed'],
    ...[26, 30000, 30001, 30003, 30010, 30014, 30016, 30018, 30019, 30020, 30021, 30027, 30029, 30041, 70011].map(
      (code) => [400, code, 'whatever', 'notPlaced', 'refused', 'failed'] as const,
    ),
    [400, -1121, 'Invalid symbol.', 'notPlaced', 'refused', 'failed'],
    [400, 700003, 'Timestamp for this request is outside of the recvWindow.', 'rateLimited', 'rateLimited', 'failed'],
    [400, 700004, "Mandatory parameter 'price' was not sent", 'notPlaced', 'refused', 'failed'],
    [400, 33333, 'param is error', 'unknown', 'unknown', 'failed'],
    [400, 33333, 'quantity is error', 'notPlaced', 'refused', 'failed'],
    [400, -1128, 'Combination of optional parameters invalid.', 'unknown', 'unknown', 'failed'],
    [400, 700002, 'Signature for this request is not valid.', 'auth', 'auth', 'failed'],
    ...[401, 402, 602, 10072, 60005, 700001, 700006, 700007].map(
      (code) => [400, code, 'whatever', 'auth', 'auth', 'failed'] as const,
    ),
    [400, 400, 'api key required', 'auth', 'auth', 'failed'],
    [400, 400, 'something else', 'unknown', 'unknown', 'failed'],
    [400, -2011, 'Unknown order sent.', 'unknown', 'unknownOrder', 'absent'],
    [400, -2013, 'Order does not exist.', 'unknown', 'unknownOrder', 'absent'],
    [429, 429, 'Too Many Requests', 'rateLimited', 'rateLimited', 'failed'],
    [200, 510, 'Requests are too frequent', 'rateLimited', 'rateLimited', 'failed'],
    [418, 429, 'Too Many Requests', 'rateLimited', 'rateLimited', 'failed'],
    ...[403, 500, 501, 503, 504, 603, 20002, 22222, 99999].map(
      (code) => [400, code, 'whatever', 'unknown', 'unknown', 'failed'] as const,
    ),
    [500, 30002, 'The minimum transaction volume', 'unknown', 'unknown', 'failed'],
    [503, 503, 'service not available', 'unknown', 'unknown', 'failed'],
  ];
  it.each(ROWS)('%i %i %s', (status, code, msg, submit, cancel, read) => {
    const told = at(status, code, msg);
    expect(classifySubmit(mexcClassifier, told, NOW).kind).toBe(submit);
    expect(classifyCancel(mexcClassifier, told, NOW).kind).toBe(cancel);
    expect(classifyRead(mexcClassifier, told, NOW).kind).toBe(read);
  });

  it('reads envelopes and bare answers as successes, refusals under either name of their text', () => {
    const bare = { symbol: 'BTCUSDT', orderId: 'C02__1' };
    expect(classifySubmit(mexcClassifier, answer(200, bare), NOW)).toEqual({ kind: 'success', payload: bare });
    expect(classifyRead(mexcClassifier, answer(200, { code: 200, data: [], msg: null }), NOW).kind).toBe('success');
    expect(classifySubmit(mexcClassifier, answer(400, { code: 30005, message: 'Oversold' }), NOW)).toMatchObject({
      ...{ kind: 'notPlaced', nativeCode: '30005', message: 'Oversold', insufficientFunds: true },
    });
  });

  it.each([
    [answer(429, { code: 429, msg: '' }, { 'retry-after': '12' }), 12_000],
    [answer(429, { code: 429, msg: '' }), 10_000],
    [answer(418, '<html>'), 120_000],
  ])('waits as told %#', (limitedAnswer, retryAfterMs) => {
    expect(classifySubmit(mexcClassifier, limitedAnswer, NOW)).toMatchObject({ kind: 'rateLimited', retryAfterMs });
  });
});
