import type { NormalizedTicker } from '@orderplane/normalization';
import type { Subscription } from './adapter.ts';
import type { CcxtInstance } from './ccxt.ts';
import type { Session, SessionOptions } from './session.ts';
import { backoffMs, Pause } from './sockets.ts';
import { safeMessage } from './transport.ts';
import type { Link, VenueDefinition } from './venue.ts';

type Sink = (ticker: NormalizedTicker) => void;

interface Watched {
  readonly symbol: string;
  /** Who wants the prices, and how they hear that the stream has broken off. */
  readonly sinks: Map<Sink, () => void>;
  readonly pause: Pause;
  running: Promise<void>;
}

/**
 * Tickers of one exchange, one subscription for each symbol however many want it. Read from the raw messages; a price
 * that is missed is replaced by the next one, so nothing is repeated or asked for after a gap.
 */
export class TickerStream {
  readonly #venue: VenueDefinition;
  readonly #session: Session;
  readonly #options: SessionOptions;
  readonly #watched = new Map<string, Watched>();
  #tapped: CcxtInstance | null = null;

  constructor(venue: VenueDefinition, session: Session, options: SessionOptions) {
    this.#venue = venue;
    this.#session = session;
    this.#options = options;
  }

  watch(symbol: string, wanted: Sink, lost: () => void): Subscription {
    const sink: Sink = (ticker) => wanted(ticker);
    let watched = this.#watched.get(symbol);
    if (watched === undefined) {
      watched = { symbol, sinks: new Map(), pause: new Pause(), running: Promise.resolve() };
      this.#watched.set(symbol, watched);
      watched.running = this.#run(watched);
    }
    const { sinks } = watched;
    sinks.set(sink, lost);
    return {
      close: async () => {
        sinks.delete(sink);
        if (sinks.size === 0) this.#forget(symbol);
      },
    };
  }

  async close(): Promise<void> {
    for (const symbol of [...this.#watched.keys()]) this.#forget(symbol);
  }

  /** The exchange may go on sending; what nobody wants is not read. */
  #forget(symbol: string): void {
    const watched = this.#watched.get(symbol);
    this.#watched.delete(symbol);
    watched?.pause.end();
  }

  async #run(watched: Watched): Promise<void> {
    for (let failures = 0; this.#watched.get(watched.symbol) === watched;) {
      try {
        const link = await this.#session.ready();
        this.#tap(link);
        const market = link.market(watched.symbol);
        if (market === null) throw new RangeError(`no market ${watched.symbol}`);
        await this.#venue.ticker.watch(link.instance, market.unifiedSymbol);
        failures = 0;
      } catch (error) {
        if (this.#watched.get(watched.symbol) !== watched) return;
        failures += 1;
        const { exchange } = this.#venue.capabilities;
        this.#options.log.debug({ exchange, symbol: watched.symbol, error: safeMessage(error) }, 'ticker lost');
        for (const lost of watched.sinks.values()) lost();
        await watched.pause.wait(backoffMs(failures));
      }
    }
  }

  #tap(link: Link): void {
    const { instance } = link;
    if (this.#tapped === instance) return;
    this.#tapped = instance;
    const handle = instance.handleMessage.bind(instance);
    instance.handleMessage = (client, message) => {
      const payload = this.#venue.ticker.signal(message);
      if (payload !== null) this.#publish(link, payload);
      handle(client, message);
    };
  }

  #publish(link: Link, payload: unknown): void {
    const receivedAt = new Date(this.#options.clock.now()).toISOString();
    for (const ticker of link.read.ticker('ws', this.#venue.ticker.watchMethod, payload, receivedAt)) {
      for (const sink of this.#watched.get(ticker.symbol)?.sinks.keys() ?? []) {
        try {
          sink(ticker);
        } catch (error) {
          this.#options.log.warn({ err: error }, 'a receiver of tickers failed');
        }
      }
    }
  }
}
