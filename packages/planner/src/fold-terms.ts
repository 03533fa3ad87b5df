import { compare, subtract, sum, type DecimalString } from '@orderplane/domain';
import type { NormalizedOrder, OrderReport } from '@orderplane/normalization';
import {
  currentLeg,
  cumQty,
  isActive,
  openReplaces,
  type Leg,
  type OrderMachine,
  type OrderRequest,
} from '@orderplane/state-machine';
import { bookedOn, type Folding } from './folding.ts';
import { toMs } from './time.ts';

const differs = (seen: DecimalString | null, held: DecimalString | null): boolean =>
  seen !== null && held !== null && compare(seen, held) !== 0;

/** What the exchange shows otherwise than we hold it; null when nothing. */
export function newTerms(order: OrderMachine, leg: Leg, seen: NormalizedOrder): Partial<OrderMachine['terms']> | null {
  const others = subtract(cumQty(order), bookedOn(order, leg));
  // The leg holds what is left of the chain after earlier legs; the machine's terms are totals of the chain.
  const total = seen.size === null || order.terms.size === null ? null : sum([seen.size, others]);
  const price = differs(seen.price, order.terms.price) ? seen.price : null;
  const stopPrice = differs(seen.stopPrice, order.terms.stopPrice) ? seen.stopPrice : null;
  const size = differs(total, order.terms.size) ? total : null;
  if (price === null && stopPrice === null && size === null) return null;
  return {
    ...(size === null ? {} : { size }),
    ...(price === null ? {} : { price }),
    ...(stopPrice === null ? {} : { stopPrice }),
  };
}

/**
 * Price and size as the exchange shows them: the answer to our own change, or somebody else's. An end and the last fill
 * show them too, since they may outrun the report of the change.
 */
export function foldTerms(folding: Folding, report: OrderReport, seen: NormalizedOrder): void {
  const order = folding.order;
  const leg = currentLeg(order);
  if (leg === null || leg.phase !== 'live') return;
  const terms = newTerms(order, leg, seen);
  if (terms === null) return;
  const termsVersion = toMs(report.source === 'stream' ? (seen.updatedAt ?? report.askedAt) : report.askedAt);
  const answered = openReplaces(order).find(
    (request) =>
      request.phase !== 'wanted' &&
      request.how === 'AMEND' &&
      request.terms !== null &&
      matchesWish(request.terms, order.terms, terms),
  );
  if (answered !== undefined)
    folding.apply({ type: 'Replaced', requestId: answered.id, terms, venueOrderId: seen.orderId, termsVersion });
  else folding.apply({ type: 'Restated', terms, termsVersion });
}

function matchesWish(
  wish: OrderMachine['terms'],
  held: OrderMachine['terms'],
  seen: Partial<OrderMachine['terms']>,
): boolean {
  const agrees = (key: 'size' | 'price' | 'stopPrice'): boolean => {
    const shown = seen[key] ?? held[key];
    const wished = wish[key] ?? held[key];
    return shown === wished || (shown !== null && wished !== null && compare(shown, wished) === 0);
  };
  return agrees('size') && agrees('price') && agrees('stopPrice');
}

/** A cancel may be repeated if it seems not to have arrived, so nothing is waited for; an amend must be proved absent. */
const lagOf = (request: OrderRequest, folding: Folding): number =>
  request.kind === 'cancel' || request.how === 'TWO_STEP' ? 0 : folding.context.visibilityDelayMs;

/** Until when the effect of a request may be late. What the exchange has taken may be given more time than its call. */
function mayComeUntil(request: OrderRequest, deadlineAt: string, folding: Folding): number {
  const own = toMs(deadlineAt) + lagOf(request, folding);
  if (request.phase !== 'pending' || request.sentAt === null) return own;
  const { pendingCancelMs, pendingReplaceMs } = folding.context;
  return Math.max(own, toMs(request.sentAt) + ((request.kind === 'cancel' ? pendingCancelMs : pendingReplaceMs) ?? 0));
}

/** A cancel that the exchange took and never carried out is wished again; a change that it did not carry out is given up. */
function wishAgain(folding: Folding, { id, generation, by, reason }: OrderRequest): void {
  const [root = id] = id.split('#');
  const times = folding.order.requests.filter((request) => request.id.split('#')[0] === root).length;
  const again = { requestId: `${root}#${times + 1}`, generation, by, ...(reason === null ? {} : { reason }) };
  folding.apply({ type: 'CancelRequested', ...again }, 'system');
}

/**
 * A request in doubt whose deadline has passed, on an order that rests as before or was filled before the request could
 * have its effect: it was not applied. Nor was one that the exchange has taken, if it was given its time.
 */
export function settleRequests(folding: Folding, report: OrderReport): void {
  if (report.source === 'stream') return;
  for (const request of folding.order.requests) {
    const waits =
      request.phase === 'unknown' ||
      request.phase === 'pending' ||
      (request.phase === 'sent' && request.how === 'TWO_STEP');
    if (!waits || request.deadlineAt === null) continue;
    if (request.how === 'TWO_STEP' && currentLeg(folding.order)?.phase !== 'live') continue;
    if (toMs(report.askedAt) <= mayComeUntil(request, request.deadlineAt, folding)) continue;
    const taken = request.phase === 'pending' ? `taken by the exchange, sent at ${request.sentAt ?? ''}: ` : '';
    folding.apply({
      type: 'RequestAbsent',
      requestId: request.id,
      evidence: {
        kind: 'seenWithout',
        detail: `${taken}asked at ${report.askedAt}, after its deadline, the order is ${folding.order.life} without it`,
        lookups: [report.askedAt],
        executionsComplete: report.fillsComplete,
      },
    });
    const isOwnCancel = request.kind === 'cancel' && request.by !== 'foreign' && !request.forStray;
    if (request.phase === 'pending' && isOwnCancel && isActive(folding.order)) wishAgain(folding, request);
  }
}
