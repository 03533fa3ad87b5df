import type { Fixed } from './fixed.ts';
import { ZERO } from './fixed.ts';
import type { SimBalance } from './model.ts';

type MutableBalance = { total: Fixed; held: Fixed };

/** What each account owns. 0 ≤ held ≤ total for every asset, or the caller has a bug: `change` and `hold` throw. */
export class Balances {
  readonly #accounts = new Map<string, Map<string, MutableBalance>>();
  readonly #touched = new Map<string, Set<string>>();

  of(account: string): ReadonlyMap<string, SimBalance> {
    return this.#accounts.get(account) ?? new Map<string, SimBalance>();
  }

  get accounts(): Iterable<string> {
    return this.#accounts.keys();
  }

  free(account: string, asset: string): Fixed {
    const balance = this.#accounts.get(account)?.get(asset);
    return balance === undefined ? ZERO : balance.total - balance.held;
  }

  set(account: string, asset: string, total: Fixed): void {
    const balance = this.#entry(account, asset);
    if (total < balance.held) throw new RangeError(`${asset}: more is held by open orders than that`);
    balance.total = total;
  }

  change(account: string, asset: string, delta: Fixed): void {
    const balance = this.#entry(account, asset);
    balance.total += delta;
    if (balance.total < ZERO) throw new Error(`invariant: ${asset} of an account went below zero`);
  }

  hold(account: string, asset: string, delta: Fixed): void {
    if (delta === ZERO) return;
    const balance = this.#entry(account, asset);
    balance.held += delta;
    if (balance.held < ZERO) throw new Error(`invariant: held ${asset} went below zero`);
  }

  /** Accounts and assets changed since the last call. */
  takeTouched(): [string, string[]][] {
    if (this.#touched.size === 0) return [];
    const changed: [string, string[]][] = [];
    for (const [account, assets] of this.#touched) changed.push([account, [...assets]]);
    this.#touched.clear();
    return changed;
  }

  clear(): void {
    this.#accounts.clear();
    this.#touched.clear();
  }

  #entry(account: string, asset: string): MutableBalance {
    let assets = this.#accounts.get(account);
    if (assets === undefined) this.#accounts.set(account, (assets = new Map<string, MutableBalance>()));
    let balance = assets.get(asset);
    if (balance === undefined) assets.set(asset, (balance = { total: ZERO, held: ZERO }));
    let touched = this.#touched.get(account);
    if (touched === undefined) this.#touched.set(account, (touched = new Set()));
    touched.add(asset);
    return balance;
  }
}
