import type { ExchangeCapabilities } from '../../adapter.ts';

export const mexcCapabilities: ExchangeCapabilities = {
  exchange: 'mexc',
  name: 'MEXC',
  // There is no testnet.
  modes: ['PAPER', 'LIVE'],
  credentials: { secret: 'text', passphrase: false },
  // The API has no stops on spot (documentation, "Order type"): a trigger would be passed over and a plain order sent.
  orderTypes: ['MARKET', 'LIMIT'],
  timesInForce: {
    MARKET: [],
    // IMMEDIATE_OR_CANCEL and FILL_OR_KILL are types of their own. GTD is passed over: a GTC order would go out.
    LIMIT: ['GTC', 'IOC', 'FOK'],
    STOP_LIMIT: [],
    STOP_MARKET: [],
  },
  emulatesGtt: true,
  // LIMIT_MAKER.
  postOnly: true,
  reduceOnly: false,
  showsBalances: true,
  showsPositions: false,
  // quoteOrderQty is what a buyer spends; a market sell names its quantity (documentation, "New Order").
  marketByQuoteSize: { BUY: true, SELL: false },
  // There is no amend; ccxt's editOrder is a cancel and a new order without anything in between.
  amend: 'none',
  amendSizeIsTotal: false,
  lookupByClientId: true,
  cancelByClientId: true,
  // `symbol` is mandatory in myTrades (documentation, "Account Trade List").
  executionsByMarket: true,
  orderStream: true,
  deadMansSwitch: null,
  // Spot has no mark price (doc).
  triggerSources: ['LAST', 'BID', 'ASK'],
  // recvWindow: its default, and what the documentation recommends.
  submissionDeadlineMs: 5_000,
  // Not documented. MEXC reads orders from a store behind its matching engine; ten seconds are meant to be plenty.
  visibilityDelayMs: 10_000,
  // "timestamp < serverTime + 1000" (documentation, "Timing security").
  clockMarginMs: 1_000,
  absenceLookupGapMs: 2_000,
};
