import {
  canonicalDecimal,
  decimal,
  maximum,
  multiply,
  subtract,
  withMargin,
  type DecimalString,
} from '@orderplane/domain';
import {
  averagePrice,
  cumQty,
  pendingRequests,
  status,
  type OrderMachine,
  type OrderTerms,
} from '@orderplane/state-machine';

/** What an order may still trade, as its account's limits count it. Of an order that has ended: nothing. */
export interface Stake {
  /** What is not filled, by size; null: by quote. */
  readonly open_size: DecimalString | null;
  /** What that is worth at the order's own prices; null: it has none. */
  readonly open_value: DecimalString | null;
  /** Prices that it may rest at; a stop without a limit price rests nowhere, so that it has a name of its own. */
  readonly open_prices: readonly string[];
}

const NOTHING: Stake = { open_size: null, open_value: null, open_prices: [] };

/**
 * While a change is under way the order may be either, and counts as the larger one. A stop is worth the higher of its
 * prices; one that executes at whatever price there is, a margin more than its stop price.
 */
export function stakeOf(machine: OrderMachine): Stake {
  const now = status(machine);
  if (now !== 'PENDING' && now !== 'OPEN') return NOTHING;
  const wished = pendingRequests(machine).flatMap(({ terms }) => (terms === null ? [] : [terms]));
  const filled = cumQty(machine);
  const spent = multiply(filled, averagePrice(machine) ?? '0');
  const stakes = [machine.terms, ...wished].map((terms) => stakeAt(terms, filled, spent));
  return {
    open_size: largest(stakes.map(({ open_size }) => open_size)),
    open_value: largest(stakes.map(({ open_value }) => open_value)),
    open_prices: [...new Set(stakes.flatMap(({ open_prices }) => open_prices))],
  };
}

function stakeAt(
  { size, quoteSize, price, stopPrice }: OrderTerms,
  filled: DecimalString,
  spent: DecimalString,
): Stake {
  const open_prices = price !== null ? [price] : stopPrice !== null ? [`stop ${stopPrice}`] : [];
  if (quoteSize !== null) return { open_size: null, open_value: maximum(subtract(quoteSize, spent), '0'), open_prices };
  if (size === null) return { ...NOTHING, open_prices };
  const open_size = maximum(subtract(size, filled), '0');
  const each =
    price === null ? (stopPrice === null ? null : withMargin(stopPrice)) : maximum(price, stopPrice ?? price);
  return { open_size, open_value: each === null ? null : multiply(open_size, each), open_prices };
}

/** What it counts: at the price that it is valued at where that is more. Null: nothing that is known. */
export const stakeValue = (
  { open_size, open_value }: Stake,
  valuedAt: DecimalString | undefined,
): DecimalString | null =>
  largest([open_value, open_size === null || valuedAt === undefined ? null : multiply(open_size, valuedAt)]);

function largest(values: readonly (DecimalString | null)[]): DecimalString | null {
  const known = values.flatMap((value) => value ?? []);
  const [first, ...rest] = known;
  return first === undefined
    ? null
    : canonicalDecimal(rest.reduce((a, b) => (a.gte(b) ? a : decimal(b)), decimal(first)));
}
