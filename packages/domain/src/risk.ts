import { add, compare, multiply, type DecimalString } from './decimal.ts';

/** Limits of one account; null: none. Notionals have no currency of their own: see `limitCurrencyOf`. */
export interface RiskLimits {
  readonly maxOrderNotional: DecimalString | null;
  readonly maxOpenNotional: DecimalString | null;
  readonly maxOpenOrders: number | null;
  /** Widest distance of a limit price from the last price, as a fraction of the last price. */
  readonly priceCollar: DecimalString | null;
  /** Refuses an order at the same symbol, side and price as one that is open. */
  readonly rejectDuplicates: boolean;
  /** How old the open orders may be that an order is judged by, seconds. Left out: DEFAULT_DATA_AGE_SECONDS. */
  readonly maxDataAgeSeconds?: number;
  /** True: what can't be judged by data that young is refused. Left out: the order's journal says so. */
  readonly requireFreshData?: boolean;
}

export const DEFAULT_DATA_AGE_SECONDS = 5;
/** Older than that nothing is ever taken for fresh. */
export const MAX_DATA_AGE_SECONDS = 3_600;

/** An order without a limit price may execute worse than at the last price: it counts at the price plus this part of it. */
export const MARKET_MARGIN = '0.05';
export const withMargin = (price: DecimalString): DecimalString => multiply(price, add('1', MARKET_MARGIN));

/** Dollars in one form or another: what is bought and sold for them counts together, at par. */
const DOLLARS: ReadonlySet<string> = new Set([
  'USD',
  'USDT',
  'USDC',
  'USDE',
  'USDS',
  'FDUSD',
  'TUSD',
  'PYUSD',
  'BUSD',
  'DAI',
]);

/**
 * The currency in which the orders of a market are held against notional limits: the market's quote, all dollars as one.
 * Amounts in different currencies are never added: each currency's sum is compared with the limit by itself.
 */
export function limitCurrencyOf(symbol: string): string {
  const quote = symbol.split('-')[1] ?? symbol;
  return DOLLARS.has(quote) ? 'USD' : quote;
}

/** What the limits say to an order, as the statement that would write it has judged. Amounts in `currency`. */
export type LimitRefusal =
  | {
      readonly kind: 'maxOrderNotional';
      readonly limit: DecimalString;
      readonly value: DecimalString;
      readonly currency: string;
    }
  | { readonly kind: 'maxOpenOrders'; readonly limit: number; readonly open: number }
  | {
      readonly kind: 'maxOpenNotional';
      readonly limit: DecimalString;
      /** Of all other orders. */
      readonly open: DecimalString;
      readonly value: DecimalString;
      readonly currency: string;
    }
  | { readonly kind: 'duplicate'; readonly orderId: string };

/** What is open on an account when an order is judged, without that order itself. */
export interface OpenSums {
  readonly orders: number;
  /** By limit currency. */
  readonly notional: ReadonlyMap<string, DecimalString>;
  /** The open order at this symbol, side and price; null: none. */
  readonly duplicateOf: (price: string) => string | null;
}

/** An order as it is to be. */
export interface JudgedOrder {
  readonly currency: string;
  /** Null: worth nothing that is known. */
  readonly value: DecimalString | null;
  /** It is not open yet, or is judged as if it were not. */
  readonly isNew: boolean;
  /** What it counts now; null: nothing that is known. */
  readonly before: DecimalString | null;
  /** Prices that no other order may rest at (`stakeOf`); empty: any may. */
  readonly prices: readonly string[];
}

/** What is never forbidden: to make an order worth less, or as much as it is. */
export function judgeLimits(
  limits: Omit<RiskLimits, 'priceCollar'>,
  open: OpenSums,
  { currency, value, isNew, before, prices }: JudgedOrder,
): LimitRefusal | null {
  const { maxOrderNotional, maxOpenOrders, maxOpenNotional, rejectDuplicates } = limits;
  const raises = value !== null && (isNew || before === null || compare(value, before) > 0);
  if (raises && maxOrderNotional !== null && compare(value, maxOrderNotional) > 0)
    return { kind: 'maxOrderNotional', limit: maxOrderNotional, value, currency };
  if (isNew && maxOpenOrders !== null && open.orders >= maxOpenOrders)
    return { kind: 'maxOpenOrders', limit: maxOpenOrders, open: open.orders };
  const others = open.notional.get(currency) ?? '0';
  if (raises && maxOpenNotional !== null && compare(add(others, value), maxOpenNotional) > 0)
    return { kind: 'maxOpenNotional', limit: maxOpenNotional, open: others, value, currency };
  if (!rejectDuplicates) return null;
  for (const price of prices) {
    const orderId = open.duplicateOf(price);
    if (orderId !== null) return { kind: 'duplicate', orderId };
  }
  return null;
}
