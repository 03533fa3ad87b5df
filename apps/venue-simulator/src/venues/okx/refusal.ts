import type { VenueAnswer, VenueRefusals } from '../protocol.ts';

/** A request that OKX refuses as a whole: HTTP status and {code, msg}. Thrown by the checks, answered by the venue. */
export class OkxRefusal extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, msg: string, status = 200) {
    super(msg);
    this.name = 'OkxRefusal';
    this.code = code;
    this.status = status;
  }

  answer(): VenueAnswer {
    return { status: this.status, body: JSON.stringify({ code: this.code, data: [], msg: this.message }) };
  }
}

/** One order of a request that OKX refuses: {sCode, sMsg} beside the others of the same request. */
export class EntryRefusal extends Error {
  readonly code: string;

  constructor(code: string, msg: string) {
    super(msg);
    this.name = 'EntryRefusal';
    this.code = code;
  }
}

export const refuse = (code: string, msg: string, status?: number): never => {
  throw new OkxRefusal(code, msg, status);
};
export const refuseEntry = (code: string, msg: string): never => {
  throw new EntryRefusal(code, msg);
};
export const badParameter = (name: string): never => refuseEntry('51000', `Parameter ${name} error`);

export const success = (data: readonly unknown[]): VenueAnswer => ({
  status: 200,
  body: JSON.stringify({ code: '0', data, msg: '' }),
});

export type Outcome = Readonly<Record<string, string>>;

/** The answer to a request about several orders: 0 all were taken, 1 none, 2 some. */
export function outcomes(data: readonly Outcome[], now: number): VenueAnswer {
  const refused = data.filter((one) => one['sCode'] !== '0').length;
  const code = refused === 0 ? '0' : refused === data.length ? '1' : '2';
  const msg = code === '1' ? 'All operations failed' : code === '2' ? 'Bulk operation partially succeeded.' : '';
  const stamp = `${now}000`;
  return { status: 200, body: JSON.stringify({ code, data, inTime: stamp, msg, outTime: stamp }) };
}

const json = (status: number, code: string, msg: string): VenueAnswer => new OkxRefusal(code, msg, status).answer();
const html = (status: number): VenueAnswer => ({
  status,
  body: `<!DOCTYPE html><html><head><title>www.okx.com | ${status}</title></head><body><h1>Error ${status}</h1><p>cloudflare</p></body></html>`,
  headers: { 'content-type': 'text/html; charset=UTF-8' },
});

export const tooManyRequests = (): OkxRefusal => new OkxRefusal('50011', 'Too Many Requests', 429);
export const accountLimit = (): OkxRefusal =>
  new OkxRefusal('50061', "You've reached the maximum order rate limit for this account.");

const RATE_LIMITS: readonly (() => VenueAnswer)[] = [
  () => tooManyRequests().answer(),
  () => accountLimit().answer(),
  // The proxy before the exchange has an answer of its own.
  () => html(429),
];
const BAD_KEYS: readonly (() => VenueAnswer)[] = [
  () => json(401, '50111', 'Invalid OK-ACCESS-KEY.'),
  () => json(401, '50113', 'Invalid signature.'),
  () => json(401, '50105', 'Request header "OK-ACCESS-PASSPHRASE" incorrect.'),
];
/** `n` counts from 1. */
const pick = (answers: readonly (() => VenueAnswer)[], n: number): VenueAnswer =>
  answers[Math.max(0, n - 1) % answers.length]?.() ?? html(500);

/** What comes from the exchange itself is JSON; what comes from the proxy before it is a page. */
function serverError(status: number): VenueAnswer {
  if (status === 500) return json(500, '50026', 'System error. Try again later');
  if (status === 503) return json(503, '50001', 'Service temporarily unavailable. Please try again later.');
  return html(status);
}

export const REFUSALS: VenueRefusals = {
  rateLimit: (n) => pick(RATE_LIMITS, n),
  authFail: (n) => pick(BAD_KEYS, n),
  maintenance: () => json(503, '50001', 'Service temporarily unavailable. Please try again later.'),
  serverError,
};
