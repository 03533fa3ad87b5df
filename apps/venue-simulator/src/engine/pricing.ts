import type { OrderSide } from '@orderplane/domain';
import type { Core } from './core.ts';
import type { Fixed } from './fixed.ts';
import { least, ZERO } from './fixed.ts';
import type { Instrument } from './instrument.ts';
import { runTriggers } from './matching.ts';
import { trade } from './settlement.ts';

const SIDES: readonly OrderSide[] = ['BUY', 'SELL'];
const opposite = (side: OrderSide): OrderSide => (side === 'BUY' ? 'SELL' : 'BUY');

/** One step of time in one market: the walk (unless paused), new synthetic levels, the fills and triggers they cause. */
export function tickMarket(core: Core, instrument: Instrument, now: number): void {
  const { liquidity } = instrument;
  if (now < instrument.pausedUntil) {
    liquidity.refresh();
    clearCrossed(instrument);
    return;
  }
  liquidity.step();
  liquidity.refresh();
  fillCrossed(core, instrument, now);
  clearCrossed(instrument);
  core.counters.publicTrade += 1;
  const side: OrderSide = liquidity.coin() ? 'BUY' : 'SELL';
  const print = {
    number: core.counters.publicTrade,
    symbol: instrument.market.symbol,
    price: liquidity.price,
    size: liquidity.tapeSize(),
    takerSide: side,
    at: now,
  };
  instrument.record(print);
  core.emit({ type: 'publicTrade', trade: print });
  core.emit({ type: 'price', symbol: instrument.market.symbol });
  runTriggers(core, instrument, now);
}

/** Resting orders that the new levels cross trade as makers at their own price, as far as the level's size goes. */
function fillCrossed(core: Core, instrument: Instrument, now: number): void {
  for (const side of SIDES) {
    const book = side === 'BUY' ? instrument.bids : instrument.asks;
    const levels = side === 'BUY' ? instrument.liquidity.asks : instrument.liquidity.bids;
    for (const level of levels) {
      while (level.size > ZERO) {
        const maker = book.first;
        if (maker?.price === undefined || maker.price === null) break;
        if (side === 'BUY' ? maker.price < level.price : maker.price > level.price) break;
        const size = least(level.size, maker.size - maker.filledSize);
        level.size -= size;
        trade(core, instrument, { taker: null, maker, takerSide: opposite(side) }, maker.price, size, now);
      }
    }
  }
}

/** Takes synthetic levels away that cross an order at rest: the book is never crossed. */
function clearCrossed(instrument: Instrument): void {
  const bid = instrument.bids.best?.price;
  const ask = instrument.asks.best?.price;
  const { liquidity } = instrument;
  if (bid !== undefined) liquidity.asks = liquidity.asks.filter((level) => level.price > bid);
  if (ask !== undefined) liquidity.bids = liquidity.bids.filter((level) => level.price < ask);
}

/**
 * Moves the market to `price`: every resting BUY at or above and SELL at or below it trades at its own limit, whole, or
 * up to `size` in total; then stops trigger against a book centred on `price`, at which somebody trades the least size. The
 * walk pauses until `pausedUntil` (ms).
 */
export function movePrice(
  core: Core,
  instrument: Instrument,
  price: Fixed,
  size: Fixed | null,
  now: number,
  pausedUntil: number,
): void {
  let left = size;
  for (const side of SIDES) {
    const book = side === 'BUY' ? instrument.bids : instrument.asks;
    while (left === null || left > ZERO) {
      const maker = book.first;
      if (maker?.price === undefined || maker.price === null) break;
      if (side === 'BUY' ? maker.price < price : maker.price > price) break;
      const remaining = maker.size - maker.filledSize;
      const traded = left === null ? remaining : least(left, remaining);
      if (left !== null) left -= traded;
      trade(core, instrument, { taker: null, maker, takerSide: opposite(side) }, maker.price, traded, now);
    }
  }
  instrument.liquidity.mid = price;
  instrument.liquidity.refresh();
  clearCrossed(instrument);
  instrument.pausedUntil = Math.max(instrument.pausedUntil, pausedUntil);
  print(core, instrument, price, price < instrument.last ? 'SELL' : 'BUY', now);
  core.emit({ type: 'price', symbol: instrument.market.symbol });
  runTriggers(core, instrument, now);
}

/** A trade between others: what the last price is, the tape shows. */
function print(core: Core, instrument: Instrument, price: Fixed, takerSide: OrderSide, now: number): void {
  const { symbol, minSize } = instrument.market;
  core.counters.publicTrade += 1;
  const made = { number: core.counters.publicTrade, symbol, price, size: minSize, takerSide, at: now };
  instrument.record(made);
  core.emit({ type: 'publicTrade', trade: made });
}
