import { PayloadError, type PayloadVault } from '../payloads/vault.ts';

/** Accounts whose setting is remembered; a wrong memory costs one more statement. */
const MAX_KNOWN = 50_000;

/**
 * Which accounts want their orders sealed, as far as this process has heard. Writes are prepared by that; the statement
 * judges it under the lock of the account's journal, and what was prepared the other way is prepared again.
 */
export class SealingModes {
  readonly #vault: PayloadVault | null;
  readonly #encrypted = new Set<string>();

  constructor(vault: PayloadVault | null) {
    this.#vault = vault;
  }

  learn(accountId: string, isEncrypted: boolean): void {
    if (!isEncrypted) this.#encrypted.delete(accountId);
    else if (this.#encrypted.size < MAX_KNOWN) this.#encrypted.add(accountId);
  }

  isEncrypted(accountId: string): boolean {
    return this.#encrypted.has(accountId);
  }

  /** What to seal with; null: nothing is sealed. Throws PayloadError where a key is needed and there is none. */
  vault(isEncrypted: boolean): PayloadVault | null {
    if (isEncrypted && this.#vault === null)
      throw new PayloadError('the account is encrypted, and this process has no ORDERPLANE_DATA_KEY');
    return isEncrypted ? this.#vault : null;
  }
}
