import { z } from 'zod';

/** What every answer that rests on the exchange's says of it. */
export const SYNC_FIELDS = 'syncedAt fresh complete userErrors { code message }';

export const SyncViewSchema = z.object({
  syncedAt: z.string().nullable(),
  fresh: z.boolean(),
  complete: z.boolean(),
  userErrors: z.array(z.object({ code: z.string(), message: z.string() })),
});
export type SyncView = z.infer<typeof SyncViewSchema>;

/** The instant that the service gives for "never". */
const NEVER = '1970-01-01T00:00:00.000Z';

/** How far what was shown can be trusted, in one line. */
export function asOfText({ syncedAt, fresh, complete }: SyncView): string {
  if (syncedAt === null || syncedAt === NEVER) return 'the exchange was never asked';
  return `as of ${syncedAt}${fresh ? '' : ', not fresh'}${complete ? '' : ', not complete'}`;
}

/** Says what went wrong, and gives the exit code: 0 only for what is fresh and whole. */
export function exitCodeOf({ fresh, complete, userErrors }: SyncView): number {
  for (const { code, message } of userErrors) process.stderr.write(`orderplane: ${code}: ${message}\n`);
  return fresh && complete && userErrors.length === 0 ? 0 : 1;
}
