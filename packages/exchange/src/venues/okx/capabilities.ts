import type { ExchangeCapabilities } from '../../adapter.ts';

/** Source, where a line names none: OKX API documentation v5, "Place order" and "Place algo order". */
export const okxCapabilities: ExchangeCapabilities = {
  exchange: 'okx',
  name: 'OKX',
  // SANDBOX is demo trading: the same hosts, told apart by the header x-simulated-trading.
  modes: ['PAPER', 'SANDBOX', 'LIVE'],
  credentials: { secret: 'text', passphrase: true },
  orderTypes: ['MARKET', 'LIMIT', 'STOP_LIMIT', 'STOP_MARKET'],
  timesInForce: {
    MARKET: [],
    // There is no order type with an expiry.
    LIMIT: ['GTC', 'IOC', 'FOK'],
    // Algo orders have no time in force; ccxt drops one in silence.
    STOP_LIMIT: ['GTC'],
    STOP_MARKET: [],
  },
  emulatesGtt: true,
  postOnly: true,
  // Margin and contracts only (51205 on spot).
  reduceOnly: false,
  showsBalances: true,
  showsPositions: false,
  // tgtCcy=quote_ccy, both sides.
  marketByQuoteSize: { BUY: true, SELL: true },
  amend: 'sizeAndPrice',
  // Whether spot stops can be amended is not established ("only applicable to Futures and Perpetual swap" was removed).
  amendable: { types: ['LIMIT'], timesInForce: ['GTC', 'GTT'] },
  // newSz: "should include the amount that has been filled".
  amendSizeIsTotal: true,
  lookupByClientId: true,
  cancelByClientId: true,
  orderStream: true,
  // "POST / Cancel All After": 0, or 10 to 120 seconds.
  deadMansSwitch: { minimumSeconds: 10, maximumSeconds: 120 },
  // Mark prices are of margin and derivatives (doc, "Get mark price"): spot has none.
  triggerSources: ['LAST', 'BID', 'ASK'],
  // expTime on orders and amends; the timestamp's own 30 s on algo orders (signing.ts).
  submissionDeadlineMs: 5_000,
  // Not documented. Lists are fed from the matching engine; the order channel has the same source.
  visibilityDelayMs: 2_000,
  // expTime is an instant of the exchange's clock; ours may be ahead unnoticed, up to the timestamp's 30 s.
  clockMarginMs: 10_000,
  absenceLookupGapMs: 2_000,
};
