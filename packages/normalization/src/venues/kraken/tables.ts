import type { ClientIdRule, VenueTables } from '../../venue.ts';

/**
 * Kraken spot words: REST `status` and WebSocket v2 `order_status` (source: Kraken API documentation). There is no
 * rejected state: a refusal is only ever an error answer. `closed` is a fill only when everything was executed.
 */
export const krakenTables: VenueTables = {
  status: {
    pending: 'PENDING',
    pending_new: 'PENDING',
    open: 'OPEN',
    new: 'OPEN',
    partially_filled: 'OPEN',
    closed: 'FILLED',
    filled: 'FILLED',
    canceled: 'CANCELLED',
    expired: 'EXPIRED',
  },
  nativeStatus: {
    PENDING: 'pending',
    OPEN: 'open',
    FILLED: 'closed',
    CANCELLED: 'canceled',
    EXPIRED: 'expired',
    FAILED: null,
  },
  /**
   * Take-profit and trailing orders are stops too: a trigger price comes first. An iceberg is a limit order that shows
   * a part of itself. The settling of a margin position has no counterpart here.
   */
  type: {
    market: 'MARKET',
    limit: 'LIMIT',
    iceberg: 'LIMIT',
    'stop-loss': 'STOP_MARKET',
    'stop-loss-limit': 'STOP_LIMIT',
    'take-profit': 'STOP_MARKET',
    'take-profit-limit': 'STOP_LIMIT',
    'trailing-stop': 'STOP_MARKET',
    'trailing-stop-limit': 'STOP_LIMIT',
    'settle-position': null,
  },
  nativeType: { MARKET: 'market', LIMIT: 'limit', STOP_LIMIT: 'stop-loss-limit', STOP_MARKET: 'stop-loss' },
  /** REST writes capitals; WebSocket requests write small letters. */
  timeInForce: { GTC: 'GTC', IOC: 'IOC', FOK: 'FOK', GTD: 'GTT', gtc: 'GTC', ioc: 'IOC', fok: 'FOK', gtd: 'GTT' },
};

/** The UUID as it is: Kraken takes UUIDs or at most 18 characters of free text, so there is no room for a prefix. */
export const krakenClientId: ClientIdRule = {
  accepts: /^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}|[ -~]{1,18})$/,
  prefix: '',
  dashes: true,
  source: 'Kraken API documentation, cl_ord_id: UUID with or without dashes, or free text of at most 18 characters',
};

/** Stream events (`exec_type`) that are documented. */
export const EXECUTION_TYPES: readonly string[] = [
  'pending_new',
  'new',
  'trade',
  'filled',
  'iceberg_refill',
  'canceled',
  'expired',
  'amended',
  'restated',
  'status',
];

/**
 * Words in `reason` by which Kraken says that a client asked for the end: a cancel, a cancel-all or its timer, or an
 * edit that put another order in its place. Anything else was Kraken's doing.
 */
export const REQUESTED_REASON = /\buser\b|\brequested\b|cancel ?all|\breplaced\b/i;
