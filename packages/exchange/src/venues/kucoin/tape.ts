import { endpoint } from '../../ccxt.ts';
import { oldestMs, publicTrade, recordsOf, tapeCalls } from '../../tape.ts';

const LISTED = 100;
const NANOSECONDS = 1_000_000n;

/** Trade histories (documentation): the last 100 trades and no way to ask for older ones; `time` in nanoseconds. */
export const kucoinTape = tapeCalls<null>({
  direction: 'backwards',
  first: () => null,
  ask: ({ instance }, market) => endpoint(instance, 'publicGetMarketHistories')({ symbol: market.nativeId }),
  read: (payload, _cursor, sinceMs) => {
    const trades = recordsOf(payload).map((entry) =>
      publicTrade(entry['price'], BigInt(String(entry['time'])) / NANOSECONDS),
    );
    const oldest = oldestMs(trades);
    return { trades, next: null, cutOff: trades.length >= LISTED && oldest !== null && oldest > sinceMs };
  },
});
