import { endpoint } from '../../ccxt.ts';
import { isRecord } from '../../outcome.ts';
import type { TickerCalls, VenueDefinition } from '../../venue.ts';
import { krakenCapabilities } from './capabilities.ts';
import { krakenClassifier } from './classify.ts';
import { krakenFunds } from './funds.ts';
import { krakenLimits } from './limits.ts';
import { krakenMarket, krakenNames } from './market.ts';
import { krakenOrders } from './orders.ts';
import { krakenKeyCheck } from './permissions.ts';
import { krakenReads } from './reads.ts';
import { krakenNonces, nonceOfWallClock, repairNonce } from './signing.ts';
import { krakenStream } from './stream.ts';
import { krakenSwitch } from './switch.ts';
import { krakenTape } from './tape.ts';

const ticker: TickerCalls = {
  fetch: (link, market) => endpoint(link.instance, 'publicGetTicker')({ pair: market.nativeId }),
  fetchMethod: 'fetchTicker',
  watch: (instance, symbol) => instance.watchTicker(symbol),
  signal: (message) => (isRecord(message) && message['channel'] === 'ticker' ? message : null),
  watchMethod: 'watchTicker',
};

export const kraken: VenueDefinition = {
  capabilities: krakenCapabilities,
  ccxtClass: 'kraken',
  settings: {},
  nonces: krakenNonces,
  prepare: nonceOfWallClock,
  repair: repairNonce,
  classifier: krakenClassifier,
  limits: krakenLimits,
  keyCheck: krakenKeyCheck,
  market: krakenMarket,
  nativeNames: krakenNames,
  orders: krakenOrders,
  reads: krakenReads,
  funds: krakenFunds,
  stream: krakenStream,
  deadMansSwitch: krakenSwitch,
  ticker,
  tape: krakenTape,
};
