import { endpoint } from '../../ccxt.ts';
import { isRecord } from '../../outcome.ts';
import type { TickerCalls, VenueDefinition } from '../../venue.ts';
import { binanceCapabilities } from './capabilities.ts';
import { binanceClassifier } from './classify.ts';
import { binanceFunds } from './funds.ts';
import { binanceLimits } from './limits.ts';
import { binanceMarket } from './market.ts';
import { binanceOrders } from './orders.ts';
import { binanceKeyCheck } from './permissions.ts';
import { binanceReads } from './reads.ts';
import { repairClock, signWithDeadlines } from './signing.ts';
import { binanceStream } from './stream.ts';
import { binanceTape } from './tape.ts';

const ticker: TickerCalls = {
  fetch: (link, market) => endpoint(link.instance, 'publicGetTicker24hr')({ symbol: market.nativeId }),
  fetchMethod: 'fetchTicker',
  // Without the name ccxt subscribes the mini ticker, which has no bid and ask.
  watch: (instance, symbol) => instance.watchTicker(symbol, { name: 'ticker' }),
  signal: (message) => {
    const event = isRecord(message) && isRecord(message['data']) ? message['data'] : message;
    return isRecord(event) && event['e'] === '24hrTicker' ? event : null;
  },
  watchMethod: 'watchTicker',
};

export const binance: VenueDefinition = {
  capabilities: binanceCapabilities,
  ccxtClass: 'binance',
  // Without these the market list is also asked of the margin, futures and wallet hosts.
  settings: {
    options: {
      fetchMarkets: { types: ['spot'] },
      fetchCurrencies: false,
      fetchMargins: false,
      fetchOpenOrders: { warnWithoutSymbol: false },
    },
  },
  prepare: signWithDeadlines,
  repair: repairClock,
  classifier: binanceClassifier,
  limits: binanceLimits,
  keyCheck: binanceKeyCheck,
  market: binanceMarket,
  nativeNames: (native) => [native.id],
  orders: binanceOrders,
  reads: binanceReads,
  funds: binanceFunds,
  stream: binanceStream,
  ticker,
  tape: binanceTape,
};
