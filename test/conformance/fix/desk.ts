import { canonicalDecimal, compare } from '@orderplane/domain';
import type { OrderType } from '@orderplane/domain';
import { born, decide, evolve, FIX_PROFILE, isOpenRequest, wishedTerms } from '@orderplane/state-machine';
import type { EventBody, MachineEvent, OrderCommand, OrderMachine, OrderRequest } from '@orderplane/state-machine';
import type { ClientStep, NewStep, Refused, VenueStep } from './format.ts';
import { eventsOf } from './reports.ts';

/** Side, instrument and price do not matter to the matrices; a price that nobody gave is this one. */
const PRICE = '50';

export interface DeskOrder {
  /** First client id of its chain, or the venue's id of an order that has none. */
  readonly key: string;
  machine: OrderMachine;
}

/** What became of one message of the client. */
type Sent =
  | { readonly kind: 'refused' }
  | { readonly kind: 'answered' }
  | { readonly kind: 'order'; readonly order: DeskOrder }
  /** A cancel that joined an open one is a request too: the venue has both messages, and answers each by its own id. */
  | { readonly kind: 'request'; readonly order: DeskOrder; readonly requestId: string };
type RequestKind = 'Cancel' | 'Replace';

/** Our own side produced an event that the machine calls impossible. */
export class ImpossibleEventError extends Error {
  override readonly name = 'ImpossibleEventError';
}

/**
 * An order desk around the pure state machine: it turns the client's messages into commands and the venue's into
 * events, remembers which id belongs to which order, and plays a planner that sends at once. It decides nothing.
 */
export class Desk {
  readonly orders: DeskOrder[] = [];
  readonly #byClientId = new Map<string, DeskOrder>();
  readonly #byVenueId = new Map<string, DeskOrder>();
  readonly #sent = new Map<string, Sent[]>();
  /** Ids of requests that the venue said it refuses. */
  readonly #toldRefused = new Set<string>();
  #clock = 0;

  order(key: string): DeskOrder | undefined {
    return this.orders.find((order) => order.key === key);
  }

  client(step: ClientStep): void {
    const label = `${step.message} ${step.id}`;
    const sent = this.#clientMessage(step);
    this.#sent.set(label, [...(this.#sent.get(label) ?? []), sent]);
  }

  venue(step: VenueStep): void {
    const order = this.orderOf(step) ?? this.#adopt(step);
    if (order === undefined) return;
    const venueOrderId = venueIdOf(step);
    if (venueOrderId !== null) this.#byVenueId.set(venueOrderId, order);
    if (step.id !== undefined && !this.#byClientId.has(step.id)) this.#byClientId.set(step.id, order);
    const requestId = this.#requestIdOf(step, order);
    if (step.message === 'CancelReject') this.#toldRefused.add(requestId);
    for (const body of eventsOf(step, venueOrderId, requestId)) this.#apply(order, body);
  }

  /** The order that a report speaks of: by client id, then by the id it refers back to, then by the venue's id. */
  orderOf(step: VenueStep): DeskOrder | undefined {
    const byId = step.id === undefined ? undefined : this.#byClientId.get(step.id);
    const byOrigin = step.origId === undefined ? undefined : this.#byClientId.get(step.origId);
    return byId ?? byOrigin ?? this.#byVenueId.get(venueIdOf(step) ?? '');
  }

  /** Whether the message is closed as refused by now. A request that the order's end overtook waits to be told so. */
  isRefused({ message, id, nth = 1 }: Refused): boolean {
    const sent = this.#sent.get(`${message} ${id}`)?.[nth - 1];
    switch (sent?.kind) {
      case 'refused':
        return true;
      case 'order':
        return sent.order.machine.life === 'REJECTED' || sent.order.machine.life === 'FAILED';
      case 'request': {
        const phase = sent.order.machine.requests.find(({ id: own }) => own === sent.requestId)?.phase;
        if (phase === 'refused') return true;
        return (phase === undefined || phase === 'overtaken') && this.#toldRefused.has(sent.requestId);
      }
      case 'answered':
      case undefined:
        return false;
    }
  }

  #clientMessage(step: ClientStep): Sent {
    switch (step.message) {
      case 'New':
        return this.#place(step);
      case 'Cancel':
        return this.#request(step.id, step.origId, (_, requestId) => ({
          type: 'cancel',
          requestId,
          generation: 1,
          by: 'client',
        }));
      case 'Replace':
        return this.#request(step.id, step.origId, (order, requestId) => ({
          type: 'modify',
          requestId,
          generation: 1,
          by: 'client',
          change: changeOf(order, canonicalDecimal(step.feed.orderQty)),
        }));
      case 'StatusRequest':
        return { kind: 'answered' };
    }
  }

  /** A known id is a duplicate, unless the client says that it may have sent it before: then it is a question. */
  #place(step: NewStep): Sent {
    if (this.#byClientId.has(step.id)) return { kind: step.feed.possResend === true ? 'answered' : 'refused' };
    const birth: EventBody = {
      type: 'Created',
      kind: { type: typeOf(step), timeInForce: step.feed.timeInForce ?? 'GTC' },
      terms: {
        size: optionalDecimal(step.feed.orderQty),
        quoteSize: optionalDecimal(step.feed.cashOrderQty),
        price: optionalDecimal(step.feed.price) ?? PRICE,
        stopPrice: step.feed.ordType === 'Stop' ? PRICE : null,
      },
    };
    const order = this.#open(step.id, birth);
    this.#byClientId.set(step.id, order);
    this.#apply(order, { type: 'Validated' });
    this.#apply(order, { type: 'SubmitSent', venueClientId: step.id, deadlineAt: this.#now() });
    return { kind: 'order', order };
  }

  #request(id: string, origId: string, toCommand: (order: OrderMachine, requestId: string) => OrderCommand): Sent {
    const order = this.#byClientId.get(origId) ?? this.#byVenueId.get(origId);
    if (order === undefined) return { kind: 'refused' };
    const open = order.machine.requests.length;
    const requestId = order.machine.requests.some((request) => request.id === id) ? `${id}/${open}` : id;
    const command = toCommand(order.machine, requestId);
    const decision = decide(order.machine, command, { profile: FIX_PROFILE });
    if (!decision.ok) return { kind: 'refused' };
    if (!this.#byClientId.has(id)) this.#byClientId.set(id, order);
    for (const body of decision.events) if (!this.#apply(order, body)) return { kind: 'refused' };
    if (decision.events.length === 0) return { kind: 'request', order, requestId };
    const deadlineAt = this.#now();
    this.#apply(
      order,
      command.type === 'cancel'
        ? { type: 'CancelSent', requestId, deadlineAt }
        : { type: 'ReplaceSent', requestId, how: 'AMEND', deadlineAt },
    );
    return { kind: 'request', order, requestId };
  }

  /** An order that nobody here placed is taken over once. Answers to requests and refusals name no such order. */
  #adopt(step: VenueStep): DeskOrder | undefined {
    const venueOrderId = venueIdOf(step);
    if (step.message === 'CancelReject' || step.id !== undefined || venueOrderId === null) return undefined;
    return this.#open(venueOrderId, {
      type: 'Adopted',
      kind: { type: 'LIMIT', timeInForce: 'GTC' },
      terms: { size: optionalDecimal(step.feed.orderQty), quoteSize: null, price: PRICE, stopPrice: null },
      venueClientId: `external-${venueOrderId}`,
      venueOrderId,
    });
  }

  #open(key: string, birth: EventBody): DeskOrder {
    const order: DeskOrder = { key, machine: born(this.#stamped(birth)).order };
    this.orders.push(order);
    return order;
  }

  /** The request that an answer names. What nobody here asked for is another screen's: the open one, else a new one. */
  #requestIdOf(step: VenueStep, { machine }: DeskOrder): string {
    const kind = kindOf(step);
    if (step.id === undefined) {
      const foreign = machine.requests.filter((request) => request.by === 'foreign' && request.kind === lower(kind));
      return foreign.find(isOpenRequest)?.id ?? `foreign ${kind} ${foreign.length + 1}`;
    }
    const sent = this.#sent.get(`${kind} ${step.id}`)?.at(-1);
    return sent?.kind === 'request' ? sent.requestId : step.id;
  }

  /** False when the machine refuses. */
  #apply(order: DeskOrder, body: EventBody): boolean {
    const transition = evolve(order.machine, this.#stamped(body), FIX_PROFILE);
    if (transition.verdict === 'bug') throw new ImpossibleEventError(transition.alarm ?? body.type);
    order.machine = transition.order;
    return transition.verdict !== 'refused';
  }

  #stamped(body: EventBody): MachineEvent {
    return { ...body, at: this.#now(), source: 'exchange' };
  }

  #now(): string {
    this.#clock += 1;
    return new Date(this.#clock * 1000).toISOString();
  }
}

const optionalDecimal = (quantity: number | undefined): string | null =>
  quantity === undefined ? null : canonicalDecimal(quantity);

/** "NONE" says that the venue knows no such order. */
const venueIdOf = (step: VenueStep): string | null =>
  step.venueOrderId === undefined || step.venueOrderId === 'NONE' ? null : step.venueOrderId;

const typeOf = (step: NewStep): OrderType => (step.feed.ordType === 'Stop' ? 'STOP_LIMIT' : 'LIMIT');

/** What a venue message answers, if it answers a request. */
function kindOf(step: VenueStep): RequestKind {
  if (step.message === 'CancelReject') return step.feed.respondsTo;
  return step.feed.execType === 'PendingCancel' || step.feed.execType === 'Canceled' ? 'Cancel' : 'Replace';
}

const lower = (kind: RequestKind): OrderRequest['kind'] => (kind === 'Cancel' ? 'cancel' : 'replace');

/** An unchanged quantity means that other terms change: the price then does. */
function changeOf(order: OrderMachine, size: string): { readonly size: string; readonly price?: string } {
  const wished = wishedTerms(order);
  if (wished.size === null || compare(wished.size, size) !== 0) return { size };
  return { size, price: canonicalDecimal(Number(wished.price ?? PRICE) + 1) };
}
