import type { Principal } from '@orderplane/store';

/** Who is asking, with what, and from where. */
export interface Caller {
  readonly principal: Principal;
  /** A token's prefix, or the issuer of a JWT: names what the caller holds without giving it away. */
  readonly via: string;
  /** The address of the client, past the proxies that are trusted. Null: the connection is gone already. */
  readonly remote: string | null;
}
