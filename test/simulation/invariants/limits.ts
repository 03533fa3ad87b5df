import { add, compare, maximum, multiply, subtract, type DecimalString } from '@orderplane/domain';
import { averagePrice, cumQty, pendingRequests, status, type OrderTerms } from '@orderplane/state-machine';
import type { OrderRecord } from '@orderplane/store';
import type { Rule, Written } from './facts.ts';

const isOpen = ({ actual: { machine } }: OrderRecord): boolean => {
  const now = status(machine);
  return now === 'PENDING' || now === 'OPEN';
};

/** At least this: without the margins that the limits are generous with. */
function worthAt({ intent, actual: { machine } }: OrderRecord, terms: OrderTerms): DecimalString {
  const filled = cumQty(machine);
  if (terms.quoteSize !== null)
    return maximum(subtract(terms.quoteSize, multiply(filled, averagePrice(machine) ?? '0')), '0');
  const price = terms.price ?? terms.stopPrice ?? intent.valuedAt ?? '0';
  return terms.size === null ? '0' : multiply(maximum(subtract(terms.size, filled), '0'), price);
}
const worth = (record: OrderRecord): DecimalString =>
  [record.actual.machine.terms, ...pendingRequests(record.actual.machine).flatMap(({ terms }) => terms ?? [])]
    .map((terms) => worthAt(record, terms))
    .reduce(maximum, '0');

/** What a caller has brought about: a new order, or one that is worth more than before. */
const isCallersWish = ({ before, after, events }: Written): boolean =>
  before === null
    ? after.intent.origin === 'API'
    : events.some((event) => event.type === 'ReplaceRequested' && event.by === 'client') &&
      compare(worth(after), worth(before)) > 0;

const others = ({ known, after }: Written): readonly OrderRecord[] =>
  [...known.orders.values()].filter(
    (order) =>
      order.intent.accountId === after.intent.accountId &&
      order.intent.orderId !== after.intent.orderId &&
      isOpen(order),
  );
const limitsOf = ({ known, after }: Written) => known.limits.get(after.intent.accountId) ?? null;

/** Checked at every write of an order: by the callers' own orders no limit is ever passed. */
export const LIMITS_WRITTEN: readonly Rule<Written>[] = [
  {
    id: 'L1',
    says: 'no more orders are open than the account allows',
    check: (written) => {
      const most = limitsOf(written)?.maxOpenOrders ?? null;
      if (most === null || written.before !== null || !isCallersWish(written)) return null;
      const open = others(written).length + 1;
      return open > most ? `${open} are open, ${most} may be` : null;
    },
  },
  {
    id: 'L2',
    says: 'no order is worth more than the account allows, nor all open ones together',
    check: (written) => {
      const limits = limitsOf(written);
      if (limits === null || !isCallersWish(written)) return null;
      const { maxOrderNotional, maxOpenNotional } = limits;
      const own = worth(written.after);
      if (maxOrderNotional !== null && compare(own, maxOrderNotional) > 0)
        return `it is worth ${own}, ${maxOrderNotional} is allowed`;
      const open = others(written).map(worth).reduce(add, own);
      return maxOpenNotional !== null && compare(open, maxOpenNotional) > 0
        ? `${open} is open, ${maxOpenNotional} may be`
        : null;
    },
  },
  {
    id: 'L3',
    says: 'no two orders of callers are placed at one price where the account rejects duplicates',
    check: (written) => {
      const { before, after } = written;
      if (limitsOf(written)?.rejectDuplicates !== true || before !== null || !isCallersWish(written)) return null;
      const { symbol, side } = after.intent.spec;
      const { price } = after.actual.machine.terms;
      const twin = others(written).find(
        ({ intent: { spec }, actual: { machine } }) =>
          price !== null && spec.symbol === symbol && spec.side === side && machine.terms.price === price,
      );
      return twin === undefined ? null : `${twin.intent.orderId.slice(-4)} is open at ${price ?? ''}`;
    },
  },
];
