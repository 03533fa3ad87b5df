import type { CancelOutcome, CancelRequest, Permit } from '@orderplane/exchange';
import { bookedOn, foldRequest, Folding, lowersOnlySize, type Folded } from '@orderplane/planner';
import { foldContext, record, recordOnce } from '@orderplane/recorder';
import {
  cumQty,
  currentLeg,
  isOpenRequest,
  type EventBody,
  type OrderMachine,
  type OrderRequest,
} from '@orderplane/state-machine';
import { compare, subtract } from '@orderplane/domain';
import { exchangeSpec, type OrderRecord } from '@orderplane/store';
import { controlOf, judgeKey, wasAskedSince, type ReconcilerContext, type StepResult } from '../context.ts';
import { persist } from '../persist.ts';
import { lookup } from './lookup.ts';

/** Sends the cancel of a request: a wished cancel, the cancel of a stray, or the first step of a replace in two steps. */
export async function cancel(
  context: ReconcilerContext,
  current: OrderRecord,
  requestId: string,
  permit: Permit | undefined,
): Promise<StepResult> {
  const event = (request: OrderRequest, deadlineAt: string): EventBody =>
    request.kind === 'cancel'
      ? { type: 'CancelSent', requestId, deadlineAt }
      : { type: 'ReplaceSent', requestId, how: 'TWO_STEP', deadlineAt };
  return sendRequest(context, 'cancel', current, requestId, event, async (sent, target) => {
    const adapter = await context.adapters.get(sent.intent.accountId);
    context.count('cancel');
    return adapter.cancel(target, controlOf(context, permit));
  });
}

/** Changes the resting order in place; only where the capability table says that the exchange can. */
export async function amend(
  context: ReconcilerContext,
  current: OrderRecord,
  requestId: string,
  permit: Permit | undefined,
): Promise<StepResult> {
  const event = (_request: OrderRequest, deadlineAt: string): EventBody => ({
    type: 'ReplaceSent',
    requestId,
    how: 'AMEND',
    deadlineAt,
  });
  return sendRequest(context, 'amend', current, requestId, event, async (sent, target, request) => {
    const adapter = await context.adapters.get(sent.intent.accountId);
    const machine = sent.actual.machine;
    const spec = exchangeSpec(sent.intent);
    const total = request.terms?.size ?? machine.terms.size;
    const leg = currentLeg(machine);
    // The wish is the total of the order; the exchange counts what this leg has filled, or nothing.
    const counted = adapter.capabilities.amendSizeIsTotal && leg !== null ? bookedOn(machine, leg) : '0';
    const elsewhere = subtract(cumQty(machine), counted);
    context.count('amend');
    return adapter.amend(
      {
        ...target,
        side: spec.side,
        type: spec.type,
        size: total === null ? null : subtract(total, elsewhere),
        price: request.terms?.price ?? machine.terms.price,
        stopPrice: spec.stopPrice === null ? null : (request.terms?.stopPrice ?? machine.terms.stopPrice),
      },
      controlOf(context, permit),
    );
  });
}

type Call = (sent: OrderRecord, target: CancelRequest, request: OrderRequest) => Promise<CancelOutcome>;

async function sendRequest(
  context: ReconcilerContext,
  step: 'cancel' | 'amend',
  current: OrderRecord,
  requestId: string,
  event: (request: OrderRequest, deadlineAt: string) => EventBody,
  call: Call,
): Promise<StepResult> {
  const machine = current.actual.machine;
  const request = machine.requests.find((candidate) => candidate.id === requestId);
  const leg = currentLeg(machine);
  if (request === undefined || leg === null) return { record: current, throttledMs: null };
  const at = context.clock.iso();
  const deadlineAt = new Date(Date.parse(at) + context.limits.callTimeoutMs).toISOString();
  const folding = new Folding(machine, { at, visibilityDelayMs: 0 });
  folding.apply(event(request, deadlineAt), 'system');
  const folded = folding.result();
  const { clientOrderId } = current.intent;
  context.crashPoint(`${step}:before-intent`, clientOrderId);
  const intended = await recordOnce(context.recorder, current, {
    machine: folded.machine,
    journal: folded.journal,
    unlessHalted: step === 'amend' && !lowersOnlySize(machine.terms, request.terms),
  });
  if (intended === null || !intended.changed) {
    return { record: await context.recorder.ledger.find(current.intent.orderId), throttledMs: null };
  }
  context.crashPoint(`${step}:after-intent`, clientOrderId);
  const target: CancelRequest = {
    symbol: current.intent.spec.symbol,
    venueClientId: leg.venueClientId,
    venueOrderId: leg.venueOrderIds.at(-1) ?? null,
    deadlineAt,
    sentAt: leg.sentAt,
  };
  const outcome: CancelOutcome = context.lockLost()
    ? { kind: 'notSent', nativeCode: null, message: 'the key was lost before anything left this machine' }
    : await call(intended.record, target, request);
  context.crashPoint(`${step}:after-call`, clientOrderId);
  judgeKey(context, current.intent.accountId, outcome);
  // Refused, it may be, for fills that we have not heard of yet: they decide what becomes of the wish.
  if (step === 'amend' && outcome.kind === 'refused' && lowersSize(request, machine))
    await lookup(context, intended.record, 'fills may have crossed a change', false, undefined);
  const written = await persist(context, () => recordOutcome(context, intended.record, requestId, outcome));
  context.crashPoint(`${step}:after-outcome`, clientOrderId);
  return { record: written, throttledMs: outcome.kind === 'rateLimited' ? outcome.retryAfterMs : null };
}

function lowersSize(request: OrderRequest, machine: OrderMachine): boolean {
  const wished = request.terms?.size ?? null;
  const { size } = machine.terms;
  return wished !== null && size !== null && compare(wished, size) < 0;
}

async function recordOutcome(
  context: ReconcilerContext,
  sent: OrderRecord,
  requestId: string,
  outcome: CancelOutcome,
): Promise<OrderRecord | null> {
  const written = await record(
    context.recorder,
    sent.intent.orderId,
    (current, at) => {
      if (outcome.kind !== 'accepted' && isOvertaken(current, sent, requestId)) return null;
      const folding = foldContext(context.recorder, current.intent.exchange, at);
      const folded = foldRequest(current.actual.machine, requestId, outcome, folding);
      return {
        machine: folded.machine,
        journal: folded.journal,
        reconciliation: bookkeeping(context, current, outcome, {
          sentAt: sentAtOf(sent, requestId) ?? at,
          streamTells: waitsForStream(context, current, folded.machine, requestId),
          question: openQuestion(folded, requestId),
        }),
      };
    },
    sent,
  );
  return written?.record ?? null;
}

/** True when another worker has taken over and sent the request again: this sending says nothing about that one. */
function isOvertaken(current: OrderRecord, sent: OrderRecord, requestId: string): boolean {
  return sentAtOf(current, requestId) !== sentAtOf(sent, requestId);
}

/**
 * The exchange has taken a request and said nothing of its effect. The order stream usually does within milliseconds:
 * asking at once would cost one look-up for each cancel in a burst, and on Kraken 20 of them are all there are.
 */
const STREAM_TELLS_WITHIN_MS = 500;

/** Not so for the first step of a replace in two steps: while it is open, nothing rests at the exchange. */
function waitsForStream(
  context: ReconcilerContext,
  current: OrderRecord,
  machine: OrderMachine,
  requestId: string,
): boolean {
  if (!context.capabilities(current.intent.exchange).orderStream) return false;
  const request = machine.requests.find((candidate) => candidate.id === requestId);
  return request?.phase === 'pending' && request.how !== 'TWO_STEP';
}

/** What a request that is over leaves to be asked; of an open one the planner asks anyway. */
function openQuestion({ machine, question }: Folded, requestId: string): string | null {
  return machine.requests.some((request) => request.id === requestId && isOpenRequest(request)) ? null : question;
}

const sentAtOf = ({ actual }: OrderRecord, requestId: string): string | null =>
  actual.machine.requests.find((request) => request.id === requestId)?.sentAt ?? null;

/** What is known when the answer to a request has been folded in. */
interface After {
  readonly sentAt: string;
  readonly streamTells: boolean;
  readonly question: string | null;
}

function bookkeeping(
  context: ReconcilerContext,
  current: OrderRecord,
  outcome: CancelOutcome,
  { sentAt, streamTells, question }: After,
) {
  const { attempts } = current.actual.reconciliation;
  const later = (ms: number): string => new Date(context.clock.now().getTime() + ms).toISOString();
  switch (outcome.kind) {
    case 'accepted':
      // The stream may have told more, and have asked for what it did not tell, since the request left.
      if (question === null && wasAskedSince(current, sentAt)) return {};
      return {
        attempts: question === null ? 0 : 1,
        nextAttemptAt: outcome.report === null && streamTells ? later(STREAM_TELLS_WITHIN_MS) : null,
        lastError: question,
        ...(outcome.report === null ? {} : { lastEvidenceAt: outcome.report.askedAt }),
      };
    case 'unknownOrder':
    case 'refused':
    case 'unknown':
      context.count('error');
      return { lastError: outcome.message };
    case 'rateLimited':
      context.count('retry');
      return { attempts: attempts + 1, nextAttemptAt: later(outcome.retryAfterMs), lastError: outcome.message };
    case 'notSent':
    case 'auth':
      context.count('retry');
      return { attempts: attempts + 1, nextAttemptAt: later(context.backoffMs(attempts)), lastError: outcome.message };
  }
}
