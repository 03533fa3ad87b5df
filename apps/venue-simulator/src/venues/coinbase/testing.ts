import { generateKeyPairSync } from 'node:crypto';
import https from 'node:https';
import net from 'node:net';
import ccxt from 'ccxt';
import WebSocket from 'ws';
import type { MatchingEngine } from '../../engine/engine.ts';
import type { SimExchange } from '../../exchange.ts';
import { startSimulator } from '../../simulator.ts';
import type { SimAccount } from '../protocol.ts';
import { coinbase } from './index.ts';

/** For tests: the simulator with Coinbase alone and a clock of its own, and the unmodified ccxt class talking to it. */

const drawKey = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'sec1', format: 'pem' }).toString();

export const ACCOUNT: SimAccount = {
  exchange: 'coinbase',
  apiKey: 'organizations/sim/apiKeys/one',
  secret: drawKey(),
  passphrase: null,
};
export const OTHER: SimAccount = { ...ACCOUNT, apiKey: 'organizations/sim/apiKeys/two', secret: drawKey() };
const BALANCES = { USD: '1000000', EUR: '1000', BTC: '10', DOGE: '100000' };

export type Coinbase = InstanceType<typeof ccxt.pro.coinbase>;
export const WS_HOST = 'advanced-trade-ws.coinbase.com';

export interface Message {
  readonly channel?: string;
  readonly type?: string;
  readonly message?: string;
  readonly sequence_num?: number;
  readonly events?: readonly Record<string, unknown>[];
}

/** A bare connection that keeps everything it is told. */
export interface Listener {
  readonly messages: readonly Message[];
  send(message: object): void;
  /** The first message that fits, now or later. */
  until(test: (message: Message) => boolean): Promise<Message>;
  readonly closed: Promise<void>;
  close(): void;
}

export class Rig {
  readonly port: number;
  readonly exchange: SimExchange;
  readonly #close: () => Promise<void>;
  readonly #tick: () => void;
  readonly #clock: { skew: number };
  readonly #clients: Coinbase[] = [];

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
    const remembered = home === undefined ? {} : { home };
    const simulator = await startSimulator({ port: 0, now, timers: false, venues: [coinbase], ...remembered });
    const exchange = simulator.exchanges.get('coinbase');
    if (exchange === undefined) throw new Error('the simulator has no coinbase');
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

  /** Moves the clock, that of the clients too, and lets the exchange notice. */
  advance(ms: number): void {
    this.#clock.skew += ms;
    this.#tick();
  }

  /** An unmodified ccxt class, markets loaded. */
  async client(account: SimAccount = ACCOUNT): Promise<Coinbase> {
    const client = await connectCcxt(account, this.port, () => this.now());
    this.#clients.push(client);
    await client.loadMarkets();
    return client;
  }

  async listen(): Promise<Listener> {
    const socket = new WebSocket(`ws://127.0.0.1:${this.port}/`, { headers: { host: WS_HOST } });
    const messages: Message[] = [];
    let wake: () => void = () => undefined;
    socket.on('message', (data: Buffer) => {
      messages.push(JSON.parse(data.toString('utf8')) as Message);
      wake();
    });
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    await new Promise((resolve) => socket.once('open', resolve));
    return {
      messages,
      closed,
      send: (message) => socket.send(JSON.stringify(message)),
      until: async (test) => {
        for (;;) {
          const found = messages.find(test);
          if (found !== undefined) return found;
          await new Promise<void>((resolve) => (wake = resolve));
        }
      },
      close: () => socket.terminate(),
    };
  }

  async close(): Promise<void> {
    for (const client of this.#clients) await client.close();
    await this.#close();
  }
}

/** The URLs stay genuine; only the sockets lead to the loopback port. */
async function connectCcxt({ apiKey, secret }: SimAccount, port: number, now: () => number): Promise<Coinbase> {
  const client = new ccxt.pro.coinbase({ apiKey, secret, enableRateLimit: false, timeout: 5000 });
  Object.assign(client, { number: String, seconds: () => Math.floor(now() / 1000) });
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
