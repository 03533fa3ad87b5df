import { createHmac, timingSafeEqual } from 'node:crypto';
import type { AccountBook, SimAccount, VenueRequest } from '../protocol.ts';
import { KucoinError } from './errors.ts';

/** A timestamp may differ from the server's clock by less than this. */
const TOLERANCE_MS = 5_000;

const refused = (code: string, msg: string): KucoinError => new KucoinError(code, msg, 401);

const hmac = (secret: string, text: string): Buffer => createHmac('sha256', secret).update(text).digest();

function matches(expected: Buffer, claimed: string): boolean {
  const given = Buffer.from(claimed, 'base64');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

const header = (request: VenueRequest, name: string): string | null => {
  const value = request.headers[name];
  return typeof value === 'string' && value !== '' ? value : null;
};

export const apiKeyOf = (request: VenueRequest): string | null => header(request, 'kc-api-key');
/** ms, as the client wrote it; null without one. */
export const timestampOf = (request: VenueRequest): number | null => {
  const text = header(request, 'kc-api-timestamp');
  return text !== null && /^\d{13}$/.test(text) ? Number(text) : null;
};

const HEADERS = ['kc-api-key', 'kc-api-sign', 'kc-api-timestamp', 'kc-api-passphrase'] as const;

/**
 * Key, time, passphrase and signature of a private request. The passphrase comes signed with the secret (key version 2
 * and later); as plain text it is refused.
 */
export function authenticate(accounts: AccountBook, request: VenueRequest, now: number): SimAccount {
  if (HEADERS.some((name) => header(request, name) === null)) {
    throw refused(
      '400001',
      'Any of KC-API-KEY, KC-API-SIGN, KC-API-TIMESTAMP, KC-API-PASSPHRASE is missing in your request header.',
    );
  }
  const timestamp = timestampOf(request);
  if (timestamp === null || Math.abs(now - timestamp) >= TOLERANCE_MS) {
    throw refused('400002', 'KC-API-TIMESTAMP Invalid');
  }
  const account = accounts.find(apiKeyOf(request) ?? '');
  if (account === undefined) throw refused('400003', 'KC-API-KEY not exists');
  const version = header(request, 'kc-api-key-version');
  if (version !== '2' && version !== '3') throw refused('400009', 'Invalid KC-API-KEY-VERSION');
  const passphrase = hmac(account.secret, account.passphrase ?? '');
  if (!matches(passphrase, header(request, 'kc-api-passphrase') ?? '')) {
    throw refused('400004', 'Invalid KC-API-PASSPHRASE');
  }
  const target = request.query === '' ? request.path : `${request.path}?${request.query}`;
  const signed = hmac(account.secret, `${timestamp}${request.method}${target}${request.body}`);
  if (!matches(signed, header(request, 'kc-api-sign') ?? '')) throw refused('400005', 'Invalid KC-API-SIGN');
  return account;
}
