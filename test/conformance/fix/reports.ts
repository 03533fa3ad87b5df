import { canonicalDecimal } from '@orderplane/domain';
import type { EventBody, RequestRefusal } from '@orderplane/state-machine';
import type { CancelRejectStep, ReportStep, VenueStep } from './format.ts';

/** A report that needs a feature which the machine does not have. */
export class UnsupportedReportError extends Error {
  override readonly name = 'UnsupportedReportError';
}

/** The machine events of a venue message, by its type alone. The claimed totals are not copied: the machine counts. */
export function eventsOf(step: VenueStep, venueOrderId: string | null, requestId: string): EventBody[] {
  if (step.message === 'CancelReject') return [rejectionOf(step, requestId)];
  const event = reportOf(step, venueOrderId, requestId);
  // One report with a fill and the end of the order: first the fill, then the end.
  if (step.feed.bundledEnd === undefined) return [event];
  return [event, { type: 'Cancelled', reason: step.feed.text ?? null, venueOrderId }];
}

function rejectionOf(step: CancelRejectStep, requestId: string): EventBody {
  return {
    type: step.feed.respondsTo === 'Cancel' ? 'CancelRejected' : 'ReplaceRejected',
    requestId,
    refusal: refusalOf(step.feed.cxlRejReason),
    reason: step.feed.cxlRejReason ?? 'refused',
  };
}

function refusalOf(reason: CancelRejectStep['feed']['cxlRejReason']): RequestRefusal {
  switch (reason) {
    case 'UnknownOrder(1)':
      return 'UNKNOWN_ORDER';
    case 'TooLateToCancel(0)':
      return 'TOO_LATE';
    case 'AlreadyPending(3)':
      return 'ALREADY_PENDING';
    case undefined:
      return 'OTHER';
  }
}

function reportOf({ feed, id }: ReportStep, venueOrderId: string | null, requestId: string): EventBody {
  const reason = feed.restatementReason ?? feed.text ?? null;
  const size = feed.orderQty === undefined ? {} : { size: canonicalDecimal(feed.orderQty) };
  switch (feed.execType) {
    case 'New': {
      const working = feed.workingIndicator === undefined ? {} : { working: feed.workingIndicator };
      return { type: 'Acknowledged', venueOrderId, ...size, ...working };
    }
    case 'Trade':
      return tradeOf(feed, venueOrderId);
    case 'Canceled':
      return { type: 'Cancelled', reason, venueOrderId };
    case 'Expired':
      return { type: 'Expired', reason, venueOrderId };
    case 'Rejected':
      if (feed.ordRejReason === 'DuplicateOrder(6)') return { type: 'DuplicateId' };
      return { type: 'Rejected', reason: feed.ordRejReason ?? feed.text ?? 'rejected', venueOrderId };
    case 'PendingCancel':
      return { type: 'CancelPending', requestId };
    case 'PendingReplace':
      return { type: 'ReplacePending', requestId };
    case 'Replaced':
      return { type: 'Replaced', requestId: id === undefined ? null : requestId, terms: size, venueOrderId };
    case 'Restated':
      return { type: 'Restated', terms: size };
    case 'Triggered':
      return { type: 'Activated', venueOrderId };
    case 'TradeCancel':
      return { type: 'FillBusted', execId: feed.execId ?? '', execRefId: feed.execRefId ?? '' };
    case 'TradeCorrect':
      return {
        type: 'FillCorrected',
        execId: feed.execId ?? '',
        execRefId: feed.execRefId ?? '',
        size: canonicalDecimal(feed.lastQty ?? 0),
        ...(feed.lastPx === undefined ? {} : { price: canonicalDecimal(feed.lastPx) }),
      };
    case 'OrderStatus':
      return { type: 'Snapshot' };
    case 'DoneForDay':
    case 'Stopped':
    case 'Suspended':
    case 'Calculated':
      throw new UnsupportedReportError(`${feed.execType} needs a feature that the scenario does not name`);
  }
}

function tradeOf(feed: ReportStep['feed'], venueOrderId: string | null): EventBody {
  return {
    // The machine finds out by itself whether it completes the order.
    type: 'PartialFill',
    execution: {
      id: feed.execId ?? '',
      size: canonicalDecimal(feed.lastQty ?? 0),
      price: canonicalDecimal(feed.lastPx ?? 50),
      fee: null,
      liquidity: null,
      at: new Date(0).toISOString(),
      venueOrderId,
    },
  };
}
