import type { NormalizedOrder } from '@orderplane/normalization';
import { averagePrice, cumQty, currentLeg, filledValue, leavesQty, status } from '@orderplane/state-machine';
import type { OrderRecord } from './contracts.ts';

/**
 * The order as readers of the open-order cache see it: confirmed terms, not wished ones. `orderId` is the exchange's id
 * of the current leg, "" while the exchange has given none; `clientOrderId` is the caller's.
 */
export function toNormalizedOrder({ intent, actual }: OrderRecord): NormalizedOrder {
  const { machine } = actual;
  return {
    exchange: intent.exchange,
    orderId: currentLeg(machine)?.venueOrderIds.at(-1) ?? '',
    clientOrderId: intent.clientOrderId,
    symbol: intent.spec.symbol,
    side: intent.spec.side,
    type: machine.kind.type,
    status: status(machine),
    size: machine.terms.size,
    filledSize: cumQty(machine),
    remainingSize: leavesQty(machine),
    price: machine.terms.price,
    stopPrice: machine.terms.stopPrice,
    averageFilledPrice: averagePrice(machine),
    quoteSize: machine.terms.quoteSize,
    filledValue: filledValue(machine),
    createdAt: intent.createdAt,
    updatedAt: actual.updatedAt > intent.updatedAt ? actual.updatedAt : intent.updatedAt,
    expiresAt: intent.spec.expiresAt,
    timeInForce: machine.kind.timeInForce,
    postOnly: intent.spec.postOnly,
    reduceOnly: intent.spec.reduceOnly,
    reason: machine.end?.reason ?? null,
    working: machine.working,
  };
}
