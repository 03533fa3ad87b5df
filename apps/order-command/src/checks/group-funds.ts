import { multiply, subtract, sum, type DecimalString } from '@orderplane/domain';
import { spentAsset } from '@orderplane/planner';
import { cumQty, currentLeg, isTerminal } from '@orderplane/state-machine';
import type { OrderRecord } from '@orderplane/store';
import type { CommandContext } from '../context.ts';

/**
 * What orders of its group that are at the exchange hold of an asset that a fired one takes. Where it can't do without, they
 * end before it is sent (`groupYield` of the planner): a stop-loss and a take-profit can be for the same holding.
 */
export async function setFreeByGroup(
  { recorder }: CommandContext,
  { intent }: OrderRecord,
  asset: string,
): Promise<DecimalString> {
  if (intent.groupId === null || spentAsset(intent.spec) !== asset) return '0';
  const found = await recorder.ledger.groups.find(intent.groupId);
  const others = (found?.members ?? []).filter((member) => member.intent.orderId !== intent.orderId);
  return sum(others.map((other) => heldBy(other, asset)));
}

function heldBy({ intent: { spec }, actual: { machine } }: OrderRecord, asset: string): DecimalString {
  const phase = currentLeg(machine)?.phase;
  const isAway = phase === 'sent' || phase === 'unknown' || phase === 'live';
  if (spentAsset(spec) !== asset || isTerminal(machine) || !isAway) return '0';
  const { size, price } = machine.terms;
  if (size === null) return '0';
  const rest = subtract(size, cumQty(machine));
  if (spec.side === 'SELL') return rest;
  return price === null ? '0' : multiply(rest, price);
}
