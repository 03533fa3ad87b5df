import {
  compare,
  divide,
  isPositive,
  multiply,
  roundDown,
  subtract,
  sum,
  type DecimalString,
  type OrderSpec,
  type PartialFillPolicy,
} from '@orderplane/domain';
import type { OrderMachine } from '@orderplane/state-machine';
import type { Way } from './group-turns.ts';

/** One order of a group, as far as the others are concerned. */
export interface GroupMember {
  readonly orderId: string;
  readonly symbol: string;
  /** What its caller wants in total (`sizeOfCaller`), whatever the group has made of it. */
  readonly size: DecimalString;
  readonly filled: DecimalString;
  /** All that it asked for by now is filled. */
  readonly isFilled: boolean;
  /** Left out: it is not to be sent yet, rests at the exchange, or is over. */
  readonly way?: Way;
  /** The currency that it takes of its account (`spentAsset`). Left out: a contract. */
  readonly spends?: string;
}

/** The group of an order as that order sees it. */
export interface GroupView {
  readonly groupId: string;
  readonly onPartialFill: PartialFillPolicy;
  readonly self: GroupMember;
  readonly siblings: readonly GroupMember[];
  /** Rules of the order's own market; null: not known, nothing is rounded. */
  readonly market: {
    readonly sizeStep: DecimalString;
    readonly minSize: DecimalString | null;
    readonly minNotional: DecimalString | null;
  } | null;
}

export type GroupWish =
  | { readonly kind: 'end'; readonly reason: string }
  | { readonly kind: 'size'; readonly atMost: DecimalString; readonly reason: string };

/**
 * What the group wants of one of its orders, from what the others have filled and nothing else. Both ways at once: of two
 * orders that fill at the same moment each restrains the other, so that no more is executed than could not be avoided.
 */
export function groupWish(view: GroupView, spec: Pick<OrderSpec, 'price' | 'stopPrice'>): GroupWish | null {
  const { self, siblings, groupId } = view;
  const because = siblings.find((sibling) =>
    view.onPartialFill === 'CANCEL' ? isPositive(sibling.filled) : sibling.isFilled,
  );
  if (because !== undefined)
    return { kind: 'end', reason: `group ${groupId}: order ${because.orderId} has filled ${because.filled}` };
  if (view.onPartialFill === 'CANCEL') return null;
  const taken = takenBy(self, siblings);
  if (!isPositive(taken)) return null;
  const left = subtract(subtract(self.size, taken), self.filled);
  const rest = isPositive(left) ? roundDown(left, view.market?.sizeStep ?? '0') : '0';
  const filledBy = siblings.filter(({ filled }) => isPositive(filled)).map(({ orderId }) => orderId);
  const reason = `group ${groupId}: filled by ${filledBy.join(', ')}`;
  if (!isOrderable(view, spec, rest)) return { kind: 'end', reason: `${reason}; too little is left to order` };
  return { kind: 'size', atMost: sum([self.filled, rest]), reason };
}

/** Whether an order of this size would be taken. */
function isOrderable(
  { market }: GroupView,
  { price, stopPrice }: Pick<OrderSpec, 'price' | 'stopPrice'>,
  size: DecimalString,
): boolean {
  if (!isPositive(size)) return false;
  if (market === null) return true;
  if (market.minSize !== null && compare(size, market.minSize) < 0) return false;
  const valuedAt = price ?? stopPrice;
  return market.minNotional === null || valuedAt === null || compare(multiply(size, valuedAt), market.minNotional) >= 0;
}

/** The base currency: what a size counts. */
const baseOf = ({ symbol }: GroupMember): string => symbol.split('-')[0] ?? symbol;

/** How much of `self` the fills of the others take: as much of the same currency, as large a part of another. */
const takenBy = (self: GroupMember, siblings: readonly GroupMember[]): DecimalString =>
  sum(
    siblings.map((sibling) =>
      baseOf(sibling) === baseOf(self) || !isPositive(sibling.size)
        ? sibling.filled
        : divide(multiply(self.size, sibling.filled), sibling.size),
    ),
  );

/** Parts of another currency are rounded; this is less than any step of a market. */
const ROUNDING = '0.000000000000001';

/**
 * More executed than the group allows: of CANCEL two orders have fills, of REDUCE none of those that have fills could have
 * had the fills of all. Null: all is well. The text names orders and sizes, for people.
 */
export function groupConflict(onPartialFill: PartialFillPolicy, members: readonly GroupMember[]): string | null {
  const filled = members.filter((member) => isPositive(member.filled));
  if (filled.length < 2) return null;
  const isTooMuch = (member: GroupMember): boolean => {
    const others = filled.filter((other) => other !== member);
    return compare(subtract(sum([member.filled, takenBy(member, others)]), member.size), ROUNDING) > 0;
  };
  if (onPartialFill === 'REDUCE' && !filled.every(isTooMuch)) return null;
  const told = filled.map(({ orderId, filled: size, size: of, symbol }) => `${size} of ${of} ${symbol} by ${orderId}`);
  return `more was executed than the group allows: ${told.join(', ')}`;
}

/**
 * The total that the caller of an order wants: as placed, or as the newest change of the caller's own that the exchange
 * did not refuse. What a group has made of it since does not count, also where a change of price carried it along.
 */
export function sizeOfCaller(order: Pick<OrderMachine, 'requests'>, placed: DecimalString): DecimalString {
  let wish = placed;
  let shown = placed;
  let ours: DecimalString | null = null;
  for (const { kind, by, phase, terms } of order.requests) {
    const size = terms?.size ?? null;
    if (kind !== 'replace' || size === null) continue;
    if (by === 'us') ours = size;
    if (phase === 'refused' || phase === 'overtaken') continue;
    if (by !== 'us' && size !== shown && size !== ours) wish = size;
    shown = size;
  }
  return wish;
}
