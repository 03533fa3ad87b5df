import { createHmac, timingSafeEqual } from 'node:crypto';
import type { AccountBook, SimAccount, VenueRequest } from '../protocol.ts';
import { refuse } from './refusal.ts';

/** A request may be this far from the server's clock. */
export const WINDOW_MS = 30_000;
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

export const signatureOf = (secret: string, text: string): string =>
  createHmac('sha256', secret).update(text).digest('base64');

export function isSignedBy(secret: string, text: string, signature: string): boolean {
  const wanted = Buffer.from(signatureOf(secret, text));
  const given = Buffer.from(signature);
  return wanted.length === given.length && timingSafeEqual(wanted, given);
}

export function headerOf(request: VenueRequest, name: string): string | null {
  const value = request.headers[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

const required = (request: VenueRequest, name: string, code: string): string =>
  headerOf(request, name.toLowerCase()) ?? refuse(code, `Request header "${name}" cannot be empty.`, 401);

/** Key, time, passphrase and signature of a private request. Throws OkxRefusal. */
export function authenticate(accounts: AccountBook, request: VenueRequest, now: number): SimAccount {
  const key = required(request, 'OK-ACCESS-KEY', '50103');
  const passphrase = required(request, 'OK-ACCESS-PASSPHRASE', '50104');
  const signature = required(request, 'OK-ACCESS-SIGN', '50106');
  const timestamp = required(request, 'OK-ACCESS-TIMESTAMP', '50107');
  const sentAt = ISO.test(timestamp) ? Date.parse(timestamp) : Number.NaN;
  if (Number.isNaN(sentAt)) return refuse('50112', 'Invalid OK-ACCESS-TIMESTAMP.', 401);
  if (Math.abs(now - sentAt) > WINDOW_MS) return refuse('50102', 'Timestamp request expired.', 401);
  const account = accounts.find(key);
  if (account === undefined) return refuse('50111', 'Invalid OK-ACCESS-KEY.', 401);
  if (account.passphrase !== null && account.passphrase !== passphrase) {
    return refuse('50105', 'Request header "OK-ACCESS-PASSPHRASE" incorrect.', 401);
  }
  const target = request.query === '' ? request.path : `${request.path}?${request.query}`;
  const text = timestamp + request.method + target + request.body;
  if (!isSignedBy(account.secret, text, signature)) return refuse('50113', 'Invalid signature.', 401);
  return account;
}
