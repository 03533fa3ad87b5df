import { classOf, divide, subtract, type OrderSpec } from '@orderplane/domain';
import type {
  AmendRequest,
  CancelOutcome,
  CancelRequest,
  ExchangeAdapter,
  ExchangeCapabilities,
  LookupRequest,
  LookupResult,
  Room,
  RoomRequest,
  SubmitOutcome,
  SubmitRequest,
} from '@orderplane/exchange';
import type { NormalizedFill, NormalizedOrder, OrderReport } from '@orderplane/normalization';
import { ModelVenue, remaining, reportOf, shown, type VenueOrder } from '@orderplane/planner/testing';
import type { TestClock } from '@orderplane/recorder/testing';
import { RETRY_AFTER_MS, type Faults, type RequestFault } from './faults.ts';

interface Version {
  readonly atMs: number;
  readonly order: NormalizedOrder;
  readonly fills: readonly NormalizedFill[];
}

const because = { nativeCode: '-1', message: 'the fault of this test' };

/** A call takes this long. */
const CALL_MS = 5;

/**
 * An exchange in memory, spoken to as the reconciler speaks to a real one. Its ledger is the judge of every test. A
 * request that arrives late arrives after its answer was given up and before its deadline, as the real ones guarantee.
 */
export class ModelAdapter implements ExchangeAdapter {
  capabilities: ExchangeCapabilities;
  readonly venue = new ModelVenue();
  readonly calls: string[] = [];
  /** What the exchange would say on its stream, oldest first; a test delivers of it what it likes. */
  readonly stream: OrderReport[] = [];
  /** Called before and after each call; one that throws is a process that dies there. */
  around: () => void = () => undefined;
  /** Called when a request has left us: what the exchange receives must be in our books already. */
  onReceived: (venueClientId: string) => Promise<void> = () => Promise.resolve();
  faults: Faults;
  readonly #clock: TestClock;
  readonly #versions = new Map<string, Version[]>();
  readonly #late: { readonly atMs: number; readonly arrive: () => void }[] = [];
  /** How far its clock is behind ours, ms: what arrives late arrives in the last ms before the deadline by its clock. */
  behindMs = 0;
  /** Twice alive at once: the one thing that must never be. */
  doubled = false;

  constructor(capabilities: ExchangeCapabilities, clock: TestClock, faults: Faults) {
    this.capabilities = capabilities;
    this.#clock = clock;
    this.faults = faults;
  }

  /** Delivers what is on its way and due by now, at the time at which it was due. */
  settle(): void {
    const { nowMs } = this.#clock;
    for (const late of this.#late.splice(0)) {
      if (late.atMs > nowMs) {
        this.#late.push(late);
        continue;
      }
      this.#clock.nowMs = late.atMs;
      late.arrive();
      this.#clock.nowMs = nowMs;
    }
  }

  get inFlight(): number {
    return this.#late.length;
  }

  async reserve({ kind }: RoomRequest): Promise<Room> {
    const waitMs = this.faults.full.shift() ?? 0;
    if (waitMs > 0) return { granted: false, waitMs, reason: 'no room in this test' };
    return { granted: true, permit: { class: classOf(kind), used: false } };
  }

  async submit(request: SubmitRequest): Promise<SubmitOutcome> {
    const fault = await this.#begin('submit', request.venueClientId, this.faults.submit.shift());
    switch (fault) {
      case 'notPlaced':
        return this.#end({ kind: 'notPlaced', insufficientFunds: true, rulesChanged: false, ...because });
      case 'keyRefused':
        return this.#end({ kind: 'auth', ...because });
      case 'rateLimited':
        return this.#end({ kind: 'rateLimited', retryAfterMs: RETRY_AFTER_MS, ...because });
      case 'notSent':
        return this.#end({ kind: 'notSent', ...because });
      case 'dropped':
        return this.#end({ kind: 'unknown', ...because });
      case 'arrivesLate':
        this.#later(request.deadlineAt, () => void this.#place(request));
        return this.#end({ kind: 'unknown', ...because });
      case 'answerLost':
      case 'filledAtOnce':
      case 'partFilledAtOnce':
      case null:
        break;
    }
    if (this.#openWith(request.venueClientId) !== undefined) return this.#end({ kind: 'duplicate', ...because });
    const order = this.#place(request);
    if (fault === 'filledAtOnce') this.fill(order, remaining(order));
    if (fault === 'partFilledAtOnce') this.fill(order, divide(remaining(order), '4'));
    if (fault === 'answerLost') return this.#end({ kind: 'unknown', ...because });
    return this.#end({ kind: 'placed', report: this.#report(order, 'submit') });
  }

  async cancel(request: CancelRequest): Promise<CancelOutcome> {
    const fault = await this.#begin('cancel', request.venueClientId, this.faults.cancel.shift());
    return this.#request(request, fault, 'cancel', (order) => this.end(order, 'CANCELLED'));
  }

  async amend(request: AmendRequest): Promise<CancelOutcome> {
    const fault = await this.#begin('amend', request.venueClientId, this.faults.amend.shift());
    const terms = {
      ...(request.size === null ? {} : { size: request.size }),
      ...(request.price === null ? {} : { price: request.price }),
    };
    return this.#request(request, fault, 'amend', (order) => this.change(order, terms));
  }

  async lookup(request: LookupRequest): Promise<LookupResult> {
    const fault = await this.#begin('lookup', null, this.faults.lookup.shift());
    const askedAt = this.#clock.iso();
    const nothing = { order: null, fills: [], fillsComplete: true, askedAt, rateLimitedMs: null, places: ['open'] };
    if (fault === 'failed') return this.#end({ ...nothing, fillsComplete: false, provesAbsence: false, error: 'down' });
    if (fault === 'rateLimited') {
      const rateLimitedMs = RETRY_AFTER_MS;
      return this.#end({ ...nothing, fillsComplete: false, provesAbsence: false, error: 'limited', rateLimitedMs });
    }
    const order = this.#find(request);
    const lagMs = fault === 'lagging' ? this.capabilities.visibilityDelayMs : 0;
    const seen = order === undefined ? null : this.#asOf(order, this.#clock.nowMs - lagMs);
    if (seen === null) return this.#end({ ...nothing, provesAbsence: fault !== 'partial', error: null });
    const fills = fault === 'fillsLate' ? seen.fills.slice(0, -1) : seen.fills;
    return this.#end({
      ...nothing,
      order: fault === 'partial' && seen.order.status !== 'OPEN' ? null : seen.order,
      fills: fault === 'partial' ? [] : fills,
      fillsComplete: fault === null || fault === 'lagging',
      provesAbsence: false,
      error: fault === 'partial' ? 'one place did not answer' : null,
    });
  }

  /** The exchange's own doing. */
  fill(order: VenueOrder, size: string): void {
    const fill = this.venue.fill(order, size, this.#clock.iso());
    if (fill !== null) this.#changed(order, [fill]);
  }
  change(order: VenueOrder, terms: { readonly size?: string; readonly price?: string }): boolean {
    const done = this.venue.amend(order, terms, this.#clock.iso());
    if (done) this.#changed(order);
    return done;
  }
  end(order: VenueOrder, status: 'CANCELLED' | 'EXPIRED'): boolean {
    const done = this.venue.end(order, status, this.#clock.iso(), status === 'EXPIRED' ? 'tif' : null);
    if (done) this.#changed(order);
    return done;
  }

  openOrders = () => Promise.reject(new Error('the reconciler does not list'));
  fills = () => Promise.reject(new Error('the reconciler does not list'));
  watchOrders = (): never => {
    throw new Error('the reconciler does not stream');
  };
  funds = (): never => {
    throw new Error('the reconciler reads no balances');
  };
  setDeadMansSwitch = (): never => {
    throw new Error("the reconciler sets no dead man's switch");
  };
  checkCredentials = (): never => {
    throw new Error('the reconciler tries no credentials');
  };
  close = () => Promise.resolve();

  async #begin<Fault>(kind: string, clientId: string | null, fault: Fault | undefined): Promise<Fault | null> {
    this.settle();
    this.calls.push(fault === undefined || fault === null ? kind : `${kind} (${String(fault)})`);
    if (clientId !== null) await this.onReceived(clientId);
    this.around();
    return fault ?? null;
  }

  #end<Answer>(answer: Answer): Answer {
    this.#clock.advance(CALL_MS);
    this.around();
    return answer;
  }

  #place(request: SubmitRequest): VenueOrder {
    const known = this.#openWith(request.venueClientId);
    if (known !== undefined) return known;
    const order = this.venue.place(request.venueClientId, request.spec, this.#clock.iso());
    if (this.venue.open().length > 1) this.doubled = true;
    this.#changed(order);
    if (endsAtOnce(request.spec)) {
      this.fill(order, divide(order.size, '2'));
      if (request.spec.type === 'MARKET') this.fill(order, order.size);
      else this.end(order, 'EXPIRED');
    }
    return order;
  }

  #request(
    request: CancelRequest,
    fault: RequestFault | null,
    source: 'cancel' | 'amend',
    act: (order: VenueOrder) => boolean,
  ): CancelOutcome {
    const order = this.#find(request);
    const refused = refusalOf(fault);
    if (refused !== null) return this.#end(refused);
    if (fault === 'arrivesLate') {
      this.#later(request.deadlineAt, () => {
        const found = this.#find(request);
        if (found !== undefined) act(found);
      });
      return this.#end({ kind: 'unknown', ...because });
    }
    if (order !== undefined && fault === 'filledFirst') this.fill(order, remaining(order));
    if (order !== undefined && fault === 'partFilledFirst') this.fill(order, divide(remaining(order), '4'));
    if (order?.status !== 'OPEN') return this.#end({ kind: 'unknownOrder', ...because });
    if (!act(order)) return this.#end({ kind: 'refused', ...because });
    if (fault === 'answerLost') return this.#end({ kind: 'unknown', ...because });
    return this.#end({ kind: 'accepted', report: fault === 'takenSilently' ? null : this.#report(order, source) });
  }

  #later(deadlineAt: string, arrive: () => void): void {
    const deadlineMs = Date.parse(deadlineAt);
    const atMs = this.behindMs === 0 ? (this.#clock.nowMs + deadlineMs) / 2 : deadlineMs + this.behindMs - 1;
    this.#late.push({ atMs, arrive });
  }

  #find(request: { readonly venueClientId: string; readonly venueOrderId: string | null }): VenueOrder | undefined {
    return request.venueOrderId === null
      ? this.venue.byClientId(request.venueClientId)
      : this.venue.byId(request.venueOrderId);
  }

  /** A client id is taken only while its order is open: exchanges forget it afterwards. */
  #openWith(clientId: string): VenueOrder | undefined {
    return this.venue.open().find((order) => order.clientId === clientId);
  }

  #report(order: VenueOrder, source: OrderReport['source']): OrderReport {
    return reportOf(order, source, this.#clock.iso(), 'all');
  }

  #changed(order: VenueOrder, fills: readonly NormalizedFill[] = []): void {
    const versions = this.#versions.get(order.orderId) ?? [];
    versions.push({ atMs: this.#clock.nowMs, order: shown(order), fills: [...order.fills] });
    this.#versions.set(order.orderId, versions);
    this.stream.push(reportOf(order, 'stream', this.#clock.iso(), fills));
  }

  /** The order as a listing that lags shows it; its price and size as they are. */
  #asOf(order: VenueOrder, atMs: number): Version | null {
    const version = (this.#versions.get(order.orderId) ?? []).findLast((candidate) => candidate.atMs <= atMs);
    if (version === undefined) return null;
    const left = subtract(order.size, version.order.filledSize ?? '0');
    return { ...version, order: { ...version.order, size: order.size, price: order.price, remainingSize: left } };
  }
}

const endsAtOnce = (spec: OrderSpec): boolean => spec.type === 'MARKET' || spec.timeInForce === 'IOC';

function refusalOf(fault: RequestFault | null): CancelOutcome | null {
  switch (fault) {
    case 'refused':
    case 'unknownOrder':
      return { kind: fault, ...because };
    case 'rateLimited':
      return { kind: 'rateLimited', retryAfterMs: RETRY_AFTER_MS, ...because };
    case 'notSent':
      return { kind: 'notSent', ...because };
    case 'keyRefused':
      return { kind: 'auth', ...because };
    case 'dropped':
      return { kind: 'unknown', ...because };
    case 'answerLost':
    case 'arrivesLate':
    case 'takenSilently':
    case 'filledFirst':
    case 'partFilledFirst':
    case null:
      return null;
  }
}

/** What the exchange executed of all orders of the ledger. */
export const executed = (venue: ModelVenue): string[] =>
  venue.orders.flatMap((order) => order.fills.map((fill) => `${fill.tradeId} ${fill.size}`)).sort();
