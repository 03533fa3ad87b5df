import type { ExchangeCapabilities } from '../../adapter.ts';

export const krakenCapabilities: ExchangeCapabilities = {
  exchange: 'kraken',
  name: 'Kraken',
  // There is no testnet.
  modes: ['PAPER', 'LIVE'],
  credentials: { secret: 'text', passphrase: false },
  orderTypes: ['MARKET', 'LIMIT', 'STOP_LIMIT', 'STOP_MARKET'],
  timesInForce: {
    MARKET: [],
    LIMIT: ['GTC', 'IOC', 'FOK', 'GTT'],
    // Whether a stop takes another time in force is not established.
    STOP_LIMIT: ['GTC'],
    STOP_MARKET: [],
  },
  emulatesGtt: true,
  postOnly: true,
  // Margin orders only.
  reduceOnly: false,
  showsBalances: true,
  showsPositions: false,
  // "viqc" (volume in quote currency) exists for market buys only.
  marketByQuoteSize: { BUY: true, SELL: false },
  amend: 'sizeAndPrice',
  amendSizeIsTotal: true,
  lookupByClientId: true,
  cancelByClientId: true,
  orderStream: true,
  // CancelAllOrdersAfter: whole seconds, at most a day; 60 with a call every 15 to 30 is recommended (doc).
  deadMansSwitch: { minimumSeconds: 10, maximumSeconds: 86_400 },
  // Spot has no mark price (doc).
  triggerSources: ['LAST', 'BID', 'ASK'],
  submissionDeadlineMs: 5_000,
  visibilityDelayMs: 2_000,
  // `deadline` is an instant of the exchange's clock, and may be up to a minute away: ours may be ahead unnoticed.
  clockMarginMs: 10_000,
  absenceLookupGapMs: 2_000,
};
