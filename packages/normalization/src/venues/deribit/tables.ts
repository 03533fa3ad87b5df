import type { ClientIdRule, VenueTables } from '../../venue.ts';

/**
 * Deribit words (source: Deribit API documentation, order object). `triggered` is a stop whose trigger price was
 * reached: it has created a second order, which names it in `trigger_order_id`, and that one goes on.
 */
export const deribitTables: VenueTables = {
  status: {
    untriggered: 'OPEN',
    triggered: 'OPEN',
    open: 'OPEN',
    filled: 'FILLED',
    cancelled: 'CANCELLED',
    rejected: 'FAILED',
  },
  nativeStatus: {
    PENDING: null,
    OPEN: 'open',
    FILLED: 'filled',
    CANCELLED: 'cancelled',
    EXPIRED: null,
    FAILED: 'rejected',
  },
  /** Take orders and trailing stops are stops too: a trigger price comes first. */
  type: {
    market: 'MARKET',
    // A market order whose rest stays as a limit order at the price of its last fill.
    market_limit: 'LIMIT',
    limit: 'LIMIT',
    stop_limit: 'STOP_LIMIT',
    take_limit: 'STOP_LIMIT',
    stop_market: 'STOP_MARKET',
    take_market: 'STOP_MARKET',
    trailing_stop: 'STOP_MARKET',
  },
  nativeType: { MARKET: 'market', LIMIT: 'limit', STOP_LIMIT: 'stop_limit', STOP_MARKET: 'stop_market' },
  /** good_til_day ends at the next settlement; the payload does not say when. */
  timeInForce: {
    good_til_cancelled: 'GTC',
    good_til_day: 'GTT',
    immediate_or_cancel: 'IOC',
    fill_or_kill: 'FOK',
  },
};

/** "op-" and 32 hexadecimal digits: recognisable as ours among labels that anybody may have chosen. */
export const deribitClientId: ClientIdRule = {
  accepts: /^.{1,64}$/,
  prefix: 'op-',
  dashes: false,
  source: 'Deribit API documentation, private/buy: "label: user defined label for the order (maximum 64 characters)"',
};

/** The one `cancel_reason` by which a client asked for the end; every other one is Deribit's doing. */
export const REQUESTED_REASON = 'user_request';
