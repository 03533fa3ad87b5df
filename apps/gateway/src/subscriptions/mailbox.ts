import type { EagerSource } from '../server/delivery.ts';

/** The reader was too slow: what it missed is not in the mailbox. */
export class MailboxOverflowError extends Error {
  constructor(capacity: number) {
    super(`more than ${capacity} messages wait to be read`);
    this.name = 'MailboxOverflowError';
  }
}

/**
 * A bounded queue between many writers and one reader. Writers never wait: beyond the capacity the mailbox either fails
 * (nothing may be skipped) or forgets the oldest (only the newest matters). A failed or closed mailbox takes no more.
 */
export class Mailbox<T> {
  readonly #capacity: number;
  readonly #overflow: 'fail' | 'forgetOldest';
  readonly #items: T[] = [];
  #end: { readonly error: Error | null } | null = null;
  /** Set while the reader waits; then #items is empty and #end is null. */
  #wakeReader: (() => void) | null = null;

  constructor(capacity: number, overflow: 'fail' | 'forgetOldest') {
    this.#capacity = capacity;
    this.#overflow = overflow;
  }

  put(item: T): void {
    if (this.#end !== null) return;
    if (this.#items.length >= this.#capacity) {
      if (this.#overflow === 'fail') return this.fail(new MailboxOverflowError(this.#capacity));
      this.#items.shift();
    }
    this.#items.push(item);
    this.#wake();
  }

  /** The reader gets `error` next, whatever still waits. */
  fail(error: Error): void {
    if (this.#end !== null) return;
    this.#end = { error };
    this.#items.length = 0;
    this.#wake();
  }

  /** The reader gets null next. */
  close(): void {
    this.#end ??= { error: null };
    this.#items.length = 0;
    this.#wake();
  }

  /** Messages that the reader has not taken yet. */
  get waiting(): number {
    return this.#items.length;
  }

  get closed(): boolean {
    return this.#end !== null;
  }

  /** The next message, or null after `close`. Throws what `fail` was given. One reader at a time. */
  async next(): Promise<T | null> {
    while (this.#items.length === 0 && this.#end === null)
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve;
      });
    const item = this.#items.shift();
    if (item !== undefined) return item;
    if (this.#end !== null && this.#end.error !== null) throw this.#end.error;
    return null;
  }

  /** At most so many messages that are there already. */
  take(limit: number): T[] {
    return this.#items.splice(0, limit);
  }

  #wake(): void {
    const wake = this.#wakeReader;
    this.#wakeReader = null;
    wake?.();
  }
}

/**
 * The generator, ended at once by `return`: a plain async generator that waits inside would hear of it only at its next
 * message. `cancel` must make that wait end.
 */
export function cancellable<T>(
  generator: AsyncGenerator<T, void>,
  cancel: () => void,
  takeWaiting: (limit: number) => readonly T[] = () => [],
): EagerSource<T> {
  return {
    takeWaiting,
    next: () => generator.next(),
    return: () => {
      cancel();
      return generator.return();
    },
    throw: (error: unknown) => {
      cancel();
      return generator.throw(error);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
