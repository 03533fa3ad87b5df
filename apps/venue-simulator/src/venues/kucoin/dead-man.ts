import type { VenueContext } from '../protocol.ts';
import { invalidParameter } from './errors.ts';
import type { Params } from './params.ts';
import type { Trading } from './trading.ts';

interface Switch {
  readonly timeout: number;
  readonly symbols: readonly string[];
  readonly triggerAt: number;
}

/** Cancels all orders of an account, or of some of its symbols, unless it is set again in time. */
export class DeadManSwitches {
  readonly #context: VenueContext;
  readonly #trading: Trading;
  readonly #armed = new Map<string, Switch>();

  constructor(context: VenueContext, trading: Trading) {
    this.#context = context;
    this.#trading = trading;
  }

  /** `timeout` in seconds: 5 to 86,400, or -1 to disarm. */
  set(params: Params, account: string): object {
    const now = this.#context.now();
    const text = params.required('timeout');
    if (text === '-1') {
      this.#armed.delete(account);
      return { currentTime: Math.floor(now / 1000), triggerTime: 0 };
    }
    const timeout = Number(text);
    if (!Number.isInteger(timeout) || timeout < 5 || timeout > 86_400) throw invalidParameter('timeout is invalid');
    const symbols = params.text('symbols')?.split(',') ?? [];
    const armed = { timeout, symbols, triggerAt: now + timeout * 1000 };
    this.#armed.set(account, armed);
    return { currentTime: Math.floor(now / 1000), triggerTime: Math.floor(armed.triggerAt / 1000) };
  }

  query(account: string): object {
    const armed = this.#armed.get(account);
    if (armed === undefined) return {};
    return {
      timeout: armed.timeout,
      symbols: armed.symbols.join(','),
      currentTime: Math.floor(this.#context.now() / 1000),
      triggerTime: Math.floor(armed.triggerAt / 1000),
    };
  }

  tick(now: number): void {
    for (const [account, armed] of this.#armed) {
      if (armed.triggerAt > now) continue;
      this.#armed.delete(account);
      this.#trading.cancelAll(account, armed.symbols.length === 0 ? null : armed.symbols, 'deadMan');
    }
  }

  reset(): void {
    this.#armed.clear();
  }
}
