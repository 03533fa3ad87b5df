import type { Trouble } from '@orderplane/exchange';

/** What the newest look at one account said of its exchange. `account` trouble is an answer: the exchange is there. */
export interface Look {
  readonly atMs: number;
  readonly trouble: Trouble | null;
}

const isAnswer = (look: Look): boolean => look.trouble === null || look.trouble === 'account';

/**
 * Whether the exchange can be reached, by the newest look at each of its accounts. One account that nobody can read says
 * nothing of the others: what is unclear counts against the exchange only while no account is answered. Null: nothing is
 * known.
 */
export function isReachable(looks: Iterable<Look>): boolean | null {
  const known = [...looks].sort((a, b) => b.atMs - a.atMs);
  const newest = known[0];
  if (newest === undefined) return null;
  if (isAnswer(newest)) return true;
  if (newest.trouble === 'exchange') return false;
  return known.some(isAnswer);
}
