import { compare, isZero, type DecimalString, type OrderState } from '@orderplane/domain';
import { filledOfLeg, isTerminal, type Leg, type OrderMachine } from '@orderplane/state-machine';
import type { OrderLeg } from '../schema/types.generated.ts';

/** Each order at the exchange by itself, oldest first, in the words of the order's own lifecycle. */
export const legsOf = (machine: OrderMachine): readonly OrderLeg[] =>
  machine.legs.map((leg) => {
    const filledSize = filledOfLeg(machine, leg);
    return {
      exchangeOrderId: leg.venueOrderIds.at(-1) ?? null,
      venueClientId: leg.venueClientId,
      state: stateOf(machine, leg, filledSize),
      size: leg.size,
      price: leg.price,
      filledSize,
      submittedAt: leg.sentAt === '' ? null : leg.sentAt,
      endedAt: leg.endedAt,
    };
  });

function stateOf(machine: OrderMachine, leg: Leg, filledSize: DecimalString): OrderState {
  // The last leg ends with the order, so the order's own end is the exact word for it.
  if (leg === machine.legs.at(-1) && isTerminal(machine)) return machine.life;
  switch (leg.phase) {
    case 'sent':
    case 'unknown':
      return 'SUBMITTED';
    case 'absent':
      return 'FAILED';
    case 'live':
      return isZero(filledSize) ? 'ACKNOWLEDGED' : 'PARTIALLY_FILLED';
    case 'ended':
      return leg.size !== null && compare(filledSize, leg.size) >= 0 ? 'FILLED' : 'CANCELLED';
  }
}
