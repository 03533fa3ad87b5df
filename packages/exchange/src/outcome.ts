import type { CancelOutcome, SubmitOutcome } from './adapter.ts';
import type { RequestClass } from '@orderplane/domain';
import { REQUEST_CLASSES } from '@orderplane/domain';
import type { Answer } from './transport.ts';

/** What a native code means for each kind of request. `unknown` = nothing is proved, look the order up. */
export interface NativeRule {
  /** Native code, exact or as a pattern. */
  readonly code: string | RegExp;
  /** Also needed in the text, where one code has several meanings. */
  readonly text?: RegExp;
  readonly submit: 'notPlaced' | 'duplicate' | 'rateLimited' | 'auth' | 'unknown';
  /** For cancels and amends. */
  readonly cancel: 'refused' | 'unknownOrder' | 'rateLimited' | 'auth' | 'unknown';
  /** For look-ups and lists. `absent`: this place does not know the order. */
  readonly read: 'absent' | 'failed' | 'rateLimited' | 'auth';
  readonly insufficientFunds?: boolean;
  /** The market's rules may have changed since they were loaded. */
  readonly rulesChanged?: boolean;
  /** Wait where the answer names none, ms. */
  readonly retryAfterMs?: number;
  /** The exchange says that it serves nobody now. */
  readonly closed?: true;
  /** Of a limit: who has to wait with what. Not given: everybody at this exchange, with everything. Null: only this request. */
  readonly pause?: PauseRule | null;
}

export interface PauseRule {
  /** All who come from here (a limit or ban by address), or all who use the same key. */
  readonly who: 'exchange' | 'key';
  /** `same`: requests like the one that was refused, where every endpoint has a limit of its own. */
  readonly classes: readonly RequestClass[] | 'same';
}

const EVERYTHING: PauseRule = { who: 'exchange', classes: REQUEST_CLASSES };

export interface NativeError {
  readonly kind: 'error';
  readonly code: string;
  readonly text: string;
}

/** What the body says in the exchange's own terms. `unreadable` proves nothing. */
export type NativeReading =
  | { readonly kind: 'success'; readonly payload: unknown }
  | NativeError
  | { readonly kind: 'unreadable'; readonly text: string };

/** One exchange's answers: how its body is read and what its codes mean. Data and pure functions. */
export interface Classifier {
  /** First match wins; a code without a match is unknown. */
  readonly rules: readonly NativeRule[];
  read(status: number, json: unknown, body: string): NativeReading;
  /** Wait named in the headers or the text, ms, or null. */
  retryAfterMs(answer: Answer, error: NativeError, nowMs: number): number | null;
}

const DEFAULT_RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 24 * 3_600_000;

export interface Failure {
  readonly kind: 'failure';
  readonly nativeCode: string | null;
  readonly message: string;
  readonly rule: NativeRule | null;
  readonly retryAfterMs: number;
}

export type Settled =
  | { readonly kind: 'success'; readonly payload: unknown }
  | { readonly kind: 'notSent'; readonly message: string }
  /** Not sent: no room, or the exchange said to wait. What was sent before it in the same call was surely not done. */
  | { readonly kind: 'heldBack'; readonly message: string; readonly retryAfterMs: number }
  /** Refused on this side (by ccxt) before anything was sent. */
  | { readonly kind: 'local'; readonly message: string }
  | Failure;

const matches = (rule: NativeRule, error: NativeError): boolean =>
  (typeof rule.code === 'string' ? rule.code === error.code : rule.code.test(error.code)) &&
  (rule.text === undefined || rule.text.test(error.text));

const unproved = (message: string, nativeCode: string | null = null): Failure => ({
  kind: 'failure',
  nativeCode,
  message: message.slice(0, 300),
  rule: null,
  retryAfterMs: 0,
});

/** Order of proof: nothing left us → the native code of a whole answer → nothing is proved. */
export function settle(classifier: Classifier, answer: Answer, nowMs: number): Settled {
  if (answer.heldBack !== null && answer.heldBack !== undefined) {
    const { waitMs, detail } = answer.heldBack;
    return { kind: 'heldBack', message: `held back: ${detail}`, retryAfterMs: waitMs };
  }
  if (!answer.requested) {
    if (answer.timedOut) return { kind: 'notSent', message: answer.error ?? 'deadline passed before sending' };
    return { kind: 'local', message: answer.error ?? 'nothing was sent' };
  }
  if (answer.notConnected !== null) {
    return { kind: 'notSent', message: `no connection to the exchange: ${answer.notConnected}` };
  }
  if (answer.status === null || answer.body === null) return unproved(answer.error ?? 'no whole answer');
  const reading = classifier.read(answer.status, answer.json, answer.body);
  switch (reading.kind) {
    case 'success':
      return { kind: 'success', payload: reading.payload };
    case 'unreadable':
      return unproved(reading.text, answer.status === 200 ? null : `HTTP ${answer.status}`);
    case 'error': {
      const rule = classifier.rules.find((one) => matches(one, reading)) ?? null;
      const named = classifier.retryAfterMs(answer, reading, nowMs);
      const retryAfterMs = Math.min(Math.max(0, named ?? rule?.retryAfterMs ?? DEFAULT_RETRY_MS), LONGEST_RETRY_MS);
      const message = (reading.text === '' ? reading.code : reading.text).slice(0, 300);
      return { kind: 'failure', nativeCode: reading.code, message, rule, retryAfterMs };
    }
  }
}

export type SubmitVerdict =
  { readonly kind: 'success'; readonly payload: unknown } | Exclude<SubmitOutcome, { kind: 'placed' }>;

/** What became of a submission (the allow-lists of "surely refused" codes decide; everything else is unknown). */
export function classifySubmit(classifier: Classifier, answer: Answer, nowMs: number): SubmitVerdict {
  const settled = settle(classifier, answer, nowMs);
  if (settled.kind === 'success') return settled;
  if (settled.kind === 'notSent') return { kind: 'notSent', nativeCode: null, message: settled.message };
  if (settled.kind === 'heldBack') return rateLimited(settled);
  if (settled.kind === 'local') return notPlaced(null, settled.message);
  const { nativeCode, message, rule } = settled;
  switch (rule?.submit) {
    case 'notPlaced':
      return notPlaced(nativeCode, message, rule);
    case 'rateLimited':
      return { kind: 'rateLimited', nativeCode, message, retryAfterMs: settled.retryAfterMs };
    case 'duplicate':
    case 'auth':
      return { kind: rule.submit, nativeCode, message };
    case 'unknown':
    case undefined:
      return { kind: 'unknown', nativeCode, message };
  }
}

export const notPlaced = (
  nativeCode: string | null,
  message: string,
  flags: { readonly insufficientFunds?: boolean; readonly rulesChanged?: boolean } = {},
): Extract<SubmitOutcome, { kind: 'notPlaced' }> => ({
  kind: 'notPlaced',
  nativeCode,
  message,
  insufficientFunds: flags.insufficientFunds ?? false,
  rulesChanged: flags.rulesChanged ?? false,
});

const rateLimited = ({ message, retryAfterMs }: { readonly message: string; readonly retryAfterMs: number }) =>
  ({ kind: 'rateLimited', nativeCode: null, message, retryAfterMs }) as const;

/** The exchange's own word that it limits us. */
export interface Limited {
  readonly pause: PauseRule | null;
  readonly retryAfterMs: number;
  readonly message: string;
}

/** Null where the answer is no limit, whatever the request was. */
export function limitIn(classifier: Classifier, answer: Answer, nowMs: number): Limited | null {
  const settled = settle(classifier, answer, nowMs);
  if (settled.kind !== 'failure' || settled.rule === null) return null;
  const { rule, retryAfterMs, message } = settled;
  if (![rule.submit, rule.cancel, rule.read].includes('rateLimited')) return null;
  return { pause: rule.pause === undefined ? EVERYTHING : rule.pause, retryAfterMs, message };
}

export type CancelVerdict =
  { readonly kind: 'success'; readonly payload: unknown } | Exclude<CancelOutcome, { kind: 'accepted' }>;

/** What became of a cancel or an amend. */
export function classifyCancel(classifier: Classifier, answer: Answer, nowMs: number): CancelVerdict {
  const settled = settle(classifier, answer, nowMs);
  if (settled.kind === 'success') return settled;
  if (settled.kind === 'notSent') return { kind: 'notSent', nativeCode: null, message: settled.message };
  if (settled.kind === 'heldBack') return rateLimited(settled);
  if (settled.kind === 'local') return { kind: 'refused', nativeCode: null, message: settled.message };
  const { nativeCode, message, rule } = settled;
  switch (rule?.cancel) {
    case 'rateLimited':
      return { kind: 'rateLimited', nativeCode, message, retryAfterMs: settled.retryAfterMs };
    case 'refused':
    case 'unknownOrder':
    case 'auth':
      return { kind: rule.cancel, nativeCode, message };
    case 'unknown':
    case undefined:
      return { kind: 'unknown', nativeCode, message };
  }
}

export type ReadVerdict =
  | { readonly kind: 'success'; readonly payload: unknown }
  | { readonly kind: 'absent' }
  | { readonly kind: 'failed'; readonly message: string; readonly rateLimitedMs: number | null };

/** What a read proves: its payload, "not here", or nothing. */
export function classifyRead(classifier: Classifier, answer: Answer, nowMs: number): ReadVerdict {
  const settled = settle(classifier, answer, nowMs);
  if (settled.kind === 'success') return settled;
  if (settled.kind === 'heldBack') {
    return { kind: 'failed', message: settled.message, rateLimitedMs: settled.retryAfterMs };
  }
  if (settled.kind !== 'failure') return { kind: 'failed', message: settled.message, rateLimitedMs: null };
  if (settled.rule?.read === 'absent') return { kind: 'absent' };
  const limited = settled.rule?.read === 'rateLimited';
  const message = settled.nativeCode === null ? settled.message : `${settled.nativeCode}: ${settled.message}`;
  return { kind: 'failed', message, rateLimitedMs: limited ? settled.retryAfterMs : null };
}

export type KeyVerdict =
  | { readonly kind: 'success'; readonly payload: unknown }
  /** The exchange does not take the key. */
  | { readonly kind: 'refused'; readonly nativeCode: string | null; readonly message: string }
  | {
      readonly kind: 'failed';
      readonly nativeCode: string | null;
      readonly message: string;
      readonly retryAfterMs: number | null;
    };

/** What a signed call proves about its key. `wrongKeyCodes`: beside the codes that always mean it. */
export function classifyKey(
  classifier: Classifier,
  wrongKeyCodes: readonly (string | RegExp)[],
  answer: Answer,
  nowMs: number,
): KeyVerdict {
  const settled = settle(classifier, answer, nowMs);
  if (settled.kind === 'success') return settled;
  if (settled.kind === 'heldBack')
    return { kind: 'failed', nativeCode: null, message: settled.message, retryAfterMs: settled.retryAfterMs };
  if (settled.kind === 'notSent')
    return { kind: 'failed', nativeCode: null, message: settled.message, retryAfterMs: null };
  // What the library says of a key that it can't sign with may quote the key.
  if (settled.kind === 'local')
    return { kind: 'refused', nativeCode: null, message: 'no request can be signed with them' };
  const { nativeCode, message, rule } = settled;
  const isWrongKey =
    rule?.read === 'auth' ||
    wrongKeyCodes.some(
      (code) => nativeCode !== null && (typeof code === 'string' ? code === nativeCode : code.test(nativeCode)),
    );
  if (isWrongKey) return { kind: 'refused', nativeCode, message };
  return {
    kind: 'failed',
    nativeCode,
    message,
    retryAfterMs: rule?.read === 'rateLimited' ? settled.retryAfterMs : null,
  };
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
