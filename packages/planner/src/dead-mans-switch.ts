/**
 * What has to be said to the exchange now about its dead man's switch. Level-triggered: from what is wished, what the
 * exchange has confirmed, and the time, whatever happened in between. Pure.
 */

/** A refresh is due after this part of the time-out: three may fail in a row before it fires. */
const REFRESHES = 4;
/** However long the time-out is, what the exchange holds is not older than this, ms. */
const LONGEST_INTERVAL_MS = 20_000;
/** After a word that was not confirmed, ms; twice as long after each further one, and no longer than between two refreshes. */
const RETRY_MS = 1_000;

export interface SwitchFacts {
  /** The wish, seconds; null: off. */
  readonly timeoutSeconds: number | null;
  /** The last word that the exchange has confirmed, ms since the epoch. */
  readonly armed: { readonly timeoutSeconds: number; readonly refreshedAtMs: number } | null;
  /** It can fire until then at the latest; null: it is surely off at the exchange. */
  readonly mayFireUntilMs: number | null;
  /** What this worker has said since it has owned the account; null: nothing yet. */
  readonly said: SaidOfSwitch | null;
}

export interface SaidOfSwitch {
  readonly atMs: number;
  /** Words in a row that were not confirmed, up to this one; 0: this one was. */
  readonly failures: number;
  /** The exchange, or our budget for it, said to wait so long. */
  readonly retryAfterMs: number | null;
}

export type SwitchStep =
  | { readonly kind: 'hold' }
  /** The exchange must be told that it counts from now on, so many seconds. */
  | { readonly kind: 'arm'; readonly timeoutSeconds: number }
  | { readonly kind: 'disarm' };

export const refreshEveryMs = (timeoutSeconds: number): number =>
  Math.min(LONGEST_INTERVAL_MS, (timeoutSeconds * 1_000) / REFRESHES);

const retryMs = ({ failures, retryAfterMs }: SaidOfSwitch, timeoutSeconds: number | null): number =>
  Math.max(
    Math.min(RETRY_MS * 2 ** (failures - 1), refreshEveryMs(timeoutSeconds ?? Number.POSITIVE_INFINITY)),
    retryAfterMs ?? 0,
  );

export function planSwitch({ timeoutSeconds, armed, mayFireUntilMs, said }: SwitchFacts, nowMs: number): SwitchStep {
  if (said !== null && said.failures > 0 && nowMs < said.atMs + retryMs(said, timeoutSeconds)) return { kind: 'hold' };
  if (timeoutSeconds === null) {
    // What has run out by itself is off.
    return mayFireUntilMs === null || mayFireUntilMs <= nowMs ? { kind: 'hold' } : { kind: 'disarm' };
  }
  // A new owner does not trust that the word of the last one was the last: it says it itself, at once.
  const isCurrent = said?.failures === 0 && armed?.timeoutSeconds === timeoutSeconds;
  const isDue = !isCurrent || nowMs >= armed.refreshedAtMs + refreshEveryMs(timeoutSeconds);
  return isDue ? { kind: 'arm', timeoutSeconds } : { kind: 'hold' };
}
