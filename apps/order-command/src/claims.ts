import { add, type DecimalString } from '@orderplane/domain';
import { MAX_ACCOUNTS, putNewest } from './bounded.ts';
import type { Need } from './funds-book.ts';

/** An order that was found covered and whose writing nobody told the end of, is forgotten after this time, ms. */
const YOUNG_MS = 2_000;
/** Claims of one second are kept as one sum, for as long as a reading may lag behind. */
const KEPT_MS = 120_000;

interface Account {
  /** By asset, by second: what was claimed. */
  readonly sums: Map<string, Map<number, DecimalString>>;
  /** By client order id: what is being written. */
  readonly young: Map<string, Claim>;
}
interface Claim {
  readonly asset: string;
  readonly amount: DecimalString;
  readonly atMs: number;
}

/** What the orders that this process has found covered need: each by itself while it is being written, and all second by second. */
export class Claims {
  readonly #now: () => number;
  readonly #accounts = new Map<string, Account>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Gives how to take it back. */
  add({ accountId, clientOrderId, asset, amount }: Need): () => void {
    const account: Account = this.#accounts.get(accountId) ?? { sums: new Map(), young: new Map() };
    putNewest(this.#accounts, accountId, account, MAX_ACCOUNTS);
    const claim: Claim = { asset, amount, atMs: this.#now() };
    this.#forget(account);
    account.young.set(clientOrderId, claim);
    const second = Math.floor(claim.atMs / 1_000);
    const seconds = account.sums.get(asset) ?? new Map<number, DecimalString>();
    account.sums.set(asset, seconds);
    seconds.set(second, add(seconds.get(second) ?? '0', amount));
    return () => {
      if (account.young.get(clientOrderId) === claim) account.young.delete(clientOrderId);
    };
  }

  /** A little too much: from the beginning of the second, and what was taken back counts too. */
  since(accountId: string, asset: string, sinceMs: number): DecimalString {
    const from = Math.floor((sinceMs - YOUNG_MS) / 1_000);
    let total: DecimalString = '0';
    for (const [second, amount] of this.#accounts.get(accountId)?.sums.get(asset) ?? [])
      if (second >= from) total = add(total, amount);
    return total;
  }

  /** What other orders than this one have claimed of the asset that are being written. */
  young(
    accountId: string,
    asset: string,
    except: string,
  ): { readonly ids: readonly string[]; readonly amount: DecimalString } {
    const account = this.#accounts.get(accountId);
    if (account === undefined) return { ids: [], amount: '0' };
    this.#forget(account);
    const own = [...account.young].filter(([id, claim]) => id !== except && claim.asset === asset);
    return { ids: own.map(([id]) => id), amount: own.reduce((total, [, claim]) => add(total, claim.amount), '0') };
  }

  /** Both are in the order of time, so that only what goes is looked at. */
  #forget({ sums, young }: Account): void {
    const nowMs = this.#now();
    for (const [id, claim] of young) {
      if (nowMs - claim.atMs <= YOUNG_MS) break;
      young.delete(id);
    }
    for (const seconds of sums.values())
      for (const second of seconds.keys()) {
        if (second * 1_000 > nowMs - KEPT_MS) break;
        seconds.delete(second);
      }
  }
}
