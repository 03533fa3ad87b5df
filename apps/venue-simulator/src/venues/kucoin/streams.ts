import { z } from 'zod';
import type { EngineEvent, SimExecution, SimOrder } from '../../engine/model.ts';
import type { SocketHandler, VenueContext, VenueSocket } from '../protocol.ts';
import { balanceChange, orderChange, stopChange } from './order-pushes.ts';
import type { ChangeType } from './order-pushes.ts';
import { PING_INTERVAL_MS, PING_TIMEOUT_MS, STREAM_HOST } from './tokens.ts';
import type { Tokens } from './tokens.ts';
import { bestView, isStop, isUntriggered, publicTradeView, snapshotView } from './views.ts';

const Request = z.object({
  id: z.union([z.string(), z.number()]).optional(),
  type: z.string(),
  topic: z.string().max(2_000).optional(),
  response: z.boolean().optional(),
});
type Request = z.infer<typeof Request>;

const ORDERS = '/spotMarket/tradeOrders';
const ORDERS_V2 = '/spotMarket/tradeOrdersV2';
const STOPS = '/spotMarket/advancedOrders';
const BALANCES = '/account/balance';
const PRIVATE_TOPICS: readonly string[] = [ORDERS, ORDERS_V2, STOPS, BALANCES];
const PUBLIC_TOPICS: readonly string[] = ['/market/snapshot', '/market/ticker', '/market/match'];
const MAX_TOPICS = 300;

interface Client {
  readonly socket: VenueSocket;
  readonly account: string | null;
  /** `/market/ticker:A,B` counts as one topic for each market. */
  readonly topics: Set<string>;
  lastHeardAt: number;
}

/** Classic WebSocket: private and public topics on one host, told apart by the token. */
export class Streams {
  readonly #context: VenueContext;
  readonly #tokens: Tokens;
  readonly #clients = new Set<Client>();
  /** Accepted limit orders of which it is not told yet that they rest: they may be taking first. */
  readonly #undecided = new Map<string, SimOrder>();
  readonly #stalePrices = new Set<string>();
  #sequence = 0;

  constructor(context: VenueContext, tokens: Tokens) {
    this.#context = context;
    this.#tokens = tokens;
  }

  connect(socket: VenueSocket): SocketHandler | null {
    if (socket.host !== STREAM_HOST) return null;
    const query = new URLSearchParams(socket.path.split('?')[1] ?? '');
    const id = query.get('connectId') ?? String(socket.id);
    const now = this.#context.now();
    const account = this.#tokens.accountOf(query.get('token') ?? '', now);
    if (account === undefined) {
      socket.answer(JSON.stringify({ id, type: 'error', code: 401, data: 'token is invalid' }));
      socket.close();
      return { message: () => undefined, closed: () => undefined };
    }
    const client: Client = { socket, account, topics: new Set(), lastHeardAt: now };
    this.#clients.add(client);
    socket.answer(JSON.stringify({ id, type: 'welcome' }));
    return {
      message: (text) => this.#message(client, text),
      closed: () => void this.#clients.delete(client),
    };
  }

  onEvent(event: EngineEvent): void {
    switch (event.type) {
      case 'accepted':
        return this.#accepted(event.order);
      case 'triggered':
        this.#stop(event.order, 'triggered');
        return this.#entered(event.order);
      case 'trade':
        return this.#traded(event.order, event.execution);
      case 'ended':
        return this.#ended(event.order);
      case 'amended':
        return isUntriggered(event.order) ? undefined : this.#order(event.order, 'update', null);
      case 'balance':
        return this.#balances(event.account, event.assets);
      case 'publicTrade':
        return this.#publish(`/market/match:${event.trade.symbol}`, 'trade.l3match', () =>
          publicTradeView(event.trade),
        );
      case 'price':
        this.#stalePrices.add(event.symbol);
        return;
    }
  }

  /** After each request and each second: what is left of a taker rests now, and prices are told. */
  flush(): void {
    for (const order of this.#undecided.values()) {
      if (order.status === 'OPEN') this.#order(order, 'open', null);
    }
    this.#undecided.clear();
    const symbols = [...this.#stalePrices];
    this.#stalePrices.clear();
    if (this.#clients.size > 0) for (const symbol of symbols) this.#prices(symbol);
  }

  /** Every price is told at least once a second; who does not ping is cut off. */
  tick(now: number): void {
    for (const client of this.#clients) {
      if (now - client.lastHeardAt <= PING_INTERVAL_MS + PING_TIMEOUT_MS) continue;
      client.socket.answer(JSON.stringify({ type: 'error', code: 400, data: 'ping timeout' }));
      client.socket.close();
      this.#clients.delete(client);
    }
    if (this.#clients.size > 0) for (const { symbol } of this.#context.engine.settings.markets) this.#prices(symbol);
  }

  reset(): void {
    this.#undecided.clear();
    this.#stalePrices.clear();
  }

  #accepted(order: SimOrder): void {
    if (isStop(order)) this.#stop(order, 'open');
    else this.#entered(order);
  }

  #entered(order: SimOrder): void {
    this.#order(order, 'received', null);
    const rests = order.price !== null && order.timeInForce !== 'IOC' && order.timeInForce !== 'FOK';
    if (rests) this.#undecided.set(order.id, order);
  }

  #traded(order: SimOrder, execution: SimExecution): void {
    // A maker's match comes after it was told to rest, whatever request brought it.
    if (execution.maker && this.#undecided.delete(order.id)) this.#order(order, 'open', null);
    this.#order(order, 'match', execution);
    if (order.status === 'FILLED') this.#ended(order);
  }

  #ended(order: SimOrder): void {
    if (isUntriggered(order)) return this.#stop(order, 'cancel');
    this.#undecided.delete(order.id);
    this.#order(order, order.status === 'FILLED' ? 'filled' : 'canceled', null);
  }

  #order(order: SimOrder, type: ChangeType, execution: SimExecution | null): void {
    // Only the second version tells of the arrival.
    if (type !== 'received') this.#tell(order.account, ORDERS, () => orderChange(ORDERS, order, type, execution));
    this.#tell(order.account, ORDERS_V2, () => orderChange(ORDERS_V2, order, type, execution));
  }

  #stop(order: SimOrder, type: 'open' | 'triggered' | 'cancel'): void {
    this.#tell(order.account, STOPS, () => stopChange(STOPS, order, type));
  }

  #balances(account: string, assets: readonly string[]): void {
    const { engine, now } = this.#context;
    for (const asset of assets) {
      const balance = engine.balances(account).get(asset);
      if (balance !== undefined) this.#tell(account, BALANCES, () => balanceChange(BALANCES, asset, balance, now()));
    }
  }

  #tell(account: string, topic: string, message: () => string): void {
    let text: string | null = null;
    for (const client of this.#clients) {
      if (client.account !== account || !client.topics.has(topic)) continue;
      client.socket.push((text ??= message()), 'private');
    }
  }

  #publish(topic: string, subject: string, data: () => object): void {
    let text: string | null = null;
    for (const client of this.#clients) {
      if (!client.topics.has(topic)) continue;
      client.socket.push((text ??= JSON.stringify({ type: 'message', topic, subject, data: data() })), 'public');
    }
  }

  #prices(symbol: string): void {
    const { engine, now } = this.#context;
    const market = engine.market(symbol);
    if (market === undefined) return;
    this.#sequence += 1;
    const sequence = this.#sequence;
    const id = market.nativeId;
    this.#publish(`/market/snapshot:${id}`, 'trade.snapshot', () => ({
      sequence: String(sequence),
      data: snapshotView(engine.ticker(symbol, now()), market),
    }));
    this.#publish(`/market/ticker:${id}`, 'trade.ticker', () => bestView(engine.ticker(symbol, now()), sequence));
  }

  #message(client: Client, text: string): void {
    client.lastHeardAt = this.#context.now();
    const parsed = Request.safeParse(jsonOf(text));
    const reply = (fields: object): void => client.socket.answer(JSON.stringify(fields));
    if (!parsed.success) return reply({ type: 'error', code: 415, data: 'type is not supported' });
    const request = parsed.data;
    const { id } = request;
    switch (request.type) {
      case 'ping':
        return reply({ id, type: 'pong' });
      case 'subscribe':
      case 'unsubscribe': {
        const refusal = this.#change(client, request);
        if (refusal !== null) return reply({ id, type: 'error', ...refusal });
        if (request.response === true) reply({ id, type: 'ack' });
        return;
      }
      default:
        return reply({ id, type: 'error', code: 415, data: 'type is not supported' });
    }
  }

  #change(client: Client, { type, topic = '' }: Request): { readonly code: number; readonly data: string } | null {
    const [path = '', markets] = topic.split(':');
    const isPrivate = PRIVATE_TOPICS.includes(topic);
    if (!isPrivate && (markets === undefined || !PUBLIC_TOPICS.includes(path))) {
      return { code: 404, data: `topic ${topic} is not found` };
    }
    if (isPrivate && client.account === null) return { code: 403, data: 'login is required' };
    const topics = isPrivate ? [topic] : (markets ?? '').split(',').map((market) => `${path}:${market}`);
    if (type === 'unsubscribe') {
      for (const one of topics) client.topics.delete(one);
      return null;
    }
    if (client.topics.size + topics.length > MAX_TOPICS) {
      return { code: 509, data: 'exceed max subscription count limitation of 300 per session' };
    }
    for (const one of topics) client.topics.add(one);
    if (isPrivate && client.account !== null) client.socket.markPrivate(client.account);
    return null;
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
