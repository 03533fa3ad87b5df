import { createHmac, timingSafeEqual } from 'node:crypto';
import type { AccountBook, VenueRequest } from '../protocol.ts';
import { refuse } from './refusal.ts';
import type { Grant, Tokens } from './tokens.ts';

export const hmac = (secret: string, text: string): string => createHmac('sha256', secret).update(text).digest('hex');

export function isSame(claimed: string, expected: string): boolean {
  const a = Buffer.from(claimed);
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}

/** A signature is good for a minute (documentation: "the timestamp is valid for 60 seconds"). */
const SIGNATURE_LIFE_MS = 60_000;

const FIELDS = /(id|ts|sig|nonce)=([^,\s]+)/g;

const schemeOf = (request: VenueRequest): { readonly scheme: string; readonly rest: string } => {
  const header = request.headers.authorization ?? '';
  const space = header.indexOf(' ');
  return { scheme: header.slice(0, Math.max(0, space)).toLowerCase(), rest: header.slice(space + 1) };
};

const fieldsOf = (rest: string): ReadonlyMap<string, string> =>
  new Map([...rest.matchAll(FIELDS)].map(([, name = '', value = '']) => [name, value]));

const basicOf = (rest: string): readonly [string, string] => {
  const text = Buffer.from(rest, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? ['', ''] : [text.slice(0, colon), text.slice(colon + 1)];
};

/** Whose request it is by its own word, unchecked; null when it names nobody. */
export function apiKeyOf(request: VenueRequest, tokens: Tokens, now: number): string | null {
  const { scheme, rest } = schemeOf(request);
  if (scheme === 'deri-hmac-sha256') return fieldsOf(rest).get('id') ?? null;
  if (scheme === 'basic') return basicOf(rest)[0] || null;
  if (scheme !== 'bearer') return null;
  try {
    return tokens.grantOf(rest, now).account.apiKey;
  } catch {
    return null;
  }
}

/**
 * Checks a signed request, a bearer token, or key and secret in plain. Signed text: ts, nonce, method, path with query
 * and body, each closed by a line feed. Throws DeribitRefusal.
 */
export function authenticate(request: VenueRequest, accounts: AccountBook, tokens: Tokens, now: number): Grant {
  const { scheme, rest } = schemeOf(request);
  const granted = (apiKey: string, proves: (secret: string) => boolean): Grant => {
    const account = accounts.find(apiKey);
    if (account === undefined || !proves(account.secret)) return refuse(13004);
    return { account, scope: 'connection trade:read_write', session: null };
  };
  switch (scheme) {
    case 'bearer':
      return tokens.grantOf(rest, now);
    case 'basic': {
      const [apiKey, secret] = basicOf(rest);
      return granted(apiKey, (own) => isSame(secret, own));
    }
    case 'deri-hmac-sha256': {
      const fields = fieldsOf(rest);
      const ts = fields.get('ts') ?? '';
      const path = request.query === '' ? request.path : `${request.path}?${request.query}`;
      const text = `${ts}\n${fields.get('nonce') ?? ''}\n${request.method}\n${path}\n${request.body}\n`;
      const grant = granted(fields.get('id') ?? '', (secret) => isSame(fields.get('sig') ?? '', hmac(secret, text)));
      return Math.abs(now - Number(ts)) > SIGNATURE_LIFE_MS ? refuse(13009, { reason: 'timestamp' }) : grant;
    }
    default:
      return refuse(10000);
  }
}
