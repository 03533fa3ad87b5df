import { born, evolve, SPOT_PROFILE } from '../index.ts';
import type {
  EventBody,
  Execution,
  MachineEvent,
  OrderMachine,
  OrderTerms,
  Transition,
  VenueProfile,
} from '../index.ts';

/** Helpers of this package's tests: events with a clock that counts, and an order that is led through its life. */

const START = Date.parse('2026-01-01T00:00:00.000Z');
export const instant = (second: number): string => new Date(START + second * 1000).toISOString();

export const terms = (size: string | null = '10', price: string | null = '100'): OrderTerms => ({
  size,
  quoteSize: null,
  price,
  stopPrice: null,
});

export const CREATED: EventBody = { type: 'Created', kind: { type: 'LIMIT', timeInForce: 'GTC' }, terms: terms() };

export const execution = (
  id: string,
  size: string,
  more: Partial<Execution> = {},
): Omit<Execution, 'busted' | 'correctedBy'> => ({
  id,
  size,
  price: '100',
  fee: null,
  liquidity: null,
  at: instant(0),
  venueOrderId: 'V1',
  ...more,
});

export const fill = (id: string, size: string, more: Partial<Execution> = {}): EventBody => ({
  type: 'PartialFill',
  execution: execution(id, size, more),
});

/** Everything after `second` has passed: enough for every deadline of these tests. */
export const proof = (second = 900): Extract<EventBody, { type: 'OrderAbsent' }>['evidence'] => ({
  kind: 'provenAbsent',
  detail: 'two look-ups found nothing',
  lookups: [instant(second), instant(second + 5)],
  executionsComplete: true,
});
export const notSent: Extract<EventBody, { type: 'OrderAbsent' }>['evidence'] = {
  kind: 'notSent',
  detail: 'nothing left this machine',
  lookups: [],
  executionsComplete: true,
};

export const DEADLINE = instant(600);
export const SUBMIT: EventBody = { type: 'SubmitSent', venueClientId: 'C1', deadlineAt: DEADLINE };
export const ACK: EventBody = { type: 'Acknowledged', venueOrderId: 'V1' };
export const cancelWish = (requestId = 'K'): EventBody => ({
  type: 'CancelRequested',
  requestId,
  generation: 2,
  by: 'client',
});
export const cancelSent = (requestId = 'K'): EventBody => ({ type: 'CancelSent', requestId, deadlineAt: DEADLINE });
export const replaceWish = (requestId = 'R', size = '20', price = '100'): EventBody => ({
  type: 'ReplaceRequested',
  requestId,
  generation: 2,
  terms: terms(size, price),
  by: 'client',
});
export const replaceSent = (requestId = 'R', how: 'AMEND' | 'TWO_STEP' = 'AMEND'): EventBody => ({
  type: 'ReplaceSent',
  requestId,
  how,
  deadlineAt: DEADLINE,
});
export const legSent = (venueClientId = 'C2', size = '10'): EventBody => ({
  type: 'LegSent',
  venueClientId,
  deadlineAt: DEADLINE,
  terms: terms(size),
});

/** An order that is led through events, one second apart, and remembers its transitions and its log. */
export class Life {
  order: OrderMachine;
  last: Transition | null = null;
  readonly log: MachineEvent[] = [];
  readonly transitions: Transition[] = [];
  readonly profile: VenueProfile;

  constructor(events: readonly EventBody[] = [], birth: EventBody = CREATED, profile: VenueProfile = SPOT_PROFILE) {
    this.profile = profile;
    const event = this.#stamped(birth);
    this.log.push(event);
    this.order = born(event).order;
    for (const body of events) this.apply(body);
  }

  apply(body: EventBody): Transition {
    const event = this.#stamped(body);
    this.log.push(event);
    this.last = evolve(this.order, event, this.profile);
    this.transitions.push(this.last);
    this.order = this.last.order;
    return this.last;
  }

  #stamped(body: EventBody): MachineEvent {
    return { ...body, at: instant(this.log.length), source: 'exchange' };
  }
}

/** The common ways to a state, as the events after Created. */
export const TO = {
  created: [],
  validated: [{ type: 'Validated' }],
  dark: [{ type: 'Validated' }, { type: 'Armed' }],
  triggered: [{ type: 'Validated' }, { type: 'Armed' }, { type: 'Triggered' }],
  submitted: [{ type: 'Validated' }, SUBMIT],
  acknowledged: [{ type: 'Validated' }, SUBMIT, ACK],
  partial: [{ type: 'Validated' }, SUBMIT, ACK, fill('E1', '4')],
  filled: [{ type: 'Validated' }, SUBMIT, ACK, fill('E1', '4'), fill('E2', '6')],
  cancelled: [{ type: 'Validated' }, SUBMIT, ACK, fill('E1', '4'), { type: 'Cancelled', reason: null }],
  expired: [{ type: 'Validated' }, SUBMIT, ACK, { type: 'Expired', reason: 'tif' }],
  rejected: [{ type: 'Validated' }, SUBMIT, { type: 'Rejected', reason: 'no funds' }],
  failed: [{ type: 'GaveUp', reason: 'no account' }],
  cancelledByUs: [{ type: 'Validated' }, cancelWish()],
  unknown: [{ type: 'Validated' }, SUBMIT, { type: 'SubmitUnknown', reason: 'timeout' }],
  absent: [{ type: 'Validated' }, SUBMIT, { type: 'OrderAbsent', evidence: notSent }],
  /** A replace in two steps to 20, whose old leg filled 4 and still lives. */
  twoSteps: [{ type: 'Validated' }, SUBMIT, ACK, fill('E1', '4'), replaceWish(), replaceSent('R', 'TWO_STEP')],
  /** The same, and the old leg is over. */
  legEnded: [
    { type: 'Validated' },
    SUBMIT,
    ACK,
    fill('E1', '4'),
    replaceWish(),
    replaceSent('R', 'TWO_STEP'),
    { type: 'LegEnded', reason: null },
  ],
  /** The same, and the new leg for the rest was sent. */
  legSent: [
    { type: 'Validated' },
    SUBMIT,
    ACK,
    fill('E1', '4'),
    replaceWish(),
    replaceSent('R', 'TWO_STEP'),
    { type: 'LegEnded', reason: null },
    legSent('C2', '16'),
  ],
  /** The same, and it was placed and filled in part. */
  legPlaced: [
    { type: 'Validated' },
    SUBMIT,
    ACK,
    fill('E1', '4'),
    replaceWish(),
    replaceSent('R', 'TWO_STEP'),
    { type: 'LegEnded', reason: null },
    legSent('C2', '16'),
    { type: 'LegPlaced', venueClientId: 'C2', venueOrderId: 'V2' },
    fill('E2', '6', { venueOrderId: 'V2' }),
  ],
  /** A native amendment and a cancel, both sent. */
  asked: [{ type: 'Validated' }, SUBMIT, ACK, replaceWish(), replaceSent(), cancelWish(), cancelSent()],
} as const satisfies Readonly<Record<string, readonly EventBody[]>>;
