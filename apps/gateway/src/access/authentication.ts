import type { Principal } from '@orderplane/store';
import { hashToken, isApiToken } from '@orderplane/store';
import type { Ports } from '../ports.ts';

/** A revoked token works at most this long after its revocation. */
const REMEMBER_MS = 5_000;
const MAX_REMEMBERED = 10_000;

export interface Authenticator {
  /** The caller behind an `Authorization` header ("Bearer op_…"), or null: no token, no answer. */
  principal(header: string | undefined): Promise<Principal | null>;
}

/** Looks tokens up by their hash, and remembers the caller for a moment; unknown tokens are not remembered. */
export function createAuthenticator(ports: Pick<Ports, 'access' | 'clock'>): Authenticator {
  const remembered = new Map<string, { readonly principal: Principal; readonly untilMs: number }>();
  const lookUp = async (tokenHash: string): Promise<Principal | null> => {
    const nowMs = ports.clock.now().getTime();
    const known = remembered.get(tokenHash);
    if (known !== undefined && known.untilMs > nowMs) return known.principal;
    remembered.delete(tokenHash);
    const principal = await ports.access.principalByTokenHash(tokenHash, ports.clock.iso());
    if (principal === null) return null;
    const oldest = remembered.keys().next();
    if (remembered.size >= MAX_REMEMBERED && oldest.done !== true) remembered.delete(oldest.value);
    remembered.set(tokenHash, { principal, untilMs: nowMs + REMEMBER_MS });
    return principal;
  };
  return {
    principal: async (header) => {
      const token = bearerToken(header);
      return token === null ? null : lookUp(hashToken(token));
    },
  };
}

function bearerToken(header: string | undefined): string | null {
  const match = /^Bearer +(\S+)$/i.exec(header?.trim() ?? '');
  const token = match?.[1];
  return token !== undefined && isApiToken(token) ? token : null;
}
