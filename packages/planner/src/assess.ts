import {
  currentLeg,
  inDoubt,
  isDone,
  isTerminal,
  overfill,
  type OrderMachine,
  type OrderRequest,
} from '@orderplane/state-machine';
import type { ReconciliationStatus } from '@orderplane/domain';
import type { Actual, PlannerLimits } from './model.ts';
import { overdueSince } from './overdue.ts';
import { toMs } from './time.ts';

/**
 * Attempts of one leg that surely never reached the exchange's book, after which a person should look. It goes on being
 * sent, at growing distances: an order is not given up because tries have run out, and an exchange that was away for an
 * hour gets it when it is back.
 */
export const MANY_ATTEMPTS = 20;

const isOpen = (request: OrderRequest): boolean =>
  request.phase === 'wanted' || request.phase === 'sent' || request.phase === 'pending' || request.phase === 'unknown';

/** How desired and actual stand to each other, for people. `needsAttention` is sticky until the order is undisputed again. */
export function reconciliationStatus(
  actual: Actual,
  needsAttention: boolean,
  now: string,
  limits: PlannerLimits,
): ReconciliationStatus {
  const order = actual.machine;
  if (isDone(order)) return order.executions.length > 0 && isOverfilled(order) ? 'NEEDS_ATTENTION' : 'IN_SYNC';
  const overdue = overdueSince(order) !== null;
  if (needsAttention && (inDoubt(order) || order.stray || overdue)) return 'NEEDS_ATTENTION';
  if (inDoubt(order)) return 'AMBIGUOUS';
  const leg = currentLeg(order);
  if (!isTerminal(order) && leg?.phase === 'absent' && leg.attempts >= MANY_ATTEMPTS) return 'NEEDS_ATTENTION';
  if (order.requests.some(isOpen) || order.stray || overdue) return 'PROGRESSING';
  const resting = order.life === 'ACKNOWLEDGED' || order.life === 'PARTIALLY_FILLED';
  if (resting && actual.lastEvidenceAt !== null && toMs(now) > toMs(actual.lastEvidenceAt) + limits.staleAfterMs)
    return 'STALE';
  if (resting || order.life === 'DARK_OPEN' || isTerminal(order)) return 'IN_SYNC';
  return 'PROGRESSING';
}

function isOverfilled(order: OrderMachine): boolean {
  return order.terms.size !== null && overfill(order) !== '0';
}

/** The newest generation that the exchange has been proved to reflect. */
export function observedGeneration(order: OrderMachine, generation: number): number {
  if (
    order.life === 'CREATED' ||
    order.life === 'VALIDATED' ||
    order.life === 'SUBMITTED' ||
    order.life === 'TRIGGERED'
  )
    return 0;
  let observed = generation;
  for (const request of order.requests)
    if (isOpen(request) && request.by === 'client') observed = Math.min(observed, request.generation - 1);
  return Math.max(0, observed);
}
