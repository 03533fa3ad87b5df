import { endpoint } from '../../ccxt.ts';
import type { TickerCalls, VenueDefinition } from '../../venue.ts';
import { mexcCapabilities } from './capabilities.ts';
import { mexcClassifier } from './classify.ts';
import { mexcFunds } from './funds.ts';
import { mexcMarket } from './market.ts';
import { decode } from './messages.ts';
import { mexcLimits } from './limits.ts';
import { mexcOrders } from './orders.ts';
import { mexcKeyCheck } from './permissions.ts';
import { mexcReads } from './reads.ts';
import { leaveContractsOut, repairMexc, signWithDeadlines } from './signing.ts';
import { mexcStream } from './stream.ts';
import { mexcTape } from './tape.ts';

const ticker: TickerCalls = {
  fetch: (link, market) => endpoint(link.instance, 'spotPublicGetTicker24hr')({ symbol: market.nativeId }),
  fetchMethod: 'fetchTicker',
  // The best bid and ask; the stream tells no last price.
  watch: (instance, symbol) => instance.watchTicker(symbol),
  signal: (message) => {
    const decoded = message instanceof Uint8Array ? decode(message) : null;
    return decoded?.['publicAggreBookTicker'] === undefined ? null : decoded;
  },
  watchMethod: 'watchTicker',
};

export const mexc: VenueDefinition = {
  capabilities: mexcCapabilities,
  ccxtClass: 'mexc',
  // The list of currencies is asked for with the account's key, and nobody needs it.
  settings: { has: { fetchCurrencies: false } },
  prepare: (instance) => {
    signWithDeadlines(instance);
    leaveContractsOut(instance);
  },
  repair: repairMexc,
  classifier: mexcClassifier,
  limits: mexcLimits,
  keyCheck: mexcKeyCheck,
  market: mexcMarket,
  nativeNames: (native) => [native.id],
  orders: mexcOrders,
  reads: mexcReads,
  funds: mexcFunds,
  stream: mexcStream,
  ticker,
  tape: mexcTape,
};
