import type { NormalizedPayload } from './model.ts';

export type NormalizationErrorCode = 'UNKNOWN_EXCHANGE' | 'UNREADABLE' | 'UNKNOWN_WORD' | 'EXCHANGE_ERROR';

/** A native payload that could not be read, or that is itself the exchange's refusal. */
export class NormalizationError extends Error {
  readonly code: NormalizationErrorCode;
  /** The exchange's own code ("-2010", "EOrder:Insufficient funds"); null where the exchange said none. */
  readonly nativeCode: string | null;
  /** The order that the unreadable part is about, where that much can be read: it must be asked for. */
  readonly orderId: string | null;
  /** What the same payload says besides, and what still counts: e.g. the other orders of a list. */
  readonly evidence: NormalizedPayload | null;

  constructor(
    code: NormalizationErrorCode,
    message: string,
    details: {
      readonly nativeCode?: string | null;
      readonly orderId?: string | null;
      readonly evidence?: NormalizedPayload | null;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = code;
    this.nativeCode = details.nativeCode ?? null;
    this.orderId = details.orderId ?? null;
    this.evidence = details.evidence ?? null;
  }

  /** The same failure, with what else the payload says. */
  withEvidence(evidence: NormalizedPayload): NormalizationError {
    const details = { nativeCode: this.nativeCode, orderId: this.orderId, evidence, cause: this.cause };
    return new NormalizationError(this.code, this.message, details);
  }

  /** The same failure, with the order that it concerns. */
  withOrderId(orderId: string | null): NormalizationError {
    const details = { nativeCode: this.nativeCode, orderId, evidence: this.evidence, cause: this.cause };
    return new NormalizationError(this.code, this.message, details);
  }
}

/** The payload is not a shape that this exchange is known to send, or a field of it is missing or malformed. */
export class UnreadablePayload extends NormalizationError {
  constructor(message: string, cause?: unknown) {
    super('UNREADABLE', message, { cause });
  }
}

/** A status, type, side or time in force that is on no list. Never guessed. */
export class UnknownWord extends NormalizationError {
  constructor(exchange: string, kind: string, word: string) {
    super('UNKNOWN_WORD', `${exchange}: unknown ${kind} "${word.slice(0, 80)}"`);
  }
}

/** The exchange answered with an error. */
export class ExchangeErrorPayload extends NormalizationError {
  constructor(exchange: string, nativeCode: string, message: string, evidence: NormalizedPayload | null = null) {
    const said = message === nativeCode || message === '' ? nativeCode : `${nativeCode}: ${message}`;
    super('EXCHANGE_ERROR', `${exchange} answered ${said}`.slice(0, 500), { nativeCode, evidence });
  }
}

export class UnknownExchange extends NormalizationError {
  constructor(exchange: string, known: readonly string[]) {
    super('UNKNOWN_EXCHANGE', `unknown exchange "${exchange.slice(0, 40)}"; known: ${known.join(', ')}`);
  }
}
