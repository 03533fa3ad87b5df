import type { ExchangeId } from '@orderplane/domain';
import { tickerChannel, TickerMessageSchema, type TickerMessage } from '@orderplane/queues';
import type { Ports } from '../ports.ts';
import type { EagerSource } from '../server/delivery.ts';
import { cancellable, Mailbox } from './mailbox.ts';

/** Whoever streams prices stops when nobody has asked for this long; asked again well before. */
const ASK_EVERY_MS = 10_000;

type Needs = Pick<Ports, 'streams' | 'channels' | 'prices' | 'log' | 'metrics'>;

interface Entry {
  readonly watchers: Set<Mailbox<TickerMessage>>;
  readonly stop: () => void;
}

/** Prices, shared by all who watch one market. Only the newest price waits for a slow client. */
export class TickerHub {
  readonly #ports: Needs;
  readonly #entries = new Map<string, Entry>();
  readonly #onMarkets: (count: number) => void;

  constructor(ports: Needs) {
    this.#ports = ports;
    const gauge = ports.metrics.gauge('gateway_watched_markets', 'Markets with a ticker subscription');
    this.#onMarkets = (count) => gauge.set(count);
  }

  /** The last known price if there is one, then every later one. */
  watch(exchange: ExchangeId, symbol: string): EagerSource<TickerMessage> {
    const mailbox = new Mailbox<TickerMessage>(1, 'forgetOldest');
    return cancellable(this.#prices(exchange, symbol, mailbox), () => mailbox.close());
  }

  async *#prices(
    exchange: ExchangeId,
    symbol: string,
    mailbox: Mailbox<TickerMessage>,
  ): AsyncGenerator<TickerMessage, void> {
    const key = tickerChannel(exchange, symbol);
    const entry = this.#entries.get(key) ?? this.#open(key, exchange, symbol);
    entry.watchers.add(mailbox);
    try {
      const [last] = await this.#ports.prices.tickers(exchange, [symbol]);
      if (last && !mailbox.closed) yield last;
      for (let ticker = await mailbox.next(); ticker !== null; ticker = await mailbox.next()) yield ticker;
    } finally {
      entry.watchers.delete(mailbox);
      if (entry.watchers.size === 0 && this.#entries.get(key) === entry) {
        this.#entries.delete(key);
        this.#onMarkets(this.#entries.size);
        entry.stop();
      }
    }
  }

  #open(key: string, exchange: ExchangeId, symbol: string): Entry {
    const watchers = new Set<Mailbox<TickerMessage>>();
    const ask = (): void => {
      this.#ports.streams
        .add(
          { kind: 'ticker', exchange, symbol },
          { deduplication: { id: `ticker-${exchange}-${symbol}` }, removeOnComplete: true },
        )
        .catch((cause: unknown) =>
          this.#ports.log.warn({ err: cause, exchange, symbol }, 'prices could not be asked for'),
        );
    };
    const unlisten = this.#ports.channels.listen(key, (message) => {
      const ticker = parseTicker(message);
      if (ticker !== null) for (const watcher of watchers) watcher.put(ticker);
    });
    const timer = setInterval(ask, ASK_EVERY_MS);
    ask();
    const entry: Entry = {
      watchers,
      stop: () => {
        clearInterval(timer);
        unlisten();
      },
    };
    this.#entries.set(key, entry);
    this.#onMarkets(this.#entries.size);
    return entry;
  }
}

/** Null for anything that is not a price. */
export function parseTicker(message: string): TickerMessage | null {
  try {
    return TickerMessageSchema.parse(JSON.parse(message));
  } catch {
    return null;
  }
}
