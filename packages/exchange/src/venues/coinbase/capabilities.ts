import type { ExchangeCapabilities } from '../../adapter.ts';

export const coinbaseCapabilities: ExchangeCapabilities = {
  exchange: 'coinbase',
  name: 'Coinbase',
  // ccxt knows no testnet of Advanced Trade.
  modes: ['PAPER', 'LIVE'],
  // Cloud keys: tokens signed with the key's own P-256 key (ES256).
  credentials: { secret: 'es256', passphrase: false },
  // A bracket is a take-profit limit beside a stop trigger, not a stop-market order: there is none.
  orderTypes: ['MARKET', 'LIMIT', 'STOP_LIMIT'],
  timesInForce: {
    MARKET: [],
    // limit_limit_gtc, sor_limit_ioc, limit_limit_fok, limit_limit_gtd.
    LIMIT: ['GTC', 'IOC', 'FOK', 'GTT'],
    // stop_limit_stop_limit_gtc, stop_limit_stop_limit_gtd; ccxt drops any other in silence.
    STOP_LIMIT: ['GTC', 'GTT'],
    STOP_MARKET: [],
  },
  emulatesGtt: false,
  // Of limit_limit_gtc and limit_limit_gtd.
  postOnly: true,
  // Derivatives only; on spot ccxt would close a position instead.
  reduceOnly: false,
  showsBalances: true,
  showsPositions: false,
  // market_market_ioc takes quote_size for buys.
  marketByQuoteSize: { BUY: true, SELL: false },
  amend: 'sizeAndPrice',
  // Edits of other orders are refused (ONLY_LIMIT_ORDER_EDITS_SUPPORTED), and a stop's trigger can't be edited on spot.
  amendable: { types: ['LIMIT'], timesInForce: ['GTC'] },
  // A size below what is filled is refused (CANNOT_EDIT_TO_BELOW_FILLED_SIZE): it counts from the beginning.
  amendSizeIsTotal: true,
  // By a scan of all orders since the leg was sent; there is no query by client id.
  lookupByClientId: true,
  cancelByClientId: false,
  orderStream: true,
  deadMansSwitch: null,
  // Spot has no mark price (doc).
  triggerSources: ['LAST', 'BID', 'ASK'],
  // There is no such field. Our token of a submission expires at its deadline, which keeps out what arrives later.
  submissionDeadlineMs: null,
  // What was let in before may still be queued; and whether Coinbase grants an expired token some leeway is not documented.
  visibilityDelayMs: 20_000,
  // A token that begins later than the exchange's now is refused: ours begin five seconds early, and end on whole seconds.
  clockMarginMs: 6_000,
  absenceLookupGapMs: 5_000,
};
