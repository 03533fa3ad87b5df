import type { VenueProfile } from './model.ts';

/** Spot exchanges: filled is over, a bust is not put back into the book. */
export const SPOT_PROFILE: VenueProfile = { reopensFilled: false, bustReopens: false };

/** The venue that the order state change matrices of FIX 5.0 SP2 assume. */
export const FIX_PROFILE: VenueProfile = { reopensFilled: true, bustReopens: true };
