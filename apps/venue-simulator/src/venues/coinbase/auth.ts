import { createPrivateKey, createPublicKey, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import type { AccountBook, SimAccount, VenueRequest } from '../protocol.ts';
import { unauthorized } from './refusal.ts';

/** Tokens (JWT) signed with the key's own P-256 private key, one for each request; there is no nonce to count. */

const HOST = 'api.coinbase.com';
/** A token lives two minutes at most. */
const LONGEST_LIFE_SECONDS = 120;

const Header = z.object({ alg: z.literal('ES256'), kid: z.string() });
const Claims = z.object({
  iss: z.enum(['coinbase-cloud', 'cdp']),
  sub: z.string(),
  nbf: z.number(),
  exp: z.number(),
  /** Absent from the tokens of the streams. */
  uri: z.string().optional(),
});

interface Token {
  readonly header: unknown;
  readonly claims: unknown;
  readonly signed: string;
  readonly signature: Buffer;
}

function parse(text: string): Token | null {
  const [header, claims, signature, ...rest] = text.split('.');
  if (header === undefined || claims === undefined || signature === undefined || rest.length > 0) return null;
  const read = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  try {
    return {
      header: read(header),
      claims: read(claims),
      signed: `${header}.${claims}`,
      signature: Buffer.from(signature, 'base64url'),
    };
  } catch {
    return null;
  }
}

export function bearerOf(request: VenueRequest): string | null {
  const header = request.headers.authorization;
  return header?.startsWith('Bearer ') === true ? header.slice('Bearer '.length) : null;
}

/** Whose request it says it is, unchecked. */
export function subjectOf(request: VenueRequest): string | null {
  const token = parse(bearerOf(request) ?? '');
  const claims = z.object({ sub: z.string() }).safeParse(token?.claims);
  return claims.success ? claims.data.sub : null;
}

export class Authenticator {
  readonly #accounts: AccountBook;
  /** By private key: deriving the public one takes longer than a signature does. */
  readonly #keys = new Map<string, KeyObject | null>();

  constructor(accounts: AccountBook) {
    this.#accounts = accounts;
  }

  /** Throws CoinbaseRefusal: 401 whatever is wrong. */
  check(request: VenueRequest, now: number): SimAccount {
    const account = this.accountOf(bearerOf(request) ?? '', now, `${request.method} ${HOST}${request.path}`);
    return account ?? unauthorized();
  }

  /** The account that signed the token, or null. `uri` null: a token for a stream, which names none. */
  accountOf(text: string, now: number, uri: string | null): SimAccount | null {
    const token = parse(text);
    const header = Header.safeParse(token?.header);
    const claims = Claims.safeParse(token?.claims);
    if (token === null || !header.success || !claims.success) return null;
    const { sub, nbf, exp } = claims.data;
    const seconds = now / 1000;
    const isInTime = nbf <= seconds && seconds < exp && exp - nbf <= LONGEST_LIFE_SECONDS;
    if (header.data.kid !== sub || !isInTime || (uri !== null && claims.data.uri !== uri)) return null;
    const account = this.#accounts.find(sub);
    const key = account === undefined ? null : this.#publicKey(account.secret);
    if (account === undefined || key === null) return null;
    const isGenuine = verify('sha256', Buffer.from(token.signed), { key, dsaEncoding: 'ieee-p1363' }, token.signature);
    return isGenuine ? account : null;
  }

  #publicKey(secret: string): KeyObject | null {
    let key = this.#keys.get(secret);
    if (key === undefined) {
      key = derive(secret);
      this.#keys.set(secret, key);
    }
    return key;
  }
}

/** Null for a secret that is no P-256 private key: then nothing can be signed with it. */
function derive(secret: string): KeyObject | null {
  try {
    const key = createPrivateKey(secret);
    return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? createPublicKey(key) : null;
  } catch {
    return null;
  }
}
