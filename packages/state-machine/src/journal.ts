import type { OrderEventType, OrderState } from '@orderplane/domain';
import type { TableEvent } from './cells.ts';
import { reasonOf } from './ends.ts';
import type { JournalEntry, OrderMachine, OrderRequest } from './model.ts';
import { isOpenRequest } from './projections.ts';
import { cumQty } from './quantities.ts';

const ENTERED: Readonly<Record<OrderState, OrderEventType>> = {
  CREATED: 'ORDER_CREATED',
  VALIDATED: 'ORDER_VALIDATED',
  DARK_OPEN: 'ORDER_DARK_OPEN',
  TRIGGERED: 'ORDER_TRIGGERED',
  SUBMITTED: 'ORDER_SUBMITTED',
  ACKNOWLEDGED: 'ORDER_ACKNOWLEDGED',
  PARTIALLY_FILLED: 'ORDER_PARTIALLY_FILLED',
  FILLED: 'ORDER_FILLED',
  CANCELLED: 'ORDER_CANCELLED',
  REJECTED: 'ORDER_REJECTED',
  FAILED: 'ORDER_FAILED',
  EXPIRED: 'ORDER_EXPIRED',
};

/**
 * The public lines for the difference between two states of an order, in this order: a doubt that is over, requests,
 * executions, the state entered, a doubt that begins. The cancel of a stray is our own business and has no line.
 */
export function journalOf(before: OrderMachine, after: OrderMachine, event: TableEvent): readonly JournalEntry[] {
  if (before === after) return [];
  const reason = reasonOf(event);
  const entries: JournalEntry[] = [];
  const note = (type: OrderEventType, why: string | null = reason): void => {
    entries.push({ type, fromState: before.life, toState: before.life, reason: why });
  };
  if (before.unknownSince !== null && after.unknownSince === null) note('OUTCOME_RESOLVED');
  for (const [type, why] of requestLines(before, after, event)) note(type, why ?? reason);
  noteExecutions(before, after, event, note);
  if (before.life !== after.life) entries.push(entered(before.life, after.life, endReason(after) ?? reason));
  if (before.unknownSince === null && after.unknownSince !== null)
    entries.push({ type: 'OUTCOME_UNKNOWN', fromState: after.life, toState: after.life, reason });
  return entries;
}

export const entered = (from: OrderState | null, to: OrderState, reason: string | null): JournalEntry => ({
  type: ENTERED[to],
  fromState: from,
  toState: to,
  reason,
});

const endReason = (order: OrderMachine): string | null => (order.life === order.end?.kind ? order.end.reason : null);

type Line = readonly [OrderEventType, string | null];

function requestLines(before: OrderMachine, after: OrderMachine, event: TableEvent): readonly Line[] {
  const lines: Line[] = [];
  const wishKept = after.requests.length > before.requests.length && event.type.endsWith('Rejected');
  after.requests.forEach((request, index) => {
    const old = before.requests[index];
    if (request === old || request.forStray || wishKept) return;
    if (old === undefined && !isDecidedElsewhere(request))
      lines.push([request.kind === 'cancel' ? 'CANCEL_REQUESTED' : 'REPLACE_REQUESTED', request.reason]);
    if (wasOpen(old) && request.phase === 'refused')
      lines.push([request.kind === 'cancel' ? 'CANCEL_REJECTED' : 'REPLACE_REJECTED', request.reason]);
  });
  if (isReplaced(before, after, event)) lines.push(['ORDER_REPLACED', event.type === 'Restated' ? 'restated' : null]);
  return lines;
}

const isDecidedElsewhere = (request: OrderRequest): boolean => request.by === 'foreign' && !isOpenRequest(request);

const wasOpen = (request: OrderRequest | undefined): boolean => request !== undefined && isOpenRequest(request);

/** New values are confirmed. The quantity of an order by cash amount that becomes known is no change. */
function isReplaced(before: OrderMachine, after: OrderMachine, event: TableEvent): boolean {
  const applied = after.requests.some(
    (request, index) =>
      request.kind === 'replace' && request.phase === 'applied' && before.requests[index]?.phase !== 'applied',
  );
  const learned = before.terms.size === null && (event.type === 'Acknowledged' || event.type === 'Restated');
  const taken = event.type === 'FillBusted' || event.type === 'FillCorrected';
  return applied || (before.terms !== after.terms && !learned && !taken);
}

/** An execution, bust or correction that the state entered does not tell already. */
function noteExecutions(
  before: OrderMachine,
  after: OrderMachine,
  event: TableEvent,
  note: (type: OrderEventType) => void,
): void {
  if (before.executions === after.executions) return;
  const told = after.life !== before.life && (after.life === 'PARTIALLY_FILLED' || after.life === 'FILLED');
  if (told || cumQty(before) === cumQty(after)) return;
  const taken = event.type === 'FillBusted' || event.type === 'FillCorrected';
  if (taken && before.life !== after.life) return;
  note(after.life === 'FILLED' ? 'ORDER_FILLED' : 'ORDER_PARTIALLY_FILLED');
}
