import { callHasEnded, DeadlinePassed } from './transport.ts';

/** A request that has been on the wire this long has reached the exchange; the next one may follow without its answer. */
const HANDOVER_MS = 250;

/**
 * Lets signed requests leave one after another, for exchanges whose nonce must grow in order of arrival. A request that
 * gets no answer holds up the others for 250 ms at most.
 */
export class SendGate {
  #tail: Promise<void> = Promise.resolve();

  async pass<Value>(send: () => Promise<Value>): Promise<Value> {
    const before = this.#tail;
    const turn = Promise.withResolvers<void>();
    this.#tail = turn.promise;
    await before;
    const timer = setTimeout(turn.resolve, HANDOVER_MS);
    try {
      if (callHasEnded()) throw new DeadlinePassed();
      return await send();
    } finally {
      clearTimeout(timer);
      turn.resolve();
    }
  }
}
