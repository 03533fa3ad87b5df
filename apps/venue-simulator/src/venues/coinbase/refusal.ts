import type { VenueAnswer, VenueRefusals } from '../protocol.ts';

/** A request that Coinbase refuses, with its whole answer. */
export class CoinbaseRefusal extends Error {
  readonly answer: VenueAnswer;
  constructor(answer: VenueAnswer) {
    super(`${answer.status} ${answer.body}`);
    this.name = 'CoinbaseRefusal';
    this.answer = answer;
  }
}

export const json = (body: unknown, status = 200): VenueAnswer => ({ status, body: JSON.stringify(body) });

/** Errors of Advanced Trade name a word and repeat their text. */
const worded = (status: number, error: string, text: string): VenueAnswer =>
  json({ error, error_details: text, message: text }, status);

const UNAUTHORIZED: VenueAnswer = {
  status: 401,
  body: 'Unauthorized\n',
  headers: { 'content-type': 'text/plain; charset=utf-8' },
};

export const refuse = (answer: VenueAnswer): never => {
  throw new CoinbaseRefusal(answer);
};
export const unauthorized = (): never => refuse(UNAUTHORIZED);
export const badArgument = (text: string): never => refuse(worded(400, 'INVALID_ARGUMENT', text));
export const orderNotFound = (): never => refuse(worded(404, 'unknown', 'order with this orderID was not found'));
export const notFound = (text: string): never => refuse(worded(404, 'NOT_FOUND', text));
export const tooManyRequests: VenueAnswer = json(
  { errors: [{ id: 'rate_limit_exceeded', message: 'Too many requests' }] },
  429,
);

/** An order that is refused for what it is: HTTP 200, and the reason in one of three fields. */
export class OrderRefusal extends Error {
  readonly error: string;
  readonly preview: string;
  readonly text: string;
  constructor(reason: string, text: string) {
    super(reason);
    this.name = 'OrderRefusal';
    const isPreview = reason.startsWith('PREVIEW_');
    // What the preview finds is told there alone, except that there is too little money.
    this.error = isPreview ? 'UNKNOWN_FAILURE_REASON' : reason;
    this.preview = isPreview
      ? reason
      : reason === 'INSUFFICIENT_FUND'
        ? 'PREVIEW_INSUFFICIENT_FUND'
        : 'UNKNOWN_PREVIEW_FAILURE_REASON';
    this.text = text;
  }
}

export const refuseOrder = (reason: string, text = ''): never => {
  throw new OrderRefusal(reason, text);
};

export const orderRefused = ({ error, preview, text }: OrderRefusal, order_configuration: unknown): VenueAnswer =>
  json({
    success: false,
    failure_reason: 'UNKNOWN_FAILURE_REASON',
    order_id: '',
    error_response: {
      error,
      message: text,
      error_details: text,
      preview_failure_reason: preview,
      new_order_failure_reason: error,
    },
    order_configuration,
  });

const htmlPage = (status: number): VenueAnswer => ({
  status,
  body: `<!DOCTYPE html><html><head><title>api.coinbase.com | ${status}</title></head><body><h1>Error ${status}</h1><p>cloudflare</p></body></html>`,
  headers: { 'content-type': 'text/html; charset=UTF-8' },
});

/** `n` counts from 1. */
const pick = (answers: readonly [VenueAnswer, ...VenueAnswer[]], n: number): VenueAnswer =>
  answers[Math.max(0, n - 1) % answers.length] ?? answers[0];

export const REFUSALS: VenueRefusals = {
  rateLimit: (n) => pick([tooManyRequests, worded(429, 'resource_exhausted', 'Too many requests')], n),
  authFail: (n) => pick([UNAUTHORIZED, worded(403, 'PERMISSION_DENIED', 'Missing required scopes')], n),
  maintenance: (n) => pick([worded(503, 'UNAVAILABLE', 'The service is under maintenance'), htmlPage(503)], n),
  serverError: (status, n) => (n % 2 === 1 ? worded(status, 'INTERNAL', 'Internal error') : htmlPage(status)),
};
