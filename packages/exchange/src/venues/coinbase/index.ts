import { endpoint } from '../../ccxt.ts';
import { isRecord } from '../../outcome.ts';
import type { TickerCalls, VenueDefinition } from '../../venue.ts';
import { coinbaseCapabilities } from './capabilities.ts';
import { coinbaseClassifier } from './classify.ts';
import { coinbaseFunds } from './funds.ts';
import { coinbaseLimits } from './limits.ts';
import { coinbaseMarket } from './market.ts';
import { coinbaseOrders } from './orders.ts';
import { coinbaseKeyCheck } from './permissions.ts';
import { coinbaseReads } from './reads.ts';
import { repairClock, signWithTokens, watchWithHeartbeats } from './signing.ts';
import { coinbaseStream } from './stream.ts';
import { coinbaseTape } from './tape.ts';

const ticker: TickerCalls = {
  fetch: (link, market) =>
    endpoint(
      link.instance,
      'v3PublicGetBrokerageMarketProductsProductIdTicker',
    )({
      product_id: market.nativeId,
      limit: 1,
    }),
  fetchMethod: 'fetchTicker',
  watch: (instance, symbol) => instance.watchTicker(symbol),
  signal: (message) => (isRecord(message) && message['channel'] === 'ticker' ? message : null),
  watchMethod: 'watchTicker',
};

export const coinbase: VenueDefinition = {
  capabilities: coinbaseCapabilities,
  ccxtClass: 'coinbase',
  settings: {},
  prepare: (instance, clock) => {
    signWithTokens(instance, clock);
    watchWithHeartbeats(instance);
  },
  repair: repairClock,
  classifier: coinbaseClassifier,
  limits: coinbaseLimits,
  keyCheck: coinbaseKeyCheck,
  market: coinbaseMarket,
  nativeNames: (native) => [native.id],
  orders: coinbaseOrders,
  reads: coinbaseReads,
  funds: coinbaseFunds,
  stream: coinbaseStream,
  ticker,
  tape: coinbaseTape,
};
