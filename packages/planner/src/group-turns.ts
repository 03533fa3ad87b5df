import type { OrderSpec } from '@orderplane/domain';
import { isContractSymbol } from '@orderplane/normalization';
import type { GroupMember, GroupView } from './groups.ts';
import { plusMs, toMs } from './time.ts';

/** Where an order of a group stands on its way to the exchange. */
export type Way =
  /**
   * Its trigger has fired, by a price of `priceAt`, and nothing of it lives at the exchange. `takes`: its checks found that it
   * can't be paid for, but with what others of its group hold of this currency; null: they did not, or are under way.
   */
  | { readonly kind: 'fired'; readonly priceAt: string; readonly firedAt: string; readonly takes: string | null }
  /** Sent, and perhaps being filled at this moment: until `restsAt`, or, where that is null, until more is known of it. */
  | { readonly kind: 'sent'; readonly restsAt: string | null };

/** For so long after its sending a fill may be on its way to us although the order was acknowledged without one. */
export const FILL_TOLD_WITHIN_MS = 2_000;
/** For so long a fired order lets another go first that fired before it. Whatever stops that one is not waited for. */
const GOES_FIRST_MS = 5_000;
/** How long until a fired order that waits for its turn looks again; a fill of the other wakes it at once. */
const LOOK_AGAIN_MS = 250;

/** An order of the group that is on its way: what becomes of it is not known yet. */
export function underWay({ siblings }: Pick<GroupView, 'siblings'>, now: string): GroupMember | null {
  return siblings.find(({ way }) => way?.kind === 'sent' && isBefore(now, way.restsAt)) ?? null;
}

const isBefore = (now: string, end: string | null): boolean => end === null || toMs(now) < toMs(end);

/** What an order takes of its account, and holds while it rests; null: a contract holds margin, which its siblings share. */
export function spentAsset({ symbol, side }: Pick<OrderSpec, 'symbol' | 'side'>): string | null {
  const [base = null, quote = null] = symbol.split('-');
  if (isContractSymbol(symbol)) return null;
  return side === 'SELL' ? base : quote;
}

/** Orders of the group at the exchange that hold what this one, which has fired, can't do without. */
export const holders = ({
  self: { way: own },
  siblings,
}: Pick<GroupView, 'self' | 'siblings'>): readonly GroupMember[] =>
  own?.kind !== 'fired' || own.takes === null
    ? []
    : siblings.filter(({ way, spends }) => way?.kind === 'sent' && spends === own.takes);

/**
 * A stop-loss that waits here beside a take-profit of the same holding: what the one holds the other needs. When the dark one
 * has fired, what rests ends, and then the dark one is sent, as exchanges do it that have such pairs themselves. An order
 * that may be filling at this moment stays until more is known. Null: it stays.
 */
export function groupYield({ groupId, self, siblings }: GroupView, now: string): string | null {
  if (self.way?.kind !== 'sent' || isBefore(now, self.way.restsAt) || self.spends === undefined) return null;
  const taker = siblings.find(({ way }) => way?.kind === 'fired' && way.takes === self.spends);
  if (taker === undefined) return null;
  return `group ${groupId}: order ${taker.orderId} has fired and takes the ${self.spends} that this one holds`;
}

/**
 * Two orders that rest at an exchange can fill at the same moment, and nobody can prevent it. Two that wait here need not:
 * when a price runs through both triggers, the one that was reached first is sent, and the other one only when it is known
 * that the first has not filled. Nor is one sent before what holds its funds is over. Null: it is this order's turn.
 */
export function groupTurn(view: GroupView, now: string): { readonly at: string; readonly why: string } | null {
  const { self } = view;
  if (self.way?.kind !== 'fired') return null;
  const before =
    underWay(view, now) ??
    holders(view)[0] ??
    (isBefore(now, plusMs(self.way.firedAt, GOES_FIRST_MS)) ? firstOf(view) : null);
  return before === null
    ? null
    : { at: plusMs(now, LOOK_AGAIN_MS), why: `waits for another order of its group: ${before.orderId}` };
}

/** The order of the group whose price came before this one's; by id where both came with one price. */
function firstOf({ self, siblings }: GroupView): GroupMember | null {
  const keyOf = ({ way, orderId }: GroupMember): string | null =>
    way?.kind === 'fired' ? `${String(toMs(way.priceAt)).padStart(16, '0')} ${orderId}` : null;
  const own = keyOf(self);
  return (
    siblings.find((sibling) => {
      const key = keyOf(sibling);
      return key !== null && own !== null && key < own;
    }) ?? null
  );
}
