import { compare } from '@orderplane/domain';
import type { NormalizedFill, NormalizedOrder, OrderReport } from '@orderplane/normalization';
import { cumQty, currentLeg, isOpenRequest, type OrderMachine, type OrderRequest } from '@orderplane/state-machine';
import { fold } from './fold.ts';
import { Folding, type FoldContext, type Folded } from './folding.ts';
import { toMs } from './time.ts';

/** What became of a submission, as the exchange adapter classifies it (by native code first). */
export type SubmitResult =
  | { readonly kind: 'placed'; readonly report: OrderReport }
  | {
      readonly kind: 'duplicate' | 'notPlaced' | 'rateLimited' | 'notSent' | 'auth' | 'unknown';
      readonly nativeCode: string | null;
      readonly message: string;
    };

/** What became of a cancel or an amend. `accepted` without a report: the exchange took it, its effect is still to be seen. */
export type RequestResult =
  | { readonly kind: 'accepted'; readonly report: OrderReport | null }
  | {
      readonly kind: 'unknownOrder' | 'refused' | 'rateLimited' | 'notSent' | 'auth' | 'unknown';
      readonly nativeCode: string | null;
      readonly message: string;
    };

export interface LookupAnswer {
  readonly order: NormalizedOrder | null;
  readonly fills: readonly NormalizedFill[];
  readonly fillsComplete: boolean;
  readonly askedAt: string;
  readonly provesAbsence: boolean;
  readonly error: string | null;
}

const reasonOf = (result: { readonly nativeCode: string | null; readonly message: string }): string =>
  result.nativeCode === null || result.message.includes(result.nativeCode)
    ? result.message
    : `${result.nativeCode}: ${result.message}`;

/**
 * The outcome of sending the leg `venueClientId`. Applied to the order as it is now, which may have moved on: a
 * refusal that comes after a sign of life is left to the table.
 */
export function foldSubmit(
  order: OrderMachine,
  venueClientId: string,
  result: SubmitResult,
  context: FoldContext,
): Folded {
  if (result.kind === 'placed') return fold(order, result.report, context);
  const folding = new Folding(order, context);
  const leg = currentLeg(order);
  const inFlight =
    leg !== null && leg.venueClientId === venueClientId && (leg.phase === 'sent' || leg.phase === 'unknown');
  const reason = reasonOf(result);
  switch (result.kind) {
    case 'duplicate':
      folding.apply({ type: 'DuplicateId' });
      folding.ask('an order with this client id exists at the exchange');
      break;
    case 'notPlaced':
    case 'auth':
      // A refusal of a leg that has already shown a sign of life is a contradiction for the table to name.
      if (order.legs.length > 1) {
        if (inFlight) folding.apply({ type: 'LegRefused', reason, venueClientId });
      } else {
        folding.apply({
          type: 'Rejected',
          reason,
          ...(result.nativeCode === null ? {} : { nativeCode: result.nativeCode }),
        });
      }
      break;
    case 'rateLimited':
    case 'notSent':
      if (inFlight) {
        folding.apply({
          type: 'OrderAbsent',
          evidence: { kind: 'notSent', detail: reason, lookups: [], executionsComplete: true },
        });
      }
      break;
    case 'unknown':
      if (inFlight) folding.apply({ type: 'SubmitUnknown', reason });
      folding.ask('the outcome of the submission is unknown');
      break;
  }
  return folding.result();
}

/** The outcome of a cancel or an amend that serves the request `requestId` (for a replace in two steps: of its first step). */
export function foldRequest(
  order: OrderMachine,
  requestId: string,
  result: RequestResult,
  context: FoldContext,
): Folded {
  const request = order.requests.find((candidate) => candidate.id === requestId);
  if (result.kind === 'accepted') return foldAccepted(order, request, result.report, context);
  const folding = new Folding(order, context);
  if (request === undefined) return folding.result();
  const reason = reasonOf(result);
  switch (result.kind) {
    case 'unknownOrder':
      refuse(folding, request, 'UNKNOWN_ORDER', reason);
      folding.ask('the exchange does not know the order of a request');
      break;
    case 'refused':
      if (isOvertakenByFills(order, request)) {
        folding.apply({
          type: 'RequestAbsent',
          requestId,
          evidence: { kind: 'notSent', detail: reason, lookups: [], executionsComplete: false },
        });
        break;
      }
      refuse(folding, request, 'OTHER', reason);
      folding.ask('the exchange refused a request');
      break;
    case 'rateLimited':
    case 'notSent':
    case 'auth':
      folding.apply({
        type: 'RequestAbsent',
        requestId,
        evidence: { kind: 'notSent', detail: reason, lookups: [], executionsComplete: false },
      });
      break;
    case 'unknown':
      folding.apply({ type: 'RequestUnknown', requestId, reason });
      folding.ask('the outcome of a request is unknown');
      break;
  }
  return folding.result();
}

function foldAccepted(
  order: OrderMachine,
  request: OrderRequest | undefined,
  report: OrderReport | null,
  context: FoldContext,
): Folded {
  const folding = new Folding(order, context);
  if (report !== null) {
    const folded = fold(order, report, context);
    folding.order = folded.machine;
    folding.journal.push(...folded.journal);
    folding.alarms.push(...folded.alarms);
    if (folded.question !== null) folding.ask(folded.question);
  }
  const now = folding.order.requests.find((candidate) => candidate.id === request?.id);
  if (now !== undefined && now.phase === 'sent' && now.how !== 'TWO_STEP') {
    // Taken, not yet seen to be done: the exchange is deciding until a look-up or the stream shows it.
    folding.apply(
      now.kind === 'cancel'
        ? { type: 'CancelPending', requestId: now.id }
        : { type: 'ReplacePending', requestId: now.id },
    );
  }
  folding.askForFees();
  if (now !== undefined && isOpenRequest(now)) folding.ask('the effect of an accepted request is still to be seen');
  return folding.result();
}

/**
 * Fills have reached the wished total while the amendment was on its way: no exchange amends to that, and the wish can
 * still be carried out, by ending the order at what is filled.
 */
function isOvertakenByFills(order: OrderMachine, request: OrderRequest): boolean {
  const wished = request.terms?.size ?? null;
  return request.how === 'AMEND' && wished !== null && compare(wished, cumQty(order)) <= 0;
}

function refuse(folding: Folding, request: OrderRequest, refusal: 'UNKNOWN_ORDER' | 'OTHER', reason: string): void {
  if (request.kind === 'cancel') folding.apply({ type: 'CancelRejected', requestId: request.id, refusal, reason });
  else folding.apply({ type: 'ReplaceRejected', requestId: request.id, refusal, reason });
}

/** The answer to a look-up. Absence is not folded: it is collected, and the planner decides when it is proven. */
export function foldLookup(order: OrderMachine, answer: LookupAnswer, context: FoldContext): Folded {
  if (answer.order === null && answer.fills.length === 0) {
    const folding = new Folding(order, context);
    const leg = currentLeg(order);
    // A stray that every place denies is over.
    if (answer.provesAbsence && order.stray) {
      folding.apply({
        type: 'OrderAbsent',
        evidence: {
          kind: 'provenAbsent',
          detail: 'the stray is in no place',
          lookups: [answer.askedAt],
          executionsComplete: true,
        },
      });
    } else if (
      answer.error === null &&
      leg !== null &&
      leg.phase === 'live' &&
      answer.provesAbsence &&
      toMs(answer.askedAt) > toMs(leg.sentAt)
    ) {
      folding.apply({ type: 'Vanished', reason: 'the exchange does not know an order that it had acknowledged' });
    }
    return folding.result();
  }
  return fold(
    order,
    {
      source: 'lookup',
      order: answer.order,
      fills: answer.fills,
      fillsComplete: answer.fillsComplete,
      askedAt: answer.askedAt,
    },
    context,
  );
}
