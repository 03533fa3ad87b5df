import type { ClientIdRule, VenueTables } from '../../venue.ts';

/**
 * MEXC spot words (source: MEXC Spot V3 API documentation, "ENUM definitions" and "Spot Account Orders"): REST writes
 * words, the stream numbers. EXPIRED and REJECTED are not in that list; they are read should they come.
 */
export const mexcTables: VenueTables = {
  status: {
    NEW: 'OPEN',
    PARTIALLY_FILLED: 'OPEN',
    FILLED: 'FILLED',
    CANCELED: 'CANCELLED',
    PARTIALLY_CANCELED: 'CANCELLED', // filled in part, then cancelled
    EXPIRED: 'EXPIRED',
    REJECTED: 'FAILED',
    '0': 'OPEN', // half of an order pair, waiting for the other
    '1': 'OPEN',
    '2': 'FILLED',
    '3': 'OPEN',
    '4': 'CANCELLED',
    '5': 'CANCELLED',
  },
  /** PENDING and OPEN are both `NEW`: pending is only our state before the first evidence. */
  nativeStatus: {
    PENDING: 'NEW',
    OPEN: 'NEW',
    FILLED: 'FILLED',
    CANCELLED: 'CANCELED',
    EXPIRED: 'EXPIRED',
    FAILED: 'REJECTED',
  },
  /** The time in force is part of the type. Stops come from MEXC's own screens; its API takes none. */
  type: {
    LIMIT: 'LIMIT',
    MARKET: 'MARKET',
    LIMIT_MAKER: 'LIMIT', // post-only
    IMMEDIATE_OR_CANCEL: 'LIMIT',
    FILL_OR_KILL: 'LIMIT',
    '1': 'LIMIT',
    '2': 'LIMIT',
    '3': 'LIMIT',
    '4': 'LIMIT',
    '5': 'MARKET',
    '100': 'STOP_LIMIT',
    '101': 'STOP_LIMIT', // of an order pair
    '102': 'LIMIT', // of an order pair
  },
  nativeType: { MARKET: 'MARKET', LIMIT: 'LIMIT', STOP_LIMIT: null, STOP_MARKET: null },
  timeInForce: {
    GTC: 'GTC',
    IOC: 'IOC',
    FOK: 'FOK',
    LIMIT: 'GTC',
    LIMIT_MAKER: 'GTC',
    IMMEDIATE_OR_CANCEL: 'IOC',
    FILL_OR_KILL: 'FOK',
    '1': 'GTC',
    '2': 'GTC',
    '3': 'IOC',
    '4': 'FOK',
  },
};

/** Types that only ever add liquidity. */
export const POST_ONLY_TYPES: readonly string[] = ['LIMIT_MAKER', '2'];

/** The UUID without its dashes: letters and digits, 32 of them. */
export const mexcClientId: ClientIdRule = {
  accepts: /^[0-9A-Za-z]{1,32}$/,
  prefix: '',
  dashes: false,
  source: 'not published; other clients of MEXC keep newClientOrderId to 32 letters and digits',
};

/** Quote currencies of MEXC's spot markets. The longest one that fits wins. */
export const MEXC_QUOTES: readonly string[] = 'USDT USDC USD1 USDE USDF TUSD USD EUR BRL TRY BTC ETH MX'.split(' ');
