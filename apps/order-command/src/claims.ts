import { add, sum, type DecimalString } from '@orderplane/domain';
import type { AccountFunds, Reserved } from '@orderplane/store';
import { MAX_ACCOUNTS, putNewest } from './bounded.ts';
import type { Need } from './funds-book.ts';

/** An order that was found covered and whose writing nobody told the end of, is forgotten after this time, ms. */
const YOUNG_MS = 2_000;
/** Claims of one second are kept as one sum, for as long as a reading may lag behind. */
const KEPT_MS = 120_000;
/** A change that was accepted so long before a reading is carried out by then, and what it took is in the reading, ms. */
const CARRIED_OUT_MS = 2_000;
/** Changes that are remembered of one account: of more the oldest count as carried out. */
const MAX_CHANGES = 1_000;

interface Account {
  /** By asset, by second: what was claimed. */
  readonly sums: Map<string, Map<number, DecimalString>>;
  /** By client order id: what is being written. */
  readonly young: Map<string, Claim>;
  /** What changes took more, oldest first. */
  readonly changes: Claim[];
}
interface Claim {
  readonly clientOrderId: string;
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
  add({ accountId, clientOrderId, isChange, asset, amount }: Need): () => void {
    const account: Account = this.#accounts.get(accountId) ?? { sums: new Map(), young: new Map(), changes: [] };
    putNewest(this.#accounts, accountId, account, MAX_ACCOUNTS);
    const claim: Claim = { clientOrderId, asset, amount, atMs: this.#now() };
    this.#forget(account);
    if (isChange) account.changes.push(claim);
    else account.young.set(clientOrderId, claim);
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

  /**
   * What changes took more of the asset that this reading can't know of, and what it may know of or not; of the latter not
   * that of this order, whose changes under way are counted by who judges it. The books do not tell: what is written of a
   * changed order is the wish, and what the exchange holds for it is seen in readings only.
   */
  changes(
    { accountId, asset, clientOrderId }: Need,
    { askedAt, answeredAt }: Pick<AccountFunds, 'askedAt' | 'answeredAt'>,
  ): Reserved {
    const answeredAtMs = Date.parse(answeredAt);
    const fromMs = Date.parse(askedAt) - CARRIED_OUT_MS;
    const own = (this.#accounts.get(accountId)?.changes ?? []).filter((one) => one.asset === asset);
    const amounts = (claims: readonly Claim[]): DecimalString => sum(claims.map(({ amount }) => amount));
    return {
      sure: amounts(own.filter(({ atMs }) => atMs >= answeredAtMs)),
      possible: amounts(
        own.filter((one) => one.atMs >= fromMs && one.atMs < answeredAtMs && one.clientOrderId !== clientOrderId),
      ),
    };
  }

  /** What other orders than these have claimed of the asset that are being written. */
  young(
    accountId: string,
    asset: string,
    except: readonly string[],
  ): { readonly ids: readonly string[]; readonly amount: DecimalString } {
    const account = this.#accounts.get(accountId);
    if (account === undefined) return { ids: [], amount: '0' };
    this.#forget(account);
    const own = [...account.young].filter(([id, claim]) => !except.includes(id) && claim.asset === asset);
    return { ids: own.map(([id]) => id), amount: own.reduce((total, [, claim]) => add(total, claim.amount), '0') };
  }

  /** Both are in the order of time, so that only what goes is looked at. */
  #forget({ sums, young, changes }: Account): void {
    const nowMs = this.#now();
    for (const [id, claim] of young) {
      if (nowMs - claim.atMs <= YOUNG_MS) break;
      young.delete(id);
    }
    const kept = changes.findIndex(({ atMs }) => nowMs - atMs <= KEPT_MS);
    changes.splice(0, Math.max(kept === -1 ? changes.length : kept, changes.length - MAX_CHANGES));
    for (const seconds of sums.values())
      for (const second of seconds.keys()) {
        if (second * 1_000 > nowMs - KEPT_MS) break;
        seconds.delete(second);
      }
  }
}
