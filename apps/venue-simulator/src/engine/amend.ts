import type { MutableOrder } from './book.ts';
import type { Core } from './core.ts';
import type { Instrument } from './instrument.ts';
import { match, wouldTake } from './matching.ts';
import type { AmendTerms, ChangeRefusal } from './model.ts';
import { holdFor, updateHold } from './settlement.ts';

/**
 * Changes an open order in place. It keeps its place in the queue only when its size shrinks and its price stays.
 * Null: done (it may have traded or ended since); otherwise nothing has changed.
 */
export function changeTerms(
  core: Core,
  instrument: Instrument,
  order: MutableOrder,
  terms: AmendTerms,
  now: number,
): ChangeRefusal | null {
  const wish: MutableOrder = {
    ...order,
    size: terms.size ?? order.size,
    price: order.price === null ? null : (terms.price ?? order.price),
    stopPrice: order.stopPrice === null ? null : (terms.stopPrice ?? order.stopPrice),
    postOnly: terms.postOnly ?? order.postOnly,
  };
  const refusal = refusalOf(core, instrument, order, wish, terms);
  if (refusal !== null) return refusal;
  const keepsPlace = wish.price === order.price && wish.stopPrice === order.stopPrice && wish.size <= order.size;
  if (!keepsPlace) takeOut(instrument, order);
  order.size = wish.size;
  order.price = wish.price;
  order.stopPrice = wish.stopPrice;
  order.postOnly = wish.postOnly;
  order.tags = terms.tags === undefined ? order.tags : { ...order.tags, ...terms.tags };
  if (terms.clientId !== undefined) core.archive.rename(order, terms.clientId);
  order.updatedAt = now;
  updateHold(core, order);
  core.emit({ type: 'amended', order });
  if (keepsPlace) return null;
  if (order.working) match(core, instrument, order, now);
  else instrument.wait(order);
  return null;
}

function refusalOf(
  core: Core,
  instrument: Instrument,
  order: MutableOrder,
  wish: MutableOrder,
  terms: AmendTerms,
): ChangeRefusal | null {
  if (wish.size <= order.filledSize) return 'invalid';
  if (terms.price !== undefined && order.price === null) return 'invalid';
  if (terms.stopPrice !== undefined && (order.stopPrice === null || order.working)) return 'invalid';
  if (!order.working && instrument.isTriggered(wish)) return 'wouldTrigger';
  const isRepriced = wish.price !== order.price;
  if (order.working && isRepriced && wish.postOnly && wouldTake(instrument, wish)) return 'wouldTake';
  const extra = holdFor(core, instrument.market, wish) - order.held;
  return extra > core.balances.free(order.account, order.heldAsset) ? 'insufficientFunds' : null;
}

function takeOut(instrument: Instrument, order: MutableOrder): void {
  if (order.working) instrument.unrest(order);
  else instrument.unwait(order);
}
