import type { ExchangeId, TriggerSource } from '@orderplane/domain';
import type { MarketDataAdapter, Subscription } from '@orderplane/exchange';
import type { NormalizedTicker } from '@orderplane/normalization';
import { sleep, type Logger } from '@orderplane/service-kit';
import type { ObservationStore, TapeMark } from '@orderplane/store';
import { Armory } from './armory.ts';
import type { TriggerConsumer } from './model.ts';

export interface WatcherTimes {
  /** Between two looks over REST while the stream tells prices and something is armed, ms. */
  readonly streamingMs: number;
  /** While it does not, ms. */
  readonly blindMs: number;
  /** With nothing armed: only to compare, ms. */
  readonly idleMs: number;
  /** A stream that has said nothing for this long is compared with REST, ms. */
  readonly silentMs: number;
  /** Longest wait after looks that failed, ms. */
  readonly failedMs: number;
}
export const WATCHER_TIMES: WatcherTimes = {
  streamingMs: 4_000,
  blindMs: 1_000,
  idleMs: 10_000,
  silentMs: 3_000,
  failedMs: 8_000,
};
const CALL_MS = 5_000;
/** A call that is under way at the end is not waited for any longer, ms. */
const CLOSE_MS = 500;
/** The mark of a quiet watcher is written this often, ms. */
const SAVE_MS = 2_000;

export interface WatcherOptions {
  readonly exchange: ExchangeId;
  readonly symbol: string;
  readonly lease: { readonly name: string; readonly owner: string };
  readonly adapter: Pick<MarketDataAdapter, 'ticker' | 'trades' | 'watchTicker'>;
  readonly consumers: readonly TriggerConsumer[];
  readonly observations: Pick<ObservationStore, 'tapeMark' | 'saveTapeMark'>;
  readonly publish: (ticker: NormalizedTicker) => void;
  readonly now: () => number;
  readonly log: Logger;
  readonly times?: WatcherTimes;
}

/**
 * Watches the price of one market for whoever waits for it. The stream gives prices as they come; a look over REST comes
 * after every arming, and regularly: it reads every trade since the last look, so that a price that was reached between
 * two messages, while the stream was down, or while this watcher's predecessor was dead is not missed, and takes the
 * stream's place while it is gone. Bid, ask and mark have no history: of them the present price decides.
 *
 * The mark (how far the trades were read) moves on only after all that has fired is recorded, so that a crash in between
 * leads to the same trades being read again.
 */
export class PriceWatcher {
  readonly #options: WatcherOptions;
  readonly #times: WatcherTimes;
  readonly #armory: Armory;
  readonly #closing = new AbortController();
  readonly #subscription: Subscription;
  #wake: () => void = () => undefined;
  #isWoken = true;
  /** The newest prices, of whichever source. */
  #latest: NormalizedTicker | null = null;
  #streamAtMs = Number.NEGATIVE_INFINITY;
  #isStreaming = false;
  /** Some streams tell bid and ask only. */
  #tellsLast = true;
  /** What is new has not been held against the present price. */
  #owesPrice = true;
  #tickerAtMs = Number.NEGATIVE_INFINITY;
  /** Undefined: not read yet; null: there is none. */
  #mark: TapeMark | null | undefined = undefined;
  #savedAtMs = Number.NEGATIVE_INFINITY;
  readonly #running: Promise<void>;

  constructor(options: WatcherOptions) {
    const { adapter, exchange, symbol, consumers } = options;
    this.#options = options;
    this.#times = options.times ?? WATCHER_TIMES;
    this.#armory = new Armory(exchange, symbol, consumers);
    const lost = (): void => this.#blind('the price stream has broken off');
    this.#subscription = adapter.watchTicker(symbol, (ticker) => this.#onStream(ticker), lost);
    this.#running = this.#run();
  }

  /** Something was armed or disarmed: looks now instead of at its time. */
  nudge(): void {
    this.#isWoken = true;
    this.#wake();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#wake();
    await this.#subscription.close().catch(() => undefined);
    await Promise.race([this.#running, sleep(CLOSE_MS)]);
  }

  #onStream(ticker: NormalizedTicker): void {
    if (this.#closing.signal.aborted) return;
    this.#streamAtMs = this.#options.now();
    this.#isStreaming = true;
    this.#tellsLast = ticker.last !== null;
    this.#take(ticker);
    if (this.#armory.isFiring) void this.#fire();
  }

  #blind(why: string): void {
    if (this.#isStreaming) {
      const { exchange, symbol, log } = this.#options;
      log.info({ exchange, symbol, why }, 'prices come over REST until the stream is back');
    }
    this.#isStreaming = false;
    this.nudge();
  }

  /** A price as it is now. */
  #take(ticker: NormalizedTicker): void {
    const { last, bid, ask, mark, at } = ticker;
    // Some streams tell only a part: the rest is as it was.
    const merged = { ...ticker, last: last ?? this.#latest?.last ?? null };
    this.#latest = merged;
    const prices: readonly (readonly [TriggerSource, string | null | undefined])[] = [
      ['LAST', last],
      ['BID', bid],
      ['ASK', ask],
      ['MARK', mark],
    ];
    for (const [source, price] of prices) if (typeof price === 'string') this.#armory.price(source, { price, at });
    this.#options.publish(merged);
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#closing.signal.aborted) {
      this.#isWoken = false;
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      let waitMs: number;
      try {
        waitMs = await this.#look();
        failures = 0;
      } catch (error) {
        const { exchange, symbol, log } = this.#options;
        failures += 1;
        waitMs = Math.min(this.#times.blindMs * 2 ** Math.min(failures - 1, 6), this.#times.failedMs);
        log.debug({ err: error, exchange, symbol }, 'a look at the price has failed');
      }
      if (!this.#isWoken) await Promise.race([sleep(waitMs, this.#closing.signal), woken]);
    }
  }

  /** Gives how long to wait for the next one. */
  async #look(): Promise<number> {
    const { exchange, symbol, observations, now } = this.#options;
    const loadedAtMs = now();
    const before = this.#mark === undefined ? await observations.tapeMark(exchange, symbol) : null;
    if ((await this.#armory.load(loadedAtMs)) > 0) this.#owesPrice = true;
    if (this.#mark === undefined && before !== null) this.#armory.settle(before.armedUntil);
    this.#mark ??= before;
    const more = await this.#readTape(loadedAtMs);
    // The present price counts for what is new, whatever the stream said before it was here.
    if (this.#owesPrice || this.#wantsPrice()) await this.#readTicker();
    if (!(await this.#fire())) return this.#times.blindMs;
    this.#armory.allSettled();
    await this.#save();
    return more ? 0 : this.#nextLookMs();
  }

  #isSilent(): boolean {
    return this.#options.now() - this.#streamAtMs >= this.#times.silentMs;
  }

  /** Without the stream, and to compare with it. Last prices are told by the trades too, so that those need it less often. */
  #wantsPrice(): boolean {
    if (this.#isStreaming && !this.#isSilent()) return false;
    const needsBook = (['BID', 'ASK', 'MARK'] as const).some((source) => this.#armory.watches(source));
    return needsBook || this.#options.now() - this.#tickerAtMs >= 2 * this.#times.blindMs;
  }

  #nextLookMs(): number {
    if (this.#armory.size === 0) return this.#isStreaming ? this.#times.idleMs : 2 * this.#times.blindMs;
    if (!this.#isStreaming) return this.#times.blindMs;
    // Where the stream tells no last price, the trades are all that does.
    return this.#armory.watches('LAST') && !this.#tellsLast ? this.#times.blindMs : this.#times.streamingMs;
  }

  /** True when there are later trades to be read. */
  async #readTape(loadedAtMs: number): Promise<boolean> {
    const { adapter, exchange, symbol, log } = this.#options;
    const mark = this.#mark ?? null;
    const from = this.#armory.tapeFrom(mark?.tradeAt ?? null);
    if (from === null) return false;
    const { trades, reachesBack, more } = await adapter.trades(symbol, from, { timeoutMs: CALL_MS });
    if (!reachesBack)
      log.warn(
        { exchange, symbol, from, oldest: trades[0]?.at ?? null },
        'the exchange does not list the trades that far back: a price in between may have been missed',
      );
    this.#armory.trades(trades, mark?.tradeAt ?? null);
    const newest = trades.at(-1)?.at ?? new Date(Date.parse(from) - 1).toISOString();
    const tradeAt = mark !== null && mark.tradeAt > newest ? mark.tradeAt : newest;
    this.#mark = { tradeAt, armedUntil: new Date(loadedAtMs).toISOString() };
    return more;
  }

  /** Takes the price over REST; one that the stream should have told shows that the stream is mute. */
  async #readTicker(): Promise<void> {
    const { adapter, symbol } = this.#options;
    const streamed = this.#latest;
    const streamedAtMs = this.#streamAtMs;
    const ticker = await adapter.ticker(symbol, { timeoutMs: CALL_MS });
    this.#tickerAtMs = this.#options.now();
    this.#owesPrice = false;
    const isMute =
      this.#isStreaming && streamedAtMs === this.#streamAtMs && this.#isSilent() && differs(streamed, ticker);
    if (isMute) this.#blind('the price stream says nothing while the price moves');
    this.#take(ticker);
  }

  /** True when nothing is left to be recorded. */
  async #fire(): Promise<boolean> {
    const errors = await this.#armory.fire();
    for (const error of errors) {
      const { exchange, symbol, log } = this.#options;
      log.warn({ err: error, exchange, symbol }, 'what has fired could not be recorded: it is tried again');
    }
    return !this.#armory.isFiring;
  }

  async #save(): Promise<void> {
    const { exchange, symbol, lease, observations, now } = this.#options;
    if (this.#mark === null || this.#mark === undefined || now() - this.#savedAtMs < SAVE_MS) return;
    this.#savedAtMs = now();
    await observations.saveTapeMark(exchange, symbol, this.#mark, lease);
  }
}

const differs = (one: NormalizedTicker | null, other: NormalizedTicker): boolean =>
  one === null ||
  (['last', 'bid', 'ask', 'mark'] as const).some((part) => {
    const [before, now] = [one[part] ?? null, other[part] ?? null];
    return before !== null && now !== null && before !== now;
  });
