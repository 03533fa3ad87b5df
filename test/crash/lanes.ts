/** One case of a crash test: what it does, and the name that it is reported under. */
export interface Case {
  readonly name: string;
  /** May call `next` before it is done: then the next case begins while this one waits for its end. */
  readonly run: (next: () => void) => Promise<void>;
}

/** Runs cases one after the other and keeps each one's outcome, so that several lanes can run at once. */
export class Lane {
  readonly cases: readonly Case[];
  readonly #outcomes = new Map<string, PromiseWithResolvers<void>>();
  #isDone: Promise<void> | null = null;

  constructor(cases: readonly Case[]) {
    this.cases = cases;
    for (const { name } of cases) {
      const outcome = Promise.withResolvers<void>();
      // A failure is reported by the test that asks for it.
      outcome.promise.catch(() => undefined);
      this.#outcomes.set(name, outcome);
    }
  }

  /** A failed case does not keep the next ones from running. */
  run(): Promise<void> {
    this.#isDone ??= this.#runAll();
    return this.#isDone;
  }

  async #runAll(): Promise<void> {
    const running: Promise<void>[] = [];
    for (const { name, run } of this.cases) {
      const outcome = this.#outcomes.get(name);
      const { promise: free, resolve: next } = Promise.withResolvers<void>();
      const ended = run(next).then(
        () => outcome?.resolve(),
        (cause: unknown) => outcome?.reject(cause),
      );
      running.push(ended);
      await Promise.race([free, ended]);
    }
    await Promise.all(running);
  }

  /** Resolves or rejects as the case did. */
  outcome(name: string): Promise<void> {
    const outcome = this.#outcomes.get(name);
    if (outcome === undefined) throw new RangeError(`there is no case ${name}`);
    return outcome.promise;
  }
}
