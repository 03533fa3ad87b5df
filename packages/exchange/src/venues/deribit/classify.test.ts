import { describe, expect, it } from 'vitest';
import type { Answer } from '../../transport.ts';
import { classifyCancel, classifyRead, classifySubmit } from '../../outcome.ts';
import { deribitClassifier } from './classify.ts';

/** Deribit's codes, row by row. */

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

describe('deribit', () => {
  const told = (code: number, message: string, status = 400, data?: object) =>
    answer(status, {
      jsonrpc: '2.0',
      error: { code, message, ...(data === undefined ? {} : { data }) },
      testnet: false,
    });
  const REFUSED = [
    ...[10002, 10003, 10005, 10006, 10007, 10008, 10009, 10011, 10012, 10013, 10018, 10020, 10021, 10022, 10023, 10024],
    ...[10025, 10026, 10027, 10032, 10034, 10035, 10036, 10043, 10044, 10045, 10046, 11029, 11035, 11036, 11037, 11038],
    ...[11039, 11041, 11043, 11045, 11046, 11047, 11048, 11049, 11050, 11054, -32602, -32601],
  ];
  const ROWS: readonly (readonly [number, string, string, string, string])[] = [
    ...REFUSED.map((code) => [code, 'whatever', 'notPlaced', 'refused', 'failed'] as const),
    [10004, 'order_not_found', 'notPlaced', 'unknownOrder', 'absent'],
    [10029, 'not_owner_of_order', 'notPlaced', 'unknownOrder', 'failed'],
    ...[10010, 11008, 11044].map((code) => [code, 'not open', 'notPlaced', 'unknownOrder', 'failed'] as const),
    ...[10028, 10047].map((code) => [code, 'too many', 'rateLimited', 'rateLimited', 'failed'] as const),
    ...[9999, 10000, 10019, 11042, 13002, 13004, 13009, 13021].map(
      (code) => [code, 'no', 'auth', 'auth', 'failed'] as const,
    ),
    ...[10001, 10040, 10041, 11030, 11031, 11051, 11094, 13888, 13028, 77777].map(
      (code) => [code, 'whatever', 'unknown', 'unknown', 'failed'] as const,
    ),
    [11030, 'other_reject reduce_direction', 'notPlaced', 'refused', 'failed'],
    [-32602, 'timed_out', 'unknown', 'unknown', 'failed'],
  ];
  it.each(ROWS)('%i %s', (code, message, submit, cancel, read) => {
    expect(classifySubmit(deribitClassifier, told(code, message), NOW)).toMatchObject({ kind: submit });
    expect(classifyCancel(deribitClassifier, told(code, message), NOW).kind).toBe(cancel);
    expect(classifyRead(deribitClassifier, told(code, message), NOW).kind).toBe(read);
  });

  it('keeps the native code and marks what follows from it', () => {
    expect(classifySubmit(deribitClassifier, told(10009, 'not_enough_funds'), NOW)).toMatchObject({
      nativeCode: '10009',
      insufficientFunds: true,
    });
    const data = { reason: 'must be a multiple of 0.0001', param: 'amount' };
    expect(classifySubmit(deribitClassifier, told(-32602, 'Invalid params', 400, data), NOW)).toMatchObject({
      rulesChanged: true,
      message: 'Invalid params amount must be a multiple of 0.0001',
    });
    const label = { reason: 'too long', param: 'label' };
    expect(classifySubmit(deribitClassifier, told(-32602, 'Invalid params', 400, label), NOW)).toMatchObject({
      kind: 'notPlaced',
      rulesChanged: false,
    });
  });

  it('a code in text counts too: client libraries quote numbers', () => {
    const quoted = answer(400, { error: { code: '10009', message: 'not_enough_funds' } });
    expect(classifySubmit(deribitClassifier, quoted, NOW).kind).toBe('notPlaced');
  });

  it.each([500, 502, 503, 520])('%i is unknown, whatever its body says', (status) => {
    expect(classifySubmit(deribitClassifier, told(10043, 'price_wrong_tick', status), NOW).kind).toBe('unknown');
    expect(classifySubmit(deribitClassifier, answer(status, '<html>'), NOW).kind).toBe('unknown');
  });

  it('a bare 429 waits as told', () => {
    const limited = answer(429, '<html>', { 'retry-after': '3' });
    expect(classifySubmit(deribitClassifier, limited, NOW)).toMatchObject({ kind: 'rateLimited', retryAfterMs: 3_000 });
  });

  it.each([answer(200, {}), answer(200, 'null'), answer(200, [])])('200 without a result is unknown %#', (odd) => {
    expect(classifySubmit(deribitClassifier, odd, NOW).kind).toBe('unknown');
  });
});
