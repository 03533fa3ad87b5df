import { describe, expect, it } from 'vitest';
import { connectFailure } from './transport.ts';
import type { Answer } from './transport.ts';
import { classifyCancel, classifyRead, classifySubmit } from './outcome.ts';
import { binanceClassifier } from './venues/binance/classify.ts';
import { krakenClassifier } from './venues/kraken/classify.ts';
import { kucoinClassifier } from './venues/kucoin/classify.ts';

/** The outcome tables, row by row. */

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

describe('binance', () => {
  const at = (status: number, code: number, msg: string) => answer(status, { code, msg });
  const ROWS: readonly (readonly [number, number, string, string, string, string])[] = [
    [400, -1013, 'Filter failure: LOT_SIZE', 'notPlaced', 'refused', 'failed'],
    [400, -1013, 'Filter failure: PRICE_FILTER', 'notPlaced', 'refused', 'failed'],
    [400, -1013, 'Filter failure: NOTIONAL', 'notPlaced', 'refused', 'failed'],
    [400, -1013, 'Market is closed.', 'notPlaced', 'refused', 'failed'],
    [400, -1014, 'Unsupported order combination.', 'notPlaced', 'refused', 'failed'],
    [400, -1021, 'Timestamp for this request is outside of the recvWindow.', 'rateLimited', 'rateLimited', 'failed'],
    [400, -1022, 'Signature for this request is not valid.', 'notPlaced', 'refused', 'failed'],
    ...[-1100, -1102, -1104, -1106, -1111, -1114, -1121, -1128, -1130].map(
      (code) => [400, code, 'parameter', 'notPlaced', 'refused', 'failed'] as const,
    ),
    [400, -2010, 'Account has insufficient balance for requested action.', 'notPlaced', 'refused', 'failed'],
    [400, -2010, 'Order would immediately match and take.', 'notPlaced', 'refused', 'failed'],
    [400, -2010, 'Order would trigger immediately.', 'notPlaced', 'refused', 'failed'],
    [400, -2010, 'Market is closed.', 'notPlaced', 'refused', 'failed'],
    [400, -2010, 'Duplicate order sent.', 'duplicate', 'refused', 'failed'],
    [400, -2010, 'This action is disabled on this account.', 'auth', 'auth', 'failed'],
    [400, -2011, 'Unknown order sent.', 'unknown', 'unknownOrder', 'failed'],
    [400, -2011, 'Order was not canceled due to cancel restrictions.', 'unknown', 'refused', 'failed'],
    [400, -2013, 'Order does not exist.', 'unknown', 'unknownOrder', 'absent'],
    [401, -2014, 'API-key format invalid.', 'auth', 'auth', 'failed'],
    [401, -2015, 'Invalid API-key, IP, or permissions for action.', 'auth', 'auth', 'failed'],
    [429, -1003, 'Too many requests', 'rateLimited', 'rateLimited', 'failed'],
    [418, -1003, 'Banned', 'rateLimited', 'rateLimited', 'failed'],
    [400, -1003, 'Too many requests', 'rateLimited', 'rateLimited', 'failed'],
    [400, -1015, 'Too many new orders', 'rateLimited', 'rateLimited', 'failed'],
    [400, -1008, 'Server is currently overloaded', 'rateLimited', 'rateLimited', 'failed'],
    [503, -1008, 'Server is currently overloaded', 'rateLimited', 'rateLimited', 'failed'],
    ...[-1000, -1001, -1004, -1006, -1007, -1010, -2021, -2026, -9999].map(
      (code) => [400, code, 'whatever', 'unknown', 'unknown', 'failed'] as const,
    ),
    [500, -1013, 'Filter failure: LOT_SIZE', 'unknown', 'unknown', 'failed'],
    [504, -1007, 'Timeout', 'unknown', 'unknown', 'failed'],
  ];
  it.each(ROWS)('%i %i %s', (status, code, msg, submit, cancel, read) => {
    expect(classifySubmit(binanceClassifier, at(status, code, msg), NOW).kind).toBe(submit);
    expect(classifyCancel(binanceClassifier, at(status, code, msg), NOW).kind).toBe(cancel);
    expect(classifyRead(binanceClassifier, at(status, code, msg), NOW).kind).toBe(read);
  });

  it('keeps the native code and marks what follows from it', () => {
    const funds = at(400, -2010, 'Account has insufficient balance for requested action.');
    expect(classifySubmit(binanceClassifier, funds, NOW)).toMatchObject({
      nativeCode: '-2010',
      insufficientFunds: true,
    });
    const filter = at(400, -1013, 'Filter failure: PRICE_FILTER');
    expect(classifySubmit(binanceClassifier, filter, NOW)).toMatchObject({ nativeCode: '-1013', rulesChanged: true });
  });

  it.each([
    [answer(429, { code: -1003, msg: '' }, { 'retry-after': '12' }), 12_000],
    [answer(418, { code: -1003, msg: `IP banned until ${NOW + 90_000}.` }), 90_000],
    [answer(418, '<html>'), 120_000],
    [answer(400, { code: -1015, msg: '' }), 10_000],
  ])('waits as told %#', (limited, retryAfterMs) => {
    expect(classifySubmit(binanceClassifier, limited, NOW)).toMatchObject({ kind: 'rateLimited', retryAfterMs });
    expect(classifyRead(binanceClassifier, limited, NOW)).toMatchObject({ rateLimitedMs: retryAfterMs });
  });
});

describe('kraken', () => {
  it.each([
    ['EOrder:Insufficient funds', 'notPlaced', 'refused', 'failed'],
    ['EOrder:Order minimum not met', 'notPlaced', 'refused', 'failed'],
    ['EOrder:Invalid price', 'notPlaced', 'refused', 'failed'],
    ['EOrder:Orders limit exceeded', 'notPlaced', 'refused', 'failed'],
    ['EOrder:Post only order', 'notPlaced', 'refused', 'failed'],
    ['EOrder:Something new', 'notPlaced', 'refused', 'failed'],
    ['EOrder:Duplicate cl_ord_id', 'duplicate', 'refused', 'failed'],
    ['EOrder:Unknown order', 'notPlaced', 'unknownOrder', 'absent'],
    ['EGeneral:Invalid arguments', 'notPlaced', 'refused', 'failed'],
    ['EGeneral:Invalid arguments:volume', 'notPlaced', 'refused', 'failed'],
    ['EGeneral:Invalid arguments:price', 'notPlaced', 'refused', 'failed'],
    ['EQuery:Unknown asset pair', 'notPlaced', 'refused', 'failed'],
    ['EService:Market in cancel_only mode', 'notPlaced', 'refused', 'failed'],
    ['EService:Market in post_only mode', 'notPlaced', 'refused', 'failed'],
    ['EService:Market in limit_only mode', 'notPlaced', 'refused', 'failed'],
    ['EAPI:Invalid nonce', 'rateLimited', 'rateLimited', 'failed'],
    ['EAPI:Invalid key', 'auth', 'auth', 'failed'],
    ['EAPI:Invalid signature', 'auth', 'auth', 'failed'],
    ['EGeneral:Permission denied', 'auth', 'auth', 'failed'],
    ['EAPI:Rate limit exceeded', 'rateLimited', 'rateLimited', 'failed'],
    ['EOrder:Rate limit exceeded', 'rateLimited', 'rateLimited', 'failed'],
    ['EGeneral:Temporary lockout', 'rateLimited', 'rateLimited', 'failed'],
    ['EGeneral:Too many requests', 'rateLimited', 'rateLimited', 'failed'],
    ['EService:Unavailable', 'unknown', 'unknown', 'failed'],
    ['EService:Busy', 'unknown', 'unknown', 'failed'],
    ['EService:Deadline elapsed', 'unknown', 'unknown', 'failed'],
    ['EGeneral:Internal error', 'unknown', 'unknown', 'failed'],
    ['EDatabase:Internal error', 'unknown', 'unknown', 'failed'],
    ['ENew:Never seen', 'unknown', 'unknown', 'failed'],
  ])('%s', (error, submit, cancel, read) => {
    const told = answer(200, { error: [error] });
    expect(classifySubmit(krakenClassifier, told, NOW)).toMatchObject({ kind: submit, nativeCode: error });
    expect(classifyCancel(krakenClassifier, told, NOW).kind).toBe(cancel);
    expect(classifyRead(krakenClassifier, told, NOW).kind).toBe(read);
  });

  it('reads a result beside a warning', () => {
    const told = answer(200, { error: ['WGeneral:Slow'], result: { txid: ['O1'] } });
    expect(classifySubmit(krakenClassifier, told, NOW)).toEqual({ kind: 'success', payload: { txid: ['O1'] } });
  });

  it.each([500, 502, 520, 524])('%i is unknown', (status) => {
    expect(classifySubmit(krakenClassifier, answer(status, { error: ['EOrder:Nope'] }), NOW).kind).toBe('unknown');
  });
});

describe('kucoin', () => {
  it.each([
    [200, '200004', 'Balance insufficient!', 'notPlaced', 'refused', 'failed'],
    [200, '400100', 'validation.createOrder.clientOidDuplicated', 'duplicate', 'refused', 'failed'],
    [200, '126044', 'clientOid duplicate', 'duplicate', 'refused', 'failed'],
    [200, '400100', 'Order size increment invalid.', 'notPlaced', 'refused', 'failed'],
    [200, '400100', 'Order size below the minimum requirement.', 'notPlaced', 'refused', 'failed'],
    [200, '400100', 'validation.createOrder.sideIsRequired', 'notPlaced', 'refused', 'failed'],
    [200, '400100', 'order_not_exist_or_not_allow_to_cancel', 'unknown', 'unknownOrder', 'absent'],
    [200, '400100', 'order not exist.', 'unknown', 'unknownOrder', 'absent'],
    [200, 'order_not_exist', 'order_not_exist', 'unknown', 'unknownOrder', 'absent'],
    [200, '200001', 'Order creation for this pair suspended', 'notPlaced', 'refused', 'failed'],
    [200, '200003', 'too many', 'notPlaced', 'refused', 'failed'],
    [200, '200009', 'kyc', 'notPlaced', 'refused', 'failed'],
    [200, '300000', 'post only', 'notPlaced', 'refused', 'failed'],
    [200, '400200', 'Forbidden to place an order', 'notPlaced', 'refused', 'failed'],
    [200, '400600', 'validation.createOrder.symbolNotAvailable', 'notPlaced', 'refused', 'failed'],
    [200, '600101', 'The order funds should more then 0.1 USDT.', 'notPlaced', 'refused', 'failed'],
    [200, '900001', 'symbol not exists', 'notPlaced', 'refused', 'failed'],
    [200, '900014', 'Invalid chainId', 'notPlaced', 'refused', 'failed'],
    [401, '400002', 'KC-API-TIMESTAMP Invalid', 'rateLimited', 'rateLimited', 'failed'],
    ...['400001', '400003', '400004', '400005', '400006', '400007', '411100'].map(
      (code) => [401, code, 'key', 'auth', 'auth', 'failed'] as const,
    ),
    [429, '429000', 'Too many requests', 'rateLimited', 'rateLimited', 'failed'],
    [200, '429000', 'Too many requests', 'rateLimited', 'rateLimited', 'failed'],
    [200, '200002', 'Too many requests--cur limit:45', 'rateLimited', 'rateLimited', 'failed'],
    [403, '1015', 'cloudflare', 'rateLimited', 'rateLimited', 'failed'],
    [200, '403', 'Exceeded the access frequency', 'rateLimited', 'rateLimited', 'failed'],
    [200, '126041', 'clientTimestamp parameter error', 'unknown', 'unknown', 'failed'],
    [200, '500000', 'Internal Server Error', 'unknown', 'unknown', 'failed'],
    [200, '503', 'Service Unavailable', 'unknown', 'unknown', 'failed'],
    [500, '200004', 'Balance insufficient!', 'unknown', 'unknown', 'failed'],
    [200, '999999', 'never seen', 'unknown', 'unknown', 'failed'],
  ] as const)('%i %s %s', (status, code, msg, submit, cancel, read) => {
    const told = answer(status, { code, msg });
    expect(classifySubmit(kucoinClassifier, told, NOW).kind).toBe(submit);
    expect(classifyCancel(kucoinClassifier, told, NOW).kind).toBe(cancel);
    expect(classifyRead(kucoinClassifier, told, NOW).kind).toBe(read);
  });

  it('marks what follows from a refusal', () => {
    const told = (code: string, msg: string) => classifySubmit(kucoinClassifier, answer(200, { code, msg }), NOW);
    expect(told('200004', 'Balance insufficient!')).toMatchObject({ insufficientFunds: true, rulesChanged: false });
    expect(told('400100', 'Price increment invalid.')).toMatchObject({ rulesChanged: true });
    expect(told('400100', 'validation.createOrder.sideIsRequired')).toMatchObject({ rulesChanged: false });
  });

  it.each([{ code: '200000' }, { code: '200000', data: null }, {}, { data: {} }, '<html>'])(
    'a success without data proves nothing: %j',
    (body) => {
      const told = answer(200, body);
      expect(classifySubmit(kucoinClassifier, told, NOW).kind).toBe('unknown');
      expect(classifyCancel(kucoinClassifier, told, NOW).kind).toBe('unknown');
      expect(classifyRead(kucoinClassifier, told, NOW).kind).toBe('failed');
    },
  );

  it.each([
    [answer(429, { code: '429000', msg: '' }, { 'gw-ratelimit-reset': '1200' }), 1_200],
    [answer(429, { code: '429000', msg: '' }), 5_000],
    // The header comes with every answer and says nothing about one endpoint that is blocked.
    [answer(200, { code: '200002', msg: '' }, { 'gw-ratelimit-reset': '1200' }), 10_000],
    [answer(429, '<html>'), 10_000],
  ])('waits as told %#', (limited, retryAfterMs) => {
    expect(classifySubmit(kucoinClassifier, limited, NOW)).toMatchObject({ kind: 'rateLimited', retryAfterMs });
  });
});

describe('what left', () => {
  const gone: Answer = { ...answer(200, {}), status: null, body: null };
  it('a deadline before the request is notSent, after it unknown', () => {
    const late = { ...gone, timedOut: true, error: 'no answer' };
    expect(classifySubmit(binanceClassifier, { ...late, requested: false }, NOW).kind).toBe('notSent');
    expect(classifySubmit(binanceClassifier, late, NOW).kind).toBe('unknown');
  });

  it('an error before the request is a local refusal', () => {
    const local = { ...gone, requested: false, error: 'InvalidOrder: too small' };
    expect(classifySubmit(binanceClassifier, local, NOW)).toMatchObject({ kind: 'notPlaced', nativeCode: null });
    expect(classifyCancel(binanceClassifier, local, NOW).kind).toBe('refused');
  });

  it('no connection is notSent', () => {
    expect(classifySubmit(krakenClassifier, { ...gone, notConnected: 'ECONNREFUSED' }, NOW).kind).toBe('notSent');
  });

  const failure = (code: string, syscall?: string) => Object.assign(new Error(code), { code, syscall });
  it.each([
    [failure('ECONNREFUSED', 'connect'), 'ECONNREFUSED'],
    [failure('ENOTFOUND', 'getaddrinfo'), 'ENOTFOUND'],
    [failure('EAI_AGAIN', 'getaddrinfo'), 'EAI_AGAIN'],
    [failure('UND_ERR_CONNECT_TIMEOUT'), 'UND_ERR_CONNECT_TIMEOUT'],
    [new AggregateError([failure('ECONNREFUSED', 'connect'), failure('ENETUNREACH', 'connect')]), 'ECONNREFUSED'],
    [new AggregateError([failure('ECONNREFUSED', 'connect'), failure('ECONNRESET', 'read')]), null],
    [new TypeError('fetch failed', { cause: failure('ECONNREFUSED', 'connect') }), 'ECONNREFUSED'],
    [failure('ECONNREFUSED'), null],
    [failure('ECONNRESET', 'read'), null],
    [failure('EPIPE', 'write'), null],
    [failure('UND_ERR_SOCKET'), null],
    [new Error('whatever'), null],
    ['text', null],
  ])('connect failure %#', (error, expected) => {
    expect(connectFailure(error)).toBe(expected);
  });
});
