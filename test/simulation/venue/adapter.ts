import { sum } from '@orderplane/domain';
import type {
  AmendRequest,
  CallControl,
  CancelOutcome,
  CancelRequest,
  Coverage,
  CredentialsVerdict,
  ExchangeAdapter,
  Listing,
  LookupRequest,
  LookupResult,
  Room,
  RoomRequest,
  StreamEvent,
  SubmitOutcome,
  SubmitRequest,
  Subscription,
  SwitchOutcome,
} from '@orderplane/exchange';
import type { NormalizedFill, NormalizedOrder, OrderReport } from '@orderplane/normalization';
import { filled, type VenueOrder } from '@orderplane/planner/testing';
import type { Faults } from '../faults.ts';
import type { SimProcess } from '../process.ts';
import type { Random } from '../random.ts';
import type { Timeline } from '../timeline.ts';
import type { OnItsWay, SimExchange } from './exchange.ts';
import { SimStream } from './stream.ts';

export interface AdapterParts {
  readonly process: SimProcess;
  readonly venue: SimExchange;
  readonly timeline: Timeline;
  readonly random: Random;
  readonly faults: Faults;
  /** A complete or incomplete listing was given: what may be concluded from it is checked against this. */
  readonly listed: (venue: SimExchange, coverage: Coverage) => void;
  /** A look-up proves that nothing is there. */
  readonly soughtInVain: (venue: SimExchange, venueClientId: string, askedAt: string) => void;
  readonly streams: Set<SimStream>;
}

/** Of the cancels that an exchange answers with nothing but "taken", so many are carried out a while later. */
const TAKES_TIME = 0.4;
/** Outcomes that every request can have. */
type Common = Extract<SubmitOutcome, { kind: 'notSent' | 'rateLimited' | 'auth' | 'unknown' }>;
const because = (message: string) => ({ nativeCode: 'SIM', message });
const unknown: Common = { kind: 'unknown', ...because('no answer came') };
const REFUSED = because('refused by the exchange');

/** What happens to one request: when it arrives, when it is answered, and with what if not with its own result. */
interface Fate<Outcome> {
  readonly arriveMs: number | null;
  readonly answerMs: number;
  readonly answer?: Outcome | Common;
}

interface Lags {
  readonly ordersMs: number;
  readonly fillsMs: number;
}

/** The exchange as one process speaks to it: a network that loses, delays and lies within what real ones do. */
export class SimAdapter implements ExchangeAdapter {
  readonly capabilities;
  readonly #parts: AdapterParts;

  constructor(parts: AdapterParts) {
    this.#parts = parts;
    this.capabilities = parts.venue.capabilities;
  }

  async reserve(_request: RoomRequest): Promise<Room> {
    const { random, faults, venue } = this.#parts;
    if (random.chance(0.1) && faults.strikes('rateLimited', venue.number))
      return { granted: false, waitMs: random.whole(50, 4_000), reason: 'no room' };
    return { granted: true, permit: { class: 'submit', used: false } };
  }

  submit(request: SubmitRequest, control: CallControl): Promise<SubmitOutcome> {
    const { process, venue, timeline } = this.#parts;
    const askedAt = process.clock.iso();
    // Where the exchange keeps no deadline, a request can come late only while the call lasts (our token expires).
    const latestMs = venue.capabilities.submissionDeadlineMs === null ? control.timeoutMs : 20_000;
    const refused: SubmitOutcome = { kind: 'notPlaced', insufficientFunds: true, rulesChanged: false, ...REFUSED };
    const fate = this.#fate(control.timeoutMs, latestMs, refused);
    const arrivesAtMs = timeline.nowMs + (fate.arriveMs ?? 0);
    const isInTime = venue.isInTime(request.deadlineAt, arrivesAtMs);
    const sent: OnItsWay = { op: 'submit', venueClientId: request.venueClientId, arrivesAtMs, isInTime };
    if (fate.arriveMs !== null) venue.expect(sent);
    const effect = (): SubmitOutcome => {
      if (venue.isDown) return unknown;
      const placing = venue.submit(sent, request.spec);
      switch (placing.kind) {
        case 'placed':
          return { kind: 'placed', report: this.#report(placing.order, 'submit', askedAt) };
        case 'duplicate':
          return { kind: 'duplicate', ...because(placing.why) };
        case 'refused':
          return { kind: 'notPlaced', insufficientFunds: false, rulesChanged: false, ...because(placing.why) };
      }
    };
    return process.request<SubmitOutcome>(`${venue.accountId} submit ${tail(request.venueClientId)}`, {
      ...fate,
      effect,
    });
  }

  cancel(request: CancelRequest, control: CallControl): Promise<CancelOutcome> {
    const { venue, timeline, random, faults } = this.#parts;
    return this.#act('cancel', request, control, (order) => {
      const takesTime = !venue.habits.cancelTellsOrder && !faults.isCalm && random.chance(TAKES_TIME);
      if (takesTime || faults.strikes('takenSilently', venue.number)) {
        // Taken, and carried out a while later: fills may come in between.
        const sent = { op: 'cancel' as const, venueClientId: request.venueClientId, isInTime: true };
        const delayMs = random.whole(10, 1_500);
        venue.expect({ ...sent, arrivesAtMs: timeline.nowMs + delayMs });
        timeline.after(delayMs, `${venue.accountId} ends ${order.orderId}`, () => void venue.cancel(order));
        return 'later';
      }
      return venue.cancel(order);
    });
  }

  amend(request: AmendRequest, control: CallControl): Promise<CancelOutcome> {
    const { venue } = this.#parts;
    const terms = {
      ...(request.size === null ? {} : { size: request.size }),
      ...(request.price === null ? {} : { price: request.price }),
    };
    return this.#act('amend', request, control, (order) => venue.amend(order, terms));
  }

  lookup(request: LookupRequest, _control: CallControl): Promise<LookupResult> {
    const { process, venue, random, faults, timeline } = this.#parts;
    const askedAt = process.clock.iso();
    const nothing = { order: null, fills: [], fillsComplete: false, askedAt, provesAbsence: false, error: null };
    const base: LookupResult = { ...nothing, rateLimitedMs: null, places: ['open', 'history', 'fills'] };
    const fault = faults.first(['readFailed', 'readCut', 'readLimited'], venue.number);
    const lessMs = this.#lagMs('endTellsLess');
    const lags = { ordersMs: this.#lagMs('listingStale'), fillsMs: Math.max(lessMs, this.#lagMs('executionsLag')) };
    return process.call(`${venue.accountId} lookup ${tail(request.venueClientId)}`, this.#latency(), async () => {
      if (fault === 'readFailed' || venue.isDown) return { ...base, error: 'no whole answer' };
      if (fault === 'readLimited')
        return { ...base, error: 'too many requests', rateLimitedMs: random.whole(200, 4_000) };
      const order = venue.find(request) ?? venue.ledger.byClientId(request.venueClientId);
      const seen = order === undefined ? null : venue.asOf(order, timeline.nowMs - lags.ordersMs);
      if (seen === null) return this.#nowhere(base, request, lags, fault === 'readCut');
      if (fault === 'readCut' && seen.order.status !== 'OPEN') return { ...base, error: 'the history did not answer' };
      const fills = this.#visible(seen.fills, Math.max(lags.ordersMs, lags.fillsMs));
      const executed = sum(fills.map(({ size }) => size));
      // The order's own record may lag behind its executions too: it has ended, with less than it has executed.
      const less = lessMs > 0 && seen.order.status !== 'OPEN' && seen.order.status !== 'FILLED';
      const told = less ? { ...seen.order, filledSize: executed } : seen.order;
      const all = executed === told.filledSize;
      return { ...base, order: told, fills, fillsComplete: all, error: all ? null : 'executions are missing' };
    });
  }

  openOrders(_control: CallControl): Promise<Listing<NormalizedOrder>> {
    const { process, venue, faults, timeline, listed, random } = this.#parts;
    const askedAt = process.clock.iso();
    const fault = faults.first(['readFailed', 'readCut', 'readLimited', 'keyRefused'], venue.number);
    const lagMs = this.#lagMs('listingStale');
    return process.call(`${venue.accountId} open orders`, this.#latency(), async () => {
      const versions = venue.ledger.orders.flatMap((order) => venue.asOf(order, timeline.nowMs - lagMs) ?? []);
      const open = versions.flatMap(({ order }) => (order.status === 'OPEN' ? [order] : []));
      const hides = faults.strikes('listingHides', venue.number);
      const items = hides ? open.filter(() => random.chance(0.5)) : open;
      const listing = limited(items, { askedAt, from: null }, venue.isDown ? 'readFailed' : fault);
      listed(venue, listing.coverage);
      return listing;
    });
  }

  fills(from: string, symbols: readonly string[], _control: CallControl): Promise<Listing<NormalizedFill>> {
    const { process, venue, faults } = this.#parts;
    const askedAt = process.clock.iso();
    const fault = faults.first(['readFailed', 'readCut', 'readLimited'], venue.number);
    const lagMs = this.#lagMs('executionsLag');
    return process.call(`${venue.accountId} fills`, this.#latency(), async () => {
      const all = venue.ledger.orders
        .filter(({ spec }) => !venue.habits.fillsBySymbol || symbols.includes(spec.symbol))
        .flatMap(({ fills }) => fills)
        .filter(({ executedAt }) => executedAt >= from);
      return limited(this.#visible(all, lagMs), { askedAt, from }, venue.isDown ? 'readFailed' : fault);
    });
  }

  watchOrders(sink: (event: StreamEvent) => void): Subscription {
    const { streams, ...parts } = this.#parts;
    const stream = new SimStream(parts, sink);
    streams.add(stream);
    stream.connect();
    return {
      close: async () => {
        stream.close();
        streams.delete(stream);
      },
    };
  }

  /** Balances are none of what is simulated here; its capabilities say so. */
  funds(): never {
    throw new Error('not shown');
  }

  async setDeadMansSwitch(): Promise<SwitchOutcome> {
    return { kind: 'set' };
  }

  async checkCredentials(): Promise<CredentialsVerdict> {
    return { kind: 'accepted', permissions: { read: true, trade: true, withdraw: false }, owner: null };
  }

  async close(): Promise<void> {}

  #act(
    op: 'cancel' | 'amend',
    request: CancelRequest,
    control: CallControl,
    act: (order: VenueOrder) => boolean | 'later',
  ): Promise<CancelOutcome> {
    const { process, venue, timeline } = this.#parts;
    const askedAt = process.clock.iso();
    const refused: CancelOutcome = { kind: 'refused', ...REFUSED };
    const fate = this.#fate(control.timeoutMs, control.timeoutMs, refused);
    const arrivesAtMs = timeline.nowMs + (fate.arriveMs ?? 0);
    const sent: OnItsWay = { op, venueClientId: request.venueClientId, arrivesAtMs, isInTime: true };
    if (fate.arriveMs !== null) venue.expect(sent);
    const effect = (): CancelOutcome => {
      if (venue.isDown) return unknown;
      venue.arrived(sent);
      const order = venue.find(request);
      if (order?.status !== 'OPEN') return { kind: 'unknownOrder', ...because('no such open order') };
      const done = act(order);
      if (done === false) return { kind: 'refused', ...because('it can not be done') };
      const tells = done !== 'later' && op === 'cancel' && venue.habits.cancelTellsOrder;
      return { kind: 'accepted', report: tells ? this.#report(order, 'cancel', askedAt) : null };
    };
    return process.request<CancelOutcome>(`${venue.accountId} ${op} ${tail(request.venueClientId)}`, {
      ...fate,
      effect,
    });
  }

  #fate<Outcome>(timeoutMs: number, latestMs: number, refused: Outcome): Fate<Outcome> {
    const { random, faults, venue } = this.#parts;
    const { thereMs, backMs } = this.#latency();
    const answerMs = thereMs + backMs;
    const never = (answer: Outcome | Common): Fate<Outcome> => ({ arriveMs: null, answerMs, answer });
    const lateAnswerMs = random.chance(0.5) ? answerMs : timeoutMs;
    if (venue.isDown)
      return random.chance(0.5)
        ? never({ kind: 'notSent', ...because('no connection') })
        : { arriveMs: null, answerMs: lateAnswerMs, answer: unknown };
    const fault = faults.first(
      ['notSent', 'rateLimited', 'keyRefused', 'refused', 'requestLost', 'answerLost', 'requestLate', 'slow'],
      venue.number,
    );
    switch (fault) {
      case null:
        return { arriveMs: thereMs, answerMs };
      case 'notSent':
        return never({ kind: 'notSent', ...because('no connection') });
      case 'rateLimited':
        return never({ kind: 'rateLimited', retryAfterMs: random.whole(200, 5_000), ...because('too many requests') });
      case 'keyRefused':
        return never({ kind: 'auth', ...because('the key is refused') });
      case 'refused':
        return never(refused);
      case 'requestLost':
        return { arriveMs: null, answerMs: lateAnswerMs, answer: unknown };
      case 'answerLost':
        return { arriveMs: thereMs, answerMs: lateAnswerMs, answer: unknown };
      case 'requestLate':
        return {
          arriveMs: random.whole(thereMs, latestMs),
          answerMs: Math.min(lateAnswerMs, timeoutMs),
          answer: unknown,
        };
      case 'slow': {
        const arriveMs = Math.min(random.whole(100, 6_000), latestMs);
        const slowMs = arriveMs + random.whole(0, 5_000);
        return slowMs >= timeoutMs
          ? { arriveMs, answerMs: timeoutMs, answer: unknown }
          : { arriveMs, answerMs: slowMs };
      }
    }
  }

  #latency() {
    const { random } = this.#parts;
    return { thereMs: random.whole(2, 40), backMs: random.whole(2, 40) };
  }

  #lagMs(fault: 'listingStale' | 'executionsLag' | 'endTellsLess'): number {
    const { faults, venue, random } = this.#parts;
    return faults.strikes(fault, venue.number) ? random.whole(1, venue.capabilities.visibilityDelayMs) : 0;
  }

  #visible(fills: readonly NormalizedFill[], lagMs: number): readonly NormalizedFill[] {
    if (lagMs === 0) return fills;
    const until = Date.parse(this.#parts.venue.now) - lagMs;
    return fills.filter(({ executedAt }) => Date.parse(executedAt) <= until);
  }

  /** In no list. An execution of an order that no list names could be of this one: then nothing is proved. */
  async #nowhere(base: LookupResult, request: LookupRequest, lags: Lags, isCut: boolean): Promise<LookupResult> {
    if (isCut) return { ...base, error: 'the history did not answer' };
    const { venue, timeline, soughtInVain } = this.#parts;
    const hidden = venue.ledger.orders.filter(
      (order) => order.spec.symbol === request.symbol && venue.asOf(order, timeline.nowMs - lags.ordersMs) === null,
    );
    const fills = this.#visible(
      hidden.flatMap((order) => order.fills),
      lags.fillsMs,
    );
    const ids = [...new Set(fills.map(({ orderId }) => orderId))];
    const known =
      ids.length === 0 || request.attributed === undefined
        ? new Set<string>()
        : await request.attributed(ids).catch(() => new Set<string>());
    const strange = ids.find((id) => !known.has(id));
    if (strange !== undefined) return { ...base, error: `executions of order ${strange}, which no list names` };
    soughtInVain(venue, request.venueClientId, base.askedAt);
    return { ...base, fillsComplete: true, provesAbsence: true };
  }

  #report(order: VenueOrder, source: OrderReport['source'], askedAt: string): OrderReport {
    const { venue } = this.#parts;
    const fillsComplete = filled(order) === '0';
    return { source, order: venue.normalized(order), fills: [], fillsComplete, askedAt };
  }
}

const tail = (id: string): string => id.slice(-4);

type ReadFault = 'readFailed' | 'readCut' | 'readLimited' | 'keyRefused' | null;

function limited<Item>(
  items: readonly Item[],
  asked: { readonly askedAt: string; readonly from: string | null },
  fault: ReadFault,
): Listing<Item> {
  const cut = fault === 'readCut' ? items.slice(0, Math.floor(items.length / 2)) : [];
  const failed = { ...asked, complete: false, pages: 0, error: 'the list did not come whole' };
  switch (fault) {
    case null:
      return { items, coverage: { ...asked, complete: true, pages: 1, error: null } };
    case 'readFailed':
    case 'readCut':
      return { items: cut, coverage: failed };
    case 'readLimited':
      return { items: cut, coverage: { ...failed, isRateLimited: true } };
    case 'keyRefused':
      return { items: cut, coverage: { ...failed, keyRefused: true } };
  }
}
