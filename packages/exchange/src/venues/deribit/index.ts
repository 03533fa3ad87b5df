import { endpoint } from '../../ccxt.ts';
import { isRecord } from '../../outcome.ts';
import type { TickerCalls, VenueDefinition } from '../../venue.ts';
import { deribitCapabilities } from './capabilities.ts';
import { deribitClassifier } from './classify.ts';
import { learnOffset } from './clock.ts';
import { deribitFunds } from './funds.ts';
import { deribitSwitch, leaveGuard, placeOverGuard } from './guard.ts';
import { deribitLimits } from './limits.ts';
import { deribitMarket, listWithoutOptions } from './market.ts';
import { deribitOrders } from './orders.ts';
import { deribitKeyCheck } from './permissions.ts';
import { deribitReads } from './reads.ts';
import { deribitStream, watchOrdersAndTrades } from './stream.ts';
import { deribitTape } from './tape.ts';
import { enterSession, renewTokens } from './tokens.ts';

const ticker: TickerCalls = {
  fetch: (link, market) => endpoint(link.instance, 'publicGetTicker')({ instrument_name: market.nativeId }),
  fetchMethod: 'fetchTicker',
  watch: (instance, symbol) => instance.watchTicker(symbol),
  signal: (message) => {
    const params = isRecord(message) && isRecord(message['params']) ? message['params'] : {};
    return typeof params['channel'] === 'string' && params['channel'].startsWith('ticker.') ? message : null;
  },
  watchMethod: 'watchTicker',
};

export const deribit: VenueDefinition = {
  capabilities: deribitCapabilities,
  ccxtClass: 'deribit',
  // The currencies say nothing that the instruments don't.
  settings: { has: { fetchCurrencies: false } },
  prepare: (instance) => {
    listWithoutOptions(instance);
    watchOrdersAndTrades(instance);
  },
  enter: enterSession,
  repair: async (instance, error) => renewTokens(instance, error) || (await learnOffset(instance, error)),
  classifier: deribitClassifier,
  limits: deribitLimits,
  keyCheck: deribitKeyCheck,
  tradesContracts: true,
  market: deribitMarket,
  nativeNames: (native) => [native.id],
  orders: deribitOrders,
  reads: deribitReads,
  funds: deribitFunds,
  stream: deribitStream,
  deadMansSwitch: deribitSwitch,
  transport: placeOverGuard,
  leave: leaveGuard,
  ticker,
  tape: deribitTape,
};
