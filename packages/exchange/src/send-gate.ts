import type { RequestTurns, Turn } from '@orderplane/domain';
import type { CcxtInstance } from './ccxt.ts';
import { callHasEnded, callLeftMs, DeadlinePassed } from './transport.ts';

/** A request that has been on the wire this long has reached the exchange; the next one may follow without its answer. */
const HANDOVER_MS = 250;

/** How an exchange's nonces are made, where they must grow in the order of arrival. */
export interface NonceRule {
  /** The next one by the clock of this process. */
  propose(instance: CcxtInstance): number;
  /** The next request is signed with this one. */
  use(instance: CcxtInstance, nonce: number): void;
}

export interface SendGateOptions {
  readonly rule: NonceRule;
  readonly turns: RequestTurns;
  readonly place: string;
  /** Hash of the API key. */
  readonly key: string;
  /** For requests outside a call, ms. */
  readonly patienceMs: number;
}

/**
 * Lets signed requests leave one after another, for exchanges whose nonce must grow in order of arrival: first in the
 * line of this process, then in that of all processes that share the key. A request that gets no answer holds up the
 * others for 250 ms at most.
 */
export class SendGate {
  readonly #options: SendGateOptions;
  #tail: Promise<void> = Promise.resolve();

  constructor(options: SendGateOptions) {
    this.#options = options;
  }

  async pass<Value>(instance: CcxtInstance, send: () => Promise<Value>): Promise<Value> {
    const { rule, turns, place, key, patienceMs } = this.#options;
    const before = this.#tail;
    const done = Promise.withResolvers<void>();
    this.#tail = done.promise;
    await before;
    let timer: NodeJS.Timeout | undefined;
    let turn: Turn | null = null;
    const end = (): void => {
      turn?.end();
      turn = null;
      done.resolve();
    };
    try {
      if (callHasEnded()) throw new DeadlinePassed();
      const leftMs = callLeftMs() ?? patienceMs;
      turn = await turns.take({ place, key, atLeast: rule.propose(instance), patienceMs: leftMs });
      timer = setTimeout(end, HANDOVER_MS);
      if (callHasEnded()) throw new DeadlinePassed();
      rule.use(instance, turn.number);
      return await send();
    } finally {
      clearTimeout(timer);
      end();
    }
  }
}
