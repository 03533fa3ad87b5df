/** A wait of ours that ran out. Says nothing about what became of the work: its outcome is unknown, not failed. */
export class DeadlineError extends Error {
  readonly label: string;
  readonly deadlineMs: number;
  constructor(label: string, deadlineMs: number) {
    super(`${label} did not finish within ${deadlineMs} ms`);
    this.name = 'DeadlineError';
    this.label = label;
    this.deadlineMs = deadlineMs;
  }
}

/** Rejects with DeadlineError after `ms`; a later rejection of `promise` is swallowed, since nobody waits for it any more. */
export async function withDeadline<T>(promise: Promise<T>, ms: number, label: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeadlineError(label, ms)), ms);
  });
  promise.catch(() => undefined);
  try {
    return await Promise.race([promise, expired]);
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves after `ms`, or at once when `signal` aborts: loops ask the signal themselves, so that an abort is no error. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}

export interface BackoffLimits {
  readonly baseMs: number;
  readonly capMs: number;
}

export const DEFAULT_BACKOFF: BackoffLimits = { baseMs: 250, capMs: 60_000 };

/**
 * Wait before try number `attempt` (0 = first retry): base × 2ⁿ up to the cap, of which the upper half is drawn at
 * random, so that many keys that failed together do not come back together.
 */
export function backoffMs(
  attempt: number,
  limits: BackoffLimits = DEFAULT_BACKOFF,
  random: () => number = Math.random,
): number {
  const exponent = Math.min(Math.max(0, Math.floor(attempt)), 30);
  const full = Math.min(limits.capMs, limits.baseMs * 2 ** exponent);
  return Math.round(full * (0.5 + random() / 2));
}
