import type { EventOf, TableEventType } from '../cells.ts';
import type { Context, Draft } from '../draft.ts';
import { bust, correction, fill } from './executions.ts';
import { legEnded, legPlaced, legRefused, legSent, orderAbsent, submitUnknown, vanished } from './legs.ts';
import { submitSent, timedOut } from './own.ts';
import {
  cancelRequested,
  cancelSent,
  replaced,
  replaceRequested,
  replaceSent,
  requestAbsent,
  requestPending,
  requestRejected,
  requestUnknown,
  restated,
} from './requests.ts';
import { acknowledged, activated, duplicateId, endReported, snapshot } from './venue.ts';

type Effects = { readonly [Type in TableEventType]: (draft: Draft, event: EventOf<Type>, context: Context) => void };

/** The state alone changes, or the interpreter does what is to be done. */
const none = (): void => undefined;

/** What each event does to executions, legs, requests and doubt. A new event without an entry does not compile. */
export const EFFECTS: Effects = {
  Validated: none,
  Denied: none,
  Armed: none,
  Triggered: none,
  TimedOut: timedOut,
  SubmitSent: submitSent,
  GaveUp: none,
  Acknowledged: acknowledged,
  Activated: activated,
  PartialFill: fill,
  Fill: fill,
  Rejected: none,
  DuplicateId: duplicateId,
  Cancelled: endReported,
  Expired: endReported,
  Restated: restated,
  FillBusted: bust,
  FillCorrected: correction,
  Snapshot: snapshot,
  StrayFound: none,
  CancelRequested: cancelRequested,
  CancelSent: cancelSent,
  CancelPending: requestPending,
  CancelRejected: requestRejected,
  ReplaceRequested: replaceRequested,
  ReplaceSent: replaceSent,
  ReplacePending: requestPending,
  Replaced: replaced,
  ReplaceRejected: requestRejected,
  LegEnded: legEnded,
  LegSent: legSent,
  LegPlaced: legPlaced,
  LegRefused: legRefused,
  SubmitUnknown: submitUnknown,
  RequestUnknown: requestUnknown,
  Vanished: vanished,
  OrderAbsent: orderAbsent,
  RequestAbsent: requestAbsent,
};

/** Runs the effect of an event; the map above gives the right one for its type. */
export function applyEffect(draft: Draft, event: EventOf<TableEventType>, context: Context): void {
  const effect = EFFECTS[event.type] as (draft: Draft, event: EventOf<TableEventType>, context: Context) => void;
  effect(draft, event, context);
}
