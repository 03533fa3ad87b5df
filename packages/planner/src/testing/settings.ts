import type { PlannerCapabilities, PlannerLimits } from '../model.ts';

/** An exchange that amends nothing and keeps no time for us; the settings of all cases unless they say otherwise. */
export const CAPABILITIES: PlannerCapabilities = {
  amend: 'none',
  lookupByClientId: true,
  cancelByClientId: true,
  submissionDeadlineMs: 5_000,
  visibilityDelayMs: 2_000,
  absenceLookupGapMs: 2_000,
  emulatesGtt: true,
  nativeGtt: false,
};

export const LIMITS: PlannerLimits = { staleAfterMs: 60_000, attentionAfterMs: 120_000, callTimeoutMs: 5_000 };
