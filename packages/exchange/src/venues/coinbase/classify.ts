import { isRecord } from '../../outcome.ts';
import type { Classifier, NativeError, NativeReading, NativeRule } from '../../outcome.ts';

const refused = { submit: 'notPlaced', cancel: 'refused', read: 'failed' } as const;
/** Requests are counted by key, public ones by address. */
const everythingOfKey = { who: 'key', classes: ['cancel', 'submit', 'read'] } as const;
const limited = { submit: 'rateLimited', cancel: 'rateLimited', read: 'rateLimited' } as const;
const badKey = { submit: 'auth', cancel: 'auth', read: 'auth' } as const;
const unproved = { submit: 'unknown', cancel: 'unknown', read: 'failed' } as const;
const gone = { submit: 'unknown', cancel: 'unknownOrder', read: 'failed' } as const;

/** A change that crosses another one of the same order: surely not done, and soon possible again. */
const crossed = { submit: 'unknown', cancel: 'rateLimited', read: 'failed', retryAfterMs: 500, pause: null } as const;

/**
 * Advanced Trade errors (API reference: NewOrderFailureReason, PreviewFailureReason, EditOrderFailureReason,
 * CancelOrderFailureReason, and the words of grpc errors). First match wins; every word that is on no list is unknown.
 */
export const COINBASE_RULES: readonly NativeRule[] = [
  { code: 'HTTP 429', ...limited, pause: everythingOfKey },
  { code: /^(rate_limit_exceeded|resource_exhausted)$/i, ...limited, pause: everythingOfKey },
  // "Could have been a success": whatever the body of a 5xx says.
  { code: /^HTTP 5\d\d$/, ...unproved },
  { code: 'HTTP 401', ...badKey },
  { code: /^(PERMISSION_DENIED|UNAUTHENTICATED)$/i, ...badKey },
  // A repeated id answers with the first order; this word exists besides.
  { code: 'DUPLICATE_CLIENT_ORDER_ID', ...refused, submit: 'duplicate' },
  { code: /^(unknown|NOT_FOUND)$/i, text: /not found/i, ...gone, read: 'absent' },
  { code: /^(PREVIEW_)?INSUFFICIENT_FUNDS?(_FOR_[A-Z]+)?$/, ...refused, insufficientFunds: true },
  // Cancels: the order has ended, is not there yet, or never was.
  { code: /^(UNKNOWN_CANCEL_ORDER|ORDER_IS_FULLY_FILLED)$/, ...gone },
  { code: /^(ORDER_NOT_FOUND|ONLY_OPEN_ORDERS_CAN_BE_EDITED)$/, ...gone },
  { code: /^ORDER_IS_(ALREADY_)?BEING_REPLACED$/, ...crossed },
  // The reasons that say nothing.
  { code: /^UNKNOWN_/, ...unproved },
  {
    code: /(PRECISION|SIZE_TOO_SMALL|SIZE_TOO_LARGE|INVALID_PRODUCT_ID|INELIGIBLE_PAIR)/,
    ...refused,
    rulesChanged: true,
  },
  { code: /^PREVIEW_/, ...refused },
  { code: /^INVALID_/, ...refused },
  { code: /^(UNSUPPORTED_ORDER_CONFIGURATION|ORDER_ENTRY_DISABLED|COMMANDER_REJECTED_NEW_ORDER)$/, ...refused },
  { code: /^(COMMANDER_REJECTED_(CANCEL|EDIT)_ORDER|NOT_ALLOWED_TO_CANCEL)$/, ...refused, submit: 'unknown' },
  { code: /^(CANNOT_EDIT_|ONLY_|SIZE_IN_QUOTE_EDITS|FIELD_[A-Z]+_NOT_SUPPORTED)/, ...refused, submit: 'unknown' },
  {
    code: /^(CALLER_ID_MISMATCH|PORTFOLIO_NOT_ALLOWED_FOR_EDITS|STRATEGY_NOT_SUPPORTED)$/,
    ...refused,
    submit: 'unknown',
  },
  { code: /^EXCEEDED_MAX_ALLOWED_EDIT_REQUEST_COUNT$/, ...refused, submit: 'unknown' },
];

const text = (record: Readonly<Record<string, unknown>>, name: string): string => {
  const value = record[name];
  return typeof value === 'string' ? value : '';
};

const error = (code: string, said: string): NativeError => ({ kind: 'error', code, text: said });

const says = (reason: string): boolean =>
  reason !== '' && (!reason.startsWith('UNKNOWN_') || reason === 'UNKNOWN_CANCEL_ORDER');

/** Refusals that are none: what was asked for is so already, or is under way. */
const SATISFIED: ReadonlySet<string> = new Set(['EDIT_REQUEST_EQUAL_TO_ORIGINAL_REQUEST', 'DUPLICATE_CANCEL_REQUEST']);

const REASONS = [
  'preview_failure_reason',
  'edit_failure_reason',
  'new_order_failure_reason',
  'error',
  'failure_reason',
];

/** The first of the fields that says something; Coinbase fills the others with "UNKNOWN_…". */
function refusal(said: Readonly<Record<string, unknown>>): NativeError {
  const reasons = REASONS.map((name) => text(said, name)).filter((reason) => reason !== '');
  const code = reasons.find(says) ?? reasons[0] ?? 'UNKNOWN_REASON';
  return error(code, text(said, 'error_details') || text(said, 'message'));
}

/** {success: false} of orders and edits: the reason is in `error_response`, or in the first of `errors`. */
function unsuccessful(answer: Readonly<Record<string, unknown>>): NativeReading {
  const { error_response: response, errors } = answer;
  const first: unknown = Array.isArray(errors) ? errors[0] : errors;
  const said = isRecord(response) ? response : isRecord(first) ? first : null;
  if (said === null) return { kind: 'unreadable', text: '"success": false without a reason' };
  const found = refusal(said);
  return SATISFIED.has(found.code) ? { kind: 'success', payload: answer } : found;
}

/** Cancels are sent one by one, so that the first result is the result. */
function cancelled(answer: Readonly<Record<string, unknown>>, results: readonly unknown[]): NativeReading {
  const [first] = results;
  if (!isRecord(first) || first['success'] === true) return { kind: 'success', payload: answer };
  const found = refusal(first);
  return SATISFIED.has(found.code) ? { kind: 'success', payload: answer } : found;
}

const DECIDING_STATUS = new Set([401, 429]);

function read(status: number, json: unknown, body: string): NativeReading {
  const answer = isRecord(json) ? json : {};
  const [older] = Array.isArray(answer['errors']) ? (answer['errors'] as readonly unknown[]) : [];
  const said = text(answer, 'error_details') || text(answer, 'message') || body;
  if (status >= 500 || DECIDING_STATUS.has(status)) return error(`HTTP ${status}`, said);
  if (typeof answer['error'] === 'string') return error(answer['error'], said);
  if (isRecord(older) && typeof older['id'] === 'string') return error(older['id'], text(older, 'message'));
  if (status < 200 || status >= 300) return error(`HTTP ${status}`, said);
  if (!isRecord(json)) return { kind: 'unreadable', text: 'status 200 without JSON' };
  if (answer['success'] === false) return unsuccessful(answer);
  const results = answer['results'];
  return Array.isArray(results) ? cancelled(answer, results) : { kind: 'success', payload: answer };
}

export const coinbaseClassifier: Classifier = {
  rules: COINBASE_RULES,
  read,
  retryAfterMs: (answer) => {
    const header = Number(answer.headers['retry-after']);
    return Number.isFinite(header) && header >= 0 && answer.headers['retry-after'] !== '' ? header * 1000 : null;
  },
};
