import type { AccountMode } from '@orderplane/domain';
import type { AccountCredentials, CredentialsVerdict, KeyPermissions } from './adapter.ts';
import type { CcxtInstance } from './ccxt.ts';
import type { KeyVerdict } from './outcome.ts';
import type { MillisecondClock } from './venue.ts';

/** What one exchange needs to ask about a key. Nothing is loaded: no markets, no streams. */
export interface KeyQuestions {
  readonly instance: CcxtInstance;
  readonly mode: AccountMode;
  readonly credentials: AccountCredentials;
  readonly clock: MillisecondClock;
  /**
   * One signed call that changes nothing, under what is left of the time. `refusals`: native codes that are a refusal of
   * this question, beside those that blame the key. Never throws.
   */
  readonly ask: (question: () => Promise<unknown>, refusals?: readonly RegExp[]) => Promise<KeyVerdict>;
}

/** How one exchange is asked whether it takes a key, and what the key may do. */
export interface KeyCheck {
  /** Native codes that say here that the key, its secret or its passphrase is wrong, beside those that always do (`auth`). */
  readonly wrongKeyCodes: readonly (string | RegExp)[];
  readonly check: (questions: KeyQuestions) => Promise<CredentialsVerdict>;
}

export const accepted = (permissions: KeyPermissions, owner: string | null): CredentialsVerdict => ({
  kind: 'accepted',
  permissions,
  owner,
});

/** An answer that can't be read proves nothing about the key. */
export const unreadable = (what: string): CredentialsVerdict => ({
  kind: 'unknown',
  message: `${what}: the answer can't be read`,
  retryAfterMs: null,
});

/** Passes on what is no success. */
export const unanswered = (verdict: Exclude<KeyVerdict, { kind: 'success' }>): CredentialsVerdict => {
  switch (verdict.kind) {
    case 'refused':
      return verdict;
    case 'failed':
      return { kind: 'unknown', message: verdict.message, retryAfterMs: verdict.retryAfterMs };
  }
};

export const flag = (value: unknown): boolean | null => (typeof value === 'boolean' ? value : null);

/** An id as text, or null. */
export const name = (value: unknown): string | null =>
  (typeof value === 'string' && value !== '') || typeof value === 'number' ? String(value) : null;

/** "read_only,trade" → a set, lower case. */
export const words = (value: unknown, separator: RegExp = /[\s,]+/): ReadonlySet<string> =>
  new Set(typeof value === 'string' ? value.toLowerCase().split(separator).filter(Boolean) : []);
