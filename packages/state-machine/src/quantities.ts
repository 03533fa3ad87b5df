import { compare, isZero, sum } from '@orderplane/domain';
import type { DecimalString, OrderState } from '@orderplane/domain';
import type { Execution, OrderMachine } from './model.ts';

/** What decides the state by quantity; a draft in the middle of a transition has it too. */
export type Quantities = Pick<OrderMachine, 'terms' | 'executions' | 'end'>;

/** A busted execution counts nothing; of a corrected one only the newest version counts. */
export const counts = (execution: Execution): boolean => !execution.busted && execution.correctedBy === null;

/** The executions that count, in order of booking. */
export const effectiveExecutions = (order: Pick<OrderMachine, 'executions'>): readonly Execution[] =>
  order.executions.filter(counts);

/** Sums by list of executions. Lists are never changed in place, and one transition asks for the same sum many times. */
const SUMS = new WeakMap<readonly Execution[], DecimalString>();

/** Filled size: the sum of the executions, never a number that the venue claimed. */
export function cumQty(order: Pick<OrderMachine, 'executions'>): DecimalString {
  const known = SUMS.get(order.executions);
  if (known !== undefined) return known;
  const filled = sum(effectiveExecutions(order).map((execution) => execution.size));
  SUMS.set(order.executions, filled);
  return filled;
}

/** Something is filled, and at least all that was ordered. False while the size of a quote-sized order is unknown. */
export const isComplete = (cum: DecimalString, size: DecimalString | null): boolean =>
  size !== null && !isZero(cum) && compare(cum, size) >= 0;

/** Complete is FILLED; else a remembered end; else the fills decide. */
export function stateByQuantity(order: Quantities): OrderState {
  const cum = cumQty(order);
  if (isComplete(cum, order.terms.size)) return 'FILLED';
  if (order.end !== null) return order.end.kind;
  return isZero(cum) ? 'ACKNOWLEDGED' : 'PARTIALLY_FILLED';
}
