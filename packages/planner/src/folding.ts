import { sum, type DecimalString } from '@orderplane/domain';
import {
  currentLeg,
  evolve,
  type EventBody,
  type EventSource,
  type JournalEntry,
  type Leg,
  type MachineEvent,
  type OrderMachine,
} from '@orderplane/state-machine';

export interface FoldContext {
  /** When this is folded: stamped on the events. RFC 3339 UTC. */
  readonly at: string;
  /** How far a listing of this exchange may lag behind what it told elsewhere, ms. */
  readonly visibilityDelayMs: number;
  /** How long a request that the exchange has taken may stay undecided, ms. Left out: until the deadline of its call. */
  readonly pendingCancelMs?: number;
  readonly pendingReplaceMs?: number;
}

export interface Folded {
  readonly machine: OrderMachine;
  readonly journal: readonly { readonly event: MachineEvent; readonly entries: readonly JournalEntry[] }[];
  /** What the exchange should be asked, and why; null when the report explains itself. */
  readonly question: string | null;
  readonly alarms: readonly string[];
}

/** Applies events one after the other and keeps the journal of those that changed anything. */
export class Folding {
  order: OrderMachine;
  question: string | null = null;
  readonly context: FoldContext;
  readonly journal: { event: MachineEvent; entries: readonly JournalEntry[] }[] = [];
  readonly alarms: string[] = [];

  constructor(order: OrderMachine, context: FoldContext) {
    this.order = order;
    this.context = context;
  }

  apply(body: EventBody, source: EventSource = 'exchange'): void {
    const event: MachineEvent = { ...body, at: this.context.at, source };
    const transition = evolve(this.order, event);
    if (transition.alarm !== null) {
      this.alarms.push(transition.alarm);
      this.ask(transition.alarm);
    }
    if (transition.order === this.order && transition.journal.length === 0) return;
    this.order = transition.order;
    this.journal.push({ event, entries: transition.journal });
  }

  ask(question: string): void {
    this.question ??= question;
  }

  askForFees(): void {
    if (this.order.executions.some((known) => known.fee === null)) this.ask('the fee of an execution is not told');
  }

  result(): Folded {
    return { machine: this.order, journal: this.journal, question: this.question, alarms: this.alarms };
  }
}

/** The leg that a report speaks of: by the exchange's id first, then by our own. Null: it names none that is known. */
export const legOf = (
  order: OrderMachine,
  ids: { readonly orderId: string; readonly clientOrderId: string | null },
): Leg | null =>
  order.legs.find((leg) => leg.venueOrderIds.includes(ids.orderId)) ??
  order.legs.find((leg) => leg.venueClientId === ids.clientOrderId) ??
  null;

/** A leg of a replace in two steps that has been sent and of which no sign of life has come yet. */
export const isNewLegInFlight = (order: OrderMachine, leg: Leg): boolean =>
  order.legs.length > 1 &&
  leg === currentLeg(order) &&
  (leg.phase === 'sent' || leg.phase === 'unknown' || leg.phase === 'absent');

export function placeNewLeg(folding: Folding, leg: Leg, venueOrderId: string): void {
  folding.apply({ type: 'LegPlaced', venueClientId: leg.venueClientId, venueOrderId });
}

/** Executions booked under the ids of one leg. A fill without an order id counts for the current leg. */
export function bookedOn(order: OrderMachine, leg: Leg): DecimalString {
  const current = currentLeg(order);
  return sum(
    order.executions
      .filter((execution) => !execution.busted && execution.correctedBy === null)
      .filter((execution) =>
        execution.venueOrderId === null ? leg === current : leg.venueOrderIds.includes(execution.venueOrderId),
      )
      .map((execution) => execution.size),
  );
}
