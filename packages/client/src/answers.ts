import { OrderplaneError } from './errors.ts';

/** What a GraphQL service answers, as far as it was readable. */
export interface Answer {
  readonly data: unknown;
  readonly errors: readonly AnswerError[];
}

export interface AnswerError {
  readonly message: string;
  readonly code: string | null;
  /** How deep in the answer it happened: 1 is the operation's own field, more is something below it. */
  readonly depth: number;
  readonly retryAfterMs: number | null;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Null for what is no GraphQL answer. */
export function readAnswer(value: unknown): Answer | null {
  if (!isRecord(value)) return null;
  const errors = value['errors'];
  if (!('data' in value) && !Array.isArray(errors)) return null;
  return { data: value['data'] ?? null, errors: Array.isArray(errors) ? errors.map(readError) : [] };
}

export function readError(value: unknown): AnswerError {
  const error = isRecord(value) ? value : {};
  const extensions = isRecord(error['extensions']) ? error['extensions'] : {};
  const { message, path } = error;
  const code = extensions['code'];
  const waitMs = extensions['retryAfterMs'];
  return {
    message: typeof message === 'string' ? message : 'an error without a message',
    code: typeof code === 'string' ? code : null,
    depth: Array.isArray(path) ? path.length : 0,
    retryAfterMs: typeof waitMs === 'number' && waitMs >= 0 ? waitMs : null,
  };
}

/** The service says that it can't now. Nothing was done, unless the error lies below the operation's own field. */
const UNAVAILABLE = new Set([
  'SERVICE_UNAVAILABLE',
  'RATE_LIMITED',
  'TOO_MANY_REQUESTS',
  'TOO_MANY_OPERATIONS',
  'TOO_MANY_SUBSCRIPTIONS',
  'TOO_MANY_CONNECTIONS',
]);
/** Something broke inside: what was done is not known. */
const BROKEN = new Set(['INTERNAL_SERVER_ERROR', 'INTERNAL_ERROR']);
/** Ends of a subscription that are no refusals: it goes on after its cursor, or anew. */
const ENDS = new Set(['SLOW_CONSUMER', 'CURSOR_EXPIRED']);

/** What `errors[]` means for the caller; null without errors. */
export function failureOfAnswer(answer: Answer, isMutation: boolean, redact: Redact): OrderplaneError | null {
  const [first] = answer.errors;
  if (first === undefined) return null;
  const isBroken = first.code === null ? answer.data !== null : BROKEN.has(first.code);
  const isPassing = isBroken || (first.code !== null && (UNAVAILABLE.has(first.code) || ENDS.has(first.code)));
  return new OrderplaneError({
    code: first.code ?? 'BAD_ANSWER',
    message: redact(answer.errors.map(({ message }) => message).join('; ')),
    // A field below the mutation's own is resolved after it: then it was carried out, and only telling of it failed.
    mayHaveBeenAccepted: isMutation && (isBroken || first.depth > 1),
    isPassing,
    retryAfterMs: first.retryAfterMs,
  });
}

/** Takes the token out of a text that came from outside. */
export type Redact = (text: string) => string;

export const redactor =
  (token: string): Redact =>
  (text) =>
    (token === '' ? text : text.replaceAll(token, '…')).slice(0, 2_000);
