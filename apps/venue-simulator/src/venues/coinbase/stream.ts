import { z } from 'zod';
import { fixedText, ZERO } from '../../engine/fixed.ts';
import type { EngineEvent, PublicTrade, SimOrder } from '../../engine/model.ts';
import type { SocketHandler, VenueContext, VenueSocket } from '../protocol.ts';
import type { Authenticator } from './auth.ts';
import type { CoinbaseLimits } from './limits.ts';
import { PRODUCTS, productById } from './markets.ts';
import { isoMicros, userIdOf } from './orders.ts';
import { changeOf, tradeJson } from './public.ts';
import { statesOf, userOrder } from './user-channel.ts';

/** One address for public and private channels; each message is numbered within its connection. */

/** A connection that has subscribed to nothing by then is cut. */
const FIRST_SUBSCRIPTION_MS = 5_000;
const SNAPSHOT_TRADES = 50;
const CHANNELS = ['user', 'ticker', 'ticker_batch', 'market_trades', 'heartbeats'] as const;
type Channel = (typeof CHANNELS)[number];

const Request = z.object({
  type: z.enum(['subscribe', 'unsubscribe']),
  channel: z.string(),
  product_ids: z.array(z.string()).optional(),
  jwt: z.string().optional(),
});

interface Client {
  readonly socket: VenueSocket;
  readonly connectedAt: number;
  /** The next number. */
  sequence: number;
  /** Set by a subscription to the user channel; no products: all of them. */
  user: { readonly account: string; readonly products: ReadonlySet<string> } | null;
  readonly products: Readonly<Record<'ticker' | 'ticker_batch' | 'market_trades', Set<string>>>;
  heartbeats: number | null;
}

export class Streams {
  readonly #context: VenueContext;
  readonly #auth: Authenticator;
  readonly #limits: CoinbaseLimits;
  readonly #clients = new Set<Client>();
  readonly #stalePrices = new Set<string>();

  constructor(context: VenueContext, auth: Authenticator, limits: CoinbaseLimits) {
    this.#context = context;
    this.#auth = auth;
    this.#limits = limits;
  }

  connect(socket: VenueSocket): SocketHandler {
    const client: Client = {
      socket,
      connectedAt: this.#context.now(),
      sequence: 0,
      user: null,
      products: { ticker: new Set(), ticker_batch: new Set(), market_trades: new Set() },
      heartbeats: null,
    };
    this.#clients.add(client);
    return {
      message: (text) => this.#message(client, text),
      closed: () => void this.#clients.delete(client),
    };
  }

  #message(client: Client, text: string): void {
    const refuse = (message: string): void => client.socket.answer(JSON.stringify({ type: 'error', message }));
    const parsed = Request.safeParse(parseJson(text));
    if (!parsed.success) return refuse('failed to parse message');
    const { type, channel: name, jwt, product_ids = [] } = parsed.data;
    const now = this.#context.now();
    if (jwt === undefined && !this.#limits.message(client.socket.id, now)) return refuse('rate limit exceeded');
    const channel = CHANNELS.find((one) => one === name);
    if (channel === undefined) return refuse('invalid channel');
    const unknown = product_ids.find((id) => productById(id) === undefined);
    if (unknown !== undefined) return refuse(`invalid product id ${unknown.slice(0, 40)}`);
    if (type === 'unsubscribe') {
      this.#unsubscribe(client, channel, product_ids);
      return this.#acknowledge(client);
    }
    if (channel === 'user') {
      const account = this.#auth.accountOf(jwt ?? '', now, null);
      if (account === null) return refuse('authentication failure');
      client.user = { account: account.apiKey, products: new Set(product_ids) };
      client.socket.markPrivate(account.apiKey);
    } else this.#subscribePublic(client, channel, product_ids);
    this.#acknowledge(client);
    this.#snapshot(client, channel, product_ids);
  }

  #subscribePublic(client: Client, channel: Exclude<Channel, 'user'>, productIds: readonly string[]): void {
    if (channel === 'heartbeats') client.heartbeats ??= 0;
    else for (const id of allUnless(productIds)) client.products[channel].add(id);
  }

  #unsubscribe(client: Client, channel: Channel, productIds: readonly string[]): void {
    if (channel === 'user') client.user = null;
    else if (channel === 'heartbeats') client.heartbeats = null;
    else for (const id of allUnless(productIds)) client.products[channel].delete(id);
  }

  /** Everything that the connection is subscribed to now. */
  #acknowledge(client: Client): void {
    const subscriptions: Record<string, readonly string[]> = {};
    if (client.user !== null) subscriptions['user'] = [userIdOf(client.user.account)];
    if (client.heartbeats !== null) subscriptions['heartbeats'] = ['heartbeats'];
    for (const [channel, products] of Object.entries(client.products)) {
      if (products.size > 0) subscriptions[channel] = [...products];
    }
    client.socket.answer(this.#numbered(client, 'subscriptions', [{ subscriptions }]));
  }

  #snapshot(client: Client, channel: Channel, productIds: readonly string[]): void {
    switch (channel) {
      case 'user': {
        const { user } = client;
        if (user === null) return;
        const open = this.#context.engine.openOrders(user.account).filter((order) => concerns(user, order));
        const orders = open.map((order) => userOrder(order, 'OPEN', this.#context.engine));
        return this.#push(client, 'user', [{ type: 'snapshot', orders }], 'private');
      }
      case 'ticker':
      case 'ticker_batch':
        for (const id of allUnless(productIds)) this.#tellTicker(client, channel, id, 'snapshot');
        return;
      case 'market_trades':
        for (const id of allUnless(productIds)) {
          const trades = this.#context.engine.publicTrades(id).slice(-SNAPSHOT_TRADES).reverse().map(tradeJson);
          this.#push(client, channel, [{ type: 'snapshot', trades }], 'public');
        }
        return;
      case 'heartbeats':
        return;
    }
  }

  onEvent(event: EngineEvent): void {
    switch (event.type) {
      case 'accepted':
      case 'triggered':
      case 'trade':
      case 'ended':
      case 'amended':
        return this.#tellOrder(event.order, statesOf(event));
      case 'balance':
        return;
      case 'publicTrade':
        this.#stalePrices.add(event.trade.symbol);
        return this.#tellTrade(event.trade);
      case 'price':
        this.#stalePrices.add(event.symbol);
        return;
    }
  }

  /** Tells the prices that changed since the last call. Not done inside events: the engine may not be asked there. */
  flush(): void {
    const prices = [...this.#stalePrices];
    this.#stalePrices.clear();
    for (const client of this.#clients) {
      for (const symbol of prices) {
        for (const channel of ['ticker', 'ticker_batch'] as const) {
          if (client.products[channel].has(symbol)) this.#tellTicker(client, channel, symbol, 'update');
        }
      }
    }
  }

  /** About once a second. */
  tick(now: number): void {
    for (const client of [...this.#clients]) {
      if (client.heartbeats !== null) {
        client.heartbeats += 1;
        const events = [{ current_time: isoMicros(now), heartbeat_counter: client.heartbeats }];
        this.#push(client, 'heartbeats', events, 'public');
      } else if (client.sequence === 0 && now - client.connectedAt >= FIRST_SUBSCRIPTION_MS) client.socket.close(1008);
    }
  }

  /** One message for each state that the order passes through. */
  #tellOrder(order: SimOrder, states: readonly string[]): void {
    for (const client of this.#clients) {
      if (client.user?.account !== order.account || !concerns(client.user, order)) continue;
      for (const state of states) {
        const orders = [userOrder(order, state, this.#context.engine)];
        this.#push(client, 'user', [{ type: 'update', orders }], 'private');
      }
    }
  }

  #tellTicker(client: Client, channel: 'ticker' | 'ticker_batch', id: string, type: 'snapshot' | 'update'): void {
    const ticker = this.#context.engine.ticker(id, this.#context.now());
    const entry = {
      type: 'ticker',
      product_id: id,
      price: fixedText(ticker.last),
      volume_24_h: fixedText(ticker.volume),
      low_24_h: fixedText(ticker.low),
      high_24_h: fixedText(ticker.high),
      low_52_w: fixedText(ticker.low),
      high_52_w: fixedText(ticker.high),
      price_percent_chg_24_h: changeOf(ticker.last, ticker.open),
      best_bid: ticker.bidSize === ZERO ? '' : fixedText(ticker.bid),
      best_bid_quantity: fixedText(ticker.bidSize),
      best_ask: ticker.askSize === ZERO ? '' : fixedText(ticker.ask),
      best_ask_quantity: fixedText(ticker.askSize),
    };
    this.#push(client, channel, [{ type, tickers: [entry] }], 'public');
  }

  #tellTrade(trade: PublicTrade): void {
    for (const client of this.#clients) {
      if (!client.products.market_trades.has(trade.symbol)) continue;
      this.#push(client, 'market_trades', [{ type: 'update', trades: [tradeJson(trade)] }], 'public');
    }
  }

  #push(client: Client, channel: string, events: readonly unknown[], scope: 'private' | 'public'): void {
    client.socket.push(this.#numbered(client, channel, events), scope);
  }

  #numbered(client: Client, channel: string, events: readonly unknown[]): string {
    const sequence_num = client.sequence;
    client.sequence += 1;
    const timestamp = `${new Date(this.#context.now()).toISOString().slice(0, -1)}000000Z`;
    return JSON.stringify({ channel, client_id: '', timestamp, sequence_num, events });
  }
}

const ALL_PRODUCTS = PRODUCTS.map(({ engine }) => engine.nativeId);
const allUnless = (productIds: readonly string[]): readonly string[] =>
  productIds.length === 0 ? ALL_PRODUCTS : productIds;

const concerns = (user: NonNullable<Client['user']>, order: SimOrder): boolean =>
  user.products.size === 0 || user.products.has(order.symbol);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
