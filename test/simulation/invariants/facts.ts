import type { OrderSpec, RiskLimits } from '@orderplane/domain';
import type { Coverage } from '@orderplane/exchange';
import type { VenueOrder } from '@orderplane/planner/testing';
import type { MachineEvent, OrderTerms } from '@orderplane/state-machine';
import type { OrderGroup, OrderRecord } from '@orderplane/store';
import type { OnItsWay, SimExchange } from '../venue/exchange.ts';

/** What the judge knows of our books and of the exchanges' ledgers, at any instant. */
export interface Known {
  readonly nowMs: number;
  readonly orders: ReadonlyMap<string, OrderRecord>;
  readonly halted: ReadonlySet<string>;
  readonly groups: ReadonlyMap<string, OrderGroup>;
  /** Limits of accounts, which do not change in a run. */
  readonly limits: ReadonlyMap<string, RiskLimits>;
  /** What each order was placed with. */
  readonly firstTerms: ReadonlyMap<string, OrderTerms>;
  /** When the newest execution of an order was booked. */
  readonly filledSince: ReadonlyMap<string, number>;
  /** Our order with a leg of this client id, at this account. */
  ownerOf(accountId: string, venueClientId: string): OrderRecord | null;
  /** Orders at the exchange that are legs of this one, by our client ids or, adopted, by the exchange's. */
  held(record: OrderRecord): readonly VenueOrder[];
  venueOf(record: OrderRecord): SimExchange;
  /** The order that an execution was booked to first. */
  bookedTo(accountId: string, symbol: string, venueOrderId: string, tradeId: string): string | null;
  /** Complete listings that the account's readers were given, by when they were asked. */
  listing(accountId: string, askedAt: string): Coverage | null;
  /** A look-up for this client id, asked then, read every place completely and found nothing. */
  wasSoughtInVain(accountId: string, venueClientId: string, askedAt: string): boolean;
  /** Submissions of the order that the exchange may still accept. */
  mayStillCome(record: OrderRecord): readonly OnItsWay[];
}

/** One write of one order, at the instant at which it was written. */
export interface Written {
  readonly known: Known;
  /** Null: it was placed or adopted. */
  readonly before: OrderRecord | null;
  readonly after: OrderRecord;
  readonly events: readonly MachineEvent[];
}

/** One request that has just reached the exchange, before it has had an effect. */
export interface Arrived {
  readonly known: Known;
  readonly venue: SimExchange;
  readonly op: OnItsWay['op'];
  readonly venueClientId: string;
  readonly spec: OrderSpec | null;
  readonly owner: OrderRecord | null;
}

/** An order of ours that has just come to be, or been changed, at the exchange. */
export interface Held {
  readonly known: Known;
  readonly venue: SimExchange;
  readonly order: VenueOrder;
  readonly owner: OrderRecord;
}

/** `check` gives what is wrong, or null. Numbers are those of the list of invariants in README.md. */
export interface Rule<Facts> {
  readonly id: string;
  readonly says: string;
  readonly check: (facts: Facts) => string | null;
}
