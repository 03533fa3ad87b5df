/**
 * Nothing leaves before what it tells is written. While there is something to write, everything that wants to leave
 * waits in one queue, in order; at the end of the event loop's turn the journal is written once for all of it.
 */
export class Outbox {
  readonly #isDirty: () => boolean;
  readonly #write: () => void;
  #queue: (() => void)[] = [];
  #isScheduled = false;

  constructor(isDirty: () => boolean, write: () => void) {
    this.#isDirty = isDirty;
    this.#write = write;
  }

  send(action: () => void): void {
    if (this.#queue.length === 0 && !this.#isDirty()) {
      action();
      return;
    }
    this.#queue.push(action);
    this.schedule();
  }

  /** Makes sure that what is dirty is written at the end of this turn. */
  schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    this.#isScheduled = false;
    if (this.#isDirty()) this.#write();
    const queue = this.#queue;
    this.#queue = [];
    for (const action of queue) action();
  };
}
