import { expect, it } from 'vitest';
import { classifyCancel, classifyRead, classifySubmit } from '../../outcome.ts';
import type { Answer } from '../../transport.ts';
import { coinbaseClassifier } from './classify.ts';

/** Coinbase's outcome table, row by row. */

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

const order = (error: string, preview = 'UNKNOWN_PREVIEW_FAILURE_REASON', more: object = {}) =>
  answer(200, { success: false, error_response: { error, preview_failure_reason: preview, ...more } });
const edit = (edit_failure_reason: string, preview_failure_reason = 'UNKNOWN_PREVIEW_FAILURE_REASON') =>
  answer(200, { success: false, errors: [{ edit_failure_reason, preview_failure_reason }] });
const cancel = (failure_reason: string) => answer(200, { results: [{ success: false, failure_reason }] });
const worded = (status: number, error: string, said = '') => answer(status, { error, error_details: said });
const older = (status: number, id: string) => answer(status, { errors: [{ id, message: 'said' }] });

it.each([
  [order('INSUFFICIENT_FUND'), 'INSUFFICIENT_FUND', 'notPlaced'],
  [order('INSUFFICIENT_FUND', 'PREVIEW_INSUFFICIENT_FUND'), 'PREVIEW_INSUFFICIENT_FUND', 'notPlaced'],
  [order('INVALID_LIMIT_PRICE_POST_ONLY'), 'INVALID_LIMIT_PRICE_POST_ONLY', 'notPlaced'],
  [order('UNSUPPORTED_ORDER_CONFIGURATION'), 'UNSUPPORTED_ORDER_CONFIGURATION', 'notPlaced'],
  [order('INVALID_SIDE'), 'INVALID_SIDE', 'notPlaced'],
  [order('UNKNOWN_FAILURE_REASON', 'PREVIEW_INVALID_PRICE_PRECISION'), 'PREVIEW_INVALID_PRICE_PRECISION', 'notPlaced'],
  [
    order('UNKNOWN_FAILURE_REASON', undefined, { new_order_failure_reason: 'INELIGIBLE_PAIR' }),
    'INELIGIBLE_PAIR',
    'notPlaced',
  ],
  [order('DUPLICATE_CLIENT_ORDER_ID'), 'DUPLICATE_CLIENT_ORDER_ID', 'duplicate'],
  // The field that says nothing is not a refusal.
  [order('UNKNOWN_FAILURE_REASON'), 'UNKNOWN_PREVIEW_FAILURE_REASON', 'unknown'],
  [order('SOMETHING_NEW'), 'SOMETHING_NEW', 'unknown'],
  [answer(200, { success: false }), null, 'unknown'],
  [worded(400, 'INVALID_ARGUMENT'), 'INVALID_ARGUMENT', 'notPlaced'],
  [answer(401, 'Unauthorized'), 'HTTP 401', 'auth'],
  [worded(403, 'PERMISSION_DENIED'), 'PERMISSION_DENIED', 'auth'],
  [answer(403, '<html>waf</html>'), 'HTTP 403', 'unknown'],
  [older(429, 'rate_limit_exceeded'), 'HTTP 429', 'rateLimited'],
  [worded(400, 'resource_exhausted'), 'resource_exhausted', 'rateLimited'],
  [worded(500, 'INTERNAL'), 'HTTP 500', 'unknown'],
  [older(500, 'internal_server_error'), 'HTTP 500', 'unknown'],
  // A refusal inside a 5xx is not believed.
  [worded(503, 'INVALID_ARGUMENT'), 'HTTP 503', 'unknown'],
  [answer(502, '<html>'), 'HTTP 502', 'unknown'],
])('an order %#', (told, nativeCode, kind) => {
  expect(classifySubmit(coinbaseClassifier, told, NOW)).toMatchObject({ nativeCode, kind });
});

it.each([
  [cancel('UNKNOWN_CANCEL_ORDER'), 'unknownOrder'],
  [cancel('ORDER_IS_FULLY_FILLED'), 'unknownOrder'],
  [cancel('COMMANDER_REJECTED_CANCEL_ORDER'), 'refused'],
  [cancel('NOT_ALLOWED_TO_CANCEL'), 'refused'],
  [cancel('INVALID_CANCEL_REQUEST'), 'refused'],
  [cancel('DUPLICATE_CANCEL_REQUEST'), 'success'],
  [cancel('ORDER_IS_BEING_REPLACED'), 'rateLimited'],
  [cancel('UNKNOWN_CANCEL_FAILURE_REASON'), 'unknown'],
  [edit('ORDER_NOT_FOUND'), 'unknownOrder'],
  [edit('ONLY_OPEN_ORDERS_CAN_BE_EDITED'), 'unknownOrder'],
  [edit('CANNOT_EDIT_TO_BELOW_FILLED_SIZE'), 'refused'],
  [edit('ONLY_LIMIT_ORDER_EDITS_SUPPORTED'), 'refused'],
  [edit('INVALID_EDITED_SIZE'), 'refused'],
  [edit('UNKNOWN_EDIT_ORDER_FAILURE_REASON', 'PREVIEW_INSUFFICIENT_FUND'), 'refused'],
  [edit('EDIT_REQUEST_EQUAL_TO_ORIGINAL_REQUEST'), 'success'],
  [edit('ORDER_IS_ALREADY_BEING_REPLACED'), 'rateLimited'],
  [edit('UNKNOWN_EDIT_ORDER_FAILURE_REASON'), 'unknown'],
  [answer(200, { success: true, errors: [{ edit_failure_reason: 'UNKNOWN_EDIT_ORDER_FAILURE_REASON' }] }), 'success'],
])('a change %#', (told, kind) => {
  expect(classifyCancel(coinbaseClassifier, told, NOW).kind).toBe(kind);
});

it.each([
  [worded(404, 'unknown', 'order with this orderID was not found'), 'absent'],
  [worded(404, 'NOT_FOUND', 'order with this orderID was not found'), 'absent'],
  [worded(400, 'unknown', 'something else'), 'failed'],
  [answer(404, '<html>'), 'failed'],
  [answer(200, '<html>'), 'failed'],
  [answer(200, { orders: [], has_next: false }), 'success'],
])('a look-up %#', (told, kind) => {
  expect(classifyRead(coinbaseClassifier, told, NOW).kind).toBe(kind);
});

it('marks what follows from a refusal, and waits as told', () => {
  const funds = order('INSUFFICIENT_FUND', 'PREVIEW_INSUFFICIENT_FUND');
  expect(classifySubmit(coinbaseClassifier, funds, NOW)).toMatchObject({ insufficientFunds: true });
  const small = order('UNKNOWN_FAILURE_REASON', 'PREVIEW_INVALID_QUOTE_SIZE_TOO_SMALL');
  expect(classifySubmit(coinbaseClassifier, small, NOW)).toMatchObject({ rulesChanged: true });
  const limited = answer(429, { errors: [{ id: 'rate_limit_exceeded' }] }, { 'retry-after': '12' });
  expect(classifySubmit(coinbaseClassifier, limited, NOW)).toMatchObject({ retryAfterMs: 12_000 });
  expect(classifySubmit(coinbaseClassifier, answer(429, ''), NOW)).toMatchObject({ retryAfterMs: 5_000 });
});
