/** Resolves after `ms`, or when `signal` ends it: never rejects. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** A signal that ends after `ms`, or with `outer`. (`AbortSignal.any` is younger than Node 18.) `release` forgets both. */
export function deadlineSignal(
  ms: number,
  outer: AbortSignal | undefined,
): { readonly signal: AbortSignal; readonly release: () => void } {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const timer = setTimeout(abort, ms);
  if (outer?.aborted === true) abort();
  outer?.addEventListener('abort', abort, { once: true });
  const release = (): void => {
    clearTimeout(timer);
    outer?.removeEventListener('abort', abort);
  };
  return { signal: controller.signal, release };
}

export interface Pauses {
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Doubled with each failure in a row, with jitter down to half of it: many clients must not come back at once. */
export function backoffMs({ firstMs, lastMs }: Pauses, failures: number, random: () => number = Math.random): number {
  const full = Math.min(lastMs, firstMs * 2 ** Math.min(failures - 1, 30));
  return full / 2 + (full / 2) * random();
}
