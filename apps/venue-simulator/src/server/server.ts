import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { Rng } from '../engine/rng.ts';
import type { SimExchange } from '../exchange.ts';
import type { RequestClass, SocketHandler, VenueAnswer, VenueRequest } from '../venues/protocol.ts';
import { answerAdmin } from './admin.ts';
import type { AdminSetting } from './admin-input.ts';
import type { ActiveFault } from './faults.ts';
import { statusOf } from './faults.ts';
import type { Outbox } from './outbox.ts';
import type { ReceivedRequest } from './requests.ts';
import { FaultySocket } from './sockets.ts';

const MAX_BODY_BYTES = 1024 * 1024;
const MAX_SOCKETS = 5_000;
const PING_MS = 20_000;
const LOCAL = new Set(['127.0.0.1', 'localhost', '[::1]', '0.0.0.0']);

export interface ServerSetting extends AdminSetting {
  readonly outbox: Outbox;
  readonly rng: Rng;
  log(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** One listener for all venues: the Host header says which one is meant; the machine's own name means the operator. */
export class SimulatorServer {
  readonly #setting: ServerSetting;
  readonly #http: Server;
  readonly #webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: MAX_BODY_BYTES });
  readonly #hosts = new Map<string, SimExchange>();
  readonly #sockets = new Map<FaultySocket, string>();
  readonly #ping: NodeJS.Timeout;
  #nextSocket = 1;

  constructor(setting: ServerSetting) {
    this.#setting = setting;
    for (const exchange of setting.exchanges.values()) {
      for (const host of exchange.definition.hosts) this.#hosts.set(host, exchange);
    }
    this.#http = createServer({ keepAliveTimeout: 75_000, requestTimeout: 60_000 }, (request, response) => {
      this.#receive(request, response);
    });
    this.#http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#upgrade(request, socket, head);
    });
    this.#ping = setInterval(() => {
      for (const socket of this.#sockets.keys()) socket.ping();
    }, PING_MS);
  }

  listen(port: number, host: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#http.once('error', reject);
      this.#http.listen(port, host, 1024, () => resolve((this.#http.address() as AddressInfo).port));
    });
  }

  async close(): Promise<void> {
    clearInterval(this.#ping);
    for (const socket of this.#sockets.keys()) socket.destroy();
    this.#webSockets.close();
    const closed = new Promise<void>((resolve) => this.#http.close(() => resolve()));
    this.#http.closeAllConnections();
    await closed;
  }

  /** Streams of orders, of one account or of all, or those that tell everybody the same. */
  dropStreams(exchange: string, account: string | null, kind: 'private' | 'public' = 'private'): number {
    let dropped = 0;
    for (const [socket, owner] of this.#sockets) {
      if (owner !== exchange || (socket.account === null) === (kind === 'private')) continue;
      if (account !== null && socket.account !== account) continue;
      socket.destroy();
      dropped += 1;
    }
    return dropped;
  }

  privateStreams(exchange: string): string[] {
    const accounts: string[] = [];
    for (const [socket, owner] of this.#sockets) {
      if (owner === exchange && socket.account !== null) accounts.push(socket.account);
    }
    return accounts;
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) request.destroy();
      else chunks.push(chunk);
    });
    request.on('error', () => response.destroy());
    request.on('end', () => {
      const body = chunks.length === 0 ? '' : Buffer.concat(chunks).toString('utf8');
      this.#guard(
        'request',
        () => this.#route(request, response, body),
        () => {
          this.#answer(response, { status: 500, body: JSON.stringify({ error: 'the simulator failed: see its log' }) });
        },
      );
    });
  }

  #route(request: IncomingMessage, response: ServerResponse, body: string): void {
    const host = hostOf(request);
    const { path, query } = pathOf(request);
    const method = request.method ?? 'GET';
    if (LOCAL.has(host)) {
      const asked = { method, path, query: new URLSearchParams(query), body };
      const { status, body: text } = answerAdmin(this.#setting, asked);
      this.#answer(response, { status, body: text });
      return;
    }
    const exchange = this.#hosts.get(host);
    if (exchange === undefined) {
      this.#answer(response, { status: 421, body: JSON.stringify({ error: `no venue is simulated at ${host}` }) });
      return;
    }
    this.#trade(exchange, { method, host, path, query, body, headers: request.headers }, response);
  }

  #trade(exchange: SimExchange, request: VenueRequest, response: ServerResponse): void {
    const { faults, requests } = this.#setting;
    const name = exchange.definition.exchange;
    const { enabled, scale } = exchange.limits;
    response.setHeader(SCALE_HEADER, String(enabled ? scale : 0));
    const about = exchange.venue.classify(request);
    const fault = faults.forRequest(name, about);
    const entry = requests.record(name, request, about, fault?.fault ?? null, this.#setting.now());
    const handle = (): VenueAnswer => {
      const answer = isAllowed(exchange, about)
        ? exchange.venue.handle(request, about)
        : exchange.venue.refusals.authFail(PERMISSION_DENIED);
      if (entry !== null) entry.status = answer.status;
      if (answer.status === 429 || answer.status === 418) requests.count(name, 'rateLimited');
      return answer;
    };
    if (fault === null) this.#answer(response, handle());
    else this.#answerFaulty(exchange, fault, handle, response, entry);
  }

  #answerFaulty(
    exchange: SimExchange,
    fault: ActiveFault,
    handle: () => VenueAnswer,
    response: ServerResponse,
    entry: ReceivedRequest | null,
  ): void {
    const { outbox } = this.#setting;
    const { refusals } = exchange.venue;
    const instead = (answer: VenueAnswer): void => {
      if (entry !== null) entry.status = answer.status;
      this.#answer(response, answer);
    };
    const cut = (): void => outbox.send(() => response.socket?.destroy());
    switch (fault.fault) {
      case 'ackLost':
        handle();
        return cut();
      case 'dropBeforeAccept':
        return cut();
      case 'delay':
        setTimeout(() => this.#guard('request', () => this.#answer(response, handle())), fault.ms);
        return;
      case 'delayAnswer': {
        const answer = handle();
        setTimeout(() => this.#answer(response, answer), fault.ms);
        return;
      }
      case 'error5xxAfterAccept':
        handle();
        return instead(refusals.serverError(statusOf(fault), fault.used));
      case 'error5xxBefore':
        return instead(refusals.serverError(statusOf(fault), fault.used));
      case 'bodyStall':
      case 'bodyCut': {
        const answer = handle();
        outbox.send(() => stall(response, answer, fault.fault === 'bodyCut'));
        return;
      }
      case 'rawAnswer':
        if (fault.process !== false) handle();
        return instead(rawAnswer(fault));
      case 'rateLimit': {
        const answer = refusals.rateLimit(fault.used);
        const wait = fault.retryAfterSeconds;
        return instead(
          wait === undefined ? answer : { ...answer, headers: { ...answer.headers, 'Retry-After': String(wait) } },
        );
      }
      case 'authFail':
        return instead(refusals.authFail(fault.used));
      case 'maintenance':
        return instead(refusals.maintenance(fault.used));
      case 'streamDrop':
      case 'streamDuplicate':
      case 'streamReorder':
      case 'streamSilent':
      case 'streamDelay':
      case 'streamGarble':
      case 'publicStreamDrop':
      case 'publicStreamSilent':
      case 'hideFromOpenOrders':
        return this.#answer(response, handle());
    }
  }

  #answer(response: ServerResponse, answer: VenueAnswer): void {
    this.#setting.outbox.send(() => {
      if (response.destroyed) return;
      response.writeHead(answer.status, headersOf(answer));
      response.end(answer.body);
    });
  }

  /** A fault of our own is logged and ends one exchange of messages, not the process. */
  #guard(what: string, action: () => void, otherwise: () => void = () => undefined): void {
    try {
      action();
    } catch (cause) {
      this.#setting.log(`a ${what} failed`, { error: cause instanceof Error ? cause.stack : String(cause) });
      otherwise();
    }
  }

  #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    stream.on('error', () => stream.destroy());
    const host = hostOf(request);
    const exchange = this.#hosts.get(host);
    if (exchange === undefined || this.#sockets.size >= MAX_SOCKETS) {
      stream.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n');
      return;
    }
    this.#webSockets.handleUpgrade(request, stream, head, (webSocket) => {
      this.#connect(exchange, host, request.url ?? '/', webSocket);
    });
  }

  #connect(exchange: SimExchange, host: string, path: string, webSocket: WebSocket): void {
    const name = exchange.definition.exchange;
    const { faults, outbox, rng } = this.#setting;
    const socket = new FaultySocket(this.#nextSocket, host, path, webSocket, { exchange: name, faults, outbox, rng });
    this.#nextSocket += 1;
    let handler: SocketHandler | null = null;
    this.#guard('upgrade', () => {
      handler = exchange.venue.connect(socket);
    });
    this.#attach(handler, socket, name, webSocket);
  }

  #attach(handler: SocketHandler | null, socket: FaultySocket, name: string, webSocket: WebSocket): void {
    if (handler === null) {
      webSocket.close(1008);
      return;
    }
    this.#sockets.set(socket, name);
    webSocket.on('error', () => webSocket.terminate());
    webSocket.on('message', (data: Buffer) => {
      this.#guard(
        'message',
        () => handler.message(data.toString('utf8')),
        () => webSocket.terminate(),
      );
    });
    webSocket.on('close', () => {
      this.#sockets.delete(socket);
      handler.closed();
    });
  }
}

/** What this exchange grants just now, times the retail limits; 0: it counts nothing. The one word that no real exchange says. */
const SCALE_HEADER = 'x-orderplane-limit-scale';
const TRADING: ReadonlySet<string> = new Set(['submit', 'cancel', 'amend']);
/** The refusal by which venues that vary them mean the key's permissions. */
const PERMISSION_DENIED = 2;

/** A key without the permission to trade reads only. */
const isAllowed = (exchange: SimExchange, { kind, account }: RequestClass): boolean =>
  !TRADING.has(kind) || account === null || exchange.accounts.mayTrade(account);

function headersOf(answer: VenueAnswer): Record<string, string | number> {
  return {
    'content-type': 'application/json;charset=UTF-8',
    'content-length': Buffer.byteLength(answer.body),
    ...answer.headers,
  };
}

/** The headers of a success, then nothing more; or half of the body, then a reset. */
function stall(response: ServerResponse, answer: VenueAnswer, cuts: boolean): void {
  response.writeHead(cuts ? answer.status : 200, headersOf(answer));
  response.flushHeaders();
  if (!cuts) return;
  response.write(answer.body.slice(0, Math.floor(answer.body.length / 2)), () => response.socket?.resetAndDestroy());
}

function rawAnswer(fault: ActiveFault): VenueAnswer {
  const headers = { 'content-type': fault.contentType ?? 'application/json;charset=UTF-8' };
  return { status: fault.status ?? 200, body: fault.body ?? '', headers };
}

function hostOf(request: IncomingMessage): string {
  const host = (request.headers.host ?? '').toLowerCase();
  const colon = host.lastIndexOf(':');
  return colon > host.lastIndexOf(']') ? host.slice(0, colon) : host;
}

function pathOf(request: IncomingMessage): { path: string; query: string } {
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  return mark < 0 ? { path: url, query: '' } : { path: url.slice(0, mark), query: url.slice(mark + 1) };
}
