import { endpoint } from '../../ccxt.ts';
import { isRecord } from '../../outcome.ts';
import { oldestMs, publicTrade, recordsOf, tapeCalls } from '../../tape.ts';

const LATEST = 500;
const PAGE = 100;

/**
 * The latest 500 trades ("Get trades"); before them, page by page of 100, those older than a trade id ("Get trades
 * history", three months). Newest first.
 */
export const okxTape = tapeCalls<{ readonly after: string | null }>({
  direction: 'backwards',
  first: () => ({ after: null }),
  ask: ({ instance }, market, { after }) =>
    after === null
      ? endpoint(instance, 'publicGetMarketTrades')({ instId: market.nativeId, limit: LATEST })
      : endpoint(instance, 'publicGetMarketHistoryTrades')({ instId: market.nativeId, limit: PAGE, after }),
  read: (payload, { after }, sinceMs) => {
    const entries = recordsOf(isRecord(payload) ? payload['data'] : null);
    const trades = entries.map((entry) => publicTrade(entry['px'], entry['ts']));
    const oldest = oldestMs(trades);
    const last = entries.at(-1);
    const isLast = oldest === null || oldest < sinceMs || trades.length < (after === null ? LATEST : PAGE);
    return { trades, next: isLast || last === undefined ? null : { after: String(last['tradeId']) } };
  },
});
