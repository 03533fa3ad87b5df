import { askedOnce } from '../../funds.ts';
import type { FundsCall } from '../../venue.ts';

/** Balances of all currencies, and the positions in contracts: one question each (documentation "Account management"). */
export const deribitFunds: FundsCall = async (link, ask) => {
  const [balances, positions] = await Promise.all([
    askedOnce(link, ask, 'privateGetGetAccountSummaries'),
    askedOnce(link, ask, 'privateGetGetPositions', { kind: 'future' }),
  ]);
  const error = balances.error ?? positions.error;
  return {
    balances: balances.balances,
    positions: positions.positions,
    pages: balances.pages + positions.pages,
    error,
  };
};
