import { maximum, subtract, type DecimalString } from '@orderplane/domain';
import { sizeOfCaller } from '@orderplane/planner';
import {
  cumQty,
  hasEnded,
  openCancel,
  wishedTerms,
  type OrderMachine,
  type OrderTerms,
} from '@orderplane/state-machine';
import { PLACED_SIZE, type Intent, type OrderRecord } from '@orderplane/store';
import type { RestingChange } from './check.ts';

/** What waits here is judged when it fires, and what can't be changed is refused for that. */
export function restingChange(
  { intent, actual: { machine } }: OrderRecord,
  change: { readonly [field in 'size' | 'price' | 'stopPrice']?: DecimalString },
): RestingChange | null {
  const isHeldHere = machine.life === 'DARK_OPEN' || machine.life === 'TRIGGERED';
  if (isHeldHere || machine.kind.type === 'MARKET' || hasEnded(machine) || openCancel(machine) !== null) return null;
  const { size } = change;
  const wished = wishedTerms(machine);
  const after = { ...wished, ...change };
  return {
    before: [machine.terms, wished],
    after: size === undefined ? after : { ...after, size: subtract(size, takenByGroup(intent, machine, wished)) },
    filled: cumQty(machine),
  };
}

/** The caller names a total, of which the other orders of the group have filled a part. */
function takenByGroup({ groupId, metadata, spec }: Intent, machine: OrderMachine, { size }: OrderTerms): DecimalString {
  if (groupId === null || size === null) return '0';
  return maximum(subtract(sizeOfCaller(machine, metadata[PLACED_SIZE] ?? spec.size ?? '0'), size), '0');
}
