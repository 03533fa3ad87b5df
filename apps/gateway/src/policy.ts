import type { JwtVerifier } from './access/jwt.ts';
import type { Documents } from './documents/documents.ts';
import { ANY_DOCUMENT } from './documents/documents.ts';

/** What an operator decides of who is let in and of how much one caller may take. */
export interface Policy {
  /** Web pages of these origins may ask; others get 403. */
  readonly corsOrigins: readonly string[];
  /** Addresses and networks whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
  /** Whether the schema is told, by introspection and by "Did you mean". */
  readonly introspection: boolean;
  readonly documents: Documents;
  /** Null: JWTs are not accepted. */
  readonly jwt: JwtVerifier | null;
  readonly limits: CallerLimits;
}

export interface CallerLimits {
  /** Failed sign-ins of one address in a minute that cost a look-up, before it has to wait. */
  readonly signInFailuresPerMinute: number;
  /** WebSocket connections at once to this process. */
  readonly connectionsPerToken: number;
  readonly connectionsPerAddress: number;
  /** Open operations of all WebSocket connections of a token to this process. */
  readonly subscriptionsPerToken: number;
}

export const DEFAULT_LIMITS: CallerLimits = {
  signInFailuresPerMinute: 600,
  connectionsPerToken: 2_000,
  connectionsPerAddress: 4_000,
  subscriptionsPerToken: 5_000,
};

export const DEFAULT_POLICY: Policy = {
  corsOrigins: [],
  trustedProxies: [],
  introspection: true,
  documents: ANY_DOCUMENT,
  jwt: null,
  limits: DEFAULT_LIMITS,
};
