import type { Account, AccountHalt } from './contracts.ts';

/**
 * The halt that a wish makes of the one before; the same object when it changes nothing. Orders are dated by the clocks of
 * several machines: the halt is later than the newest of them, so that none of those is taken for one that came after it.
 */
export function haltAfter(
  before: AccountHalt | null,
  {
    cancelOpen,
    at,
    newestOrderAt,
  }: { readonly cancelOpen: boolean; readonly at: string; readonly newestOrderAt: string | null },
): AccountHalt {
  if (before !== null && !cancelOpen) return before;
  const afterAll = newestOrderAt === null ? 0 : Date.parse(newestOrderAt) + 1;
  const instant = new Date(Math.max(Date.parse(at), afterAll)).toISOString();
  return { since: before?.since ?? instant, cancelOpenBefore: cancelOpen ? instant : null };
}

/** The halt of an account as it is created: one that says no more than that it is halted, was so from the beginning. */
export const haltAtBirth = ({ halted, halt, createdAt }: Account): AccountHalt | null =>
  halt ?? (halted ? { since: createdAt, cancelOpenBefore: null } : null);
