import type { ExchangeCapabilities } from '../../adapter.ts';

/** Sources: KuCoin API documentation, high-frequency ("pro") spot orders, unless a line says otherwise. */
export const kucoinCapabilities: ExchangeCapabilities = {
  exchange: 'kucoin',
  name: 'KuCoin',
  // There is no testnet.
  modes: ['PAPER', 'LIVE'],
  // The passphrase is chosen when the key is made, and sent signed.
  credentials: { secret: 'text', passphrase: true },
  orderTypes: ['MARKET', 'LIMIT', 'STOP_LIMIT', 'STOP_MARKET'],
  timesInForce: {
    MARKET: [],
    LIMIT: ['GTC', 'IOC', 'FOK', 'GTT'],
    // `cancelAfter` of a stop counts from an instant that is not established: a timer ends it instead.
    STOP_LIMIT: ['GTC', 'IOC', 'FOK'],
    STOP_MARKET: [],
  },
  emulatesGtt: true,
  postOnly: true,
  // Futures only; on spot it is an unknown field, and ignored.
  reduceOnly: false,
  showsBalances: true,
  showsPositions: false,
  // `funds`.
  marketByQuoteSize: { BUY: true, SELL: true },
  // "alter" cancels and places anew: nothing holds the place in between, and the new order has another id.
  amend: 'none',
  amendSizeIsTotal: true,
  lookupByClientId: true,
  cancelByClientId: true,
  // `symbol` is mandatory in the list of fills of high-frequency orders.
  executionsByMarket: true,
  orderStream: true,
  // `dead-cancel-all`: -1, or 5 to 86,400 seconds; the cancels come up to ten seconds after the time is over.
  deadMansSwitch: { minimumSeconds: 10, maximumSeconds: 86_400 },
  // Spot has no mark price (doc).
  triggerSources: ['LAST', 'BID', 'ASK'],
  // `allowMaxTimeWindow`; where an endpoint lacks it, the five seconds in which a timestamp is good.
  submissionDeadlineMs: 5_000,
  visibilityDelayMs: 2_000,
  // Timestamps may differ by five seconds, and the window counts from ours.
  clockMarginMs: 5_000,
  absenceLookupGapMs: 2_000,
};
