import type { ExchangeId, Market } from '@orderplane/domain';
import type { NormalizedTicker } from '@orderplane/normalization';
import type { CallControl, MarketDataAdapter, Subscription, Tape } from './adapter.ts';
import { Budget } from './budget.ts';
import { classifyRead, limitIn } from './outcome.ts';
import type { Session, SessionOptions } from './session.ts';
import { readTape } from './tape.ts';
import { TickerStream } from './ticker-stream.ts';
import type { Ask, Link, VenueDefinition } from './venue.ts';

/** Public data could not be had. Carries the exchange and, in the message, why. */
export class MarketDataUnavailable extends Error {
  readonly exchange: ExchangeId;

  constructor(exchange: ExchangeId, message: string) {
    super(`${exchange}: ${message}`);
    this.name = 'MarketDataUnavailable';
    this.exchange = exchange;
  }
}

/** Public data of one exchange. Its methods throw MarketDataUnavailable; they never answer something old as new. */
export class PublicData implements MarketDataAdapter {
  readonly exchange: ExchangeId;
  readonly #venue: VenueDefinition;
  readonly #session: Session;
  readonly #options: SessionOptions;
  readonly #tickers: TickerStream;
  #listed = false;

  constructor(venue: VenueDefinition, session: Session, options: SessionOptions) {
    this.exchange = venue.capabilities.exchange;
    this.#venue = venue;
    this.#session = session;
    this.#options = options;
    this.#tickers = new TickerStream(venue, session, options);
  }

  /** The market rules as the exchange has them now: every call but the first loads them again. */
  async markets(control: CallControl): Promise<readonly Market[]> {
    const again = this.#listed;
    const { value, answer } = await new Budget(control.timeoutMs).perform(async () => {
      const link = await (again ? this.#session.reloadMarkets() : this.#session.ready());
      return link.markets();
    });
    if (value === undefined) throw new MarketDataUnavailable(this.exchange, answer.error ?? 'no answer');
    this.#listed = true;
    return value;
  }

  async ticker(symbol: string, control: CallControl): Promise<NormalizedTicker> {
    const { link, market, ask } = await this.#ready(symbol, control);
    const verdict = await ask(() => this.#venue.ticker.fetch(link, market));
    if (verdict.kind !== 'success') {
      throw new MarketDataUnavailable(this.exchange, verdict.kind === 'failed' ? verdict.message : 'not found');
    }
    const { fetchMethod } = this.#venue.ticker;
    const readAt = new Date(this.#options.clock.now()).toISOString();
    const tickers = link.read.ticker('rest', fetchMethod, verdict.payload, readAt);
    const found = tickers.find((one) => one.symbol === symbol);
    if (found === undefined) throw new MarketDataUnavailable(this.exchange, `no readable ticker of ${symbol}`);
    return found;
  }

  async trades(symbol: string, since: string, control: CallControl): Promise<Tape> {
    const { link, market, ask } = await this.#ready(symbol, control);
    const tape = await readTape(this.#venue.tape, link, ask, market, Date.parse(since));
    if ('error' in tape) throw new MarketDataUnavailable(this.exchange, tape.error);
    return tape;
  }

  watchTicker(
    symbol: string,
    sink: (ticker: NormalizedTicker) => void,
    lost: () => void = () => undefined,
  ): Subscription {
    return this.#tickers.watch(symbol, sink, lost);
  }

  /** The market, and how questions about it are asked within the time of the call. */
  async #ready(
    symbol: string,
    control: CallControl,
  ): Promise<{ readonly link: Link; readonly market: Market; readonly ask: Ask }> {
    const budget = new Budget(control.timeoutMs);
    const ready = await budget.perform(() => this.#session.ready());
    if (ready.value === undefined) throw new MarketDataUnavailable(this.exchange, ready.answer.error ?? 'no answer');
    const link = ready.value;
    const market = link.market(symbol);
    if (market === null) throw new MarketDataUnavailable(this.exchange, `no market ${symbol}`);
    const ask: Ask = async (question) => {
      const { answer } = await budget.perform(question);
      const now = this.#options.clock.now();
      const limited = limitIn(this.#venue.classifier, answer, now);
      if (limited !== null) this.#session.admission.heed(limited, 'read');
      return classifyRead(this.#venue.classifier, answer, now);
    };
    return { link, market, ask };
  }

  async close(): Promise<void> {
    await this.#tickers.close();
    await this.#session.close();
  }
}
