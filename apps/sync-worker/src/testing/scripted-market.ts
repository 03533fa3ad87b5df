import type { MarketDataAdapter, PublicTrade, Subscription, Tape } from '@orderplane/exchange';
import type { NormalizedTicker } from '@orderplane/normalization';

type Prices = Partial<Pick<NormalizedTicker, 'last' | 'bid' | 'ask' | 'mark'>>;

/** One market of an exchange as the test has it: what its stream tells, what REST answers, and which trades it lists. */
export class ScriptedMarket implements MarketDataAdapter {
  readonly exchange = 'binance' as const;
  readonly symbol = 'BTC-USD';
  readonly tape: PublicTrade[] = [];
  /** How many watch the stream now. */
  watching = 0;
  reads = { ticker: 0, trades: 0 };
  isDown = false;
  reachesBack = true;
  #prices: Prices = { last: '100', bid: '99', ask: '101' };
  #sinks = new Map<(ticker: NormalizedTicker) => void, () => void>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** REST tells it from now on; the stream only when told to. */
  set(prices: Prices): void {
    this.#prices = { ...this.#prices, ...prices };
  }

  /** Somebody trades. */
  trade(price: string, at = this.#at()): void {
    this.tape.push({ price, at });
    this.set({ last: price });
  }

  stream(prices: Prices = {}): void {
    this.set(prices);
    for (const sink of this.#sinks.keys()) sink(this.#ticker());
  }

  lose(): void {
    for (const lost of this.#sinks.values()) lost();
  }

  async markets() {
    return [];
  }

  async ticker(): Promise<NormalizedTicker> {
    this.reads.ticker += 1;
    if (this.isDown) throw new Error('down');
    return this.#ticker();
  }

  async trades(_symbol: string, since: string): Promise<Tape> {
    this.reads.trades += 1;
    if (this.isDown) throw new Error('down');
    return { trades: this.tape.filter(({ at }) => at >= since), reachesBack: this.reachesBack, more: false };
  }

  watchTicker(
    _symbol: string,
    sink: (ticker: NormalizedTicker) => void,
    lost: () => void = () => undefined,
  ): Subscription {
    this.#sinks.set(sink, lost);
    this.watching += 1;
    return {
      close: async () => {
        this.#sinks.delete(sink);
        this.watching -= 1;
      },
    };
  }

  async close(): Promise<void> {
    this.#sinks.clear();
  }

  #at = (): string => new Date(this.#now()).toISOString();
  #ticker(): NormalizedTicker {
    const { last = null, bid = null, ask = null, mark } = this.#prices;
    const { exchange, symbol } = this;
    return { exchange, symbol, last, bid, ask, ...(mark === undefined ? {} : { mark }), at: this.#at() };
  }
}
