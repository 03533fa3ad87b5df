import type { OrderSpec, RiskLimits } from '@orderplane/domain';
import type { Coverage } from '@orderplane/exchange';
import type { VenueOrder } from '@orderplane/planner/testing';
import type { MachineEvent, OrderTerms } from '@orderplane/state-machine';
import type { CommandTime, JournalRecord, OrderGroup, OrderRecord } from '@orderplane/store';
import { DARK_ARRIVED, DARK_WRITTEN } from './invariants/dark.ts';
import { ARRIVED, HELD } from './invariants/exchange.ts';
import type { Known, Rule, Written } from './invariants/facts.ts';
import { GROUPS_WRITTEN } from './invariants/groups.ts';
import { LIMITS_WRITTEN } from './invariants/limits.ts';
import { PROOFS } from './invariants/proof.ts';
import { PURGED } from './invariants/purged.ts';
import { Refusals } from './invariants/refusals.ts';
import { WISHES } from './invariants/wishes.ts';
import { newExecutions, WRITTEN } from './invariants/written.ts';
import type { Sightings } from './sightings.ts';
import type { Timeline } from './timeline.ts';
import type { OnItsWay, SimExchange } from './venue/exchange.ts';

export interface Violation {
  readonly id: string;
  readonly says: string;
  readonly what: string;
  readonly step: number;
}

const key = (...parts: readonly string[]): string => parts.join('|');

/** Sees every write and every exchange's ledger, and says at once when a promise is broken. */
export class Judge implements Known {
  violation: Violation | null = null;
  readonly orders = new Map<string, OrderRecord>();
  /** Accounts whose halt was confirmed to its caller. */
  readonly halted = new Set<string>();
  readonly groups = new Map<string, OrderGroup>();
  readonly limits = new Map<string, RiskLimits>();
  readonly firstTerms = new Map<string, OrderTerms>();
  readonly filledSince = new Map<string, number>();
  /** Groups of which it is recorded that more was executed than they allow. */
  readonly conflicts = new Set<string>();
  /** Orders whose history is gone: still known here, and held against the exchanges as before. */
  readonly purged = new Set<string>();
  readonly refusals = new Refusals((...broken) => this.fail(...broken));
  /** Writes of order state so far: in a quiet time there are none. */
  writes = 0;
  /** Submits, cancels and amends that reached an exchange. */
  requests = 0;
  readonly #timeline: Timeline;
  readonly #sightings: Sightings;
  readonly #venues: ReadonlyMap<string, SimExchange>;
  readonly #owners = new Map<string, string>();
  readonly #venueOwners = new Map<string, string>();
  readonly #booked = new Map<string, string>();
  readonly #placed = new Map<string, VenueOrder[]>();
  readonly #listings = new Map<string, Coverage>();
  readonly #soughtInVain = new Set<string>();

  constructor(timeline: Timeline, venues: ReadonlyMap<string, SimExchange>, sightings: Sightings) {
    this.#timeline = timeline;
    this.#venues = venues;
    this.#sightings = sightings;
  }

  get nowMs(): number {
    return this.#timeline.nowMs;
  }

  fail(id: string, says: string, what: string): void {
    this.violation ??= { id, says, what, step: this.#timeline.steps };
  }

  ownerOf(accountId: string, venueClientId: string): OrderRecord | null {
    return this.orders.get(this.#owners.get(key(accountId, venueClientId)) ?? '') ?? null;
  }

  venueOf(record: OrderRecord): SimExchange {
    const venue = this.#venues.get(record.intent.accountId);
    if (venue === undefined) throw new Error(`no account ${record.intent.accountId}`);
    return venue;
  }

  held(record: OrderRecord): readonly VenueOrder[] {
    const venue = this.venueOf(record);
    const { accountId } = record.intent;
    const held = new Set<VenueOrder>();
    for (const leg of record.actual.machine.legs) {
      for (const order of this.#placed.get(key(accountId, leg.venueClientId)) ?? []) held.add(order);
      for (const id of leg.venueOrderIds) {
        const order = venue.ledger.byId(id);
        if (order !== undefined) held.add(order);
      }
    }
    return [...held];
  }

  bookedTo(accountId: string, symbol: string, venueOrderId: string, tradeId: string): string | null {
    return this.#booked.get(key(accountId, symbol, venueOrderId, tradeId)) ?? null;
  }

  listing(accountId: string, askedAt: string): Coverage | null {
    return this.#listings.get(key(accountId, askedAt)) ?? null;
  }

  listed(venue: SimExchange, coverage: Coverage): void {
    const at = key(venue.accountId, coverage.askedAt);
    // Asked twice within a millisecond: what one of them covered may be concluded.
    if (this.#listings.get(at)?.complete !== true) this.#listings.set(at, coverage);
  }

  wasSoughtInVain(accountId: string, venueClientId: string, askedAt: string): boolean {
    return this.#soughtInVain.has(key(accountId, venueClientId, askedAt));
  }

  conflict(groupId: string): void {
    this.conflicts.add(groupId);
    this.#sightings.see('more is executed than a group allows');
  }

  soughtInVain(venue: SimExchange, venueClientId: string, askedAt: string): void {
    this.#soughtInVain.add(key(venue.accountId, venueClientId, askedAt));
  }

  mayStillCome(record: OrderRecord): readonly OnItsWay[] {
    const venue = this.venueOf(record);
    return record.actual.machine.legs.flatMap((leg) => venue.onItsWay('submit', leg.venueClientId));
  }

  /** An order was written: the write has just become visible to everybody. */
  written(after: OrderRecord, journal: readonly JournalRecord[]): void {
    this.writes += 1;
    const { orderId, accountId, spec } = after.intent;
    const events: readonly MachineEvent[] = journal.map(({ event }) => event);
    const written: Written = { known: this, before: this.orders.get(orderId) ?? null, after, events };
    this.#timeline.note(
      `  ${accountId} ${orderId.slice(-4)} ${after.actual.machine.life} ${events.map(({ type }) => type).join(' ')} ${JSON.stringify(after.actual.machine.terms.size)}`,
    );
    for (const leg of after.actual.machine.legs) {
      const at = key(accountId, leg.venueClientId);
      if (!this.#owners.has(at)) this.#owners.set(at, orderId);
      for (const id of leg.venueOrderIds) this.#venueOwners.set(key(accountId, id), orderId);
    }
    if (written.before === null) this.firstTerms.set(orderId, after.actual.machine.terms);
    this.refusals.written(events);
    this.#check(WRITTEN, written, orderId);
    this.#check(WISHES, written, orderId);
    this.#check(DARK_WRITTEN, written, orderId);
    this.#check(PROOFS, written, orderId);
    this.#check(GROUPS_WRITTEN, written, orderId);
    this.#check(LIMITS_WRITTEN, written, orderId);
    for (const execution of newExecutions(written))
      this.#booked.set(key(accountId, spec.symbol, execution.venueOrderId ?? '', execution.id), orderId);
    if (newExecutions(written).length > 0) this.filledSince.set(orderId, this.nowMs);
    this.orders.set(orderId, after);
    this.#sightings.written(written);
  }

  /** An order has been placed by a command of this time; none: it was adopted. */
  placedBy({ intent: { accountId, clientOrderId } }: OrderRecord, time: CommandTime | undefined): void {
    this.refusals.placed(accountId, clientOrderId, time, this.nowMs);
  }

  /** Their history was taken away: the purge has just become visible to everybody. */
  purge(orderIds: readonly string[]): void {
    for (const orderId of orderIds) {
      const record = this.orders.get(orderId);
      if (record === undefined) this.fail('P1', 'only what was there is purged', orderId);
      else this.#check(PURGED, { known: this, record, before: this.purged.has(orderId) }, orderId);
      this.purged.add(orderId);
      this.#timeline.note(`  ${orderId.slice(-4)} is purged`);
    }
    if (orderIds.length > 0) this.#sightings.see('history is purged');
  }

  arrived(venue: SimExchange, op: OnItsWay['op'], venueClientId: string, spec: OrderSpec | null): void {
    this.requests += 1;
    const owner = this.ownerOf(venue.accountId, venueClientId);
    const arrived = { known: this, venue, op, venueClientId, spec, owner };
    this.#check(ARRIVED, arrived, owner?.intent.orderId ?? venueClientId);
    this.#check(DARK_ARRIVED, arrived, owner?.intent.orderId ?? venueClientId);
    this.#sightings.arrived(arrived);
  }

  placed(venue: SimExchange, order: VenueOrder): void {
    if (order.clientId === null || venue.foreign.has(order.orderId)) return;
    const at = key(venue.accountId, order.clientId);
    this.#placed.set(at, [...(this.#placed.get(at) ?? []), order]);
  }

  changed(venue: SimExchange, order: VenueOrder): void {
    const byClient = venue.foreign.has(order.orderId) ? null : this.ownerOf(venue.accountId, order.clientId ?? '');
    this.#timeline.note(
      `  ${venue.accountId} ${order.orderId} ${order.clientId ?? ''} ${order.status} ${order.size} at ${order.price ?? 'market'}, ${order.fills.length} fills`,
    );
    const owner = byClient ?? this.orders.get(this.#venueOwners.get(key(venue.accountId, order.orderId)) ?? '') ?? null;
    if (owner === null) return;
    const held = { known: this, venue, order, owner };
    this.#check(HELD, held, owner.intent.orderId);
  }

  ownerAt(venue: SimExchange, order: VenueOrder): OrderRecord | null {
    const byId = this.orders.get(this.#venueOwners.get(key(venue.accountId, order.orderId)) ?? '') ?? null;
    if (byId !== null || venue.foreign.has(order.orderId)) return byId;
    return this.ownerOf(venue.accountId, order.clientId ?? '');
  }

  #check<Facts>(rules: readonly Rule<Facts>[], facts: Facts, subject: string): void {
    for (const { id, says, check } of rules) {
      const wrong = check(facts);
      if (wrong !== null) this.fail(id, says, `${subject.slice(-12)}: ${wrong}`);
    }
  }
}
