import https from 'node:https';
import net from 'node:net';
import ccxt from 'ccxt';
import WebSocket from 'ws';
import type { MatchingEngine } from '../../engine/engine.ts';
import type { SimExchange } from '../../exchange.ts';
import { startSimulator } from '../../simulator.ts';
import type { SimAccount } from '../protocol.ts';
import { deribit } from './index.ts';

/** For tests: the simulator with Deribit alone and a clock of its own, and the unmodified ccxt class talking to it. */

export const ACCOUNT: SimAccount = { exchange: 'deribit', apiKey: 'test-key', secret: 'test-secret', passphrase: null };
export const OTHER: SimAccount = { ...ACCOUNT, apiKey: 'other-key', secret: 'other-secret' };
const BALANCES = { USDC: '1000000', USDT: '1000000', BTC: '10', ETH: '100', SOL: '1000' };

export type Deribit = InstanceType<typeof ccxt.pro.deribit>;
export type Info = Readonly<Record<string, unknown>>;

export class Rig {
  readonly port: number;
  readonly exchange: SimExchange;
  readonly #close: () => Promise<void>;
  readonly #tick: () => void;
  readonly #clock: { skew: number };
  readonly #clients: Deribit[] = [];
  readonly #sockets: WebSocket[] = [];

  private constructor(
    port: number,
    exchange: SimExchange,
    clock: { skew: number },
    tick: () => void,
    close: () => Promise<void>,
  ) {
    this.port = port;
    this.exchange = exchange;
    this.#clock = clock;
    this.#tick = tick;
    this.#close = close;
  }

  /** With `home` the exchange remembers; it is found there again by the next rig. */
  static async start(home?: string): Promise<Rig> {
    const clock = { skew: 0 };
    const now = () => Date.now() + clock.skew;
    const simulator = await startSimulator({
      port: 0,
      now,
      timers: false,
      venues: [deribit],
      ...(home === undefined ? {} : { home }),
    });
    const exchange = simulator.exchanges.get('deribit');
    if (exchange === undefined) throw new Error('the simulator has no deribit');
    for (const account of [ACCOUNT, OTHER]) {
      if (!exchange.accounts.has(account.apiKey)) exchange.register(account, BALANCES);
    }
    exchange.limits = { enabled: false, scale: 1 };
    exchange.engine.setWalk(null, false);
    return new Rig(
      simulator.port,
      exchange,
      clock,
      () => simulator.tick(),
      () => simulator.close(),
    );
  }

  get engine(): MatchingEngine {
    return this.exchange.engine;
  }

  now(): number {
    return Date.now() + this.#clock.skew;
  }

  /** Moves the clock and lets the exchange notice. */
  advance(ms: number): void {
    this.#clock.skew += ms;
    this.#tick();
  }

  async admin(route: string, body?: object): Promise<unknown> {
    const [method = 'GET', path = ''] = route.split(' ');
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const answer = await fetch(`http://127.0.0.1:${this.port}${path}`, init);
    if (!answer.ok) throw new Error(`${route}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  price(symbol: string, price: string, size?: string): Promise<unknown> {
    return this.admin('POST /price', { exchange: 'deribit', symbol, price, ...(size === undefined ? {} : { size }) });
  }

  /** An unmodified ccxt class, markets loaded; its clock is the rig's. */
  async client(account: SimAccount = ACCOUNT): Promise<Deribit> {
    const client = await connectCcxt(account, this.port);
    client.milliseconds = () => this.now();
    this.#clients.push(client);
    await client.loadMarkets();
    return client;
  }

  /** A bare connection that keeps everything it is told. */
  async socket(): Promise<BareSocket> {
    const socket = new WebSocket(`ws://127.0.0.1:${this.port}/ws/api/v2`, { headers: { host: 'www.deribit.com' } });
    this.#sockets.push(socket);
    const bare = new BareSocket(socket);
    await new Promise((resolve) => socket.once('open', resolve));
    return bare;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.terminate();
    for (const client of this.#clients) await client.close();
    await this.#close();
  }
}

export interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
  readonly params?: { readonly channel?: string; readonly type?: string; readonly data?: unknown };
}

export class BareSocket {
  readonly messages: Message[] = [];
  closed = false;
  readonly #socket: WebSocket;
  #count = 0;
  #wake = (): void => undefined;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer) => {
      this.messages.push(JSON.parse(data.toString('utf8')) as Message);
      this.#wake();
    });
    socket.on('close', () => (this.closed = true));
  }

  async until(test: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const found = this.messages.find(test);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async call(method: string, params: object = {}): Promise<Message> {
    const id = (this.#count += 1);
    this.#socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    return this.until((message) => message.id === id);
  }

  sendText(text: string): void {
    this.#socket.send(text);
  }

  /** What a channel has told so far. */
  told(channel: string): unknown[] {
    return this.messages.filter((one) => one.params?.channel === channel).map((one) => one.params?.data);
  }
}

/** The URLs stay genuine; only the sockets lead to the loopback port. */
async function connectCcxt({ apiKey, secret }: SimAccount, port: number): Promise<Deribit> {
  const client = new ccxt.pro.deribit({ apiKey, secret, enableRateLimit: false, timeout: 5000 });
  Object.assign(client, { number: String });
  const dial = () => net.connect({ port, host: '127.0.0.1' });
  type Connect = (options: unknown, done: (error: Error | null, socket: net.Socket | null) => void) => void;
  await client.loadFetchImplementation();
  const { Agent } = client.undiciModule as { Agent: new (options: { connect: Connect }) => unknown };
  client.fetchDispatcher = new Agent({
    connect: (_options, done) => {
      const socket = dial()
        .once('connect', () => done(null, socket))
        .once('error', (error) => done(error, null));
    },
  });
  client.agent = new (class extends https.Agent {
    override createConnection() {
      return dial();
    }
  })();
  return client;
}

/** What a raw call answered under `result`, as the test expects it to look. */
export async function resultOf<Result = Info>(call: Promise<unknown>): Promise<Result> {
  return ((await call) as { result: Result }).result;
}
