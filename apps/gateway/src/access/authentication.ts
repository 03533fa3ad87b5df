import type { Principal } from '@orderplane/store';
import { hashToken, isApiToken } from '@orderplane/store';
import type { Ports } from '../ports.ts';
import type { Caller } from './caller.ts';
import type { JwtVerifier } from './jwt.ts';
import type { Revocations } from './revocations.ts';
import type { SignInWatch } from './sign-in-watch.ts';

/** What is no longer good works at most this long where the news of its revocation did not arrive. */
const REMEMBER_MS = 5_000;
const MAX_REMEMBERED = 10_000;
/** Longest token that is looked at: JWTs of identity providers have 1 to 3 KB. */
const MAX_TOKEN_LENGTH = 8_192;

export type SignIn =
  | { readonly kind: 'in'; readonly caller: Caller }
  | { readonly kind: 'refused' }
  | { readonly kind: 'tooMany'; readonly retryAfterMs: number };

export interface Authenticator {
  /** Who is behind an `Authorization` header ("Bearer op_…", or a JWT), coming from this address. */
  signIn(header: string | undefined, remote: string | null): Promise<SignIn>;
  /** Whether what signed in goes on to be good. Leaves no trace. */
  isValid(header: string | undefined): Promise<boolean>;
  close(): void;
}

export interface Known {
  readonly principal: Principal;
  readonly via: string;
}

interface Needs {
  readonly ports: Pick<Ports, 'access' | 'users' | 'clock'>;
  readonly revocations: Pick<Revocations, 'listen'>;
  readonly watch: SignInWatch;
  /** Null: no outside identity provider is configured. */
  readonly jwt: JwtVerifier | null;
}

/** Looks tokens up by their hash, and remembers the caller for a moment; unknown tokens are not remembered. */
export function createAuthenticator({ ports, revocations, watch, jwt }: Needs): Authenticator {
  const remembered = new Remembered();
  const close = revocations.listen((revocation) =>
    remembered.forget(({ principal }) =>
      'tokenId' in revocation ? principal.tokenId === revocation.tokenId : principal.userId === revocation.userId,
    ),
  );
  const lookUp = async (token: string, tokenHash: string): Promise<Known | string> => {
    if (!isApiToken(token)) return jwt === null ? 'not a token of this system' : jwt.verify(token);
    const principal = await ports.access.principalByTokenHash(tokenHash, ports.clock.iso());
    return principal === null ? 'an unknown, expired or revoked token' : { principal, via: prefixOf(token) };
  };
  /** The caller, or why there is none. */
  const find = async (token: string, tokenHash: string): Promise<Known | string> => {
    const nowMs = ports.clock.now().getTime();
    const known = remembered.get(tokenHash, nowMs);
    if (known !== null) return known;
    const { epoch } = remembered;
    const found = await lookUp(token, tokenHash);
    // What ended while it was looked up is not remembered as good.
    if (typeof found !== 'string' && remembered.epoch === epoch) remembered.put(tokenHash, found, nowMs);
    return found;
  };
  return {
    signIn: async (header, remote) => {
      const token = bearerToken(header);
      if (token === null) {
        watch.failed({ why: header === undefined ? 'no token' : 'no bearer token', remote, via: null }, 'free');
        return { kind: 'refused' };
      }
      const tokenHash = hashToken(token);
      const retryAfterMs = watch.waitMs(remote);
      if (retryAfterMs !== null && !remembered.wasGood(tokenHash)) return { kind: 'tooMany', retryAfterMs };
      const found = await find(token, tokenHash);
      if (typeof found !== 'string') return { kind: 'in', caller: { ...found, remote } };
      const isLookedUp = isApiToken(token);
      const via = isLookedUp ? prefixOf(token) : null;
      watch.failed({ why: found, remote, via }, isLookedUp || jwt !== null ? 'costly' : 'free');
      return { kind: 'refused' };
    },
    isValid: async (header) => {
      const token = bearerToken(header);
      return token !== null && typeof (await find(token, hashToken(token))) !== 'string';
    },
    close,
  };
}

/** Callers by the hashes of their tokens, for moments; and which tokens have ever been good, so that they may be tried. */
class Remembered {
  readonly #callers = new Map<string, { readonly known: Known; readonly untilMs: number }>();
  readonly #good = new Set<string>();
  /** Changes whenever something was revoked. */
  epoch = 0;

  get(tokenHash: string, nowMs: number): Known | null {
    const entry = this.#callers.get(tokenHash);
    if (entry === undefined) return null;
    if (entry.untilMs > nowMs) return entry.known;
    this.#callers.delete(tokenHash);
    return null;
  }

  put(tokenHash: string, known: Known, nowMs: number): void {
    const { expiresAt } = known.principal;
    const endsMs = expiresAt === undefined ? Infinity : Date.parse(expiresAt);
    this.#callers.set(tokenHash, { known, untilMs: Math.min(nowMs + REMEMBER_MS, endsMs) });
    this.#good.add(tokenHash);
    for (const kept of [this.#callers, this.#good]) {
      const oldest = kept.keys().next();
      if (kept.size > MAX_REMEMBERED && oldest.done !== true) kept.delete(oldest.value);
    }
  }

  wasGood(tokenHash: string): boolean {
    return this.#good.has(tokenHash);
  }

  forget(isOver: (known: Known) => boolean): void {
    this.epoch += 1;
    for (const [tokenHash, { known }] of this.#callers) if (isOver(known)) this.#callers.delete(tokenHash);
  }
}

function bearerToken(header: string | undefined): string | null {
  if (header === undefined || header.length > MAX_TOKEN_LENGTH) return null;
  return /^Bearer +([\w.~+/=-]+)$/i.exec(header.trim())?.[1] ?? null;
}

const prefixOf = (token: string): string => token.split('_').slice(0, 2).join('_');
