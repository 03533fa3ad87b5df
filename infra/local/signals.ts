import { watchParent } from '@orderplane/service-kit';

/** Ctrl-C reaches a process twice when its parent passes it on too: within this time it is one wish. */
const SAME_WISH_MS = 700;

/**
 * The first signal (or the end of the starter) calls `stop`, a second one `stopNow`. SIGHUP: the terminal was closed.
 */
export function onSignals(stop: (reason: string) => void, stopNow: () => void): void {
  let firstAt: number | null = null;
  const handle = (reason: string): void => {
    if (firstAt === null) {
      firstAt = Date.now();
      stop(reason);
    } else if (Date.now() - firstAt > SAME_WISH_MS) {
      stopNow();
    }
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => handle(name));
  watchParent((reason) => {
    // Its own end, not a second wish.
    if (firstAt === null) handle(reason);
  });
  // The terminal or pipe may be gone before us; a failing write must not end the orderly stop.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}
