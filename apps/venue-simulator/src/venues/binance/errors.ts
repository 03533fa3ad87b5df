import type { VenueAnswer } from '../protocol.ts';

/** A refusal in the venue's own words: HTTP status and `{code, msg}`. Thrown by the checks, answered by the venue. */
export class BinanceError extends Error {
  readonly status: number;
  readonly code: number;
  readonly data: unknown;
  readonly headers: Readonly<Record<string, string>> | undefined;

  constructor(code: number, msg: string, status = 400, data?: unknown, headers?: Readonly<Record<string, string>>) {
    super(msg);
    this.name = 'BinanceError';
    this.code = code;
    this.status = status;
    this.data = data;
    this.headers = headers;
  }

  get body(): { readonly code: number; readonly msg: string } {
    return { code: this.code, msg: this.message };
  }

  answer(): VenueAnswer {
    const body = this.data === undefined ? this.body : { ...this.body, data: this.data };
    const answer = { status: this.status, body: JSON.stringify(body) };
    return this.headers === undefined ? answer : { ...answer, headers: this.headers };
  }
}

export const missing = (name: string): BinanceError =>
  new BinanceError(-1102, `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`);
export const notRequired = (name: string): BinanceError =>
  new BinanceError(-1106, `Parameter '${name}' sent when not required.`);
export const filterFailure = (filter: string): BinanceError => new BinanceError(-1013, `Filter failure: ${filter}`);
export const newOrderRejected = (msg: string): BinanceError => new BinanceError(-2010, msg);
export const unknownOrderSent = (): BinanceError => new BinanceError(-2011, 'Unknown order sent.');
export const noSuchOrder = (): BinanceError => new BinanceError(-2013, 'Order does not exist.');
export const invalidSymbol = (): BinanceError => new BinanceError(-1121, 'Invalid symbol.');

const HTML = (status: number): string =>
  `<html>\r\n<head><title>${status} Server Error</title></head>\r\n<body>\r\n<center><h1>${status} Server Error</h1></center>\r\n</body>\r\n</html>\r\n`;

/** 500 and 504 come from the venue itself as JSON, 502 and 503 from the proxy before it as HTML. */
export function serverError(status: number): VenueAnswer {
  if (status === 504) return new BinanceError(-1007, TIMEOUT, 504).answer();
  if (status === 502 || status === 503) return { status, body: HTML(status), headers: { 'content-type': 'text/html' } };
  if (status === 500) {
    return new BinanceError(-1000, 'An unknown error occurred while processing the request.', 500).answer();
  }
  return { status, body: HTML(status), headers: { 'content-type': 'text/html' } };
}

const TIMEOUT = 'Timeout waiting for response from backend server. Send status unknown; execution status unknown.';
