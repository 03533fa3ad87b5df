import { isRecord } from '../../outcome.ts';
import type { Classifier, NativeReading, NativeRule } from '../../outcome.ts';

const refused = { submit: 'notPlaced', cancel: 'refused', read: 'failed' } as const;
const limited = { submit: 'rateLimited', cancel: 'rateLimited', read: 'rateLimited' } as const;
const sameOfKey = { who: 'key', classes: 'same' } as const;
const badKey = { submit: 'auth', cancel: 'auth', read: 'auth' } as const;
const unproved = { submit: 'unknown', cancel: 'unknown', read: 'failed' } as const;
const noOrder = { submit: 'unknown', cancel: 'unknownOrder', read: 'absent' } as const;

/** KuCoin's spellings of it, with blanks and with underscores. */
export const NO_SUCH_ORDER = /order.?not.?exist|order does not exist|not allow to be cancelled/i;

/**
 * KuCoin spot errors (API documentation "Error code"; 126xxx from ccxt's table of the same). The text is part of many:
 * 400100 alone says "parameter". First match wins; what is on no line proves nothing.
 */
export const KUCOIN_RULES: readonly NativeRule[] = [
  { code: '429000', ...limited, retryAfterMs: 5_000 },
  { code: 'HTTP 429', ...limited, retryAfterMs: 10_000 },
  // One endpoint of one user, blocked for ten seconds; the address, for thirty (Cloudflare).
  { code: '200002', ...limited, retryAfterMs: 10_000, pause: sameOfKey },
  { code: '1015', ...limited, retryAfterMs: 30_000 },
  { code: /./, text: /exceeded the access frequency/i, ...limited, retryAfterMs: 10_000, pause: sameOfKey },
  { code: /^HTTP 5\d\d$/, ...unproved },
  { code: /^(500000|500|503)$/, ...unproved },
  { code: /^(order_not_exist|100001|126043)/, text: NO_SUCH_ORDER, ...noOrder },
  { code: '400100', text: NO_SUCH_ORDER, ...noOrder },
  { code: '400100', text: /clientOid.?duplicate/i, ...refused, submit: 'duplicate' },
  { code: /^(126044|126033)$/, ...refused, submit: 'duplicate' },
  { code: '400100', text: /increment|minimum|maximum|below|above|range/i, ...refused, rulesChanged: true },
  { code: '400100', ...refused },
  { code: /^(200004|230003|210021|126013)$/, ...refused, insufficientFunds: true },
  // 200001: creation paused for the market, 200003: too many open orders, 200009: identity not verified.
  { code: /^(200001|200003|200009)$/, ...refused },
  { code: /^(300000|400200|400330|400350|400370|400400|400500|400760|900014)$/, ...refused },
  { code: /^(600100|600101)$/, ...refused, rulesChanged: true },
  { code: /^(400600|900001|400000)$/, ...refused, rulesChanged: true },
  // The timestamp, on arrival: the clock is put right and the request repeated inside the adapter; what is left was not
  // acted upon either, and may go again.
  { code: '400002', ...limited, retryAfterMs: 1_000, pause: null },
  { code: /^(400001|400003|400004|400005|400006|400007|400008|400009|400010|400303|411100)$/, ...badKey },
  // Said to be about `clientTimestamp`, but not for which endpoints: looked up before it is believed.
  { code: '126041', ...unproved },
];

function read(status: number, json: unknown, body: string): NativeReading {
  const record = isRecord(json) ? json : null;
  const native = record?.['code'];
  const code = typeof native === 'string' || typeof native === 'number' ? String(native) : null;
  const said = record?.['msg'] ?? record?.['data'];
  const text = typeof said === 'string' ? said : '';
  // "Could have been a success", whatever the body of a 5xx says.
  if (status >= 500) return { kind: 'error', code: `HTTP ${status}`, text: text === '' ? body : text };
  if (code !== null && code !== '200000') return { kind: 'error', code, text };
  if (status < 200 || status >= 300) return { kind: 'error', code: `HTTP ${status}`, text: body };
  if (record === null) return { kind: 'unreadable', text: 'status 200 without JSON' };
  if (code === null) return { kind: 'unreadable', text: 'an answer without a code' };
  const { data } = record;
  if (data === undefined || data === null) return { kind: 'unreadable', text: 'a success without data' };
  return { kind: 'success', payload: data };
}

export const kucoinClassifier: Classifier = {
  rules: KUCOIN_RULES,
  read,
  /**
   * `gw-ratelimit-reset`: ms until the quota is full again, told with every answer; it counts only where the quota is
   * used up. `Retry-After`, in seconds, is the proxy's word. The longer of them holds.
   */
  retryAfterMs: (answer, error) => {
    const reset = error.code === '429000' ? waitOf(answer.headers['gw-ratelimit-reset'], 1) : [];
    const waits = [...reset, ...waitOf(answer.headers['retry-after'], 1_000)];
    return waits.length === 0 ? null : Math.max(...waits);
  },
};

function waitOf(header: string | undefined, unitMs: number): readonly number[] {
  const named = header === undefined || header === '' ? Number.NaN : Number(header) * unitMs;
  return Number.isFinite(named) && named >= 0 ? [named] : [];
}
