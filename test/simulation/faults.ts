import { streamOf, type Random } from './random.ts';
import type { CallFault, Item } from './script.ts';
import { START_MS } from './timeline.ts';

interface Window {
  readonly account: number | null;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly rate: number;
  readonly random: Random;
}

/** The windows of a script in which calls go wrong. Each draws from a stream of its own. */
export class Faults {
  readonly #windows = new Map<CallFault, Window[]>();
  readonly #now: () => number;
  readonly #struck: (fault: CallFault) => void;
  /** In the calm nothing goes wrong any more. */
  isCalm = false;

  constructor(seed: number, items: readonly Item[], now: () => number, struck: (fault: CallFault) => void) {
    this.#now = now;
    this.#struck = struck;
    for (const item of items) {
      if (item.kind !== 'window') continue;
      const fromMs = START_MS + item.atMs;
      const windows = this.#windows.get(item.fault) ?? [];
      const { account, rate } = item;
      windows.push({
        account,
        fromMs,
        untilMs: fromMs + item.forMs,
        rate,
        random: streamOf(seed, `fault ${item.index}`),
      });
      this.#windows.set(item.fault, windows);
    }
  }

  strikes(fault: CallFault, account: number | null = null): boolean {
    if (this.isCalm) return false;
    const nowMs = this.#now();
    const windows = this.#windows.get(fault);
    if (windows === undefined) return false;
    for (const window of windows) {
      if (nowMs < window.fromMs || nowMs >= window.untilMs) continue;
      if (window.account !== null && account !== null && window.account !== account) continue;
      if (!window.random.chance(window.rate)) continue;
      this.#struck(fault);
      return true;
    }
    return false;
  }

  /** The first of these that strikes. */
  first<Fault extends CallFault>(faults: readonly Fault[], account: number): Fault | null {
    return faults.find((fault) => this.strikes(fault, account)) ?? null;
  }
}
