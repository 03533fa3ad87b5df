import { z } from 'zod';
import { fixedText, fixedTextAt, over, ZERO } from '../../engine/fixed.ts';
import type { Fixed } from '../../engine/fixed.ts';
import type { EngineEvent, PublicTrade } from '../../engine/model.ts';
import type { SocketHandler, VenueContext, VenueSocket } from '../protocol.ts';
import type { Report } from './executions.ts';
import { accepted, amended, ended, isoMicros, snapshotOrder, snapshotTrade, trade, triggered } from './executions.ts';
import { derivedId } from './ids.ts';
import type { KrakenMarket } from './markets.ts';
import { marketByV2Name, marketOf } from './markets.ts';
import type { Tokens } from './private.ts';

/** WebSocket v2 on both hosts: private channels on ws-auth, public ones on ws. */

const PRIVATE_HOST = 'ws-auth.kraken.com';
const SNAPSHOT_TRADES = 50;
const MAX_RATE_COUNT = 125;

const Request = z.object({
  method: z.string(),
  req_id: z.number().optional(),
  params: z
    .object({
      channel: z.string().optional(),
      token: z.string().optional(),
      symbol: z.union([z.string(), z.array(z.string())]).optional(),
      snap_orders: z.boolean().optional(),
      snap_trades: z.boolean().optional(),
      order_status: z.boolean().optional(),
      snapshot: z.boolean().optional(),
    })
    .optional(),
});
type Params = NonNullable<z.infer<typeof Request>['params']>;

/** Sent when `order_status` is false: openings and closings only. */
const OPEN_AND_CLOSE = new Set<unknown>(['new', 'filled', 'canceled', 'expired']);

/** One connection and what it has subscribed to. Sequence numbers count per channel from its snapshot on. */
interface Client {
  readonly socket: VenueSocket;
  readonly isPrivate: boolean;
  executions: { readonly account: string; readonly everyStatus: boolean; sequence: number } | null;
  balances: { readonly account: string; sequence: number; readonly known: Map<string, Fixed> } | null;
  readonly tickers: Set<string>;
  readonly trades: Set<string>;
}

export class Streams {
  readonly #context: VenueContext;
  readonly #tokens: Tokens;
  readonly #clients = new Set<Client>();
  readonly #stalePrices = new Set<string>();
  readonly #staleBalances = new Set<string>();

  constructor(context: VenueContext, tokens: Tokens) {
    this.#context = context;
    this.#tokens = tokens;
  }

  connect(socket: VenueSocket): SocketHandler | null {
    const path = socket.path.split('?')[0];
    if (path !== '/v2') return null;
    const client: Client = {
      socket,
      isPrivate: socket.host === PRIVATE_HOST,
      executions: null,
      balances: null,
      tickers: new Set(),
      trades: new Set(),
    };
    this.#clients.add(client);
    socket.push(
      JSON.stringify({
        channel: 'status',
        type: 'update',
        data: [{ version: '2.0.10', system: 'online', api_version: 'v2', connection_id: socket.id }],
      }),
      'public',
    );
    return {
      message: (text) => this.#message(client, text),
      closed: () => void this.#clients.delete(client),
    };
  }

  #message(client: Client, text: string): void {
    const time_in = isoMicros(this.#context.now());
    const parsed = Request.safeParse(parseJson(text));
    const reply = (fields: Record<string, unknown>) =>
      client.socket.answer(JSON.stringify({ ...fields, time_in, time_out: isoMicros(this.#context.now()) }));
    if (!parsed.success) return reply({ error: 'Malformed request', success: false });
    const { method, req_id, params = {} } = parsed.data;
    const answer = (fields: Record<string, unknown>) =>
      reply({ method, ...(req_id === undefined ? {} : { req_id }), ...fields });
    switch (method) {
      case 'ping':
        return reply({ method: 'pong', ...(req_id === undefined ? {} : { req_id }) });
      case 'subscribe':
        return this.#subscribe(client, params, answer);
      case 'unsubscribe':
        return this.#unsubscribe(client, params, answer);
      default:
        return answer({ success: false, error: 'Unsupported method' });
    }
  }

  #subscribe(client: Client, params: Params, answer: (fields: Record<string, unknown>) => void): void {
    const refuse = (error: string, more: Record<string, unknown> = {}) => answer({ success: false, error, ...more });
    switch (params.channel) {
      case 'executions':
      case 'balances': {
        if (!client.isPrivate) return refuse('Channel not available on this endpoint');
        const account = this.#tokens.accountOf(params.token ?? '', this.#context.now());
        if (account === null) return refuse('ESession:Invalid session');
        return params.channel === 'executions'
          ? this.#subscribeExecutions(client, account, params, answer)
          : this.#subscribeBalances(client, account, params, answer);
      }
      case 'ticker':
      case 'trade':
        if (client.isPrivate) return refuse('Channel not available on this endpoint');
        for (const name of namesOf(params)) this.#subscribePublic(client, params.channel, name, params, answer);
        return;
      default:
        return refuse('Subscription name invalid');
    }
  }

  #subscribeExecutions(
    client: Client,
    account: string,
    params: Params,
    answer: (fields: Record<string, unknown>) => void,
  ): void {
    if (client.executions !== null) return answer({ success: false, error: 'Already subscribed' });
    const snap_orders = params.snap_orders ?? true;
    const snap_trades = params.snap_trades ?? false;
    client.executions = { account, everyStatus: params.order_status ?? true, sequence: 0 };
    client.socket.markPrivate(account);
    const result = { channel: 'executions', maxratecount: MAX_RATE_COUNT, snap_orders, snap_trades };
    answer({ success: true, result });
    const { engine } = this.#context;
    if (snap_orders) this.#tell(client, 'snapshot', engine.openOrders(account).map(snapshotOrder));
    if (!snap_trades) return;
    const trades: Report[] = [];
    for (const execution of engine.executions(account).slice(-SNAPSHOT_TRADES).reverse()) {
      const order = engine.order(execution.orderId);
      if (order !== undefined) trades.push(snapshotTrade(order, execution));
    }
    if (trades.length > 0 || !snap_orders) this.#tell(client, 'snapshot', trades);
  }

  #subscribeBalances(
    client: Client,
    account: string,
    params: Params,
    answer: (fields: Record<string, unknown>) => void,
  ): void {
    if (client.balances !== null) return answer({ success: false, error: 'Already subscribed' });
    const snapshot = params.snapshot ?? true;
    const all = [...this.#context.engine.balances(account)];
    client.balances = { account, sequence: 0, known: new Map(all.map(([code, { total }]) => [code, total])) };
    client.socket.markPrivate(account);
    answer({ success: true, result: { channel: 'balances', snapshot } });
    if (!snapshot) return;
    const data = all.map(([code, { total }]) => ({
      asset: code,
      asset_class: 'currency',
      balance: number(total),
      wallets: [{ type: 'spot', id: 'main', balance: number(total) }],
    }));
    client.balances.sequence += 1;
    const message = { channel: 'balances', type: 'snapshot', data, sequence: client.balances.sequence };
    client.socket.push(JSON.stringify(message), 'private');
  }

  #subscribePublic(
    client: Client,
    channel: 'ticker' | 'trade',
    name: string,
    params: Params,
    answer: (fields: Record<string, unknown>) => void,
  ): void {
    const market = marketByV2Name(name);
    if (market === undefined) {
      return answer({ success: false, error: `Currency pair not supported ${name}`, symbol: name });
    }
    const snapshot = params.snapshot ?? channel === 'ticker';
    const subscribed = channel === 'ticker' ? client.tickers : client.trades;
    subscribed.add(market.symbol);
    answer({ success: true, result: { channel, snapshot, symbol: name } });
    if (!snapshot) return;
    if (channel === 'ticker') return this.#tellTicker(client, market, 'snapshot');
    const data = this.#context.engine.publicTrades(market.symbol).slice(-SNAPSHOT_TRADES).map(publicTrade);
    client.socket.push(JSON.stringify({ channel, type: 'snapshot', data }), 'public');
  }

  #unsubscribe(client: Client, params: Params, answer: (fields: Record<string, unknown>) => void): void {
    switch (params.channel) {
      case 'executions':
        client.executions = null;
        break;
      case 'balances':
        client.balances = null;
        break;
      case 'ticker':
      case 'trade': {
        const subscribed = params.channel === 'ticker' ? client.tickers : client.trades;
        for (const name of namesOf(params)) {
          const market = marketByV2Name(name);
          if (market !== undefined) subscribed.delete(market.symbol);
          answer({ success: true, result: { channel: params.channel, symbol: name } });
        }
        return;
      }
      default:
        return answer({ success: false, error: 'Subscription name invalid' });
    }
    answer({ success: true, result: { channel: params.channel } });
  }

  onEvent(event: EngineEvent): void {
    switch (event.type) {
      case 'accepted':
        // One message each, as the venue sends them.
        return accepted(event.order).forEach((report) => this.#report(event.order.account, report));
      case 'triggered':
        return this.#report(event.order.account, triggered(event.order));
      case 'trade':
        this.#report(event.order.account, trade(event.order, event.execution));
        // The engine tells of a complete fill with its last trade alone.
        if (event.order.status === 'FILLED') this.#report(event.order.account, ended(event.order));
        return;
      case 'ended':
        return this.#report(event.order.account, ended(event.order));
      case 'amended':
        return this.#report(event.order.account, amended(event.order));
      case 'balance':
        this.#staleBalances.add(event.account);
        return;
      case 'publicTrade':
        return this.#tellTrade(event.trade);
      case 'price':
        this.#stalePrices.add(event.symbol);
        return;
    }
  }

  /** Tells what changed since the last call. Not done inside events: the engine may not be asked there. */
  flush(): void {
    const prices = [...this.#stalePrices];
    this.#stalePrices.clear();
    const balances = [...this.#staleBalances];
    this.#staleBalances.clear();
    if (this.#clients.size === 0) return;
    for (const client of this.#clients) {
      for (const symbol of prices) {
        if (client.tickers.has(symbol)) this.#tellTicker(client, marketOf(symbol), 'update');
      }
      if (client.balances !== null && balances.includes(client.balances.account)) this.#tellBalances(client);
    }
  }

  heartbeat(): void {
    for (const { socket, executions, balances, tickers, trades } of this.#clients) {
      const isSubscribed = executions !== null || balances !== null || tickers.size + trades.size > 0;
      if (isSubscribed) socket.push('{"channel":"heartbeat"}', 'public');
    }
  }

  #report(account: string, report: Report): void {
    for (const client of this.#clients) {
      if (client.executions?.account !== account) continue;
      if (client.executions.everyStatus || OPEN_AND_CLOSE.has(report['exec_type'])) {
        this.#tell(client, 'update', [report]);
      }
    }
  }

  #tell(client: Client, type: 'snapshot' | 'update', data: readonly Report[]): void {
    if (client.executions === null) return;
    client.executions.sequence += 1;
    const message = { channel: 'executions', type, data, sequence: client.executions.sequence };
    client.socket.push(JSON.stringify(message), 'private');
  }

  #tellBalances(client: Client): void {
    const subscription = client.balances;
    if (subscription === null) return;
    const timestamp = isoMicros(this.#context.now());
    const data: Report[] = [];
    for (const [code, { total }] of this.#context.engine.balances(subscription.account)) {
      const before = subscription.known.get(code) ?? ZERO;
      if (before === total) continue;
      subscription.known.set(code, total);
      data.push({
        ledger_id: derivedId('L', 'ledger', subscription.account, code, subscription.sequence),
        ref_id: derivedId('T', 'ledger', subscription.account, code, subscription.sequence),
        timestamp,
        type: 'trade',
        asset: code,
        asset_class: 'currency',
        category: 'trade',
        wallet_type: 'spot',
        wallet_id: 'main',
        amount: number(total - before),
        fee: 0,
        balance: number(total),
      });
    }
    if (data.length === 0) return;
    subscription.sequence += 1;
    const message = { channel: 'balances', type: 'update', data, sequence: subscription.sequence };
    client.socket.push(JSON.stringify(message), 'private');
  }

  #tellTicker(client: Client, market: KrakenMarket, type: 'snapshot' | 'update'): void {
    const ticker = this.#context.engine.ticker(market.symbol, this.#context.now());
    const vwap = ticker.volume === ZERO ? ticker.last : over(ticker.quoteVolume, ticker.volume);
    const change = ticker.last - ticker.open;
    const data = {
      symbol: market.v2name,
      bid: number(ticker.bid),
      bid_qty: number(ticker.bidSize),
      ask: number(ticker.ask),
      ask_qty: number(ticker.askSize),
      last: number(ticker.last),
      volume: number(ticker.volume),
      vwap: Number(fixedTextAt(vwap, market.priceDecimals)),
      low: number(ticker.low),
      high: number(ticker.high),
      change: number(change),
      change_pct: ticker.open === ZERO ? 0 : Number(fixedTextAt(over(change * 100n, ticker.open), 2)),
    };
    client.socket.push(JSON.stringify({ channel: 'ticker', type, data: [data] }), 'public');
  }

  #tellTrade(made: PublicTrade): void {
    let message: string | null = null;
    for (const client of this.#clients) {
      if (!client.trades.has(made.symbol)) continue;
      message ??= JSON.stringify({ channel: 'trade', type: 'update', data: [publicTrade(made)] });
      client.socket.push(message, 'public');
    }
  }
}

const number = (value: Fixed): number => Number(fixedText(value));

const namesOf = (params: Params): readonly string[] =>
  typeof params.symbol === 'string' ? [params.symbol] : (params.symbol ?? []);

const publicTrade = (made: PublicTrade): Report => ({
  symbol: marketOf(made.symbol).v2name,
  side: made.takerSide.toLowerCase(),
  price: number(made.price),
  qty: number(made.size),
  ord_type: 'limit',
  trade_id: made.number,
  timestamp: isoMicros(made.at),
});

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
