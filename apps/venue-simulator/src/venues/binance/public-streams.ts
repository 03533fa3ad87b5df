import { z } from 'zod';
import type { EngineEvent, PublicTrade } from '../../engine/model.ts';
import type { SocketHandler, VenueContext, VenueSocket } from '../protocol.ts';
import { jsonOf } from './streams.ts';
import { eight, tickerEvent } from './views.ts';

const Message = z.object({
  method: z.enum(['SUBSCRIBE', 'UNSUBSCRIBE', 'LIST_SUBSCRIPTIONS']),
  params: z.array(z.string().max(100)).max(1024).optional(),
  id: z.union([z.number(), z.string(), z.null()]).optional(),
});

/** The market streams: `<symbol>@ticker`, `@miniTicker`, `@trade`, `@aggTrade`, on `/ws/…` or combined on `/stream`. */
export class PublicStreams {
  readonly #context: VenueContext;
  readonly #topics = new Map<string, Set<VenueSocket>>();
  /** Symbols whose tickers have been pushed since the last tick. */
  readonly #fresh = new Set<string>();

  constructor(context: VenueContext) {
    this.#context = context;
  }

  connect(socket: VenueSocket): SocketHandler {
    const own = new Set<string>();
    for (const topic of topicsOfPath(socket.path)) this.#subscribe(socket, own, topic);
    return {
      message: (text) => this.#message(socket, own, text),
      closed: () => {
        for (const topic of own) this.#unsubscribe(socket, topic);
      },
    };
  }

  onEvent(event: EngineEvent): void {
    if (this.#topics.size === 0) return;
    if (event.type === 'publicTrade') this.#trade(event.trade);
    else if (event.type === 'price') this.#ticker(event.symbol);
  }

  /** Every ticker is pushed at least once a second. */
  tick(): void {
    if (this.#topics.size > 0) {
      for (const { symbol } of this.#context.engine.settings.markets)
        if (!this.#fresh.has(symbol)) this.#ticker(symbol);
    }
    this.#fresh.clear();
  }

  #ticker(symbol: string): void {
    const { engine, now } = this.#context;
    const market = engine.market(symbol);
    if (market === undefined) return;
    this.#fresh.add(symbol);
    const name = market.nativeId.toLowerCase();
    for (const kind of ['ticker', 'miniTicker'] as const) {
      const topic = `${name}@${kind}`;
      if (!this.#topics.has(topic)) continue;
      this.#publish(topic, tickerEvent(engine.ticker(symbol, now()), market, kind === 'miniTicker'));
    }
  }

  #trade(trade: PublicTrade): void {
    const market = this.#context.engine.market(trade.symbol);
    if (market === undefined) return;
    const name = market.nativeId.toLowerCase();
    const common = {
      E: this.#context.now(),
      s: market.nativeId,
      p: eight(trade.price),
      q: eight(trade.size),
      T: trade.at,
    };
    const m = trade.takerSide === 'SELL';
    this.#publish(`${name}@trade`, { e: 'trade', ...common, t: trade.number, m, M: true });
    this.#publish(`${name}@aggTrade`, {
      e: 'aggTrade',
      ...common,
      a: trade.number,
      f: trade.number,
      l: trade.number,
      m,
      M: true,
    });
  }

  #publish(topic: string, event: object): void {
    const sockets = this.#topics.get(topic);
    if (sockets === undefined) return;
    const text = JSON.stringify(event);
    for (const socket of sockets) {
      const isCombined = socket.path.startsWith('/stream');
      socket.push(isCombined ? `{"stream":"${topic}","data":${text}}` : text, 'public');
    }
  }

  #message(socket: VenueSocket, own: Set<string>, text: string): void {
    const parsed = Message.safeParse(jsonOf(text));
    if (!parsed.success) {
      socket.answer(JSON.stringify({ error: { code: 3, msg: 'Invalid JSON: expected value at line 1 column 1' } }));
      return;
    }
    const { method, params, id } = parsed.data;
    for (const topic of params ?? []) {
      if (method === 'SUBSCRIBE') this.#subscribe(socket, own, topic);
      else if (method === 'UNSUBSCRIBE') {
        own.delete(topic);
        this.#unsubscribe(socket, topic);
      }
    }
    const result = method === 'LIST_SUBSCRIPTIONS' ? [...own] : null;
    socket.answer(JSON.stringify({ result, id: id ?? null }));
  }

  #subscribe(socket: VenueSocket, own: Set<string>, topic: string): void {
    own.add(topic);
    let sockets = this.#topics.get(topic);
    if (sockets === undefined) this.#topics.set(topic, (sockets = new Set<VenueSocket>()));
    sockets.add(socket);
  }

  #unsubscribe(socket: VenueSocket, topic: string): void {
    const sockets = this.#topics.get(topic);
    sockets?.delete(socket);
    if (sockets?.size === 0) this.#topics.delete(topic);
  }
}

/** `/ws/btcusdt@trade`, `/stream?streams=a/b`; a path without "@" names no stream. */
function topicsOfPath(path: string): string[] {
  const combined = /[?&]streams=([^&]*)/.exec(path)?.[1];
  const names = combined === undefined ? path.replace(/^\/ws\/?/, '') : decodeURIComponent(combined);
  return names.split('/').filter((name) => name.includes('@'));
}
