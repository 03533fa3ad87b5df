import { isRecord } from '../../outcome.ts';
import type { Classifier, NativeReading, NativeRule } from '../../outcome.ts';

const refused = { submit: 'notPlaced', cancel: 'refused', read: 'failed' } as const;
const limited = { submit: 'rateLimited', cancel: 'rateLimited', read: 'rateLimited' } as const;
const badKey = { submit: 'auth', cancel: 'auth', read: 'auth' } as const;
const unproved = { submit: 'unknown', cancel: 'unknown', read: 'failed' } as const;

/** A complaint about a parameter is definite where it says which one. */
const NAMES_A_PARAMETER =
  /'\w+'|\b(symbol|side|type|price|quantity|quoteOrderQty|amount|newClientOrderId|recvWindow|timestamp|signature)\b/i;

/**
 * MEXC Spot V3 error codes (documentation, "Error Code"), which are positive and negative numbers in the body of an
 * HTTP 4xx or 200. First match wins. "HTTP nnn" stands for a status that decides by itself. A code that speaks of a
 * repeated client id is not known: 603 ("repeated request") and every other unlisted code are looked up.
 */
export const MEXC_RULES: readonly NativeRule[] = [
  { code: 'HTTP 429', ...limited, retryAfterMs: 10_000 },
  { code: 'HTTP 418', ...limited, retryAfterMs: 120_000 },
  { code: '429', ...limited, retryAfterMs: 10_000 },
  { code: '510', ...limited, retryAfterMs: 10_000 },
  // "Execution status is UNKNOWN and could have been a success" (documentation, "HTTP Return Codes").
  { code: /^HTTP 5\d\d$/, text: /under maintenance/i, ...unproved, closed: true },
  { code: /^HTTP 5\d\d$/, ...unproved },
  { code: /^50\d$/, ...unproved },

  { code: '400', text: /api key required/i, ...badKey },
  { code: '400', text: /scale is invalid/i, ...refused, rulesChanged: true },
  { code: /^(401|402|602|10001|10072|60005|700001|700002|700006|700007)$/, ...badKey },

  // Insufficient balance, insufficient position, oversold.
  { code: /^(10101|30004|30005)$/, ...refused, insufficientFunds: true },
  // Minimum, maximum, market unknown or closed, type not offered, price out of range.
  { code: /^(30002|30003|30014|30016|30019|30021|30041|30087|-1121|10007)$/, ...refused, rulesChanged: true },
  { code: /^(26|30000|30001|30010|30018|30020|30025|30027|30028|30029|30032|70011)$/, ...refused },
  // Timestamp outside the window: surely not acted upon; it may go again with a new one.
  { code: '700003', ...limited, retryAfterMs: 1_000, pause: null },
  // Window too long, illegal characters.
  { code: /^(700005|700008)$/, ...refused },
  { code: /^(-1128|33333|44444|700004|730002)$/, text: NAMES_A_PARAMETER, ...refused },

  { code: '-2011', ...unproved, cancel: 'unknownOrder', read: 'absent' },
  { code: '-2013', ...unproved, cancel: 'unknownOrder', read: 'absent' },
];

const DECIDING_STATUS = new Set([418, 429]);
/** In the envelopes of some answers these codes mean success. */
const SUCCESS_CODES = new Set(['0', '200']);

function read(status: number, json: unknown, body: string): NativeReading {
  const record = isRecord(json) ? json : null;
  const native = record?.['code'];
  const code = typeof native === 'number' || typeof native === 'string' ? String(native) : null;
  const said = record?.['msg'] ?? record?.['message'];
  const text = typeof said === 'string' ? said : '';
  if (DECIDING_STATUS.has(status)) return { kind: 'error', code: `HTTP ${status}`, text: text === '' ? body : text };
  if (status >= 500) return { kind: 'error', code: `HTTP ${status}`, text: text === '' ? body : text };
  if (code !== null && !SUCCESS_CODES.has(code)) return { kind: 'error', code, text };
  if (status < 200 || status >= 300) return { kind: 'error', code: `HTTP ${status}`, text: body };
  if (typeof json !== 'object' || json === null) return { kind: 'unreadable', text: 'status 200 without JSON' };
  return { kind: 'success', payload: json };
}

export const mexcClassifier: Classifier = {
  rules: MEXC_RULES,
  read,
  retryAfterMs: (answer) => {
    const header = answer.headers['retry-after'];
    const seconds = Number(header);
    return header !== undefined && header !== '' && Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : null;
  },
};
