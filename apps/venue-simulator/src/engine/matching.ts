import type { MutableOrder } from './book.ts';
import type { Core } from './core.ts';
import type { Fixed } from './fixed.ts';
import { floorTo, least, over, times, ZERO } from './fixed.ts';
import type { Instrument } from './instrument.ts';
import type { EndReason } from './model.ts';
import { costToHold, spends, trade, unitCost, updateHold } from './settlement.ts';

/** Market orders and triggered stop-market orders take any price. */
export const isMarketKind = (order: MutableOrder): boolean => order.type === 'MARKET' || order.type === 'STOP_MARKET';

/** A price at which something is on offer right now. */
export function wouldTake(instrument: Instrument, order: Pick<MutableOrder, 'side' | 'price'>): boolean {
  return order.price !== null && instrument.bestOffer(order.side, order.price) !== undefined;
}

/** Whether a whole fill-or-kill order finds its size within its limit. */
function canFill(instrument: Instrument, order: MutableOrder): boolean {
  let missing = order.size - order.filledSize;
  for (const { size } of instrument.depth(order.side, isMarketKind(order) ? null : order.price)) {
    missing -= size;
    if (missing <= ZERO) return true;
  }
  return false;
}

/** What a market order would cost or need now, in the asset that it spends. Beyond the depth nothing is counted. */
export function marketNeed(
  core: Core,
  instrument: Instrument,
  order: Pick<MutableOrder, 'side' | 'size' | 'quoteSize'>,
): Fixed {
  const { market } = instrument;
  const paysQuote = spends(market, order.side) === 'quote';
  if (order.quoteSize === null && !paysQuote) return order.size;
  if (order.quoteSize !== null && paysQuote) return costToHold(core, market, order.quoteSize);
  let need = ZERO;
  let left = order.quoteSize ?? order.size;
  for (const { price, size } of instrument.depth(order.side, null)) {
    const taken = least(left, order.quoteSize === null ? size : times(price, size));
    need += order.quoteSize === null ? times(price, taken) : over(taken, price);
    left -= taken;
    if (left <= ZERO) break;
  }
  return paysQuote ? costToHold(core, market, need) : need;
}

/** How much of an offer the taker can still want: bounded by its size or amount and, for market orders, by what it has. */
function wanted(
  core: Core,
  instrument: Instrument,
  taker: MutableOrder,
  price: Fixed,
): { size: Fixed; short: boolean } {
  const step = instrument.market.sizeStep;
  const size =
    taker.quoteSize === null
      ? taker.size - taker.filledSize
      : floorTo(over(taker.quoteSize - taker.filledValue, price), step);
  if (!isMarketKind(taker) || size === ZERO) return { size, short: false };
  const free = core.balances.free(taker.account, taker.heldAsset);
  const { market } = instrument;
  const affordable = spends(market, taker.side) === 'base' ? free : over(free, unitCost(core, market, price));
  return affordable >= size ? { size, short: false } : { size: floorTo(affordable, step), short: true };
}

/** Trades the order against everything on offer within its limit, best price first, oldest first at a price. */
function sweep(core: Core, instrument: Instrument, taker: MutableOrder, now: number): EndReason | null {
  const limit = isMarketKind(taker) ? null : taker.price;
  while (taker.status === 'OPEN') {
    const offer = instrument.bestOffer(taker.side, limit);
    if (offer === undefined) return isMarketKind(taker) ? 'noLiquidity' : null;
    const want = wanted(core, instrument, taker, offer.price);
    if (want.size <= ZERO) return want.short ? 'noFunds' : null;
    const onOffer = offer.order === null ? offer.level.size : offer.order.size - offer.order.filledSize;
    const size = least(want.size, onOffer);
    if (offer.order === null) offer.level.size -= size;
    trade(core, instrument, { taker, maker: offer.order, takerSide: taker.side }, offer.price, size, now);
  }
  return null;
}

/** Lets a working order trade, then rests or ends what is left, by its kind and time in force. */
export function match(core: Core, instrument: Instrument, order: MutableOrder, now: number): void {
  if (order.timeInForce === 'FOK' && !canFill(instrument, order)) {
    core.end(order, 'EXPIRED', 'fok', now);
    return;
  }
  const reason = sweep(core, instrument, order, now);
  if (order.status !== 'OPEN') return;
  if (isMarketKind(order)) endMarket(core, order, reason, now);
  else if (order.timeInForce === 'IOC' || order.timeInForce === 'FOK') core.end(order, 'EXPIRED', 'ioc', now);
  else {
    order.priority = core.counters.priority += 1;
    instrument.rest(order);
    if (order.expiresAt !== null) core.timed.add(order);
  }
}

/** An order by amount is done when less than one step is left; anything else unfilled expires. */
function endMarket(core: Core, order: MutableOrder, reason: EndReason | null, now: number): void {
  if (reason !== null || order.quoteSize === null || order.filledSize === ZERO) {
    core.end(order, 'EXPIRED', reason ?? 'noLiquidity', now);
    return;
  }
  core.file(order, 'FILLED', null, now);
  core.emit({ type: 'ended', order, cancelRequestId: null });
}

/** Sets a waiting stop to work. */
export function trigger(core: Core, instrument: Instrument, order: MutableOrder, now: number): void {
  instrument.unwait(order);
  order.working = true;
  order.workingAt = now;
  order.triggeredAt = now;
  order.updatedAt = now;
  updateHold(core, order);
  core.emit({ type: 'triggered', order });
  if (order.postOnly && wouldTake(instrument, order)) core.end(order, 'CANCELLED', 'postOnly', now);
  else match(core, instrument, order, now);
}

/** Triggers every stop whose condition is true; trades of one may trigger the next. Ends, as each stop triggers once. */
export function runTriggers(core: Core, instrument: Instrument, now: number): void {
  for (;;) {
    const order = instrument.nextTriggered();
    if (order === undefined) return;
    trigger(core, instrument, order, now);
  }
}
