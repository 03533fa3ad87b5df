import type { Redis } from 'ioredis';

/** It is asked again after this time, ms. */
const ASK_AGAIN_MS = 1_000;

/** A Redis that may be away or mute: nobody hangs on it. */
export class Reach {
  readonly #redis: Redis;
  readonly #onError: (error: Error) => void;
  readonly #answerWithinMs: number;
  #awayUntilMs = 0;

  constructor(redis: Redis, onError: (error: Error) => void, answerWithinMs: number) {
    this.#redis = redis;
    this.#onError = onError;
    this.#answerWithinMs = answerWithinMs;
  }

  get isAway(): boolean {
    return this.#redis.status !== 'ready' || performance.now() < this.#awayUntilMs;
  }

  /** Throws what the command throws, and when it takes too long. */
  async inTime<Value>(answer: Promise<Value>): Promise<Value> {
    const timeoutMs = this.#answerWithinMs;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const giveUp = (): void => reject(new Error(`no answer of Redis within ${timeoutMs} ms`));
      // After a stall of this process its timers come before the answers that have arrived: these are read first.
      timer = setTimeout(() => setImmediate(giveUp), timeoutMs);
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
      // What comes after all concerns nobody any more, nor does its failure.
      answer.catch(() => undefined);
    }
  }

  /** Takes it for away for a while; the first failure of a row is told. */
  lost(cause: unknown): void {
    const isNews = performance.now() >= this.#awayUntilMs;
    this.#awayUntilMs = performance.now() + ASK_AGAIN_MS;
    if (isNews) this.#onError(cause instanceof Error ? cause : new Error(String(cause)));
  }
}
