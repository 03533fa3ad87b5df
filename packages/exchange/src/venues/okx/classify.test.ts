import { describe, expect, it } from 'vitest';
import { classifyCancel, classifyRead, classifySubmit, limitIn } from '../../outcome.ts';
import type { Answer } from '../../transport.ts';
import { okxClassifier } from './classify.ts';

/** The outcome table, row by row. */

const NOW = Date.parse('2026-01-01T00:00:00.000Z');

const answer = (status: number, body: unknown): Answer => ({
  requested: true,
  notConnected: null,
  status,
  headers: {},
  body: typeof body === 'string' ? body : JSON.stringify(body),
  json: typeof body === 'string' ? undefined : body,
  timedOut: false,
  error: null,
});

describe('okx', () => {
  const whole = (code: string, status = 200) => answer(status, { code, msg: 'text', data: [] });
  const ROWS: readonly (readonly [string, string, string, string])[] = [
    ...['51000', '51005', '51006', '51020', '51121', '51150', '51204', '51278', '51280'].map(
      (code) => [code, 'notPlaced', 'refused', 'failed'] as const,
    ),
    ...['51008', '51119', '51127', '51131'].map((code) => [code, 'notPlaced', 'refused', 'failed'] as const),
    ['51001', 'notPlaced', 'refused', 'failed'],
    ['51016', 'duplicate', 'refused', 'failed'],
    ['51065', 'duplicate', 'refused', 'failed'],
    ['51068', 'duplicate', 'refused', 'failed'],
    ['50071', 'duplicate', 'refused', 'failed'],
    ...['51400', '51401', '51402', '51503'].map((code) => [code, 'notPlaced', 'unknownOrder', 'failed'] as const),
    ['51603', 'unknown', 'unknownOrder', 'absent'],
    ['51410', 'notPlaced', 'unknown', 'failed'],
    ['51502', 'notPlaced', 'refused', 'failed'],
    ['50011', 'rateLimited', 'rateLimited', 'failed'],
    ['50061', 'rateLimited', 'rateLimited', 'failed'],
    ['51113', 'rateLimited', 'rateLimited', 'failed'],
    ['50102', 'rateLimited', 'rateLimited', 'failed'],
    ['50036', 'rateLimited', 'rateLimited', 'failed'],
    ...['50101', '50103', '50104', '50105', '50111', '50113', '50114', '50119', '50120'].map(
      (code) => [code, 'auth', 'auth', 'failed'] as const,
    ),
    ...['50001', '50004', '50013', '50026', '51054', '51149'].map(
      (code) => [code, 'unknown', 'unknown', 'failed'] as const,
    ),
    ['50014', 'notPlaced', 'refused', 'failed'],
    ['59999', 'unknown', 'unknown', 'failed'],
  ];
  it.each(ROWS)('%s', (code, submit, cancel, read) => {
    const entry = { clOrdId: 'c', ordId: '', sCode: code, sMsg: 'text' };
    // As a whole, as the only order of a request that failed, and beside success: a refused order is not thrown by ccxt.
    const told = [whole(code), ...['1', '2', '0'].map((of) => answer(200, { code: of, msg: '', data: [entry] }))];
    for (const one of told) {
      expect(classifySubmit(okxClassifier, one, NOW)).toMatchObject({ kind: submit, nativeCode: code });
      expect(classifyCancel(okxClassifier, one, NOW).kind).toBe(cancel);
      expect(classifyRead(okxClassifier, one, NOW).kind).toBe(read);
    }
  });

  it('marks what follows from a code', () => {
    expect(classifySubmit(okxClassifier, whole('51008'), NOW)).toMatchObject({ insufficientFunds: true });
    expect(classifySubmit(okxClassifier, whole('51121'), NOW)).toMatchObject({ rulesChanged: true });
  });

  it('says who has to wait: each endpoint has a limit of its own, new orders and amends have one more', () => {
    const pauseOf = (told: Answer) => limitIn(okxClassifier, told, NOW)?.pause;
    expect(pauseOf(whole('50011', 429))).toEqual({ who: 'key', classes: 'same' });
    expect(pauseOf(whole('50061', 429))).toEqual({ who: 'key', classes: ['submit'] });
    expect(pauseOf(answer(429, '<html>'))).toMatchObject({ who: 'exchange' });
    expect(pauseOf(whole('50036'))).toBeNull();
  });

  it('a status decides where it says more than the body', () => {
    expect(classifySubmit(okxClassifier, answer(429, '<html>'), NOW).kind).toBe('rateLimited');
    expect(classifySubmit(okxClassifier, whole('50011', 429), NOW).kind).toBe('rateLimited');
    for (const status of [500, 502, 503, 504]) {
      expect(classifySubmit(okxClassifier, whole('51008', status), NOW).kind).toBe('unknown');
    }
    expect(classifySubmit(okxClassifier, whole('50111', 401), NOW).kind).toBe('auth');
    expect(classifySubmit(okxClassifier, answer(403, '<html>'), NOW).kind).toBe('unknown');
  });

  it('what has no code or no data proves nothing', () => {
    for (const body of [{}, { code: '0', msg: '' }, { code: '0', data: {} }]) {
      expect(classifySubmit(okxClassifier, answer(200, body), NOW).kind).toBe('unknown');
    }
    const empty = { code: '0', msg: '', data: [] };
    expect(classifySubmit(okxClassifier, answer(200, empty), NOW)).toEqual({ kind: 'success', payload: empty });
  });
});
