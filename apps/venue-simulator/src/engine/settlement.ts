import type { OrderSide } from '@orderplane/domain';
import type { MutableOrder } from './book.ts';
import type { Core } from './core.ts';
import type { Fixed } from './fixed.ts';
import { floorTo, ONE, times, ZERO } from './fixed.ts';
import type { Instrument } from './instrument.ts';
import type { EngineSettings, SimExecution, SimMarket, SimOrder } from './model.ts';

/** Fees of contracts are in the quote asset, whatever the venue does on its pairs. */
export const paysInQuote = (settings: EngineSettings, market: SimMarket): boolean =>
  market.contract === true || settings.feeIn === 'quote';

/** What an order of that side spends or is covered with. */
export const spends = (market: SimMarket, side: OrderSide): 'base' | 'quote' =>
  side === 'BUY' || market.contract === true ? 'quote' : 'base';

/** Worth of a purchase with its highest possible fee where fees are paid in the quote asset. */
export function costToHold(core: Core, market: SimMarket, value: Fixed): Fixed {
  return paysInQuote(core.settings, market) ? value + times(value, core.settings.takerFee) : value;
}

/** Price of one unit with the taker's fee, in quote; rounded up, so that what is affordable never costs more than is free. */
export function unitCost(core: Core, market: SimMarket, price: Fixed): Fixed {
  return paysInQuote(core.settings, market) ? times(price, ONE + core.settings.takerFee) + 1n : price;
}

/**
 * What must be set aside while the order is open. Market orders (and triggered stop-market orders) hold nothing: they
 * trade at once, each step within what is free.
 */
export function holdFor(core: Core, market: SimMarket, order: SimOrder): Fixed {
  if (order.status !== 'OPEN') return ZERO;
  const isMarket = order.type === 'MARKET' || (order.type === 'STOP_MARKET' && order.working);
  if (isMarket) return ZERO;
  const remaining = order.size - order.filledSize;
  if (spends(market, order.side) === 'base') return remaining;
  const price = order.price ?? order.stopPrice ?? ZERO;
  return costToHold(core, market, times(price, remaining));
}

export function updateHold(core: Core, order: MutableOrder): void {
  const market = core.instruments.get(order.symbol)?.market;
  if (market === undefined) return;
  const held = holdFor(core, market, order);
  core.balances.hold(order.account, order.heldAsset, held - order.held);
  order.held = held;
}

/** One trade of `size` at `price`. A side that is null is synthetic: it has no record. Filled orders are filed by the caller. */
export function trade(
  core: Core,
  instrument: Instrument,
  sides: { readonly taker: MutableOrder | null; readonly maker: MutableOrder | null; readonly takerSide: OrderSide },
  price: Fixed,
  size: Fixed,
  now: number,
): void {
  const { taker, maker, takerSide } = sides;
  core.counters.publicTrade += 1;
  const print = {
    number: core.counters.publicTrade,
    symbol: instrument.market.symbol,
    price,
    size,
    takerSide,
    at: now,
  };
  instrument.record(print);
  if (taker !== null) execute(core, instrument, taker, false, price, size, now);
  if (maker !== null) execute(core, instrument, maker, true, price, size, now);
  core.emit({ type: 'publicTrade', trade: print });
}

/** An execution at its own limit of an order that has ended. */
export function tradeLate(core: Core, instrument: Instrument, order: MutableOrder, size: Fixed, now: number): void {
  const price = order.price ?? ZERO;
  const execution = book(core, instrument, order, true, price, size, now);
  if (order.filledSize === order.size) {
    order.status = 'FILLED';
    order.endReason = null;
  }
  core.emit({ type: 'trade', order, execution });
}

function execute(
  core: Core,
  instrument: Instrument,
  order: MutableOrder,
  maker: boolean,
  price: Fixed,
  size: Fixed,
  now: number,
): void {
  const execution = book(core, instrument, order, maker, price, size, now);
  if (order.quoteSize !== null) order.size = order.filledSize;
  else if (order.filledSize === order.size) {
    if (maker) instrument.unrest(order);
    core.file(order, 'FILLED', null, now);
  }
  if (order.status === 'OPEN') updateHold(core, order);
  core.emit({ type: 'trade', order, execution });
}

/** Books one side of a trade: its assets, its fee, its record. */
function book(
  core: Core,
  instrument: Instrument,
  order: MutableOrder,
  maker: boolean,
  price: Fixed,
  size: Fixed,
  now: number,
): SimExecution {
  const value = times(price, size);
  const feeCost = settle(core, instrument, order, maker, value, size);
  core.counters.execution += 1;
  const number = core.counters.execution;
  const execution: SimExecution = {
    id: core.settings.tradeId(number),
    number,
    orderId: order.id,
    account: order.account,
    symbol: order.symbol,
    side: order.side,
    size,
    price,
    feeCost,
    feeCurrency: order.feeCurrency,
    maker,
    at: now,
  };
  order.filledSize += size;
  order.filledValue += value;
  order.feeCost += feeCost;
  order.updatedAt = now;
  core.archive.addExecution(execution);
  return execution;
}

/** Moves the assets and gives the fee. */
function settle(
  core: Core,
  instrument: Instrument,
  order: MutableOrder,
  maker: boolean,
  value: Fixed,
  size: Fixed,
): Fixed {
  const { base, quote, contract } = instrument.market;
  const rate = maker ? core.settings.makerFee : core.settings.takerFee;
  const feeIsInBase = order.feeCurrency === base;
  const feeStep = 10n ** BigInt(18 - core.settings.feePlaces);
  const fee = floorTo(times(feeIsInBase ? size : value, rate), feeStep);
  const sign = order.side === 'BUY' ? 1n : -1n;
  if (contract !== true) core.balances.change(order.account, base, sign * size - (feeIsInBase ? fee : ZERO));
  core.balances.change(order.account, quote, -sign * value - (feeIsInBase ? ZERO : fee));
  return fee;
}
