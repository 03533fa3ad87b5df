import type { Fixed } from './fixed.ts';
import { floorTo, most, over } from './fixed.ts';
import type { SimMarket } from './model.ts';
import { Rng } from './rng.ts';

/** A finite amount offered by nobody in particular: it trades, but it is in no ledger. */
export interface SyntheticLevel {
  readonly price: Fixed;
  size: Fixed;
}

/** Price levels on each side, unless the venue says otherwise. */
export const DEFAULT_LEVELS = 10;
/** Largest move of one tick, in millionths: 2.5 basis points. */
const STEP_PPM = 250;
const MILLION = 1_000_000n;
/** Quote worth of the level next to the price; each further level is 1.4 times as deep. */
const FIRST_LEVEL_NOTIONAL = 5_000n * 10n ** 18n;

/** The random walk of one market's mid price and the synthetic book around it. Best level first on both sides. */
export class Liquidity {
  readonly #market: SimMarket;
  readonly #levels: number;
  readonly #rng: Rng;
  /** Not rounded to the price step, so that small steps are not lost. */
  mid: Fixed;
  bids: SyntheticLevel[] = [];
  asks: SyntheticLevel[] = [];

  constructor(market: SimMarket, seed: number, levels = DEFAULT_LEVELS) {
    this.#market = market;
    this.#levels = levels;
    this.#rng = new Rng(seed);
    this.mid = market.startPrice;
    this.refresh();
  }

  step(): void {
    const move = BigInt(this.#rng.between(-STEP_PPM, STEP_PPM));
    this.mid = most((this.mid * (MILLION + move)) / MILLION, this.#market.priceStep * 10n);
  }

  /** The mid on the price grid. */
  get price(): Fixed {
    return most(floorTo(this.mid + this.#market.priceStep / 2n, this.#market.priceStep), this.#market.priceStep);
  }

  /** New levels with new sizes around the mid. */
  refresh(): void {
    const step = this.#market.priceStep;
    const price = this.price;
    this.bids = [];
    this.asks = [];
    let distance = most(floorTo(price / 10_000n, step), step);
    let notional = FIRST_LEVEL_NOTIONAL;
    for (let level = 0; level < this.#levels; level += 1) {
      if (price > distance) this.bids.push({ price: price - distance, size: this.#size(notional, price) });
      this.asks.push({ price: price + distance, size: this.#size(notional, price) });
      distance += most(floorTo((price * BigInt(this.#rng.between(50, 250))) / MILLION, step), step);
      notional = (notional * 14n) / 10n;
    }
  }

  /** A small trade for the public tape. */
  tapeSize(): Fixed {
    return this.#size(FIRST_LEVEL_NOTIONAL / 20n, this.price);
  }

  coin(): boolean {
    return this.#rng.next() < 0.5;
  }

  #size(notional: Fixed, price: Fixed): Fixed {
    const size = over((notional * BigInt(this.#rng.between(40, 160))) / 100n, price);
    return most(floorTo(size, this.#market.sizeStep), this.#market.minSize);
  }
}
