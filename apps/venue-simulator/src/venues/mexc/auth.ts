import { createHmac, timingSafeEqual } from 'node:crypto';
import type { AccountBook, SimAccount, VenueRequest } from '../protocol.ts';
import { invalidKey, mandatory, MexcError } from './errors.ts';
import type { Params } from './params.ts';

const DEFAULT_WINDOW_MS = 5_000;
const LONGEST_WINDOW_MS = 60_000;
/** A request may be this far ahead of the server's clock. */
const AHEAD_MS = 1_000;

export function apiKeyOf(request: VenueRequest): string | null {
  const header = request.headers['x-mexc-apikey'];
  return typeof header === 'string' && header !== '' ? header : null;
}

export const signatureOf = (secret: string, text: string): string =>
  createHmac('sha256', secret).update(text).digest('hex');

/** Query and body run together, without the signature: what is signed. */
function signedText(request: VenueRequest): { readonly text: string; readonly signature: string | null } {
  const whole = request.query + request.body;
  const at = whole.lastIndexOf('&signature=');
  if (at < 0) return { text: whole, signature: null };
  return { text: whole.slice(0, at), signature: whole.slice(at + '&signature='.length) };
}

function isSignedBy(secret: string, text: string, signature: string): boolean {
  const wanted = Buffer.from(signatureOf(secret, text));
  const given = Buffer.from(signature);
  return wanted.length === given.length && timingSafeEqual(wanted, given);
}

/** Key, signature and time window of a signed request. Throws MexcError. */
export function authenticate(accounts: AccountBook, request: VenueRequest, params: Params, now: number): SimAccount {
  const apiKey = apiKeyOf(request);
  if (apiKey === null) throw new MexcError(400, 'api key required');
  const account = accounts.find(apiKey);
  if (account === undefined) throw invalidKey();
  const timestamp = params.whole('timestamp');
  if (timestamp === null) throw mandatory('timestamp');
  const window = params.whole('recvWindow') ?? DEFAULT_WINDOW_MS;
  if (window > LONGEST_WINDOW_MS) throw new MexcError(700005, 'recvWindow must less than 60000');
  const { text, signature } = signedText(request);
  if (signature === null) throw mandatory('signature');
  if (!isSignedBy(account.secret, text, signature)) {
    throw new MexcError(700002, 'Signature for this request is not valid.');
  }
  if (timestamp >= now + AHEAD_MS || now - timestamp > window) {
    throw new MexcError(700003, 'Timestamp for this request is outside of the recvWindow.');
  }
  return account;
}
