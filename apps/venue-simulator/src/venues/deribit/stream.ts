import { z } from 'zod';
import type { EngineEvent, PublicTrade, SimOrder } from '../../engine/model.ts';
import type { SocketHandler, VenueSocket } from '../protocol.ts';
import { accountSummary } from './account.ts';
import type { Desk } from './calls.ts';
import { perform } from './calls.ts';
import type { Face } from './faces.ts';
import { facesOf, liveFace, orderJson, tradeJson } from './faces.ts';
import type { Instrument } from './markets.ts';
import { currencyOf, instrumentNamed, instrumentOf } from './markets.ts';
import type { Params } from './params.ts';
import { integer, isOfKind, jsonParams, KINDS } from './params.ts';
import { publicTradeJson, tickerJson } from './public.ts';
import { DeribitRefusal, refusalText, refuse, successText } from './refusal.ts';
import type { Grant } from './tokens.ts';

/** JSON-RPC over WebSocket: every call of the API, and the channels. One socket may be public and private at once. */

const PATHS = new Set(['/ws/api/v2', '/ws/api/v2/']);
const Request = z.object({
  id: z.unknown().optional(),
  method: z.string(),
  params: z.record(z.string(), z.unknown()).optional(),
});
/** Of buy and sell; an edit's answer is alike, and changes no owner here. */
const Placed = z.object({ order: z.object({ order_id: z.string() }) });
const Channels = z.array(z.string()).max(500);

interface Client {
  readonly socket: VenueSocket;
  readonly channels: Set<string>;
  grant: Grant | null;
  /** The token of the socket's own session. */
  token: string | null;
  heartbeatMs: number | null;
  nextTestAt: number;
  /** A sign of life was asked for and has not come. */
  awaitsTest: boolean;
  /** Cancel on disconnect, and the orders that were created over this connection. */
  cancels: boolean;
  readonly created: Set<string>;
}

/** user.<topic>.<kind>.<currency>.<interval> or user.<topic>.<instrument>.<interval>: does it tell of this instrument? */
function tellsOf(channel: string, topic: string, one: Instrument): boolean {
  const parts = channel.split('.');
  if (parts[0] !== 'user' || parts[1] !== topic) return false;
  if (parts.length === 4) return parts[2] === one.name;
  const kind = KINDS.find((word) => word === parts[2]);
  if (parts.length !== 5 || kind === undefined) return false;
  return isOfKind(one, kind) && (parts[3] === 'any' || parts[3] === currencyOf(one));
}

const PRIVATE_CHANNEL = /^user\.((orders|trades|changes)\.\S+\.(raw|100ms|agg2)|portfolio\.[a-z]+)$/i;
const PUBLIC_CHANNEL = /^(ticker|trades)\.([^.]+)\.(raw|100ms|agg2)$/;

export class Streams {
  readonly #desk: Desk;
  readonly #clients = new Set<Client>();
  readonly #stalePrices = new Set<string>();
  readonly #staleBalances = new Map<string, Set<string>>();

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  connect(socket: VenueSocket): SocketHandler | null {
    if (!PATHS.has(socket.path.split('?')[0] ?? '')) return null;
    const client: Client = {
      socket,
      channels: new Set(),
      grant: null,
      token: null,
      heartbeatMs: null,
      nextTestAt: 0,
      awaitsTest: false,
      cancels: false,
      created: new Set(),
    };
    this.#clients.add(client);
    return { message: (text) => this.#message(client, text), closed: () => this.#closed(client) };
  }

  /** Orders of other connections, and those over HTTP, are left alone (documentation). */
  #closed(client: Client): void {
    this.#clients.delete(client);
    const { engine, now } = this.#desk.context;
    if (client.cancels) for (const id of client.created) engine.cancel(id, now(), 'deadMan');
    this.flush();
  }

  #message(client: Client, text: string): void {
    const now = this.#desk.context.now();
    client.awaitsTest = false;
    const parsed = Request.safeParse(parseJson(text));
    if (!parsed.success) {
      client.socket.answer(refusalText({ code: -32700, message: 'Parse error' }, now));
      return;
    }
    const { id, method, params } = parsed.data;
    const pushes: (() => void)[] = [];
    try {
      const result = this.#result(client, method, params ?? {}, now, pushes);
      client.socket.answer(successText(result, now, id));
    } catch (error) {
      if (!(error instanceof DeribitRefusal)) throw error;
      client.socket.answer(refusalText(error.error, now, id));
    }
    for (const push of pushes) push();
    this.flush();
  }

  #result(
    client: Client,
    method: string,
    params: Readonly<Record<string, unknown>>,
    now: number,
    pushes: (() => void)[],
  ): unknown {
    const texts = jsonParams(params);
    switch (method) {
      case 'public/auth':
        return this.#auth(client, texts, now);
      case 'public/subscribe':
      case 'private/subscribe':
        return this.#subscribe(client, Channels.safeParse(params['channels']).data ?? [], method, pushes);
      case 'public/unsubscribe':
      case 'private/unsubscribe':
        return (Channels.safeParse(params['channels']).data ?? []).filter((name) => client.channels.delete(name));
      case 'public/unsubscribe_all':
      case 'private/unsubscribe_all':
        client.channels.clear();
        return 'ok';
      case 'public/set_heartbeat':
        client.heartbeatMs = integer(texts, 'interval', 0, 10, 86_400) * 1000;
        client.nextTestAt = now + client.heartbeatMs;
        return 'ok';
      case 'public/disable_heartbeat':
        client.heartbeatMs = null;
        return 'ok';
      case 'private/logout':
        // After the answer. The one end of a connection that cancels nothing (documentation).
        client.cancels = false;
        pushes.push(() => this.#logout(client));
        return 'ok';
      case 'private/enable_cancel_on_disconnect':
      case 'private/disable_cancel_on_disconnect':
        client.socket.markPrivate(this.#grantOf(client, texts, now).account.apiKey);
        client.cancels = method === 'private/enable_cancel_on_disconnect';
        return 'ok';
      case 'private/get_cancel_on_disconnect':
        this.#grantOf(client, texts, now);
        return { scope: 'connection', enabled: client.cancels };
      default: {
        const grant = (): Grant => this.#grantOf(client, texts, now);
        const result = perform({ method, params: texts, now, grant }, this.#desk);
        const placed = Placed.safeParse(result);
        if (placed.success && /^private\/(buy|sell)$/.test(method)) client.created.add(placed.data.order.order_id);
        return result;
      }
    }
  }

  /** A token among the parameters, else the socket's own. */
  #grantOf(client: Client, params: Params, now: number): Grant {
    const token = params.get('access_token');
    if (token !== undefined) return this.#desk.tokens.grantOf(token, now);
    return client.grant ?? refuse(10000);
  }

  #auth(client: Client, params: Params, now: number): unknown {
    const { grant, answer } = this.#desk.tokens.auth(params, now);
    client.grant = grant;
    client.token = String(answer['access_token']);
    return answer;
  }

  /** Closes the connection; with it go the tokens of its session. */
  #logout(client: Client): void {
    if (client.token !== null) this.#desk.tokens.revoke(client.token);
    client.socket.close(1000);
  }

  /** Answers which channels were subscribed: those that don't exist, or need a login, are left out without a word. */
  #subscribe(client: Client, names: readonly string[], method: string, pushes: (() => void)[]): readonly string[] {
    const isPrivate = method.startsWith('private/');
    if (isPrivate && client.grant === null) refuse(10000);
    return names.filter((name) => {
      const [topic, instrument = ''] = name.split('.');
      if (isPrivate && client.grant !== null && PRIVATE_CHANNEL.test(name)) {
        client.channels.add(name);
        client.socket.markPrivate(client.grant.account.apiKey);
        return true;
      }
      const one = PUBLIC_CHANNEL.test(name) ? instrumentNamed(instrument) : undefined;
      if (one === undefined) return false;
      client.channels.add(name);
      if (topic === 'ticker') pushes.push(() => this.#tellTicker(client, name, one));
      return true;
    });
  }

  onEvent(event: EngineEvent): void {
    switch (event.type) {
      case 'accepted':
      case 'amended':
      case 'ended':
        return this.#tellOrder(event.order, [liveFace(event.order)], []);
      case 'triggered':
        return this.#tellOrder(event.order, facesOf(event.order), []);
      case 'trade':
        return this.#tellOrder(
          event.order,
          [liveFace(event.order)],
          [tradeJson(event.execution, this.#desk.context.engine)],
        );
      case 'balance':
        this.#staleBalances.set(
          event.account,
          new Set([...(this.#staleBalances.get(event.account) ?? []), ...event.assets]),
        );
        return;
      case 'publicTrade':
        return this.#tellTrade(event.trade);
      case 'price':
        this.#stalePrices.add(event.symbol);
        return;
    }
  }

  #tellOrder(order: SimOrder, faces: readonly Face[], trades: readonly unknown[]): void {
    const one = instrumentOf(order.symbol);
    const orders = faces.map(orderJson);
    for (const client of this.#clients) {
      if (client.grant?.account.apiKey !== order.account) continue;
      for (const channel of client.channels) {
        const isRaw = channel.endsWith('.raw');
        if (tellsOf(channel, 'orders', one)) {
          for (const data of isRaw ? orders : [orders]) notify(client, channel, data, 'private');
        } else if (trades.length > 0 && tellsOf(channel, 'trades', one)) {
          notify(client, channel, trades, 'private');
        } else if (tellsOf(channel, 'changes', one)) {
          const data = { instrument_name: one.name, orders, trades, positions: [] };
          notify(client, channel, data, 'private');
        }
      }
    }
  }

  #tellTrade(made: PublicTrade): void {
    const { name } = instrumentOf(made.symbol);
    for (const client of this.#clients) {
      for (const channel of client.channels) {
        if (channel.startsWith(`trades.${name}.`)) notify(client, channel, [publicTradeJson(made)], 'public');
      }
    }
  }

  /** Tells what changed since the last call. Not done inside events: the engine may not be asked there. */
  flush(): void {
    const prices = [...this.#stalePrices].map(instrumentOf);
    this.#stalePrices.clear();
    const balances = [...this.#staleBalances];
    this.#staleBalances.clear();
    for (const client of this.#clients) {
      for (const channel of client.channels) {
        for (const one of prices) if (channel.startsWith(`ticker.${one.name}.`)) this.#tellTicker(client, channel, one);
      }
      for (const [account, assets] of balances) {
        if (client.grant?.account.apiKey === account) this.#tellBalances(client, account, assets);
      }
    }
  }

  /** Asks sockets that wished so for a sign of life; who did not answer the last time is cut. */
  tick(now: number): void {
    this.flush();
    for (const client of this.#clients) {
      if (client.heartbeatMs === null || now < client.nextTestAt) continue;
      if (client.awaitsTest) {
        client.socket.close(1000);
        continue;
      }
      client.awaitsTest = true;
      client.nextTestAt = now + client.heartbeatMs;
      const message = { jsonrpc: '2.0', method: 'heartbeat', params: { type: 'test_request' } };
      client.socket.push(JSON.stringify(message), 'public');
    }
  }

  #tellTicker(client: Client, channel: string, one: Instrument): void {
    const { engine, now } = this.#desk.context;
    notify(client, channel, tickerJson(one, engine, now()), 'public');
  }

  #tellBalances(client: Client, account: string, assets: ReadonlySet<string>): void {
    const { engine, now } = this.#desk.context;
    for (const channel of client.channels) {
      const currency = /^user\.portfolio\.(\w+)$/.exec(channel)?.[1]?.toUpperCase();
      if (currency === undefined) continue;
      for (const asset of assets) {
        if (currency !== 'ANY' && currency !== asset) continue;
        notify(client, channel, accountSummary(new Map([['currency', asset]]), account, engine, now()), 'private');
      }
    }
  }
}

function notify(client: Client, channel: string, data: unknown, scope: 'private' | 'public'): void {
  client.socket.push(JSON.stringify({ jsonrpc: '2.0', method: 'subscription', params: { channel, data } }), scope);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
