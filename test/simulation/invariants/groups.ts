import { compare, isPositive, subtract, sum } from '@orderplane/domain';
import { overdueSince } from '@orderplane/planner';
import { cumQty, isTerminal } from '@orderplane/state-machine';
import type { OrderGroup, OrderRecord } from '@orderplane/store';
import type { Calm } from './calm.ts';
import type { Rule, Written } from './facts.ts';

/**
 * Longer than any worker can hold what it has read of a group before it writes: its calls to the store (4 s each), and the
 * time after which it has lost its lock when it stands still.
 */
const READ_AT_MOST_MS_AGO = 40_000;

const filledOf = ({ actual }: OrderRecord): string => cumQty(actual.machine);
const hasFills = (order: OrderRecord): boolean => isPositive(filledOf(order));
const placedSize = ({ intent }: OrderRecord): string => intent.spec.size ?? '0';
const short = ({ intent, actual }: OrderRecord): string =>
  `${intent.orderId.slice(-4)} (${intent.exchange}) ${actual.machine.life}`;

/** Told by the exchange's own numbers: what the product's own functions conclude is not asked. */
export const GROUPS_WRITTEN: readonly Rule<Written>[] = [
  {
    id: 'G1',
    says: 'an order of a group that was not sent when another filled is never sent',
    check: ({ known, before, after, events }) => {
      const { groupId, orderId } = after.intent;
      if (groupId === null || before === null || !events.some(({ type }) => type === 'SubmitSent')) return null;
      const group = known.groups.get(groupId);
      for (const sibling of known.orders.values()) {
        if (sibling.intent.groupId !== groupId || sibling.intent.orderId === orderId) continue;
        const ends = group?.onPartialFill === 'CANCEL' ? hasFills(sibling) : sibling.actual.machine.life === 'FILLED';
        const sinceMs = known.filledSince.get(sibling.intent.orderId) ?? Infinity;
        if (ends && known.nowMs - sinceMs > READ_AT_MOST_MS_AGO)
          return `${short(sibling)} has filled ${known.nowMs - sinceMs} ms ago`;
      }
      return null;
    },
  },
];

type Group = OrderGroup & { readonly members: readonly OrderRecord[]; readonly isConflict: boolean };

const each =
  (wrong: (group: Group) => string | null) =>
  ({ judge, dead }: Calm): string | null => {
    for (const group of judge.groups.values()) {
      if (group.accountId === dead?.accountId) continue;
      const members = [...judge.orders.values()].filter(({ intent }) => intent.groupId === group.groupId);
      const found = wrong({ ...group, members, isConflict: judge.conflicts.has(group.groupId) });
      if (found !== null) return `${group.onPartialFill} group of ${group.accountId}: ${found}`;
    }
    return null;
  };

/** Lives, and is not merely asked about until it ends. */
const lives = ({ actual }: OrderRecord): boolean =>
  !isTerminal(actual.machine) && overdueSince(actual.machine) === null;
const ofOneMarket = (members: readonly OrderRecord[]): boolean =>
  new Set(members.map(({ intent }) => intent.spec.symbol)).size === 1;

export const GROUPS_CALM: readonly Rule<Calm>[] = [
  {
    id: 'G2',
    says: 'what one order of a group has filled ends the others, or has made them smaller',
    check: each(({ members, onPartialFill }) => {
      for (const order of members.filter(lives)) {
        const others = members.filter((other) => other !== order);
        const ending = others.find((other) =>
          onPartialFill === 'CANCEL' ? hasFills(other) : other.actual.machine.life === 'FILLED',
        );
        if (ending !== undefined)
          return `${short(order)} lives, though ${short(ending)} has filled ${filledOf(ending)}`;
        const { size } = order.actual.machine.terms;
        if (onPartialFill === 'CANCEL' || size === null || !ofOneMarket(members)) continue;
        const left = subtract(placedSize(order), sum(others.map(filledOf)));
        if (compare(size, left) > 0 && compare(size, filledOf(order)) > 0)
          return `${short(order)} is for ${size}, and the others leave ${left}`;
      }
      return null;
    }),
  },
  {
    id: 'G3',
    says: 'an order whose group nobody else has filled is left alone by it',
    check: each(({ members }) => {
      const filled = members.filter(hasFills);
      const [only] = filled;
      if (filled.length > 1) return null;
      const restrained = members.find(
        (order) =>
          (filled.length === 0 || order === only) &&
          order.actual.machine.requests.some(({ id }) => id.startsWith('group-')),
      );
      return restrained === undefined ? null : `${short(restrained)} was changed`;
    }),
  },
  {
    id: 'G4',
    says: 'more executed than a group allows is recorded, and shown at each order with fills',
    check: each(({ members, onPartialFill, isConflict }) => {
      const filled = members.filter(hasFills);
      const total = sum(filled.map(filledOf));
      const isTooMuch = (order: OrderRecord): boolean => compare(total, placedSize(order)) > 0;
      const isAll = onPartialFill === 'CANCEL' || (ofOneMarket(members) && filled.every(isTooMuch));
      if (filled.length > 1 && isAll && !isConflict) return `${total} by ${filled.length} orders is not recorded`;
      if (isConflict && filled.length < 2) return 'a conflict is recorded, and one order at most has fills';
      const silent = isConflict && isAll && filled.find(({ actual }) => actual.reconciliation.alert === undefined);
      return silent === undefined || silent === false ? null : `${short(silent)} shows nothing of it`;
    }),
  },
];
