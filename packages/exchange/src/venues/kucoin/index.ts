import { endpoint } from '../../ccxt.ts';
import type { CcxtInstance } from '../../ccxt.ts';
import { isRecord } from '../../outcome.ts';
import type { TickerCalls, VenueDefinition } from '../../venue.ts';
import { kucoinCapabilities } from './capabilities.ts';
import { kucoinClassifier } from './classify.ts';
import { kucoinFunds } from './funds.ts';
import { kucoinLimits } from './limits.ts';
import { kucoinMarket } from './market.ts';
import { kucoinOrders } from './orders.ts';
import { kucoinKeyCheck } from './permissions.ts';
import { kucoinReads } from './reads.ts';
import { repairClock, signWithDeadlines } from './signing.ts';
import { kucoinStream } from './stream.ts';
import { kucoinSwitch } from './switch.ts';
import { kucoinTape } from './tape.ts';

const SNAPSHOT = '/market/snapshot:';

const ticker: TickerCalls = {
  fetch: (link, market) => endpoint(link.instance, 'publicGetMarketStats')({ symbol: market.nativeId }),
  fetchMethod: 'fetchTicker',
  watch: (instance, symbol) => instance.watchTicker(symbol),
  signal: (message) =>
    isRecord(message) && typeof message['topic'] === 'string' && message['topic'].startsWith(SNAPSHOT) ? message : null,
  watchMethod: 'watchTicker',
};

interface Native {
  quoteJsonNumbers: boolean;
  fetchMarkets(parameters?: object): Promise<unknown>;
  costToPrecision(symbol: string, cost: string): string;
  marketOrderAmountToPrecision(symbol: string, cost: string): string;
}

function prepare(instance: CcxtInstance): void {
  const native = instance as unknown as Native;
  // Trade ids are above 2^53, and ccxt parses KuCoin's answers into doubles: two trades could become one.
  native.quoteJsonNumbers = true;
  // Amounts in quote have a step of their own; ccxt's check would cut them with that of the price.
  native.costToPrecision = (symbol, cost) => native.marketOrderAmountToPrecision(symbol, cost);
  // Margin markets are asked for with the account's key, which a market list must not need.
  const fetchMarkets = native.fetchMarkets.bind(native);
  native.fetchMarkets = (parameters) => fetchMarkets({ ...parameters, marginables: false });
  signWithDeadlines(instance);
}

export const kucoin: VenueDefinition = {
  capabilities: kucoinCapabilities,
  ccxtClass: 'kucoin',
  settings: {
    has: { fetchCurrencies: false },
    // Without these ccxt asks what kind of account it is, for futures markets, and for all tickers.
    options: { uta: false, hf: true, fetchMarkets: { types: ['spot'], fetchTickersFees: false } },
  },
  prepare,
  repair: repairClock,
  classifier: kucoinClassifier,
  limits: kucoinLimits,
  keyCheck: kucoinKeyCheck,
  market: kucoinMarket,
  nativeNames: (native) => [native.id],
  orders: kucoinOrders,
  reads: kucoinReads,
  funds: kucoinFunds,
  stream: kucoinStream,
  deadMansSwitch: kucoinSwitch,
  ticker,
  tape: kucoinTape,
};
