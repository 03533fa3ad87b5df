import { isRecord } from '../../outcome.ts';
import type { Classifier, NativeReading, NativeRule } from '../../outcome.ts';

const refused = { submit: 'notPlaced', cancel: 'refused', read: 'failed' } as const;
const limited = { submit: 'rateLimited', cancel: 'rateLimited', read: 'rateLimited' } as const;
/** Orders of this account are too many; its cancels and reads, and other accounts, may go on. */
const ordersOfKey = { who: 'key', classes: ['submit'] } as const;
const badKey = { submit: 'auth', cancel: 'auth', read: 'auth' } as const;
const unproved = { submit: 'unknown', cancel: 'unknown', read: 'failed' } as const;

/**
 * Binance spot error codes (REST API documentation, "Error codes"; texts of -2010 from "Messages for -1010, -2010,
 * -2011"). First match wins. "HTTP nnn" stands for a status that decides by itself.
 */
export const BINANCE_RULES: readonly NativeRule[] = [
  // -1015 comes with status 429 too.
  { code: 'HTTP 429', text: /too many new orders/i, ...limited, retryAfterMs: 10_000, pause: ordersOfKey },
  // Weight is counted by address, and who goes on after a 429 is banned (418): everything waits, cancels too.
  { code: 'HTTP 429', ...limited },
  { code: 'HTTP 418', ...limited, retryAfterMs: 120_000 },
  { code: '-1003', ...limited, retryAfterMs: 10_000 },
  { code: '-1015', ...limited, retryAfterMs: 10_000, pause: ordersOfKey },
  // Refused at the door by load protection; the documentation says to try again.
  { code: '-1008', ...limited, retryAfterMs: 2_000 },
  // "Could have been a success": whatever the body of a 5xx says.
  { code: /^HTTP 5\d\d$/, ...unproved },
  { code: '-1013', text: /Filter failure/i, ...refused, rulesChanged: true },
  { code: '-1013', ...refused },
  { code: '-1014', ...refused },
  // The timestamp, on arrival: too old (a slow machine, a slow way) or ahead. Surely not acted upon; the clock is put
  // right and the request repeated inside the adapter, and what is left may go again.
  { code: '-1021', ...limited, retryAfterMs: 1_000, pause: null },
  { code: '-1022', ...refused },
  { code: '-1121', ...refused, rulesChanged: true },
  { code: /^-11[0-2]\d$/, ...refused },
  { code: '-1130', ...refused },
  // The order with this client id exists.
  { code: '-2010', text: /duplicate order/i, ...refused, submit: 'duplicate' },
  { code: '-2010', text: /action is disabled on this account/i, ...badKey },
  { code: '-2010', text: /insufficient balance/i, ...refused, insufficientFunds: true },
  { code: '-2010', ...refused },
  { code: '-2011', text: /unknown order/i, ...unproved, cancel: 'unknownOrder' },
  { code: '-2011', ...unproved, cancel: 'refused' },
  { code: '-2013', ...unproved, cancel: 'unknownOrder', read: 'absent' },
  { code: '-2014', ...badKey },
  // ccxt raises DDoSProtection for it after any earlier success; it still means the key.
  { code: '-2015', ...badKey },
];

const DECIDING_STATUS = new Set([418, 429]);

function read(status: number, json: unknown, body: string): NativeReading {
  const record = isRecord(json) ? json : null;
  const native = record?.['code'];
  const code = typeof native === 'number' || typeof native === 'string' ? String(native) : null;
  const text = typeof record?.['msg'] === 'string' ? record['msg'] : '';
  if (DECIDING_STATUS.has(status)) return { kind: 'error', code: `HTTP ${status}`, text: text === '' ? body : text };
  if (status >= 500) return { kind: 'error', code: code === '-1008' ? code : `HTTP ${status}`, text: text || body };
  if (code !== null && (status >= 400 || Number(code) < 0)) return { kind: 'error', code, text };
  if (status < 200 || status >= 300) return { kind: 'error', code: `HTTP ${status}`, text: body };
  if (typeof json !== 'object' || json === null) return { kind: 'unreadable', text: 'status 200 without JSON' };
  return { kind: 'success', payload: json };
}

export const binanceClassifier: Classifier = {
  rules: BINANCE_RULES,
  read,
  retryAfterMs: (answer, error, nowMs) => {
    const header = Number(answer.headers['retry-after']);
    if (Number.isFinite(header) && header >= 0 && answer.headers['retry-after'] !== '') return header * 1000;
    const banned = /banned until (\d{12,14})/i.exec(error.text);
    return banned === null ? null : Math.max(0, Number(banned[1]) - nowMs);
  },
};
