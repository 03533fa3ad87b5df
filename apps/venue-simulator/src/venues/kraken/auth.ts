import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { AccountBook, SimAccount, VenueRequest } from '../protocol.ts';
import { refuse } from './refusal.ts';

/** The fields of a request body; lists (JSON bodies only) come as JSON text. */
export type Fields = ReadonlyMap<string, string>;

/** Reads a form body, or the JSON body of the batch calls. A body that is neither has no fields. */
export function parseFields(request: VenueRequest): Fields {
  const type = request.headers['content-type'] ?? '';
  if (!type.includes('application/json')) return new Map(new URLSearchParams(request.body));
  try {
    const parsed: unknown = JSON.parse(request.body);
    if (typeof parsed !== 'object' || parsed === null) return new Map();
    return new Map(
      Object.entries(parsed).map(([name, value]: [string, unknown]): [string, string] => [
        name,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
    );
  } catch {
    return new Map();
  }
}

export const apiKeyOf = (request: VenueRequest): string | null => {
  const header = request.headers['api-key'];
  return typeof header === 'string' ? header : null;
};

/** API-Sign: base64 of HMAC-SHA512, keyed with the decoded secret, over the path and SHA-256(nonce and body). */
export function signatureOf(path: string, nonce: string, body: string, secret: string): Buffer {
  const digest = createHash('sha256')
    .update(nonce + body)
    .digest();
  return createHmac('sha512', Buffer.from(secret, 'base64')).update(path).update(digest).digest();
}

const NONCE = /^\d{1,20}$/;
const NONCE_LIMIT = 2n ** 64n;

/** Checks key, signature and nonce, in this order. Invariant: the nonces accepted for one key strictly increase. */
export class Authenticator {
  readonly #accounts: AccountBook;
  readonly #lastNonce = new Map<string, bigint>();

  constructor(accounts: AccountBook) {
    this.#accounts = accounts;
  }

  /** Throws KrakenRefusal with the venue's text. A refused signature does not use up its nonce. */
  check(request: VenueRequest, fields: Fields): SimAccount {
    const key = apiKeyOf(request);
    const account = key === null ? undefined : this.#accounts.find(key);
    if (account === undefined) return refuse('EAPI:Invalid key');
    const nonceText = fields.get('nonce') ?? '';
    const header = request.headers['api-sign'];
    const claimed = Buffer.from(typeof header === 'string' ? header : '', 'base64');
    const expected = signatureOf(request.path, nonceText, request.body, account.secret);
    if (claimed.length !== expected.length || !timingSafeEqual(claimed, expected)) refuse('EAPI:Invalid signature');
    if (!NONCE.test(nonceText)) refuse('EAPI:Invalid nonce');
    const nonce = BigInt(nonceText);
    const last = this.#lastNonce.get(account.apiKey);
    if (nonce >= NONCE_LIMIT || (last !== undefined && nonce <= last)) refuse('EAPI:Invalid nonce');
    this.#lastNonce.set(account.apiKey, nonce);
    return account;
  }

  reset(): void {
    this.#lastNonce.clear();
  }
}
