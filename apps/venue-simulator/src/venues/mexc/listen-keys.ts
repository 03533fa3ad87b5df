import { randomBytes } from 'node:crypto';
import type { SimAccount } from '../protocol.ts';
import { MexcError } from './errors.ts';
import type { Params } from './params.ts';

/** Documentation, "Websocket User Data Streams". */
const VALID_MS = 60 * 60_000;
const MAX_KEYS = 60;

interface ListenKey {
  readonly account: string;
  expiresAt: number;
}

/** The keys by which a socket proves whose it is: an hour each unless renewed, sixty for an account. */
export class ListenKeys {
  readonly #keys = new Map<string, ListenKey>();
  /** Told of every key that is no longer valid. */
  readonly #ended: (key: string) => void;

  constructor(ended: (key: string) => void) {
    this.#ended = ended;
  }

  create(account: SimAccount, now: number): object {
    this.expire(now);
    if (this.#of(account.apiKey).length >= MAX_KEYS) {
      throw new MexcError(400, `listen keys exceed the maximum of ${MAX_KEYS}`);
    }
    const key = randomBytes(32).toString('hex');
    this.#keys.set(key, { account: account.apiKey, expiresAt: now + VALID_MS });
    return { listenKey: key };
  }

  list(account: SimAccount, now: number): object {
    this.expire(now);
    return { listenKey: this.#of(account.apiKey) };
  }

  renew(params: Params, account: SimAccount, now: number): object {
    const { key, entry } = this.#named(params, account, now);
    entry.expiresAt = now + VALID_MS;
    return { listenKey: key };
  }

  close(params: Params, account: SimAccount, now: number): object {
    const { key } = this.#named(params, account, now);
    this.#drop(key);
    return { listenKey: key };
  }

  /** The account of a valid key, or null. */
  accountOf(key: string, now: number): string | null {
    const entry = this.#keys.get(key);
    return entry === undefined || entry.expiresAt <= now ? null : entry.account;
  }

  expire(now: number): void {
    for (const [key, { expiresAt }] of this.#keys) if (expiresAt <= now) this.#drop(key);
  }

  reset(): void {
    this.#keys.clear();
  }

  #of(account: string): string[] {
    return [...this.#keys].flatMap(([key, entry]) => (entry.account === account ? [key] : []));
  }

  #named(params: Params, account: SimAccount, now: number): { readonly key: string; readonly entry: ListenKey } {
    this.expire(now);
    const key = params.required('listenKey');
    const entry = this.#keys.get(key);
    if (entry?.account !== account.apiKey) throw new MexcError(400, 'listen key does not exist');
    return { key, entry };
  }

  #drop(key: string): void {
    this.#keys.delete(key);
    this.#ended(key);
  }
}
