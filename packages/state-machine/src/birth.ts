import { mergeTerms, worksAtOnce } from './draft.ts';
import { evolve } from './evolve.ts';
import { entered } from './journal.ts';
import type { EventBody, JournalEntry, MachineEvent, OrderMachine, VenueProfile } from './model.ts';
import { SPOT_PROFILE } from './profiles.ts';

export interface Birth {
  readonly order: OrderMachine;
  readonly journal: readonly JournalEntry[];
}

type BirthBody = Extract<EventBody, { readonly type: 'Created' | 'Adopted' }>;

/** The order that a Created or Adopted event begins. Throws TypeError on any other event. */
export function born(event: MachineEvent): Birth {
  switch (event.type) {
    case 'Created':
      return { order: newborn(event), journal: [entered(null, 'CREATED', null)] };
    case 'Adopted':
      return { order: adopted(event), journal: [{ ...entered(null, 'SUBMITTED', null), type: 'ORDER_ADOPTED' }] };
    default:
      throw new TypeError(`an order does not begin with ${event.type}`);
  }
}

/** The order that a journal leads to: a birth first, then everything else, in order. Throws TypeError without a birth. */
export function replay(events: Iterable<MachineEvent>, profile: VenueProfile = SPOT_PROFILE): OrderMachine {
  let order: OrderMachine | null = null;
  for (const event of events) order = order === null ? born(event).order : evolve(order, event, profile).order;
  if (order === null) throw new TypeError('an empty journal leads to no order');
  return order;
}

function newborn(event: BirthBody): OrderMachine {
  return {
    life: 'CREATED',
    end: null,
    kind: { type: event.kind.type, timeInForce: event.kind.timeInForce },
    terms: mergeTerms(event.terms, {}),
    raisedFrom: null,
    termsVersion: 0,
    working: worksAtOnce(event.kind.type),
    executions: [],
    earlyCorrections: [],
    legs: [],
    restInDoubt: false,
    requests: [],
    stray: false,
    unknownSince: null,
    darkVersion: 0,
  };
}

/** An order that was found at the venue: it was sent, by somebody. The report that showed it comes next. */
function adopted(event: BirthBody & { readonly type: 'Adopted' } & { readonly at: string }): OrderMachine {
  const order = newborn(event);
  return {
    ...order,
    life: 'SUBMITTED',
    legs: [
      {
        venueClientId: event.venueClientId,
        phase: 'sent',
        venueOrderIds: event.venueOrderId === null ? [] : [event.venueOrderId],
        size: order.terms.size,
        quoteSize: order.terms.quoteSize,
        price: order.terms.price,
        stopPrice: order.terms.stopPrice,
        attempts: 1,
        sentAt: event.at,
        deadlineAt: event.at,
        endedAt: null,
      },
    ],
  };
}
