import type { Caller } from '../access/caller.ts';
import type { Revocation } from '../access/revocations.ts';
import type { CallerLimits } from '../policy.ts';

/** One WebSocket connection that is signed in. */
export interface Connection {
  readonly caller: Caller;
  readonly openOperations: () => number;
  /** Closes it for good: its caller is nobody any more. */
  readonly end: () => void;
}

/** The WebSocket connections of this process by address and by token: bounds both, and ends what is revoked. */
export class OpenConnections {
  readonly #limits: CallerLimits;
  readonly #byAddress = new Map<string, number>();
  readonly #byToken = new Map<string, Set<Connection>>();

  constructor(limits: CallerLimits) {
    this.#limits = limits;
  }

  admits(remote: string | null): boolean {
    return (this.#byAddress.get(remote ?? '') ?? 0) < this.#limits.connectionsPerAddress;
  }

  /** Counts it until the returned function is called. */
  arrived(remote: string | null): () => void {
    const address = remote ?? '';
    this.#byAddress.set(address, (this.#byAddress.get(address) ?? 0) + 1);
    return () => {
      const left = (this.#byAddress.get(address) ?? 1) - 1;
      if (left === 0) this.#byAddress.delete(address);
      else this.#byAddress.set(address, left);
    };
  }

  /** False: the token has as many as it may. */
  signIn(connection: Connection): boolean {
    const { tokenId } = connection.caller.principal;
    const others = this.#byToken.get(tokenId) ?? new Set();
    if (others.size >= this.#limits.connectionsPerToken) return false;
    this.#byToken.set(tokenId, others.add(connection));
    return true;
  }

  signOut(connection: Connection): void {
    const { tokenId } = connection.caller.principal;
    const connections = this.#byToken.get(tokenId);
    connections?.delete(connection);
    if (connections?.size === 0) this.#byToken.delete(tokenId);
  }

  /** Whether the token may open one more operation, the asked one already counted. */
  mayOpen({ principal: { tokenId } }: Caller): boolean {
    let open = 0;
    for (const connection of this.#byToken.get(tokenId) ?? []) open += connection.openOperations();
    return open <= this.#limits.subscriptionsPerToken;
  }

  revoke(revocation: Revocation): void {
    for (const connections of [...this.#byToken.values()])
      for (const { caller, end } of [...connections]) {
        const { tokenId, userId } = caller.principal;
        if ('tokenId' in revocation ? tokenId === revocation.tokenId : userId === revocation.userId) end();
      }
  }
}
