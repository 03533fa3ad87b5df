import type { ClientIdRule, VenueTables } from '../../venue.ts';

/**
 * OKX words (source: OKX API documentation, order and algo order `state`, `ordType`). An algo order (stop, trigger) has
 * words of its own: `effective` means that it has triggered and another order was placed, not that anything was filled.
 */
export const okxTables: VenueTables = {
  status: {
    live: 'OPEN',
    partially_filled: 'OPEN',
    filled: 'FILLED',
    canceled: 'CANCELLED',
    mmp_canceled: 'CANCELLED', // by market maker protection
    // Algo orders.
    pause: 'OPEN',
    partially_effective: 'OPEN',
    effective: 'OPEN',
    order_failed: 'FAILED',
  },
  nativeStatus: {
    PENDING: 'live',
    OPEN: 'live',
    FILLED: 'filled',
    CANCELLED: 'canceled',
    // The rest of an IOC or FOK order is "canceled" too.
    EXPIRED: 'canceled',
    FAILED: 'order_failed',
  },
  /**
   * The time in force is part of the type. A conditional order goes on as a market order where its order price is -1:
   * the word alone says only that a trigger price comes first. What is a strategy (several orders) has no counterpart.
   */
  type: {
    market: 'MARKET',
    optimal_limit_ioc: 'MARKET',
    limit: 'LIMIT',
    post_only: 'LIMIT',
    fok: 'LIMIT',
    ioc: 'LIMIT',
    mmp: 'LIMIT',
    mmp_and_post_only: 'LIMIT',
    op_fok: 'LIMIT',
    elp: 'LIMIT',
    rpi: 'LIMIT',
    conditional: 'STOP_LIMIT',
    trigger: 'STOP_LIMIT',
    move_order_stop: 'STOP_MARKET', // trailing
    oco: null,
    chase: null,
    chase_order: null,
    iceberg: null,
    twap: null,
    smart_iceberg: null,
  },
  nativeType: { MARKET: 'market', LIMIT: 'limit', STOP_LIMIT: 'conditional', STOP_MARKET: null },
  timeInForce: {
    limit: 'GTC',
    post_only: 'GTC',
    mmp: 'GTC',
    mmp_and_post_only: 'GTC',
    ioc: 'IOC',
    optimal_limit_ioc: 'IOC',
    fok: 'FOK',
    op_fok: 'FOK',
  },
};

/** A UUID without its dashes fills the 32 characters: there is no room for a prefix. */
export const okxClientId: ClientIdRule = {
  accepts: /^[A-Za-z0-9]{1,32}$/,
  prefix: '',
  dashes: false,
  source: 'OKX API documentation, clOrdId and algoClOrdId: case-sensitive letters and digits, up to 32',
};

export const POST_ONLY_TYPES: readonly string[] = ['post_only', 'mmp_and_post_only'];

/** Types whose rest ends at once by itself. */
export const IMMEDIATE_TYPES: readonly string[] = ['market', 'optimal_limit_ioc', 'ioc', 'fok', 'op_fok'];

/** `cancelSource`: a client asked for the end, by a cancel or by its own cancel-all timer. */
export const REQUESTED_SOURCES: readonly string[] = ['1', '20'];
/** `cancelSource`: the rest of a FOK and of an IOC order. */
export const TIME_IN_FORCE_SOURCES: readonly string[] = ['13', '14'];
/** `cancelSource`: self-trade prevention. */
export const SELF_TRADE_SOURCE = '32';
/** `cancelSource`: what would have taken liquidity although it was post-only. */
export const POST_ONLY_SOURCE = '31';
