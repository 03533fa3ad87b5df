import type { AbsenceEvidence, Leg } from '@orderplane/state-machine';
import type { Actual, PlannerCapabilities } from './model.ts';
import { toInstant, toMs } from './time.ts';

/**
 * The proof of absence (invariant I25): the instant after which the exchange can no longer accept the request has
 * passed with a margin, and two look-ups asked after that, some time apart, read every place completely and found
 * nothing. A look-up that was asked earlier, or that missed a place, proves nothing.
 */
export interface AbsenceProgress {
  /** From this instant on a negative look-up counts. */
  readonly countsFrom: string;
  readonly counted: readonly string[];
  /** When the next look-up should be asked; null when the proof is complete. */
  readonly nextLookupAt: string | null;
}

export function absenceProgress(leg: Leg, actual: Actual, capabilities: PlannerCapabilities): AbsenceProgress {
  const countsFromMs = toMs(leg.deadlineAt) + capabilities.visibilityDelayMs;
  const counted: string[] = [];
  for (const lookup of actual.absentLookups) {
    if (!lookup.provesAbsence || toMs(lookup.askedAt) < countsFromMs) continue;
    const previous = counted.at(-1);
    if (previous !== undefined && toMs(lookup.askedAt) < toMs(previous) + capabilities.absenceLookupGapMs) continue;
    counted.push(lookup.askedAt);
  }
  const first = counted[0];
  const nextLookupAt =
    counted.length >= 2
      ? null
      : first === undefined
        ? toInstant(countsFromMs)
        : toInstant(toMs(first) + capabilities.absenceLookupGapMs);
  return { countsFrom: toInstant(countsFromMs), counted, nextLookupAt };
}

export const absenceEvidence = (leg: Leg, progress: AbsenceProgress): AbsenceEvidence => ({
  kind: 'provenAbsent',
  detail: `deadline ${leg.deadlineAt} and visibility delay passed; open orders, history and fills were read completely and do not know ${leg.venueClientId}`,
  lookups: progress.counted,
  executionsComplete: true,
});
