import type { ExchangeCapabilities } from '../../adapter.ts';

/** Sources: Deribit API documentation ("doc"); what ccxt 4.5.84 sends ("ccxt"). */
export const deribitCapabilities: ExchangeCapabilities = {
  exchange: 'deribit',
  name: 'Deribit',
  // test.deribit.com is a whole exchange with keys of its own (doc).
  modes: ['PAPER', 'SANDBOX', 'LIVE'],
  credentials: { secret: 'text', passphrase: false },
  // limit, market, stop_limit, stop_market (doc).
  orderTypes: ['MARKET', 'LIMIT', 'STOP_LIMIT', 'STOP_MARKET'],
  timesInForce: {
    MARKET: [],
    // good_til_day is the only timed one and ends when the exchange's day does (doc): no GTT.
    LIMIT: ['GTC', 'IOC', 'FOK'],
    // Whether a stop takes another time in force is not documented.
    STOP_LIMIT: ['GTC'],
    STOP_MARKET: [],
  },
  emulatesGtt: true,
  // Sent with reject_post_only: without it the price would be changed (doc).
  postOnly: true,
  // reduce_only, on contracts (doc).
  reduceOnly: true,
  showsBalances: true,
  showsPositions: true,
  // No order by amount of quote currency (doc).
  marketByQuoteSize: { BUY: false, SELL: false },
  // private/edit keeps the order's id; `amount` is the size of the whole order, what is filled included (doc).
  amend: 'sizeAndPrice',
  amendSizeIsTotal: true,
  // get_order_state_by_label, cancel_by_label (doc). Labels are not unique: an own one is never used twice.
  lookupByClientId: true,
  cancelByClientId: true,
  // get_user_trades_by_instrument_and_time is what is asked (doc).
  executionsByMarket: true,
  orderStream: true,
  tokenSessions: true,
  // enable_cancel_on_disconnect: of the orders created over one WebSocket connection, at once when it closes; one that hangs
  // is noticed by heartbeats, of 10 seconds at least (doc).
  deadMansSwitch: { minimumSeconds: 20, maximumSeconds: 3_600, bound: 'connection' },
  // ticker: mark_price "for the instrument", of every kind (doc).
  triggerSources: ['LAST', 'BID', 'ASK', 'MARK'],
  // valid_until, an instant of the exchange's clock (doc); this long is our own choice.
  submissionDeadlineMs: 5_000,
  visibilityDelayMs: 2_000,
  // valid_until is an instant of the exchange's clock: ours may be ahead unnoticed.
  clockMarginMs: 10_000,
  absenceLookupGapMs: 2_000,
};
