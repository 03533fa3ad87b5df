import { canonicalDecimal, sum } from '@orderplane/domain';
import { cumQty, hasEnded, leavesQty, ordStatus, overfill } from '@orderplane/state-machine';
import type { OrderMachine } from '@orderplane/state-machine';
import type { Desk } from './desk.ts';
import type { Expect, VenueStep } from './format.ts';

export interface Difference {
  readonly expected: string;
  readonly got: string;
}

/** The values that a caller sees of an order. */
const displayed = (
  order: OrderMachine,
): Readonly<Record<'ordStatus' | 'orderQty' | 'cumQty' | 'leavesQty', string>> => ({
  ordStatus: ordStatus(order),
  orderQty: order.terms.size ?? 'unknown',
  cumQty: cumQty(order),
  leavesQty: leavesQty(order) ?? 'unknown',
});

/** What all orders show at one time, to be compared with a later time. */
export type Display = ReadonlyMap<string, string>;
export const displayOf = (desk: Desk): Display =>
  new Map(desk.orders.map((order) => [order.key, JSON.stringify(displayed(order.machine))]));

/** At an anomaly of the source both the printed values and those by the rules are accepted, but no mixture. */
export function checkStep(desk: Desk, step: VenueStep, before: Display): Difference | null {
  if (step.expect === undefined) return null;
  const printed = checkExpect(desk, step, step.expect, before);
  if (printed === null || step.orElse === undefined) return printed;
  return checkExpect(desk, step, { ...step.expect, ...definedOf(step.orElse) }, before);
}

const definedOf = (patch: NonNullable<VenueStep['orElse']>): Partial<Expect> =>
  Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));

function checkExpect(desk: Desk, step: VenueStep, expect: Expect, before: Display): Difference | null {
  return (
    (expect.order === null ? checkNoOrder(desk, step, before) : checkOrder(desk, expect.order, expect)) ??
    checkRefused(desk, expect) ??
    checkUnchanged(desk, expect, before)
  );
}

function checkNoOrder(desk: Desk, step: VenueStep, before: Display): Difference | null {
  const found = desk.orderOf(step) ?? desk.orders.find((order) => !before.has(order.key));
  return found === undefined ? null : { expected: 'no order', got: `order ${found.key}` };
}

function checkOrder(desk: Desk, key: string, expect: Expect): Difference | null {
  const order = desk.order(key);
  if (order === undefined) return { expected: `order ${key}`, got: 'no such order' };
  const shown = displayed(order.machine);
  if (expect.ordStatus !== undefined && shown.ordStatus !== expect.ordStatus)
    return { expected: `ordStatus ${expect.ordStatus}`, got: shown.ordStatus };
  for (const field of ['orderQty', 'cumQty', 'leavesQty'] as const) {
    const wanted = expect[field];
    if (wanted !== undefined && shown[field] !== canonicalDecimal(wanted))
      return { expected: `${field} ${wanted}`, got: shown[field] };
  }
  return null;
}

function checkRefused(desk: Desk, { refused }: Expect): Difference | null {
  if (refused === undefined || desk.isRefused(refused)) return null;
  const nth = refused.nth === undefined ? '' : ` (number ${refused.nth})`;
  return { expected: `refused ${refused.message} ${refused.id}${nth}`, got: 'not refused' };
}

function checkUnchanged(desk: Desk, { unchanged }: Expect, before: Display): Difference | null {
  const now = displayOf(desk);
  for (const key of unchanged ?? []) {
    const old = before.get(key);
    const shown = now.get(key) ?? 'no such order';
    if (old !== shown) return { expected: `unchanged ${key} ${old ?? ''}`.trimEnd(), got: shown };
  }
  return null;
}

/** Quantities agree on every order that is not ended; what was executed beyond the order is counted apart. */
export function checkInvariant(desk: Desk): Difference | null {
  for (const { key, machine } of desk.orders) {
    const { orderQty, cumQty: cum, leavesQty: leaves } = displayed(machine);
    if (hasEnded(machine) || machine.terms.size === null) continue;
    if (sum([orderQty, overfill(machine)]) !== sum([cum, leaves]))
      return { expected: `orderQty = cumQty + leavesQty of ${key}`, got: `${orderQty} = ${cum} + ${leaves}` };
  }
  return null;
}
