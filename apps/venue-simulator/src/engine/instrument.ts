import type { OrderSide } from '@orderplane/domain';
import { BookSide } from './book.ts';
import type { Level, MutableOrder } from './book.ts';
import type { Fixed } from './fixed.ts';
import { least, most, times, ZERO } from './fixed.ts';
import type { SyntheticLevel } from './liquidity.ts';
import { Liquidity } from './liquidity.ts';
import type { PublicTrade, SimMarket, SimOrder, SimTicker } from './model.ts';

const TAPE_LENGTH = 500;

/** The best thing on offer to a taker: an order of an account, or a synthetic level. At one price the order goes first. */
export type Offer =
  | { readonly price: Fixed; readonly order: MutableOrder }
  | { readonly price: Fixed; readonly order: null; readonly level: SyntheticLevel };

/** The state of one market: orders at rest, stops that wait, synthetic liquidity, last price and statistics. */
export class Instrument {
  readonly market: SimMarket;
  readonly bids = new BookSide('highest');
  readonly asks = new BookSide('lowest');
  readonly stopsAbove = new BookSide('lowest');
  readonly stopsBelow = new BookSide('highest');
  readonly liquidity: Liquidity;
  readonly tape: PublicTrade[] = [];
  last: Fixed;
  /** The walk stands still until then, ms; Infinity: until switched on. */
  pausedUntil = 0;
  #open: Fixed;
  #high: Fixed;
  #low: Fixed;
  #volume: Fixed = ZERO;
  #quoteVolume: Fixed = ZERO;

  constructor(market: SimMarket, seed: number, syntheticLevels?: number) {
    this.market = market;
    this.liquidity = new Liquidity(market, seed, syntheticLevels);
    this.last = this.liquidity.price;
    this.#open = this.#high = this.#low = this.last;
  }

  setLast(price: Fixed): void {
    this.last = price;
    if (price > this.#high) this.#high = price;
    if (price < this.#low) this.#low = price;
  }

  /** After a restore: the market goes on where it was. */
  restart(price: Fixed): void {
    this.liquidity.mid = price;
    this.liquidity.refresh();
    this.last = this.#open = this.#high = this.#low = price;
  }

  record(trade: PublicTrade): void {
    this.setLast(trade.price);
    this.#volume += trade.size;
    this.#quoteVolume += times(trade.price, trade.size);
    this.tape.push(trade);
    if (this.tape.length > TAPE_LENGTH * 2) this.tape.splice(0, TAPE_LENGTH);
  }

  rest(order: MutableOrder): void {
    if (order.price !== null) (order.side === 'BUY' ? this.bids : this.asks).add(order.price, order);
  }
  unrest(order: MutableOrder): void {
    if (order.price !== null) (order.side === 'BUY' ? this.bids : this.asks).remove(order.price, order);
  }
  wait(order: MutableOrder): void {
    if (order.stopPrice !== null) this.#stops(order).add(order.stopPrice, order);
  }
  unwait(order: MutableOrder): void {
    if (order.stopPrice !== null) this.#stops(order).remove(order.stopPrice, order);
  }

  isTriggered(order: SimOrder): boolean {
    if (order.stopPrice === null) return false;
    return order.triggerWhen === 'above' ? this.last >= order.stopPrice : this.last <= order.stopPrice;
  }

  /** The next stop whose condition is true: the one accepted first at the nearest price. */
  nextTriggered(): MutableOrder | undefined {
    const above = this.stopsAbove.first;
    if (above !== undefined && this.isTriggered(above)) return above;
    const below = this.stopsBelow.first;
    return below !== undefined && this.isTriggered(below) ? below : undefined;
  }

  /** What a taker of `side` meets first, or undefined when nothing is on offer at `limit` or better. */
  bestOffer(side: OrderSide, limit: Fixed | null): Offer | undefined {
    const isBuy = side === 'BUY';
    const order = (isBuy ? this.asks : this.bids).first;
    const levels = isBuy ? this.liquidity.asks : this.liquidity.bids;
    while (levels[0]?.size === ZERO) levels.shift();
    const level = levels[0];
    const price = order?.price ?? null;
    let offer: Offer;
    if (order !== undefined && price !== null) {
      const isSyntheticBetter = level !== undefined && (isBuy ? level.price < price : level.price > price);
      offer = isSyntheticBetter ? { price: level.price, order: null, level } : { price, order };
    } else if (level !== undefined) offer = { price: level.price, order: null, level };
    else return undefined;
    return limit === null || (isBuy ? offer.price <= limit : offer.price >= limit) ? offer : undefined;
  }

  /** Price and size of everything on offer to `side` at `limit` or better, best first. */
  *depth(side: OrderSide, limit: Fixed | null): Generator<{ price: Fixed; size: Fixed }> {
    const isBuy = side === 'BUY';
    const real = (isBuy ? this.asks : this.bids).levels();
    const synthetic = (isBuy ? this.liquidity.asks : this.liquidity.bids).values();
    let order = real.next().value as Level | undefined;
    let level = synthetic.next().value;
    while (order !== undefined || level !== undefined) {
      const takesOrder =
        order !== undefined &&
        (level === undefined || (isBuy ? order.price <= level.price : order.price >= level.price));
      const price = (takesOrder ? order : level)?.price ?? ZERO;
      if (limit !== null && (isBuy ? price > limit : price < limit)) return;
      if (takesOrder && order !== undefined) {
        yield { price, size: openSize(order) };
        order = real.next().value as Level | undefined;
      } else {
        yield { price, size: level?.size ?? ZERO };
        level = synthetic.next().value;
      }
    }
  }

  /** A side on which nothing is on offer has size 0 and a price that does not cross the other. */
  ticker(now: number): SimTicker {
    const ask = this.depth('BUY', null).next().value as { price: Fixed; size: Fixed } | undefined;
    const bid = this.depth('SELL', null).next().value as { price: Fixed; size: Fixed } | undefined;
    const step = this.market.priceStep;
    const bidPrice = bid?.price ?? (ask === undefined ? this.last : least(this.last, ask.price - step));
    return {
      symbol: this.market.symbol,
      last: this.last,
      bid: bidPrice,
      bidSize: bid?.size ?? ZERO,
      ask: ask?.price ?? (bid === undefined ? this.last : most(this.last, bid.price + step)),
      askSize: ask?.size ?? ZERO,
      open: this.#open,
      high: this.#high,
      low: this.#low,
      volume: this.#volume,
      quoteVolume: this.#quoteVolume,
      at: now,
    };
  }

  #stops(order: SimOrder): BookSide {
    return order.triggerWhen === 'above' ? this.stopsAbove : this.stopsBelow;
  }
}

function openSize(level: Level): Fixed {
  let size = ZERO;
  for (const order of level.orders.values()) size += order.size - order.filledSize;
  return size;
}
