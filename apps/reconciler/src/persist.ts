import { sleep } from '@orderplane/service-kit';
import { databaseOutage } from '@orderplane/store';
import type { ReconcilerContext } from './context.ts';

/** Between two tries, ms: doubled each time. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Writes what an exchange has answered, however long the database does not serve: nobody else knows it. Until the key is
 * lost; then whoever has it looks the order up. Anything but an outage is handed on. `write` must be safe to run twice:
 * when its connection is lost nobody knows whether it was carried out.
 */
export async function persist<Result>(context: ReconcilerContext, write: () => Promise<Result>): Promise<Result> {
  const pause = context.pause ?? sleep;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await write();
    } catch (error) {
      if (databaseOutage(error) === null || context.lockLost()) throw error;
      context.count('retry');
    }
    await pause(pauseMs);
    if (context.lockLost()) throw new Error('the key was lost before the answer could be written');
  }
}
