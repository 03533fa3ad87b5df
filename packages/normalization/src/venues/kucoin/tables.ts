import type { ClientIdRule, VenueTables } from '../../venue.ts';

/**
 * KuCoin spot words (source: KuCoin API documentation). REST has no status word but flags, which are read as `active`,
 * `done` and `cancelled`; streams and stop orders have words of their own. Nothing says "expired" or "rejected": an
 * expiry is derived, a refusal is only ever an error answer. `done` is a fill only when everything was executed.
 */
export const kucoinTables: VenueTables = {
  status: {
    active: 'OPEN',
    done: 'FILLED',
    cancelled: 'CANCELLED',
    // Order stream, `type`; `received` and `new` are told by its second version only.
    received: 'OPEN',
    new: 'OPEN',
    open: 'OPEN',
    match: 'OPEN',
    update: 'OPEN',
    filled: 'FILLED',
    canceled: 'CANCELLED',
    // Stop orders over REST. Triggered: its child lives on under an id of its own.
    NEW: 'OPEN',
    TRIGGERED: 'OPEN',
    CANCELLED: 'CANCELLED',
    // Stop order stream, `type`.
    triggered: 'OPEN',
    cancel: 'CANCELLED',
  },
  nativeStatus: {
    PENDING: 'active',
    OPEN: 'active',
    FILLED: 'done',
    CANCELLED: 'cancelled',
    EXPIRED: null,
    FAILED: null,
  },
  /** Orders say `limit` or `market`, and `stop` beside it; the two stop words are those of the list of stop orders. */
  type: { market: 'MARKET', limit: 'LIMIT', limit_stop: 'STOP_LIMIT', market_stop: 'STOP_MARKET' },
  nativeType: { MARKET: 'market', LIMIT: 'limit', STOP_LIMIT: 'limit_stop', STOP_MARKET: 'market_stop' },
  timeInForce: { GTC: 'GTC', GTT: 'GTT', IOC: 'IOC', FOK: 'FOK' },
};

/** "op-" and 32 hexadecimal digits: 35 of 40 characters, and recognisable as ours. */
export const kucoinClientId: ClientIdRule = {
  accepts: /^[A-Za-z0-9_-]{1,40}$/,
  prefix: 'op-',
  dashes: false,
  source: 'KuCoin API documentation, clientOid: letters, digits, underscore and separator, at most 40 characters',
};
