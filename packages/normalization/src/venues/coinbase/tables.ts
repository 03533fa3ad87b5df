import type { ClientIdRule, VenueTables } from '../../venue.ts';

/**
 * Coinbase Advanced Trade words, the same over REST and WebSocket (source: Advanced Trade API reference, "Get Order"
 * and "User channel"). UNKNOWN_ORDER_STATUS is on no list: the order has to be asked for again.
 */
export const coinbaseTables: VenueTables = {
  status: {
    PENDING: 'PENDING',
    QUEUED: 'PENDING',
    OPEN: 'OPEN',
    // A cancel or an edit has been accepted and has not taken effect: the order still lives.
    CANCEL_QUEUED: 'OPEN',
    EDIT_QUEUED: 'OPEN',
    FILLED: 'FILLED',
    CANCELLED: 'CANCELLED',
    EXPIRED: 'EXPIRED',
    FAILED: 'FAILED',
  },
  nativeStatus: {
    PENDING: 'PENDING',
    OPEN: 'OPEN',
    FILLED: 'FILLED',
    CANCELLED: 'CANCELLED',
    EXPIRED: 'EXPIRED',
    FAILED: 'FAILED',
  },
  /**
   * Keys of `order_configuration`, which name type and time in force together, and the words of `order_type`. A bracket
   * is a take-profit limit beside a stop trigger; of the types here the stop is the nearest.
   */
  type: {
    market_market_ioc: 'MARKET',
    market_market_fok: 'MARKET',
    sor_market_ioc: 'MARKET',
    sor_limit_ioc: 'LIMIT',
    limit_limit_gtc: 'LIMIT',
    limit_limit_gtd: 'LIMIT',
    limit_limit_fok: 'LIMIT',
    scaled_limit_gtc: 'LIMIT',
    stop_limit_stop_limit_gtc: 'STOP_LIMIT',
    stop_limit_stop_limit_gtd: 'STOP_LIMIT',
    trigger_bracket_gtc: 'STOP_MARKET',
    trigger_bracket_gtd: 'STOP_MARKET',
    twap_limit_gtd: null,
    MARKET: 'MARKET',
    LIMIT: 'LIMIT',
    SCALED: 'LIMIT',
    STOP: 'STOP_LIMIT',
    STOP_LIMIT: 'STOP_LIMIT',
    BRACKET: 'STOP_MARKET',
    TWAP: null,
    ROLL_OPEN: null,
    ROLL_CLOSE: null,
    LIQUIDATION: null,
    UNKNOWN_ORDER_TYPE: null,
  },
  nativeType: {
    MARKET: 'market_market_ioc',
    LIMIT: 'limit_limit_gtc',
    STOP_LIMIT: 'stop_limit_stop_limit_gtc',
    STOP_MARKET: 'trigger_bracket_gtc',
  },
  timeInForce: {
    GOOD_UNTIL_CANCELLED: 'GTC',
    GOOD_UNTIL_DATE_TIME: 'GTT',
    IMMEDIATE_OR_CANCEL: 'IOC',
    FILL_OR_KILL: 'FOK',
  },
};

/** Words by which Coinbase says that it does not say. */
export const UNSAID: ReadonlySet<string> = new Set([
  'UNKNOWN_TIME_IN_FORCE',
  'UNKNOWN_ORDER_SIDE',
  'UNKNOWN_LIQUIDITY_INDICATOR',
  'REJECT_REASON_UNSPECIFIED',
]);

/**
 * The UUID as it is. Coinbase publishes neither length nor alphabet; its own examples are UUIDs, and client libraries
 * send them with a prefix besides.
 */
export const coinbaseClientId: ClientIdRule = {
  accepts: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  prefix: '',
  dashes: true,
  source: 'Advanced Trade API reference, client_order_id: "a unique ID provided by the client", examples are UUIDs',
};

/** Words in `cancel_message` (REST) or `cancel_reason` (stream) by which Coinbase says that a client asked for the end. */
export const REQUESTED_REASON = /\buser\b|\brequested\b|cancel ?all/i;
