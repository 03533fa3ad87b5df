import { endpoint } from '../../ccxt.ts';
import { isRecord } from '../../outcome.ts';
import { newestMs, publicTrade, recordsOf, tapeCalls } from '../../tape.ts';

const PAGE = 1_000;

interface Window {
  readonly start: number;
  readonly end: number;
}

/** public/get_last_trades_by_instrument_and_time (documentation): both ends inclusive, 1,000 at most, `has_more`. */
export const deribitTape = tapeCalls<Window>({
  direction: 'forwards',
  // A minute more than now: clocks differ.
  first: (sinceMs, nowMs) => ({ start: sinceMs, end: nowMs + 60_000 }),
  ask: ({ instance }, market, { start, end }) =>
    endpoint(
      instance,
      'publicGetGetLastTradesByInstrumentAndTime',
    )({
      instrument_name: market.nativeId,
      start_timestamp: start,
      end_timestamp: end,
      count: PAGE,
      sorting: 'asc',
    }),
  read: (payload, { start, end }) => {
    const listed = isRecord(payload) ? payload : {};
    const trades = recordsOf(listed['trades']).map((entry) => publicTrade(entry['price'], entry['timestamp']));
    const newest = newestMs(trades);
    const isLast = listed['has_more'] !== true || newest === null;
    return { trades, next: isLast ? null : { start: newest > start ? newest : start + 1, end } };
  },
});
