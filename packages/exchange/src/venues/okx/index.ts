import { endpoint } from '../../ccxt.ts';
import { isRecord } from '../../outcome.ts';
import type { TickerCalls, VenueDefinition } from '../../venue.ts';
import { okxCapabilities } from './capabilities.ts';
import { okxClassifier } from './classify.ts';
import { okxFunds } from './funds.ts';
import { okxLimits } from './limits.ts';
import { okxMarket } from './market.ts';
import { okxOrders } from './orders.ts';
import { okxKeyCheck } from './permissions.ts';
import { okxReads } from './reads.ts';
import { repairClock, signWithDeadlines, stampLogins } from './signing.ts';
import { okxStream } from './stream.ts';
import { okxSwitch } from './switch.ts';
import { okxTape } from './tape.ts';

const ticker: TickerCalls = {
  fetch: (link, market) => endpoint(link.instance, 'publicGetMarketTicker')({ instId: market.nativeId }),
  fetchMethod: 'fetchTicker',
  watch: (instance, symbol) => instance.watchTicker(symbol),
  signal: (message) => {
    const { arg, data } = isRecord(message) ? message : {};
    return isRecord(arg) && arg['channel'] === 'tickers' && data !== undefined ? message : null;
  },
  watchMethod: 'watchTicker',
};

export const okx: VenueDefinition = {
  capabilities: okxCapabilities,
  ccxtClass: 'okx',
  // Spot only: without these the lists and the stream of every kind of contract come along.
  settings: { options: { fetchMarkets: { types: ['spot'] }, watchOrders: { type: 'spot' } } },
  prepare: (instance, clock) => {
    // A private call that answers nothing that is needed.
    Object.assign(instance, { has: { ...(instance as { has?: object }).has, fetchCurrencies: false } });
    stampLogins(instance);
    signWithDeadlines(instance, clock);
  },
  repair: repairClock,
  classifier: okxClassifier,
  limits: okxLimits,
  keyCheck: okxKeyCheck,
  market: okxMarket,
  nativeNames: (native) => [native.id],
  orders: okxOrders,
  reads: okxReads,
  funds: okxFunds,
  stream: okxStream,
  deadMansSwitch: okxSwitch,
  ticker,
  tape: okxTape,
};
