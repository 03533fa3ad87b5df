import type { Classifier } from './outcome.ts';
import { settle } from './outcome.ts';
import type { Answer } from './transport.ts';

/**
 * Whose trouble it is that a request was not answered as it should have been.
 * - `exchange`: nobody can trade there now: no connection, a gateway's own 5xx, the exchange's word that it is closed;
 * - `unclear`: no whole answer, an error inside the exchange: it may be all of it, or only this account's part of it;
 * - `account`: the exchange is there, answered, and has something against this request or its key.
 */
export type Trouble = 'exchange' | 'unclear' | 'account';

/** 500 and 501 are of whoever handled the request; the others are said for it by what stands before it. */
const SAID_BY_GATEWAYS = /^HTTP 5(0[2-9]|[1-9]\d)$/;

/** Null: none, or a limit. */
export function troubleIn(classifier: Classifier, answer: Answer, nowMs: number): Trouble | null {
  const settled = settle(classifier, answer, nowMs);
  switch (settled.kind) {
    case 'success':
    case 'heldBack':
      return null;
    case 'notSent':
      return answer.notConnected === null ? 'unclear' : 'exchange';
    case 'local':
      return 'account';
    case 'failure': {
      const { nativeCode, rule } = settled;
      if (rule?.read === 'rateLimited') return null;
      if (rule?.closed === true) return 'exchange';
      if (nativeCode === null) return 'unclear';
      if (SAID_BY_GATEWAYS.test(nativeCode)) return 'exchange';
      // Codes that prove nothing about an order: errors inside the exchange.
      if (/^HTTP 5/.test(nativeCode) || (rule?.submit === 'unknown' && rule.cancel === 'unknown')) return 'unclear';
      return 'account';
    }
  }
}

const GRAVITY: Readonly<Record<Trouble, number>> = { account: 0, unclear: 1, exchange: 2 };

/** Of several requests the word that reaches furthest counts. */
export const graver = (a: Trouble | null, b: Trouble | null): Trouble | null =>
  a === null || (b !== null && GRAVITY[b] > GRAVITY[a]) ? b : a;
