import { createHmac, timingSafeEqual } from 'node:crypto';
import type { AccountBook, SimAccount, VenueRequest } from '../protocol.ts';
import { BinanceError, missing } from './errors.ts';
import type { Params } from './params.ts';

const DEFAULT_WINDOW_MS = 5_000;
const MAX_WINDOW_MS = 60_000;
/** A request may be this far ahead of the server's clock. */
const AHEAD_MS = 1_000;

export const invalidKey = (): BinanceError =>
  new BinanceError(-2015, 'Invalid API-key, IP, or permissions for action.', 401);
const invalidSignature = (): BinanceError => new BinanceError(-1022, 'Signature for this request is not valid.');

export const signatureOf = (secret: string, text: string): string =>
  createHmac('sha256', secret).update(text).digest('hex');

export function isSignedBy(secret: string, text: string, signature: string): boolean {
  const wanted = Buffer.from(signatureOf(secret, text));
  const given = Buffer.from(signature);
  return wanted.length === given.length && timingSafeEqual(wanted, given);
}

export function accountOf(accounts: AccountBook, apiKey: string | null): SimAccount {
  if (apiKey === null || apiKey === '') throw new BinanceError(-2014, 'API-key format invalid.', 401);
  const account = accounts.find(apiKey);
  if (account === undefined) throw invalidKey();
  return account;
}

/** Query and body together, without the signature: what is signed. */
function signedText(request: VenueRequest): { text: string; signature: string | null } {
  const whole = request.query + request.body;
  const at = whole.lastIndexOf('&signature=');
  if (at < 0) return { text: whole, signature: null };
  const rest = whole.slice(at + '&signature='.length);
  const end = rest.indexOf('&');
  return end < 0
    ? { text: whole.slice(0, at), signature: rest }
    : { text: whole.slice(0, at) + rest.slice(end), signature: rest.slice(0, end) };
}

/** Key, signature and time window of a signed request, in the venue's order. Throws BinanceError. */
export function authenticate(accounts: AccountBook, request: VenueRequest, params: Params, now: number): SimAccount {
  const header = request.headers['x-mbx-apikey'];
  const account = accountOf(accounts, typeof header === 'string' ? header : null);
  const { text, signature } = signedText(request);
  if (signature === null) throw missing('signature');
  if (!isSignedBy(account.secret, text, signature)) throw invalidSignature();
  checkTime(params.whole('timestamp'), params.whole('recvWindow'), now);
  return account;
}

/** `timestamp` in ms, or in µs as the venue also takes it. */
export function checkTime(timestamp: number | null, recvWindow: number | null, now: number): void {
  if (timestamp === null) throw missing('timestamp');
  const window = recvWindow ?? DEFAULT_WINDOW_MS;
  if (window > MAX_WINDOW_MS) throw new BinanceError(-1131, `recvWindow must be less than ${MAX_WINDOW_MS}`);
  const sentAt = timestamp > 1e14 ? Math.floor(timestamp / 1000) : timestamp;
  if (sentAt >= now + AHEAD_MS) {
    throw new BinanceError(-1021, "Timestamp for this request was 1000ms ahead of the server's time.");
  }
  if (now - sentAt > window) throw new BinanceError(-1021, 'Timestamp for this request is outside of the recvWindow.');
}
