import type { UserError } from '@orderplane/domain';
import { userError } from '../context.ts';
import type { Freshness } from '../pre-trade.ts';
import type { FactDesk, Facts, Subject } from './check.ts';

/** Something is judged by all that is open, or the account wants everything judged by young data. What waits here is judged when it fires. */
export const restsOnOpenOrders = ({ account: { risk } }: Subject): boolean =>
  risk.requireFreshData === true ||
  risk.rejectDuplicates ||
  risk.maxOpenOrders !== null ||
  risk.maxOpenNotional !== null;

export const isFreshEnough = ({ account }: Subject, fact: Facts['freshness']): UserError | null =>
  fact.isFresh || account.risk.requireFreshData !== true
    ? null
    : userError(
        'STALE_DATA',
        `the open orders of account ${account.label} ${ageOf(fact)}, and the account requires fresh ones: nothing was done; try again, or allow older ones (setRiskLimits: maxDataAgeSeconds, requireFreshData)`,
        'accountId',
      );

/** What the order's journal says of data that it was judged by; null: nothing, for it was young enough, or did not count. */
export async function noteOf(subject: Subject, facts: FactDesk): Promise<string | null> {
  const read = restsOnOpenOrders(subject) ? await facts.freshness() : null;
  return read === null || !('fact' in read) || read.fact.isFresh
    ? null
    : `STALE_DATA: judged by open orders that ${ageOf(read.fact)}`;
}

function ageOf({ asOf, error }: Freshness): string {
  const known = asOf === null ? 'were never read' : `are known as of ${asOf}`;
  return `${known} and could not be asked for now${error === null ? '' : ` (${error.slice(0, 200)})`}`;
}
