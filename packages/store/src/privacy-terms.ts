import type { Privacy, PrivacyChange } from './contracts.ts';

/** What the cache may hold is read anew by everybody. */
export const renewed = (privacy: Privacy): Privacy => ({ ...privacy, cacheVersion: (privacy.cacheVersion ?? 0) + 1 });

/**
 * The settings that a wish makes of those before; the same object when it changes nothing. `converts`: rows that were
 * written before are to be sealed, or opened.
 */
export function privacyAfter(
  before: Privacy,
  change: PrivacyChange,
): { readonly privacy: Privacy; readonly converts: boolean } {
  const cacheOpenOrders = change.cacheOpenOrders ?? before.cacheOpenOrders;
  const encryptAtRest = change.encryptAtRest ?? before.encryptAtRest;
  const historyRetentionDays =
    change.historyRetentionDays === undefined ? before.historyRetentionDays : change.historyRetentionDays;
  const converts = encryptAtRest !== before.encryptAtRest;
  const isOfCache = converts || cacheOpenOrders !== before.cacheOpenOrders;
  if (!isOfCache && historyRetentionDays === before.historyRetentionDays) return { privacy: before, converts };
  const after = { ...(isOfCache ? renewed(before) : before), cacheOpenOrders, encryptAtRest, historyRetentionDays };
  return { privacy: converts ? { ...after, converting: true } : after, converts };
}
