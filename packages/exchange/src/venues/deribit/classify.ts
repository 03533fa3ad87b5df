import { isRecord } from '../../outcome.ts';
import type { Classifier, NativeReading, NativeRule } from '../../outcome.ts';

const refused = { submit: 'notPlaced', cancel: 'refused', read: 'failed' } as const;
/** Credits of an account; calls to the matching engine and all others have pools of their own. */
const sameOfKey = { who: 'key', classes: 'same' } as const;
const limited = { submit: 'rateLimited', cancel: 'rateLimited', read: 'rateLimited' } as const;
const badKey = { submit: 'auth', cancel: 'auth', read: 'auth' } as const;
const unproved = { submit: 'unknown', cancel: 'unknown', read: 'failed' } as const;
const gone = { submit: 'notPlaced', cancel: 'unknownOrder', read: 'failed' } as const;

/**
 * Deribit's error codes (documentation, "RPC error codes"). First match wins. "HTTP nnn" stands for a status that
 * decides by itself. A code that is not here proves nothing.
 */
export const DERIBIT_RULES: readonly NativeRule[] = [
  { code: 'HTTP 429', ...limited },
  { code: /^HTTP 5\d\d$/, ...unproved },
  // Refused by contract, but the word also names a timeout of the server: to be looked up before it is believed.
  { code: /./, text: /timed_out/i, ...unproved },
  { code: '13888', ...unproved },
  // too_many_requests, matching_engine_queue_full.
  { code: '10028', ...limited, retryAfterMs: 1_000, pause: sameOfKey },
  { code: '10047', ...limited, retryAfterMs: 1_000, pause: sameOfKey },
  { code: '10009', ...refused, insufficientFunds: true },
  // order_not_found, not_owner_of_order.
  { code: '10004', ...gone, read: 'absent' },
  { code: '10029', ...gone },
  // already_closed, already_filled, not_open_order.
  { code: '10010', ...gone },
  { code: '11008', ...gone },
  { code: '11044', ...gone },
  // The market's own bounds: quantity, steps, ticks, cost, the instrument's name.
  { code: '10002', ...refused, rulesChanged: true },
  { code: /^100(20|21|22|23|26|27|32)$/, ...refused, rulesChanged: true },
  { code: /^1004[34]$/, ...refused, rulesChanged: true },
  { code: '-32602', text: /amount|price|instrument|contract/i, ...refused, rulesChanged: true },
  // order_overlap, price_too_low … price_too_high4idx, price_not_allowed, book_closed.
  { code: /^100(03|0[5-8]|11|12)$/, ...refused },
  // Limits of open orders and positions (pme_max_…, non_pme_max_…).
  { code: /^1001[3-8]$/, ...refused },
  // invalid_max_show, invalid_order_id, not_implemented, trigger prices, max_show_amount.
  { code: /^100(24|25|33|34|35|36)$/, ...refused },
  // can_not_cancel_liquidation_order, can_not_edit_liquidation_order.
  { code: /^1004[56]$/, ...refused },
  // "other_reject": only where it is about reduce-only does it surely mean a refused order.
  { code: '11030', text: /reduce/i, ...refused },
  { code: '11030', ...unproved },
  // no_more_triggers; trigger price, advanced orders, post_only_reject.
  { code: /^110(35|36|38|39|41|54)$/, ...refused },
  // Bad arguments: of the call, of JSON-RPC.
  { code: /^110(29|37|43|45|46|47|48|49|50)$/, ...refused },
  { code: /^-32(602|601|700|000)$/, ...refused },
  // api_not_enabled, authorization_required, locked_by_admin, permission_denied.
  { code: /^(9999|10000|10019|11042)$/, ...badKey },
  // Account blocked, credentials, token, subaccount, scope.
  { code: /^130(02|04|09|12|21)$/, ...badKey },
  // settlement_in_progress, system_maintenance.
  { code: /^(10041|11051)$/, ...unproved, closed: true },
  // retry, internal_server_error, "error".
  { code: /^(10040|11094|10001)$/, ...unproved },
];

const word = (record: Readonly<Record<string, unknown>>, name: string): string => {
  const value = record[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
};

/** "Invalid params amount must be a multiple of 0.0001" */
function textOf(error: Readonly<Record<string, unknown>>): string {
  const data = isRecord(error['data']) ? error['data'] : {};
  return [word(error, 'message'), word(data, 'param'), word(data, 'reason')].filter((part) => part !== '').join(' ');
}

function read(status: number, json: unknown, body: string): NativeReading {
  const record = isRecord(json) ? json : null;
  const error = isRecord(record?.['error']) ? record['error'] : null;
  if (status >= 500) return { kind: 'error', code: `HTTP ${status}`, text: error === null ? body : textOf(error) };
  if (error !== null) return { kind: 'error', code: word(error, 'code'), text: textOf(error) };
  if (status < 200 || status >= 300) return { kind: 'error', code: `HTTP ${status}`, text: body };
  if (record === null) return { kind: 'unreadable', text: `status ${status} without JSON` };
  if (!('result' in record)) return { kind: 'unreadable', text: 'an answer without error and result' };
  return { kind: 'success', payload: record['result'] };
}

export const deribitClassifier: Classifier = {
  rules: DERIBIT_RULES,
  read,
  retryAfterMs: (answer) => {
    const header = answer.headers['retry-after'];
    return header === undefined || !/^\d{1,6}$/.test(header) ? null : Number(header) * 1000;
  },
};
