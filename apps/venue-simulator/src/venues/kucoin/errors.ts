import type { VenueAnswer, VenueRefusals } from '../protocol.ts';

/** A refusal in the venue's own words: `{code, msg}`, mostly with status 200. */
export class KucoinError extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>> | undefined;

  constructor(code: string, msg: string, status = 200, headers?: Readonly<Record<string, string>>) {
    super(msg);
    this.name = 'KucoinError';
    this.code = code;
    this.status = status;
    this.headers = headers;
  }

  answer(): VenueAnswer {
    const answer = { status: this.status, body: JSON.stringify({ code: this.code, msg: this.message }) };
    return this.headers === undefined ? answer : { ...answer, headers: this.headers };
  }
}

export const invalidParameter = (msg: string): KucoinError => new KucoinError('400100', msg);
export const noSuchOrder = (): KucoinError => invalidParameter('order not exist.');
export const notCancelable = (): KucoinError => invalidParameter('order_not_exist_or_not_allow_to_cancel');
export const noSuchSymbol = (): KucoinError => new KucoinError('900001', 'symbol not exists');
export const noSuchUrl = (): KucoinError =>
  new KucoinError('404000', 'Url Not Found -- The requested resource could not be found', 404);

export const tooManyRequests = (headers: Readonly<Record<string, string>>): KucoinError =>
  new KucoinError('429000', 'Too many requests in a short period of time, please retry later', 429, headers);

const HTML = (status: number): VenueAnswer => ({
  status,
  body: `<!DOCTYPE html><html><head><title>api.kucoin.com | ${status}</title></head><body><h1>Error ${status}</h1><p>cloudflare</p></body></html>`,
  headers: { 'content-type': 'text/html; charset=UTF-8' },
});

const pick = (errors: readonly [KucoinError, ...KucoinError[]], n: number): VenueAnswer =>
  (errors[Math.max(0, n - 1) % errors.length] ?? errors[0]).answer();

/** `n` counts from 1. */
export const REFUSALS: VenueRefusals = {
  // The pool of the account, one endpoint alone (status 200), and the proxy in front.
  rateLimit: (n) =>
    pick(
      [
        tooManyRequests({ 'gw-ratelimit-limit': '4000', 'gw-ratelimit-remaining': '0', 'gw-ratelimit-reset': '1000' }),
        new KucoinError('200002', 'Too many requests in a short period of time, please retry later--cur limit:45'),
        new KucoinError('429000', 'Too Many Requests', 429),
      ],
      n,
    ),
  authFail: (n) =>
    pick(
      [
        new KucoinError('400003', 'KC-API-KEY not exists', 401),
        new KucoinError('400005', 'Invalid KC-API-SIGN', 401),
        new KucoinError('400004', 'Invalid KC-API-PASSPHRASE', 401),
      ],
      n,
    ),
  maintenance: (n) =>
    pick(
      [
        new KucoinError('503', 'Service Unavailable -- We are temporarily offline for maintenance.', 503),
        new KucoinError('400200', 'Forbidden to place an order'),
      ],
      n,
    ),
  serverError: (status, n) =>
    n % 2 === 1 ? HTML(status) : new KucoinError('500000', 'Internal Server Error', status).answer(),
};
