import { z } from 'zod';
import type { EngineEvent, SimBalance, SimOrder } from '../../engine/model.ts';
import type { SocketHandler, VenueContext, VenueSocket } from '../protocol.ts';
import type { ListenKeys } from './listen-keys.ts';
import { encode } from './messages.ts';
import type { Message } from './messages.ts';
import { ACCOUNT, balancePush, dealPush, DEALS, orderPush, ORDERS, tickerPush, tradePush } from './pushes.ts';

/** Documentation, FAQ: a connection without a subscription ends after 30 s, a silent one after 60 s, any after a day. */
const WITHOUT_SUBSCRIPTION_MS = 30_000;
const SILENCE_MS = 60_000;
const LONGEST_LIFE_MS = 86_400_000;
const MAX_SUBSCRIPTIONS = 30;
const SOCKETS_PER_KEY = 5;

const PRIVATE = new Set([ORDERS, DEALS, ACCOUNT]);
const PUBLIC = /^spot@public\.aggre\.(bookTicker|deals)\.v3\.api\.pb@(?:10|100)ms@([A-Z0-9]+)$/;

const Request = z.object({
  id: z.union([z.number(), z.string()]).optional(),
  method: z.string(),
  params: z.array(z.string().max(200)).max(100).optional(),
});
type Request = z.infer<typeof Request>;

interface Connection {
  readonly socket: VenueSocket;
  /** Null: a public socket. */
  readonly account: string | null;
  readonly listenKey: string | null;
  readonly channels: Set<string>;
  readonly since: number;
  heardAt: number;
}

const NO_BALANCE: SimBalance = { total: 0n, held: 0n };

/** wbs-api.mexc.com/ws: one kind of socket for everything; requests are JSON, pushes binary and never repeated. */
export class Streams {
  readonly #context: VenueContext;
  readonly #keys: ListenKeys;
  readonly #connections = new Set<Connection>();
  /** Symbols whose tickers have been pushed since the last tick. */
  readonly #fresh = new Set<string>();
  readonly #told = new Map<string, SimBalance>();

  constructor(context: VenueContext, keys: ListenKeys) {
    this.#context = context;
    this.#keys = keys;
  }

  connect(socket: VenueSocket): SocketHandler {
    const listenKey = /[?&]listenKey=([^&]*)/.exec(socket.path)?.[1] ?? null;
    const now = this.#context.now();
    const account = listenKey === null ? null : this.#keys.accountOf(listenKey, now);
    const shared = [...this.#connections].filter((one) => one.listenKey === listenKey && listenKey !== null);
    if (listenKey !== null && (account === null || shared.length >= SOCKETS_PER_KEY)) {
      socket.answer('Invalid listen key');
      socket.close();
      return { message: () => undefined, closed: () => undefined };
    }
    const connection: Connection = { socket, account, listenKey, channels: new Set(), since: now, heardAt: now };
    this.#connections.add(connection);
    return {
      message: (text) => this.#message(connection, text),
      closed: () => this.#connections.delete(connection),
    };
  }

  /** Every socket of a key that is no longer valid. */
  closeKey(listenKey: string): void {
    for (const one of this.#connections) if (one.listenKey === listenKey) one.socket.close();
  }

  onEvent(event: EngineEvent): void {
    if (this.#connections.size === 0) return;
    switch (event.type) {
      case 'accepted':
      case 'triggered':
      case 'amended':
      case 'ended':
        this.#tellOrder(event.order);
        break;
      case 'trade': {
        const { order, execution } = event;
        const market = this.#context.engine.market(order.symbol);
        const now = this.#context.now();
        this.#tell(order.account, orderPush(order, market, execution, now));
        this.#tell(order.account, dealPush(order, market, execution, now));
        break;
      }
      case 'balance':
        for (const asset of event.assets) this.#tellBalance(event.account, asset);
        break;
      case 'publicTrade': {
        const market = this.#context.engine.market(event.trade.symbol);
        if (market === undefined) break;
        this.#publish('deals', market.nativeId, (channel, now) => tradePush(channel, event.trade, market, now));
        break;
      }
      case 'price':
        this.#publishTicker(event.symbol);
        break;
    }
  }

  /** Tickers at least once a second; connections end as documented. */
  tick(now: number): void {
    for (const one of this.#connections) {
      const idle = one.channels.size === 0 && now - one.since > WITHOUT_SUBSCRIPTION_MS;
      if (idle || now - one.heardAt > SILENCE_MS || now - one.since > LONGEST_LIFE_MS) one.socket.close();
    }
    if (this.#connections.size > 0) {
      for (const { symbol } of this.#context.engine.settings.markets) {
        if (!this.#fresh.has(symbol)) this.#publishTicker(symbol);
      }
    }
    this.#fresh.clear();
  }

  reset(): void {
    this.#told.clear();
  }

  #tellOrder(order: SimOrder): void {
    const market = this.#context.engine.market(order.symbol);
    this.#tell(order.account, orderPush(order, market, null, this.#context.now()));
  }

  #tellBalance(account: string, asset: string): void {
    const key = `${account} ${asset}`;
    const balance = { ...(this.#context.engine.balances(account).get(asset) ?? NO_BALANCE) };
    const before = this.#told.get(key) ?? NO_BALANCE;
    this.#told.set(key, balance);
    this.#tell(account, balancePush(asset, balance, before, this.#context.now()));
  }

  #tell(account: string, message: Message): void {
    let bytes: Uint8Array | null = null;
    for (const one of this.#connections) {
      if (one.account !== account || !one.channels.has(message.channel)) continue;
      bytes ??= encode(message);
      one.socket.push(bytes, 'private');
    }
  }

  #publishTicker(symbol: string): void {
    const { engine } = this.#context;
    const market = engine.market(symbol);
    if (market === undefined) return;
    this.#fresh.add(symbol);
    this.#publish('bookTicker', market.nativeId, (channel, now) =>
      tickerPush(channel, engine.ticker(symbol, now), market, now),
    );
  }

  #publish(kind: string, nativeId: string, make: (channel: string, now: number) => Message): void {
    const now = this.#context.now();
    for (const one of this.#connections) {
      for (const channel of one.channels) {
        const [, ofKind, ofMarket] = PUBLIC.exec(channel) ?? [];
        if (ofKind === kind && ofMarket === nativeId) one.socket.push(encode(make(channel, now)), 'public');
      }
    }
  }

  #message(connection: Connection, text: string): void {
    connection.heardAt = this.#context.now();
    const parsed = Request.safeParse(jsonOf(text));
    const id = parsed.success ? (parsed.data.id ?? 0) : 0;
    const say = (msg: string): void => connection.socket.answer(JSON.stringify({ id, code: 0, msg }));
    if (!parsed.success) {
      say('msg format invalid');
      return;
    }
    const { method, params = [] }: Request = parsed.data;
    switch (method.toUpperCase()) {
      case 'PING':
        say('PONG');
        break;
      case 'SUBSCRIPTION':
        say(this.#subscribe(connection, params));
        break;
      case 'UNSUBSCRIPTION':
        for (const channel of params) connection.channels.delete(channel);
        say(params.join(','));
        break;
      default:
        say('msg format invalid');
    }
  }

  /** A refusal has the code 0 as well: only its words tell. */
  #subscribe(connection: Connection, channels: readonly string[]): string {
    const refused = channels.filter((channel) => !this.#isOpenTo(connection, channel));
    if (refused.length > 0) return `Not Subscribed successfully! [${refused.join(',')}].  Reason： Blocked! `;
    if (connection.channels.size + channels.length > MAX_SUBSCRIPTIONS) {
      return `Not Subscribed successfully! [${channels.join(',')}].  Reason： exceeded the maximum of ${MAX_SUBSCRIPTIONS}! `;
    }
    for (const channel of channels) connection.channels.add(channel);
    const isPrivate = channels.some((channel) => PRIVATE.has(channel));
    if (isPrivate && connection.account !== null) connection.socket.markPrivate(connection.account);
    return channels.join(',');
  }

  #isOpenTo(connection: Connection, channel: string): boolean {
    if (PRIVATE.has(channel)) return connection.account !== null;
    const [, , nativeId] = PUBLIC.exec(channel) ?? [];
    return nativeId !== undefined && this.#context.engine.marketByNativeId(nativeId) !== undefined;
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
