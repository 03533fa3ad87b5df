import { endpoint } from '../../ccxt.ts';
import { isRecord } from '../../outcome.ts';
import { oldestMs, publicTrade, recordsOf, tapeCalls } from '../../tape.ts';

const PAGE = 1_000;

/** Whole seconds. */
interface Window {
  readonly start: number;
  readonly end: number;
}

/**
 * Public market trades (documentation): those between `start` and `end` (seconds), newest first. More than a page in one
 * second can't be told apart: then the older ones are out of reach.
 */
export const coinbaseTape = tapeCalls<Window>({
  direction: 'backwards',
  // A second more than now: clocks differ, and the end may not be part of the window.
  first: (sinceMs, nowMs) => ({ start: Math.floor(sinceMs / 1_000) - 1, end: Math.ceil(nowMs / 1_000) + 60 }),
  ask: ({ instance }, market, { start, end }) =>
    endpoint(
      instance,
      'v3PublicGetBrokerageMarketProductsProductIdTicker',
    )({ product_id: market.nativeId, limit: PAGE, start: String(start), end: String(end) }),
  read: (payload, { start, end }, sinceMs) => {
    const entries = recordsOf(isRecord(payload) ? payload['trades'] : null);
    const trades = entries.map((entry) => publicTrade(entry['price'], Date.parse(String(entry['time']))));
    const oldest = oldestMs(trades);
    if (oldest === null || trades.length < PAGE || oldest < sinceMs) return { trades, next: null };
    const next = Math.ceil(oldest / 1_000);
    return next < end ? { trades, next: { start, end: next } } : { trades, next: null, cutOff: true };
  },
});
