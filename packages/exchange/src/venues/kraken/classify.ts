import { isRecord } from '../../outcome.ts';
import type { Classifier, NativeReading, NativeRule } from '../../outcome.ts';

const refused = { submit: 'notPlaced', cancel: 'refused', read: 'failed' } as const;
const limited = { submit: 'rateLimited', cancel: 'rateLimited', read: 'rateLimited' } as const;
/** The call counter of the key. Cancels are no calls. */
const callsOfKey = { who: 'key', classes: ['submit', 'read'] } as const;
/** The trading counter of the key; cancels are never refused for it. */
const ordersOfKey = { who: 'key', classes: ['submit'] } as const;
const everythingOfKey = { who: 'key', classes: ['cancel', 'submit', 'read'] } as const;
const badKey = { submit: 'auth', cancel: 'auth', read: 'auth' } as const;
const unproved = { submit: 'unknown', cancel: 'unknown', read: 'failed' } as const;

/**
 * Kraken spot errors (documentation "Errors"): the code is the whole text, status always 200. First match wins, so the
 * limits stand before the families they belong to.
 */
export const KRAKEN_RULES: readonly NativeRule[] = [
  { code: /^EAPI:Rate limit exceeded/i, ...limited, retryAfterMs: 3_000, pause: callsOfKey },
  { code: /^EOrder:Rate limit exceeded/i, ...limited, retryAfterMs: 3_000, pause: ordersOfKey },
  { code: /^EGeneral:Temporary lockout/i, ...limited, retryAfterMs: 60_000, pause: everythingOfKey },
  { code: /^EGeneral:Too many requests/i, ...limited, retryAfterMs: 5_000 },
  // Surely not placed. The nonce is repaired and the request repeated inside the adapter; what is left may go again.
  { code: /^EAPI:Invalid nonce/i, ...limited, retryAfterMs: 100, pause: null },
  { code: /^EAPI:Invalid (key|signature)/i, ...badKey },
  { code: /^EGeneral:Permission denied/i, ...badKey },
  { code: /^EOrder:Unknown order/i, ...refused, cancel: 'unknownOrder', read: 'absent' },
  { code: /^EOrder:Insufficient (funds|initial margin)/i, ...refused, insufficientFunds: true },
  // The documentation promises uniqueness among open orders and names no text: a refusal about the id means it exists.
  { code: /^EOrder:.*(duplicate|cl_?ord_?id|client.?order.?id)/i, ...refused, submit: 'duplicate' },
  { code: /^EOrder:(Order minimum|Cost minimum|Tick size|Invalid price)/i, ...refused, rulesChanged: true },
  { code: /^EOrder:/, ...refused },
  { code: /^EGeneral:Invalid arguments:(volume|price)/i, ...refused, rulesChanged: true },
  { code: /^EGeneral:Invalid arguments/i, ...refused },
  { code: /^EQuery:Unknown asset pair/i, ...refused, rulesChanged: true },
  { code: /^EQuery:/, ...refused },
  { code: /^EService:Market in .* mode/i, ...refused },
  // Refused by contract, but to be looked up once before that is believed: unknown leads there.
  { code: /^EService:Deadline elapsed/i, ...unproved },
  { code: /^EService:(Unavailable|Busy)/i, ...unproved, closed: true },
  { code: /^EGeneral:Internal error/i, ...unproved },
  { code: /^EDatabase:/, ...unproved },
];

function read(status: number, json: unknown, body: string): NativeReading {
  if (status < 200 || status >= 300) return { kind: 'error', code: `HTTP ${status}`, text: body };
  if (!isRecord(json)) return { kind: 'unreadable', text: 'status 200 without JSON' };
  const errors: unknown[] = Array.isArray(json['error']) ? json['error'] : [];
  const texts = errors.filter((one): one is string => typeof one === 'string');
  // "W…" are warnings beside a result.
  const error = texts.find((one) => !one.startsWith('W'));
  if (error !== undefined) return { kind: 'error', code: error, text: '' };
  if (!('result' in json)) return { kind: 'unreadable', text: 'an answer without error and result' };
  return { kind: 'success', payload: json['result'] };
}

export const krakenClassifier: Classifier = { rules: KRAKEN_RULES, read, retryAfterMs: () => null };
