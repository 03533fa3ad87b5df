import { withDeadline } from './timing.ts';

export interface ShutdownFailure {
  readonly name: string;
  readonly cause: unknown;
}

/**
 * What was opened last is closed first. A step that fails or hangs does not keep the others from running: it is
 * reported, and the deadline covers all of them together.
 */
export class ShutdownStack {
  readonly #steps: { readonly name: string; readonly close: () => unknown }[] = [];
  #running: Promise<readonly ShutdownFailure[]> | null = null;

  /** Registers how to close what was just opened. */
  defer(name: string, close: () => unknown): void {
    this.#steps.push({ name, close });
  }

  /** Runs all steps once, in reverse order; further calls give the same result. Never rejects. */
  run(deadlineMs: number): Promise<readonly ShutdownFailure[]> {
    this.#running ??= this.#close(Date.now() + deadlineMs);
    return this.#running;
  }

  async #close(until: number): Promise<readonly ShutdownFailure[]> {
    const failures: ShutdownFailure[] = [];
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      const { name, close } = step;
      try {
        // Past the deadline every step still gets a moment: releasing a lease or a lock is worth it.
        await withDeadline(Promise.resolve().then(close), Math.max(200, until - Date.now()), `closing ${name}`);
      } catch (cause) {
        failures.push({ name, cause });
      }
    }
    return failures;
  }
}
