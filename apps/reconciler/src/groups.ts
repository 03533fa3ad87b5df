import { isPositive } from '@orderplane/domain';
import {
  endsAtOnce,
  FILL_TOLD_WITHIN_MS,
  groupConflict,
  holders,
  plusMs,
  sizeOfCaller,
  spentAsset,
  type GroupMember,
  type GroupView,
  type Way,
} from '@orderplane/planner';
import { record } from '@orderplane/recorder';
import { cumQty, currentLeg, isDone, isTerminal } from '@orderplane/state-machine';
import { isUntold, PLACED_SIZE, type GroupWithMembers, type OrderRecord } from '@orderplane/store';
import type { ReconcilerContext } from './context.ts';

/** The order's group as it is now; null for an order that stands alone. */
export async function groupViewOf(context: ReconcilerContext, current: OrderRecord): Promise<GroupView | null> {
  const { groupId, exchange, spec } = current.intent;
  const found = groupId === null ? null : await context.recorder.ledger.groups.find(groupId);
  if (found === null) return null;
  const siblings = siblingsOf(found, current).map(memberOf);
  const { onPartialFill } = found.group;
  const isReduced = onPartialFill === 'REDUCE' && siblings.some(({ filled }) => isPositive(filled));
  return {
    groupId: found.group.groupId,
    onPartialFill,
    self: memberOf(current),
    siblings,
    market: isReduced ? await context.market(exchange, spec.symbol) : null,
  };
}

const siblingsOf = ({ members }: GroupWithMembers, { intent }: OrderRecord): readonly OrderRecord[] =>
  members.filter((member) => member.intent.orderId !== intent.orderId);

function memberOf(record: OrderRecord): GroupMember {
  const { intent, actual } = record;
  const { machine } = actual;
  const way = wayOf(record);
  const spends = spentAsset(intent.spec);
  return {
    orderId: intent.orderId,
    symbol: intent.spec.symbol,
    size: sizeOfCaller(machine, intent.metadata[PLACED_SIZE] ?? intent.spec.size ?? '0'),
    filled: cumQty(machine),
    isFilled: machine.life === 'FILLED',
    ...(way === null ? {} : { way }),
    ...(spends === null ? {} : { spends }),
  };
}

/** A fired order waits until others of its group have ended that hold what it takes: they are told to look at that. */
export async function wakeHolders(context: ReconcilerContext, view: GroupView | null, { intent }: OrderRecord) {
  if (view?.self.way?.kind !== 'fired') return;
  const orderIds = holders(view).map(({ orderId }) => orderId);
  if (orderIds.length > 0) await context.wakeSiblings(intent.exchange, orderIds);
}

function wayOf({ intent, actual }: OrderRecord): Way | null {
  const { machine, reconciliation, updatedAt } = actual;
  if (isTerminal(machine)) return null;
  const leg = currentLeg(machine);
  switch (leg?.phase) {
    case 'sent':
    case 'unknown':
      return { kind: 'sent', restsAt: null };
    case 'live':
      return { kind: 'sent', restsAt: endsAtOnce(machine) ? null : plusMs(leg.sentAt, FILL_TOLD_WITHIN_MS) };
    case undefined:
    case 'absent':
    case 'ended': {
      if (intent.mode !== 'DARK' || machine.life === 'VALIDATED' || machine.life === 'DARK_OPEN') return null;
      const { priceAt = updatedAt, at: firedAt = updatedAt, takes = null } = reconciliation.fired ?? {};
      const isCleared = machine.life !== 'TRIGGERED' || reconciliation.cleared === machine.darkVersion;
      return { kind: 'fired', priceAt, firedAt, takes: isCleared ? takes : null };
    }
  }
}

/**
 * Tells the group what the order has filled: the others are woken, and if more was executed than the group allows, that is
 * recorded and every order with fills shown to a person. The order counts as told only after all of it, so that a crash
 * in between repeats it; of two orders that fill at once, the one whose group is read later sees the fills of both.
 * Gives the order as it is then; null when it is gone.
 */
export async function tellGroup(context: ReconcilerContext, current: OrderRecord): Promise<OrderRecord | null> {
  const { ledger } = context.recorder;
  const { groupId, orderId, exchange, clientOrderId } = current.intent;
  if (groupId === null || !isUntold(current)) return current;
  context.crashPoint('group:before-wake', clientOrderId);
  const found = await ledger.groups.find(groupId);
  const siblings = found === null ? [] : siblingsOf(found, current);
  const living = siblings.filter(({ actual }) => !isDone(actual.machine)).map(({ intent }) => intent.orderId);
  if (living.length > 0) await context.wakeSiblings(exchange, living);
  context.crashPoint('group:after-wake', clientOrderId);
  const alert = found === null ? null : await raiseConflict(context, found, siblings);
  context.crashPoint('group:before-told', clientOrderId);
  const toldFilled = cumQty(current.actual.machine);
  const written = await record(
    context.recorder,
    orderId,
    ({ actual: { machine, reconciliation } }) => ({
      machine,
      journal: [],
      reconciliation: {
        toldFilled,
        ...(alert === null || reconciliation.alert !== undefined ? {} : { alert }),
      },
    }),
    current,
  );
  return written?.record ?? null;
}

/** Why a person should look at the orders of the group that have filled; null: no reason. Written before it is given. */
async function raiseConflict(
  context: ReconcilerContext,
  { group, members }: GroupWithMembers,
  siblings: readonly OrderRecord[],
): Promise<string | null> {
  const conflict = groupConflict(group.onPartialFill, members.map(memberOf));
  if (conflict === null) return null;
  const reason = `group ${group.groupId}: ${conflict}`;
  if (
    group.conflict === null &&
    (await context.recorder.ledger.groups.recordConflict(group.groupId, { at: context.clock.iso(), reason }))
  )
    context.recorder.log.warn({ groupId: group.groupId, reason }, 'more was executed than a group allows');
  for (const { intent, actual } of siblings) {
    if (!isPositive(cumQty(actual.machine))) continue;
    await record(context.recorder, intent.orderId, (fresh) =>
      fresh.actual.reconciliation.alert === undefined
        ? { machine: fresh.actual.machine, journal: [], reconciliation: { alert: reason } }
        : null,
    );
  }
  return reason;
}
