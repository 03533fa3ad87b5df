import { endpoint } from '../../ccxt.ts';
import { publicTrade, recordsOf, tapeCalls } from '../../tape.ts';

const PAGE = 1_000;

/**
 * Aggregate trades (documentation): from `startTime` or `fromId` on, both inclusive, oldest first, 1,000 at most. One
 * entry is what one taker's order traded at one price, so no price is left out. Kept without a limit in time.
 */
export const binanceTape = tapeCalls<{ readonly startTime: number } | { readonly fromId: number }>({
  direction: 'forwards',
  first: (sinceMs) => ({ startTime: sinceMs }),
  ask: ({ instance }, market, cursor) =>
    endpoint(instance, 'publicGetAggTrades')({ symbol: market.nativeId, limit: PAGE, ...cursor }),
  read: (payload) => {
    const entries = recordsOf(payload);
    const last = entries.at(-1);
    return {
      trades: entries.map((entry) => publicTrade(entry['p'], entry['T'])),
      next: last === undefined || entries.length < PAGE ? null : { fromId: Number(last['a']) + 1 },
    };
  },
});
