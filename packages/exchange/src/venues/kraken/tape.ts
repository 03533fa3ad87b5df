import { decimal } from '@orderplane/domain';
import { endpoint } from '../../ccxt.ts';
import { isRecord } from '../../outcome.ts';
import { publicTrade, tapeCalls } from '../../tape.ts';

const PAGE = 1_000;

/**
 * Trades (documentation): those after `since` (nanoseconds as text), oldest first, 1,000 at most; `last` is where the next
 * page begins. An entry is [price, volume, seconds, …]. Kept without a limit in time.
 */
export const krakenTape = tapeCalls<string>({
  direction: 'forwards',
  first: (sinceMs) => `${Math.max(1, sinceMs - 1)}000000`,
  ask: ({ instance }, market, since) =>
    endpoint(instance, 'publicGetTrades')({ pair: market.nativeId, since, count: PAGE }),
  read: (payload) => {
    if (!isRecord(payload)) throw new TypeError('not a list of trades');
    const { last, ...pairs } = payload;
    const [entries] = Object.values(pairs);
    if (!Array.isArray(entries)) throw new TypeError('not a list of trades');
    const trades = entries.map((entry: unknown) => {
      const [price, , seconds] = Array.isArray(entry) ? (entry as readonly unknown[]) : [];
      return publicTrade(price, decimal(String(seconds)).times(1_000).toNumber());
    });
    return { trades, next: trades.length < PAGE ? null : String(last) };
  },
});
