/** Codes that this package gives by itself; every other code is one of the service's (see the project's README). */
export type TransportCode =
  /** Nobody could be reached: nothing was sent. */
  | 'UNREACHABLE'
  /** The request was sent, and no answer came: the connection broke, or it took too long. */
  | 'NO_ANSWER'
  /** What answered is no GraphQL service, or not this one. */
  | 'BAD_ANSWER'
  /** The caller's own signal ended the call. */
  | 'ABORTED'
  /** The function that gives the token failed. */
  | 'NO_TOKEN'
  /** The client was closed. */
  | 'CLOSED';

export interface Failure {
  /** A TransportCode, or the `extensions.code` of the service. */
  readonly code: TransportCode | (string & {});
  readonly message: string;
  /** True only for a mutation that may have been carried out, or may still be. */
  readonly mayHaveBeenAccepted: boolean;
  /** The same request can succeed later, without a change. */
  readonly isPassing: boolean;
  /** The service asked to wait this long; null: it did not say. */
  readonly retryAfterMs?: number | null;
}

/**
 * No answer, or one that is none of the expected ones (those are `userErrors`). Neither the message nor any other part
 * holds the token or what was sent.
 */
export class OrderplaneError extends Error {
  readonly code: TransportCode | (string & {});
  readonly mayHaveBeenAccepted: boolean;
  readonly isPassing: boolean;
  readonly retryAfterMs: number | null;

  constructor(failure: Failure) {
    super(failure.message);
    this.name = 'OrderplaneError';
    this.code = failure.code;
    this.mayHaveBeenAccepted = failure.mayHaveBeenAccepted;
    this.isPassing = failure.isPassing;
    this.retryAfterMs = failure.retryAfterMs ?? null;
  }
}

/** The same failure, of which an earlier try is open too. */
export const withDoubt = (error: OrderplaneError): OrderplaneError =>
  error.mayHaveBeenAccepted ? error : new OrderplaneError({ ...failureOf(error), mayHaveBeenAccepted: true });

const failureOf = ({ code, message, mayHaveBeenAccepted, isPassing, retryAfterMs }: OrderplaneError): Failure => ({
  code,
  message,
  mayHaveBeenAccepted,
  isPassing,
  retryAfterMs,
});

export const aborted = (mayHaveBeenAccepted: boolean): OrderplaneError =>
  new OrderplaneError({
    code: 'ABORTED',
    message: 'the call was aborted by its caller',
    mayHaveBeenAccepted,
    isPassing: false,
  });
