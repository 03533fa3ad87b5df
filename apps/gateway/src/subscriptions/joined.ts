/**
 * Reads of the same thing, joined: whoever asks while one is under way waits for the next one, which begins after the
 * question and is one for all of them. A thousand clients that come back at the same time read once or twice.
 */
export class Joined<T> {
  readonly #running = new Map<string, Promise<unknown>>();
  readonly #next = new Map<string, Promise<T>>();

  read(key: string, run: () => Promise<T>): Promise<T> {
    const running = this.#running.get(key);
    if (running === undefined) return this.#run(key, run);
    const known = this.#next.get(key);
    if (known !== undefined) return known;
    const begin = (): Promise<T> => {
      this.#next.delete(key);
      return this.#run(key, run);
    };
    const next = running.then(begin, begin);
    this.#next.set(key, next);
    return next;
  }

  #run(key: string, run: () => Promise<T>): Promise<T> {
    const result = run();
    this.#running.set(key, result);
    const forget = (): void => {
      if (this.#running.get(key) === result) this.#running.delete(key);
    };
    result.then(forget, forget);
    return result;
  }
}
