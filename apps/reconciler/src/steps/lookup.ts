import type { LookupResult, Permit } from '@orderplane/exchange';
import { foldLookup, foldSubmit, overdueSince, type FoldContext, type Folded } from '@orderplane/planner';
import { attemptOf, foldContext, isOrderOf, isSecondOrder, record } from '@orderplane/recorder';
import { currentLeg, inDoubt, isDone, type Leg, type OrderMachine } from '@orderplane/state-machine';
import type { OrderRecord, ReconciliationRecord } from '@orderplane/store';
import { controlOf, isTimeKnown, wasAskedSince, type ReconcilerContext, type StepResult } from '../context.ts';

/** Look-ups kept for a proof of absence; two are needed, more only tell people how often it was tried. */
const KEPT_LOOKUPS = 20;
/** Orders from outside lived before we knew them; their executions are asked for this far back. */
const EXTERNAL_LOOKBACK_MS = 24 * 3_600_000;
/** The exchange's clock may be behind ours. */
const CLOCK_MARGIN_MS = 60_000;

/** Asks the exchange about the current leg, in every place where it could be, and books what it says. */
export async function lookup(
  context: ReconcilerContext,
  current: OrderRecord,
  why: string,
  needsAttention: boolean,
  permit: Permit | undefined,
): Promise<StepResult> {
  const leg = currentLeg(current.actual.machine);
  if (leg === null) return { record: current, throttledMs: null };
  const adapter = await context.adapters.get(current.intent.accountId);
  const firstSentMs = Date.parse(current.actual.machine.legs[0]?.sentAt ?? leg.sentAt);
  const lookbackMs = current.intent.origin === 'EXTERNAL' ? EXTERNAL_LOOKBACK_MS : CLOCK_MARGIN_MS;
  const { clientOrderId } = current.intent;
  context.crashPoint('lookup:before-call', clientOrderId);
  context.count('lookup');
  const asked = await adapter.lookup(
    {
      symbol: current.intent.spec.symbol,
      venueClientId: leg.venueClientId,
      venueOrderId: leg.venueOrderIds.at(-1) ?? null,
      since: new Date(firstSentMs - lookbackMs).toISOString(),
      attributed: (ids) => ordersOfOthers(context, current, ids),
    },
    controlOf(context, permit),
  );
  // What was asked at an unknown time may have been asked before the deadline.
  const said = isTimeKnown(context) ? asked : { ...asked, provesAbsence: false };
  context.crashPoint('lookup:after-call', clientOrderId);
  const written = await record(
    context.recorder,
    current.intent.orderId,
    (fresh, at) => {
      const answer = aboutItself(fresh, said);
      const folded = foldAnswer(context, fresh, leg, answer, foldContext(context.recorder, fresh.intent.exchange, at));
      const resolved =
        answer.error === null && !inDoubt(folded.machine) && folded.question === null && !waits(folded.machine);
      return {
        machine: folded.machine,
        journal: folded.journal,
        reconciliation: bookkeeping(
          context,
          fresh,
          answer,
          resolved && isAnswer(answer, folded.machine) && !wasAskedSince(fresh, answer.askedAt),
          folded.question ?? why,
        ),
        tried: attemptOf(answer),
        ...(needsAttention && !resolved ? { needsAttention: true } : {}),
      };
    },
    current,
  );
  context.crashPoint('lookup:after-outcome', clientOrderId);
  return { record: written?.record ?? null, throttledMs: said.rateLimitedMs };
}

/** Those of the exchange's ids that lead to other orders of the account. */
async function ordersOfOthers(
  context: ReconcilerContext,
  { intent }: OrderRecord,
  venueOrderIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const found = await context.recorder.ledger.findByVenueIds(intent.accountId, { venueClientIds: [], venueOrderIds });
  // Ids of some exchanges are unique within a market only; the adapter asks for those of one market.
  const others = found.filter(
    (one) => one.intent.orderId !== intent.orderId && one.intent.spec.symbol === intent.spec.symbol,
  );
  return new Set(others.flatMap((one) => one.actual.machine.legs.flatMap((leg) => leg.venueOrderIds)));
}

/** A found order answers every question; that nothing is found answers those about an order that is over. */
const isAnswer = (answer: LookupResult, machine: OrderMachine): boolean => answer.order !== null || isDone(machine);

/** A second order under the order's client id is no word about it: the sync takes it into the books as an order of its own. */
const aboutItself = (fresh: OrderRecord, said: LookupResult): LookupResult =>
  said.order !== null && isSecondOrder(fresh, said.order)
    ? { ...said, order: null, fills: [], fillsComplete: false, provesAbsence: false }
    : said;

/**
 * An order with our client id that is not as we sent it belongs to somebody else: the exchange can't have taken ours
 * under the same id, so ours is refused.
 */
function foldAnswer(
  context: ReconcilerContext,
  fresh: OrderRecord,
  asked: Leg,
  answer: LookupResult,
  foldContext: FoldContext,
): Folded {
  if (answer.order === null || isOrderOf(fresh, answer.order))
    return foldLookup(fresh.actual.machine, answer, foldContext);
  const message = `the client id ${asked.venueClientId} is in use by another order, ${answer.order.orderId}`;
  context.recorder.log.warn({ orderId: fresh.intent.orderId, exchangeOrderId: answer.order.orderId }, message);
  const refused = { kind: 'notPlaced', nativeCode: null, message } as const;
  return foldSubmit(fresh.actual.machine, asked.venueClientId, refused, foldContext);
}

function bookkeeping(
  context: ReconcilerContext,
  fresh: OrderRecord,
  answer: LookupResult,
  answered: boolean,
  open: string,
): Partial<ReconciliationRecord> {
  const before = fresh.actual.reconciliation;
  const evidence = answer.order === null && answer.fills.length === 0 ? {} : { lastEvidenceAt: answer.askedAt };
  if (answered) return { ...evidence, attempts: 0, nextAttemptAt: null, lastError: null, absentLookups: [] };
  context.count('retry');
  const absent = answer.order === null && answer.fills.length === 0;
  return {
    ...evidence,
    attempts: before.attempts + 1,
    nextAttemptAt: new Date(context.clock.now().getTime() + context.backoffMs(before.attempts)).toISOString(),
    lastError: answer.error ?? open,
    ...(absent
      ? {
          absentLookups: [
            ...before.absentLookups,
            { askedAt: answer.askedAt, provesAbsence: answer.provesAbsence },
          ].slice(-KEPT_LOOKUPS),
        }
      : {}),
  };
}

/** A request whose effect is still to be seen: the next look-up comes after a pause, not at once. */
const waits = (machine: OrderMachine): boolean =>
  overdueSince(machine) !== null ||
  machine.requests.some(
    (request) => request.phase === 'pending' || request.phase === 'unknown' || request.phase === 'sent',
  );
