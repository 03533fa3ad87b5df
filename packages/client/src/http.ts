import { failureOfAnswer, readAnswer, redactor } from './answers.ts';
import type { Redact } from './answers.ts';
import { OrderplaneError, aborted } from './errors.ts';
import { deadlineSignal } from './timing.ts';

/** The part of `fetch` that is used. */
export type Fetch = (
  url: string,
  init: {
    readonly method: 'POST';
    readonly headers: Record<string, string>;
    readonly body: string;
    readonly signal: AbortSignal;
    readonly redirect: 'error';
  },
) => Promise<{
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}>;

export interface HttpRequest {
  readonly address: string;
  readonly token: string;
  readonly body: string;
  readonly isMutation: boolean;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** One request to one gateway; gives `data`. Throws OrderplaneError. */
export async function post(send: Fetch, request: HttpRequest): Promise<unknown> {
  const { address, isMutation, token } = request;
  const redact = redactor(token);
  const limit = deadlineSignal(request.timeoutMs, request.signal);
  let status: number;
  let retryAfter: string | null;
  let text: string;
  try {
    const response = await send(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', authorization: `Bearer ${token}` },
      body: request.body,
      signal: limit.signal,
      // A redirected POST becomes a GET, or goes to somebody who must not see the token.
      redirect: 'error',
    });
    status = response.status;
    retryAfter = response.headers.get('retry-after');
    text = await response.text();
  } catch (cause) {
    if (request.signal?.aborted === true) throw aborted(isMutation);
    throw noAnswer(cause, request, limit.signal.aborted, redact);
  } finally {
    limit.release();
  }
  const answer = readAnswer(parsed(text));
  if (answer === null) throw strangeAnswer(status, retryAfter, request);
  const failure = failureOfAnswer(answer, isMutation, redact);
  if (failure === null) return answer.data;
  const waitMs = failure.retryAfterMs ?? retryAfterMs(retryAfter);
  throw new OrderplaneError({
    code: failure.code,
    message: failure.message,
    mayHaveBeenAccepted: failure.mayHaveBeenAccepted,
    isPassing: failure.isPassing || status === TOO_MANY,
    retryAfterMs: waitMs,
  });
}

const TOO_MANY = 429;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Calls that fail before there is a connection: nothing was sent. Node says which one it was; browsers say nothing. */
const BEFORE_SENDING = new Set(['connect', 'getaddrinfo']);

function noAnswer(cause: unknown, request: HttpRequest, isLate: boolean, redact: Redact): OrderplaneError {
  const inner = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause;
  const isUnsent = !isLate && wasNotSent(inner);
  const why = isLate ? `no answer within ${request.timeoutMs} ms` : redact(messageOf(inner));
  return new OrderplaneError({
    code: isUnsent ? 'UNREACHABLE' : 'NO_ANSWER',
    message: `${request.address} ${isUnsent ? "can't be reached" : 'gave no answer'}: ${why}`,
    mayHaveBeenAccepted: request.isMutation && !isUnsent,
    isPassing: true,
  });
}

function wasNotSent(cause: unknown): boolean {
  if (typeof cause !== 'object' || cause === null) return false;
  // A name with several addresses: each was tried.
  if ('errors' in cause && Array.isArray(cause.errors) && cause.errors.length > 0)
    return cause.errors.every(wasNotSent);
  if ('code' in cause && cause.code === 'UND_ERR_CONNECT_TIMEOUT') return true;
  return 'syscall' in cause && typeof cause.syscall === 'string' && BEFORE_SENDING.has(cause.syscall);
}

const messageOf = (cause: unknown): string => {
  if (!(cause instanceof Error)) return 'the connection failed';
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  return cause.message !== '' ? cause.message : code;
};

/** Not GraphQL: a proxy, another service, or a gateway that did not get so far. */
function strangeAnswer(status: number, retryAfter: string | null, request: HttpRequest): OrderplaneError {
  // With a status from 400 on nothing was done, but for 408 and for what a proxy says of a server behind it (5xx).
  const isRefused = status >= 400 && status < 500 && status !== 408;
  const code = status === 401 ? 'UNAUTHENTICATED' : status === TOO_MANY ? 'RATE_LIMITED' : 'BAD_ANSWER';
  return new OrderplaneError({
    code,
    message: `${request.address} answered with status ${status} and without GraphQL`,
    mayHaveBeenAccepted: request.isMutation && !isRefused,
    isPassing: status >= 500 || status === TOO_MANY || status === 408,
    retryAfterMs: retryAfterMs(retryAfter),
  });
}

/** Of the header's two forms the one in seconds; a date is left to the usual pause. */
const retryAfterMs = (header: string | null): number | null =>
  header !== null && /^\d{1,6}$/.test(header) ? Number(header) * 1_000 : null;
