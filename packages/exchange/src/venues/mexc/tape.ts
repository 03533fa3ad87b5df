import { endpoint } from '../../ccxt.ts';
import { newestMs, publicTrade, recordsOf, tapeCalls } from '../../tape.ts';

const PAGE = 1_000;
const HOUR_MS = 3_600_000;

interface Window {
  readonly startTime: number;
  readonly endTime: number;
  /** Where the last window ends. */
  readonly untilMs: number;
}

const windowFrom = (startTime: number, untilMs: number): Window => ({
  startTime,
  endTime: Math.min(startTime + HOUR_MS - 1, untilMs),
  untilMs,
});

/**
 * Aggregate trades (documentation): between `startTime` and `endTime`, less than an hour apart, 1,000 at most. They carry
 * no ids, so a full page is followed by what begins at its newest millisecond. In which order they come is not said.
 */
export const mexcTape = tapeCalls<Window>({
  direction: 'forwards',
  // A minute more than now: clocks differ.
  first: (sinceMs, nowMs) => windowFrom(sinceMs, nowMs + 60_000),
  ask: ({ instance }, market, { startTime, endTime }) =>
    endpoint(instance, 'spotPublicGetAggTrades')({ symbol: market.nativeId, startTime, endTime, limit: PAGE }),
  read: (payload, { startTime, endTime, untilMs }) => {
    const trades = recordsOf(payload).map((entry) => publicTrade(entry['p'], entry['T']));
    const newest = newestMs(trades);
    if (newest !== null && trades.length >= PAGE)
      return { trades, next: windowFrom(newest > startTime ? newest : startTime + 1, untilMs) };
    return { trades, next: endTime < untilMs ? windowFrom(endTime + 1, untilMs) : null };
  },
});
