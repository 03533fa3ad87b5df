import type { ClientIdRule, VenueTables } from '../../venue.ts';

/**
 * Binance spot words (source: Binance spot API documentation, enums).
 * PENDING and OPEN are both `NEW`: pending is only our state before the first evidence.
 */
export const binanceTables: VenueTables = {
  status: {
    PENDING_NEW: 'PENDING', // order lists only: waits for the working order
    NEW: 'OPEN',
    PARTIALLY_FILLED: 'OPEN',
    PENDING_CANCEL: 'OPEN', // documented as unused
    FILLED: 'FILLED',
    CANCELED: 'CANCELLED',
    EXPIRED: 'EXPIRED',
    EXPIRED_IN_MATCH: 'EXPIRED', // self-trade prevention
    REJECTED: 'FAILED',
  },
  nativeStatus: {
    PENDING: 'NEW',
    OPEN: 'NEW',
    FILLED: 'FILLED',
    CANCELLED: 'CANCELED',
    EXPIRED: 'EXPIRED',
    FAILED: 'REJECTED',
  },
  /** A take-profit order is a stop with the other trigger side; the type says only that a trigger price comes first. */
  type: {
    MARKET: 'MARKET',
    LIMIT: 'LIMIT',
    LIMIT_MAKER: 'LIMIT', // post-only
    STOP_LOSS: 'STOP_MARKET',
    STOP_LOSS_LIMIT: 'STOP_LIMIT',
    TAKE_PROFIT: 'STOP_MARKET',
    TAKE_PROFIT_LIMIT: 'STOP_LIMIT',
  },
  nativeType: { MARKET: 'MARKET', LIMIT: 'LIMIT', STOP_LIMIT: 'STOP_LOSS_LIMIT', STOP_MARKET: 'STOP_LOSS' },
  timeInForce: { GTC: 'GTC', IOC: 'IOC', FOK: 'FOK' },
};

/** "op-" and 32 hexadecimal digits: 35 of 36 characters, and recognisable as ours. */
export const binanceClientId: ClientIdRule = {
  accepts: /^[.A-Z:/a-z0-9_-]{1,36}$/,
  prefix: 'op-',
  dashes: false,
  source: 'Binance API documentation, newClientOrderId: ^[\\.A-Z\\:/a-z0-9_-]{1,36}$',
};

/**
 * Why an order expired (execution report `eR`): these three are the time in force at work, the others are kept in
 * Binance's words.
 */
export const EXPIRED_BY_TIME_IN_FORCE: readonly string[] = [
  'UNFILLED_IOC_QUANTITY_EXPIRED',
  'UNFILLED_FOK_ORDER_EXPIRED',
  'INSUFFICIENT_LIQUIDITY',
];

/** Quote currencies of Binance's markets. The longest one that fits wins: "BTCFDUSD" is BTC-FDUSD, not BTCFD-USD. */
export const BINANCE_QUOTES: readonly string[] = (
  'USDT USDC FDUSD TUSD BUSD USDP USDS USD1 USDE RLUSD XUSD BFUSD USD PAX DAI UST VAI BTC ETH BNB SOL XRP TRX DOGE DOT ' +
  'EUR GBP AUD TRY BRL RUB UAH NGN ZAR PLN RON ARS JPY MXN CZK COP IDRT IDR BIDR BKRW BVND AEUR EURI'
).split(' ');
