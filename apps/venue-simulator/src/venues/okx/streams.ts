import { z } from 'zod';
import type { EngineEvent, SimExecution, SimOrder } from '../../engine/model.ts';
import type { SocketHandler, VenueContext, VenueSocket } from '../protocol.ts';
import { isSignedBy, WINDOW_MS } from './auth.ts';
import { algoView, balanceView, isAlgo, isPlain, orderPush, publicTradeView, tickerView } from './views.ts';

/** WebSocket v5: /public without login, /private and /business behind it. Text "ping" is answered "pong". */

const Arg = z.object({
  channel: z.string().max(64),
  instType: z.string().max(16).optional(),
  instId: z.string().max(64).optional(),
  ccy: z.string().max(32).optional(),
});
const Login = z.object({
  apiKey: z.string(),
  passphrase: z.string(),
  timestamp: z.string(),
  sign: z.string(),
});
const Message = z.object({ op: z.string(), id: z.string().optional(), args: z.array(z.unknown()).max(500) });
type Arg = z.infer<typeof Arg>;

/** A socket on which nothing moves for this long is closed. */
const IDLE_MS = 30_000;
const IDLE_CODE = 4004;
/** Subscriptions, their ends and logins of one connection in an hour. */
const OPERATIONS_PER_HOUR = 480;
const HOUR_MS = 3_600_000;

/** Which channel is served under which path. */
const CHANNELS: Readonly<Record<string, readonly string[]>> = {
  public: ['tickers', 'trades'],
  private: ['orders', 'account'],
  business: ['orders-algo'],
};

interface Client {
  readonly socket: VenueSocket;
  readonly path: string;
  readonly connId: string;
  account: string | null;
  /** By their JSON: the same one twice is one. */
  readonly subscriptions: Map<string, Arg>;
  lastSignAt: number;
  operations: { window: number; used: number };
}

export class Streams {
  readonly #context: VenueContext;
  readonly #amendRequestId: () => string | null;
  readonly #clients = new Set<Client>();
  readonly #stalePrices = new Set<string>();
  readonly #staleBalances = new Map<string, Set<string>>();

  constructor(context: VenueContext, amendRequestId: () => string | null) {
    this.#context = context;
    this.#amendRequestId = amendRequestId;
  }

  connect(socket: VenueSocket): SocketHandler | null {
    const path = /^\/ws\/v5\/(public|private|business)(\?|$)/.exec(socket.path)?.[1];
    if (path === undefined) return null;
    const client: Client = {
      socket,
      path,
      connId: socket.id.toString(16).padStart(8, '0'),
      account: null,
      subscriptions: new Map(),
      lastSignAt: this.#context.now(),
      operations: { window: 0, used: 0 },
    };
    this.#clients.add(client);
    return {
      message: (text) => this.#message(client, text),
      closed: () => void this.#clients.delete(client),
    };
  }

  #message(client: Client, text: string): void {
    client.lastSignAt = this.#context.now();
    if (text === 'ping') return client.socket.answer('pong');
    const parsed = Message.safeParse(jsonOf(text));
    if (!parsed.success) return this.#refuse(client, '60012', `Illegal request: ${text.slice(0, 300)}`);
    const { op, args } = parsed.data;
    if (!this.#mayOperate(client)) return this.#refuse(client, '60014', 'Requests too frequent');
    switch (op) {
      case 'login':
        return this.#login(client, args[0]);
      case 'subscribe':
      case 'unsubscribe':
        for (const arg of args) this.#subscribe(client, op, arg);
        return;
      default:
        return this.#refuse(client, '60012', `Illegal request: ${text.slice(0, 300)}`);
    }
  }

  #mayOperate(client: Client): boolean {
    const { enabled, scale } = this.#context.limits();
    if (!enabled) return true;
    const window = Math.floor(this.#context.now() / HOUR_MS);
    if (client.operations.window !== window) client.operations = { window, used: 0 };
    client.operations.used += 1;
    return client.operations.used <= OPERATIONS_PER_HOUR * scale;
  }

  #login(client: Client, arg: unknown): void {
    const parsed = Login.safeParse(arg);
    if (client.path === 'public') return this.#refuse(client, '60012', 'Illegal request: login');
    if (!parsed.success) return this.#refuse(client, '60009', 'Login failed.');
    const { apiKey, passphrase, timestamp, sign } = parsed.data;
    const sentAt = /^\d{10}(\.\d{1,3})?$/.test(timestamp) ? Number(timestamp) * 1000 : Number.NaN;
    if (Number.isNaN(sentAt)) return this.#refuse(client, '60004', 'Invalid timestamp');
    if (Math.abs(this.#context.now() - sentAt) > WINDOW_MS) {
      return this.#refuse(client, '60006', 'Timestamp request expired');
    }
    const account = this.#context.accounts.find(apiKey);
    if (account === undefined) return this.#refuse(client, '60005', 'Invalid apiKey');
    if (account.passphrase !== null && account.passphrase !== passphrase) {
      return this.#refuse(client, '60024', 'Wrong passphrase');
    }
    if (!isSignedBy(account.secret, `${timestamp}GET/users/self/verify`, sign)) {
      return this.#refuse(client, '60007', 'Invalid sign');
    }
    client.account = apiKey;
    client.socket.answer(JSON.stringify({ event: 'login', code: '0', msg: '', connId: client.connId }));
  }

  #subscribe(client: Client, op: 'subscribe' | 'unsubscribe', raw: unknown): void {
    const parsed = Arg.safeParse(raw);
    if (!parsed.success) return this.#refuse(client, '60012', `Illegal request: ${JSON.stringify(raw).slice(0, 300)}`);
    const arg = parsed.data;
    const { engine } = this.#context;
    const isServed = CHANNELS[client.path]?.includes(arg.channel) === true;
    const isKnown = arg.instId === undefined || engine.marketByNativeId(arg.instId) !== undefined;
    if (!isServed || !isKnown || (client.path === 'public' && arg.instId === undefined)) {
      const named = `channel:${arg.channel},instId:${arg.instId ?? ''}`;
      return this.#refuse(
        client,
        '60018',
        `Wrong URL or ${named} doesn't exist. Please use the correct URL, channel and parameters.`,
      );
    }
    if (client.path !== 'public' && client.account === null) return this.#refuse(client, '60011', 'Please log in');
    const key = JSON.stringify(arg);
    if (op === 'subscribe') client.subscriptions.set(key, arg);
    else client.subscriptions.delete(key);
    if (op === 'subscribe' && client.account !== null) client.socket.markPrivate(client.account);
    client.socket.answer(JSON.stringify({ event: op, arg, connId: client.connId }));
    if (op === 'subscribe') this.#snapshot(client, arg);
  }

  /** Orders have none: who subscribes reads the open ones first. */
  #snapshot(client: Client, arg: Arg): void {
    const { engine, now } = this.#context;
    const market = arg.instId === undefined ? undefined : engine.marketByNativeId(arg.instId);
    if (arg.channel === 'tickers' && market !== undefined) {
      this.#tell(client, arg, tickerView(engine.ticker(market.symbol, now()), market), 'public');
    } else if (arg.channel === 'account' && client.account !== null) {
      this.#tell(client, arg, balanceView(engine.balances(client.account), now()), 'private');
    }
  }

  #refuse(client: Client, code: string, msg: string): void {
    client.socket.answer(JSON.stringify({ event: 'error', code, msg, connId: client.connId }));
  }

  onEvent(event: EngineEvent): void {
    switch (event.type) {
      case 'accepted':
        if (isAlgo(event.order)) this.#algo(event.order);
        else this.#order(event.order, null, false);
        return;
      case 'triggered':
        this.#algo(event.order);
        return this.#order(event.order, null, false);
      case 'trade':
        return this.#order(event.order, event.execution, false);
      case 'ended':
        if (isPlain(event.order)) this.#order(event.order, null, false);
        else this.#algo(event.order);
        return;
      case 'amended':
        return this.#order(event.order, null, true);
      case 'balance':
        return this.#balances(event.account, event.assets);
      case 'publicTrade':
        this.#stalePrices.add(event.trade.symbol);
        return this.#publicTrade(event.trade.symbol, event.trade);
      case 'price':
        this.#stalePrices.add(event.symbol);
        return;
    }
  }

  /** Tells what changed since the last call. Not done inside events: the engine may not be asked there. */
  flush(): void {
    const { engine, now } = this.#context;
    const prices = [...this.#stalePrices];
    const balances = [...this.#staleBalances];
    this.#stalePrices.clear();
    this.#staleBalances.clear();
    for (const symbol of prices) {
      const market = engine.market(symbol);
      if (market === undefined || !this.#isWatched(market.nativeId)) continue;
      const view = tickerView(engine.ticker(symbol, now()), market);
      this.#publish('tickers', market.nativeId, null, view);
    }
    for (const [account, assets] of balances) {
      const changed = [...engine.balances(account)].filter(([asset]) => assets.has(asset));
      this.#publish('account', null, account, balanceView(changed, now()));
    }
  }

  tick(now: number): void {
    for (const client of this.#clients) if (now - client.lastSignAt > IDLE_MS) client.socket.close(IDLE_CODE);
  }

  #order(order: SimOrder, execution: SimExecution | null, isAmend: boolean): void {
    const market = this.#context.engine.market(order.symbol);
    const detail = {
      execution,
      reqId: isAmend ? (this.#amendRequestId() ?? '') : '',
      amendResult: isAmend ? '0' : '',
    };
    this.#publish('orders', market?.nativeId ?? order.symbol, order.account, orderPush(order, market, detail));
  }

  #algo(order: SimOrder): void {
    const market = this.#context.engine.market(order.symbol);
    this.#publish('orders-algo', market?.nativeId ?? order.symbol, order.account, algoView(order, market));
  }

  #balances(account: string, assets: readonly string[]): void {
    let stale = this.#staleBalances.get(account);
    if (stale === undefined) this.#staleBalances.set(account, (stale = new Set<string>()));
    for (const asset of assets) stale.add(asset);
  }

  #publicTrade(symbol: string, trade: Parameters<typeof publicTradeView>[0]): void {
    const market = this.#context.engine.market(symbol);
    if (market !== undefined) this.#publish('trades', market.nativeId, null, publicTradeView(trade, market));
  }

  #isWatched(instId: string): boolean {
    for (const { subscriptions } of this.#clients) {
      for (const arg of subscriptions.values()) if (arg.channel === 'tickers' && arg.instId === instId) return true;
    }
    return false;
  }

  /** To everyone who has subscribed it: `account` null is public. */
  #publish(channel: string, instId: string | null, account: string | null, view: object): void {
    for (const client of this.#clients) {
      if (account !== null && client.account !== account) continue;
      for (const arg of client.subscriptions.values()) {
        if (arg.channel !== channel || !isWanted(arg, instId)) continue;
        this.#tell(client, arg, view, account === null ? 'public' : 'private');
      }
    }
  }

  #tell(client: Client, arg: Arg, view: object, scope: 'public' | 'private'): void {
    client.lastSignAt = this.#context.now();
    const named = scope === 'private' ? { ...arg, uid: '44705892343619584' } : arg;
    client.socket.push(JSON.stringify({ arg: named, data: [view] }), scope);
  }
}

/** A subscription without an instrument takes those of its type; everything here is spot. */
function isWanted(arg: Arg, instId: string | null): boolean {
  if (arg.instId !== undefined && instId !== null && arg.instId !== instId) return false;
  return arg.instType === undefined || arg.instType === 'ANY' || arg.instType === 'SPOT';
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
