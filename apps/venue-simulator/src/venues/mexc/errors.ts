import type { VenueAnswer } from '../protocol.ts';

/** A refusal in MEXC's words: HTTP status and `{code, msg}`. Thrown by the checks, answered by the venue. */
export class MexcError extends Error {
  readonly status: number;
  readonly code: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: number, msg: string, status = 400, headers: Readonly<Record<string, string>> = {}) {
    super(msg);
    this.name = 'MexcError';
    this.code = code;
    this.status = status;
    this.headers = headers;
  }

  get body(): { readonly code: number; readonly msg: string } {
    return { code: this.code, msg: this.message };
  }

  answer(): VenueAnswer {
    return { status: this.status, body: JSON.stringify(this.body), headers: this.headers };
  }
}

export const mandatory = (name: string): MexcError =>
  new MexcError(700004, `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`);
export const illegal = (name: string): MexcError =>
  new MexcError(700008, `Illegal characters found in parameter '${name}'.`);
export const noIdSent = (): MexcError =>
  new MexcError(700004, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!");
export const badScale = (what: 'quantity' | 'price' | 'amount'): MexcError =>
  new MexcError(400, `${what} scale is invalid`);
export const invalidSymbol = (): MexcError => new MexcError(-1121, 'Invalid symbol.');
export const unknownOrderSent = (): MexcError => new MexcError(-2011, 'Unknown order sent.');
export const noSuchOrder = (): MexcError => new MexcError(-2013, 'Order does not exist.');
export const invalidKey = (): MexcError => new MexcError(10072, 'Api key info invalid');

const PROXY_PAGE = (status: number): string =>
  `<html>\r\n<head><title>${status} Bad Gateway</title></head>\r\n<body>\r\n<center><h1>${status} Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n`;

const SERVER_ERRORS: Readonly<Record<number, string>> = {
  500: 'Internal error',
  503: 'service not available, please try again',
  504: 'Gateway Time-out',
};

/** 500, 503 and 504 are on MEXC's own list of codes; the rest comes from the proxy before it. */
export function serverError(status: number): VenueAnswer {
  const msg = SERVER_ERRORS[status];
  if (msg !== undefined) return new MexcError(status, msg, status).answer();
  return { status, body: PROXY_PAGE(status), headers: { 'content-type': 'text/html' } };
}

/** The fields that MEXC writes on such a day (ccxt's table of errors quotes it). */
export const maintenance = (): VenueAnswer => ({
  status: 500,
  body: JSON.stringify({ code: 500, message: 'Under maintenance, please try again later', announcement: '' }),
});
