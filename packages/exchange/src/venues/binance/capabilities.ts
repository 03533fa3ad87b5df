import type { ExchangeCapabilities } from '../../adapter.ts';

export const binanceCapabilities: ExchangeCapabilities = {
  exchange: 'binance',
  name: 'Binance',
  modes: ['PAPER', 'SANDBOX', 'LIVE'],
  credentials: { secret: 'text', passphrase: false },
  orderTypes: ['MARKET', 'LIMIT', 'STOP_LIMIT', 'STOP_MARKET'],
  timesInForce: {
    MARKET: [],
    LIMIT: ['GTC', 'IOC', 'FOK'],
    STOP_LIMIT: ['GTC', 'IOC', 'FOK'],
    STOP_MARKET: [],
  },
  emulatesGtt: true,
  postOnly: true,
  reduceOnly: false,
  showsBalances: true,
  showsPositions: false,
  marketByQuoteSize: { BUY: true, SELL: true },
  // Keep-priority amend only lowers the size; cancelReplace is a cancel and a new order in one request, unsafe in between.
  amend: 'none',
  amendSizeIsTotal: false,
  lookupByClientId: true,
  cancelByClientId: true,
  // `symbol` is mandatory in myTrades.
  executionsByMarket: true,
  orderStream: true,
  deadMansSwitch: null,
  // Spot has no mark price (doc).
  triggerSources: ['LAST', 'BID', 'ASK'],
  submissionDeadlineMs: 5_000,
  // The matching engine may still accept 10 s after the request passed its receive window (-1007).
  visibilityDelayMs: 11_000,
  // A timestamp a second or more ahead of the server's time is refused (-1021).
  clockMarginMs: 1_000,
  absenceLookupGapMs: 2_000,
};
