import { createHash } from 'node:crypto';
import { DEFAULT_PERMISSIONS } from './venues/protocol.ts';
import type { SimAccount, SimPermissions } from './venues/protocol.ts';

/** One key. Several may open an account, which is named by its first one. */
export interface SimKey extends SimAccount {
  /** The account's first key. */
  readonly account: string;
  /** It opens nothing any more, and never will again. */
  readonly revoked: boolean;
}

/** The keys of one exchange. */
export class KeyBook {
  readonly #keys = new Map<string, SimKey>();

  has(apiKey: string): boolean {
    return this.#keys.has(apiKey);
  }

  get(apiKey: string): SimKey | undefined {
    return this.#keys.get(apiKey);
  }

  set(key: SimKey): void {
    this.#keys.set(key.apiKey, key);
  }

  all(): SimKey[] {
    return [...this.#keys.values()];
  }

  /** Names of the accounts, oldest first. */
  names(): string[] {
    return this.all()
      .filter((key) => key.account === key.apiKey)
      .map((key) => key.apiKey);
  }

  /** The account that a key opens, under the account's own name. */
  find(apiKey: string): SimAccount | undefined {
    const key = this.#keys.get(apiKey);
    if (key === undefined || key.revoked) return undefined;
    const { account, revoked: _revoked, ...rest } = key;
    return { ...rest, apiKey: account };
  }

  mayTrade(apiKey: string): boolean {
    return this.#keys.get(apiKey)?.permissions?.trade !== false;
  }
}

export const permissionsOf = (account: SimAccount): SimPermissions => account.permissions ?? DEFAULT_PERMISSIONS;

/** The exchange's own number of an account: the same for all its keys, another one for every account. */
export const ownerNumber = (account: SimAccount): number =>
  100_000_000 + (createHash('sha256').update(account.apiKey).digest().readUInt32BE(0) % 900_000_000);
