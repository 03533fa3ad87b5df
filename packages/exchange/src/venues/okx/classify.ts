import { isRecord } from '../../outcome.ts';
import type { Classifier, NativeReading, NativeRule } from '../../outcome.ts';

const refused = { submit: 'notPlaced', cancel: 'refused', read: 'failed' } as const;
const limited = { submit: 'rateLimited', cancel: 'rateLimited', read: 'rateLimited' } as const;
/** Each endpoint has a limit of its own. */
const sameOfKey = { who: 'key', classes: 'same' } as const;
const badKey = { submit: 'auth', cancel: 'auth', read: 'auth' } as const;
const unproved = { submit: 'unknown', cancel: 'unknown', read: 'failed' } as const;

/**
 * OKX error codes (API documentation, "Error code"), of a request or of one order in it. First match wins. "HTTP nnn"
 * stands for a status that decides by itself.
 */
export const OKX_RULES: readonly NativeRule[] = [
  { code: 'HTTP 429', ...limited, retryAfterMs: 2_000 },
  // Limits are counted in windows of two seconds.
  { code: '50011', ...limited, retryAfterMs: 2_000, pause: sameOfKey },
  // New orders and amends of a sub-account.
  { code: '50061', ...limited, retryAfterMs: 2_000, pause: { who: 'key', classes: ['submit'] } },
  { code: '51113', ...limited, retryAfterMs: 2_000, pause: sameOfKey },
  // Surely not acted upon. The clock is put right and the request repeated inside the adapter; what is left may go again.
  { code: '50102', ...limited, retryAfterMs: 1_000, pause: null },
  { code: '50036', ...limited, retryAfterMs: 1_000, pause: null },
  { code: /^50(10[1345678]|11[0-49]|120)$/, ...badKey },
  // "Endpoint request timeout (does not mean that the request was successful or failed)", maintenance, busy, system error.
  { code: /^HTTP 5\d\d$/, ...unproved },
  { code: '50001', ...unproved, closed: true },
  { code: /^(50004|50013|50026|51054|51149)$/, ...unproved },
  // The order with this client id exists.
  { code: /^(51016|51065|51068|50071)$/, ...refused, submit: 'duplicate' },
  { code: /^(51400|51401|51402|51503|51509|51510)$/, ...refused, cancel: 'unknownOrder' },
  // Says nothing about a submission, which asks for no order.
  { code: /^(51063|51603)$/, ...unproved, cancel: 'unknownOrder', read: 'absent' },
  // Under cancelling already: what becomes of it is for the look-up to tell.
  { code: '51410', ...refused, cancel: 'unknown' },
  { code: /^(51008|51119|51127|51131|51502)$/, ...refused, insufficientFunds: true },
  // Minimum, lot and tick, maximum: the market's rules may have changed. So may the list of markets.
  { code: /^(51001|51005|51020|51120|51121|51150|51201|51202)$/, ...refused, rulesChanged: true },
  { code: /^51\d\d\d$/, ...refused },
  // An amend that changes nothing.
  { code: '52000', ...refused },
  // Malformed as a whole: the body, a header, a parameter.
  { code: /^500(00|02|06|14|15|16|24|25)$/, ...refused },
];

/** The code of the first order that was refused: a request carries one. */
function entryError(data: unknown): { readonly code: string; readonly text: string } | null {
  const entries: unknown[] = Array.isArray(data) ? data : [];
  for (const entry of entries) {
    if (!isRecord(entry) || typeof entry['sCode'] !== 'string' || entry['sCode'] === '0') continue;
    return { code: entry['sCode'], text: typeof entry['sMsg'] === 'string' ? entry['sMsg'] : '' };
  }
  return null;
}

/** {code, msg, data}: a refused order can stand in a request that succeeded (code 0 or 2), so its own code counts first. */
function read(status: number, json: unknown, body: string): NativeReading {
  if (status >= 500) return { kind: 'error', code: `HTTP ${status}`, text: body };
  const record = isRecord(json) ? json : null;
  const code = record?.['code'];
  if (status === 429 && code !== '50011' && code !== '50061') return { kind: 'error', code: 'HTTP 429', text: body };
  if (record === null || (typeof code !== 'string' && typeof code !== 'number')) {
    if (status < 200 || status >= 300) return { kind: 'error', code: `HTTP ${status}`, text: body };
    return { kind: 'unreadable', text: 'an answer without a code' };
  }
  const refusedEntry = entryError(record['data']);
  if (refusedEntry !== null) return { kind: 'error', ...refusedEntry };
  const text = typeof record['msg'] === 'string' ? record['msg'] : '';
  if (String(code) !== '0') return { kind: 'error', code: String(code), text };
  if (status < 200 || status >= 300) return { kind: 'error', code: `HTTP ${status}`, text: body };
  if (!Array.isArray(record['data'])) return { kind: 'unreadable', text: 'an answer without data' };
  return { kind: 'success', payload: record };
}

export const okxClassifier: Classifier = { rules: OKX_RULES, read, retryAfterMs: () => null };
