import https from 'node:https';
import net from 'node:net';
import ccxt from 'ccxt';
import type { MatchingEngine } from '../../engine/engine.ts';
import type { SimExchange } from '../../exchange.ts';
import { startSimulator } from '../../simulator.ts';
import type { SimAccount } from '../protocol.ts';
import { kucoin } from './index.ts';

/** For tests: the simulator with KuCoin alone and a clock of its own, and the unmodified ccxt class talking to it. */

export const ACCOUNT: SimAccount = {
  exchange: 'kucoin',
  apiKey: 'test-key',
  secret: 'test-secret',
  passphrase: 'test-passphrase',
};
export const OTHER: SimAccount = { ...ACCOUNT, apiKey: 'other-key' };

export type Kucoin = InstanceType<typeof ccxt.pro.kucoin>;

/** What a client sets that knows its account; without it ccxt asks the exchange first. */
const KNOWN = { uta: false, hf: true, fetchMarkets: { types: ['spot'], fetchTickersFees: false } };

export class Rig {
  readonly port: number;
  readonly exchange: SimExchange;
  readonly #close: () => Promise<void>;
  readonly #tick: () => void;
  readonly #clock: { skew: number };
  readonly #clients: Kucoin[] = [];

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

  static async start(): Promise<Rig> {
    const clock = { skew: 0 };
    const now = (): number => Date.now() + clock.skew;
    const simulator = await startSimulator({ port: 0, now, timers: false, venues: [kucoin] });
    const exchange = simulator.exchanges.get('kucoin');
    if (exchange === undefined) throw new Error('the simulator has no kucoin');
    for (const account of [ACCOUNT, OTHER]) exchange.register(account, null);
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

  /** An unmodified ccxt class, markets loaded. */
  async client(account: SimAccount = ACCOUNT, options: object = KNOWN): Promise<Kucoin> {
    const client = await connectCcxt(account, this.port, options);
    client.milliseconds = () => this.now();
    this.#clients.push(client);
    // Lists of margin markets need a good key.
    await client.loadMarkets(false, options === KNOWN ? { marginables: false } : {});
    return client;
  }

  /** No orders, the accounts as in the beginning. */
  reset(): void {
    this.exchange.reset();
    this.exchange.limits = { enabled: false, scale: 1 };
    this.engine.setWalk(null, false);
  }

  async close(): Promise<void> {
    for (const client of this.#clients) await client.close();
    await this.#close();
  }
}

/** The URLs stay genuine; only the sockets lead to the loopback port. */
async function connectCcxt(account: SimAccount, port: number, options: object): Promise<Kucoin> {
  const { apiKey, secret, passphrase } = account;
  const credentials = { apiKey, secret, ...(passphrase === null ? {} : { password: passphrase }) };
  const client = new ccxt.pro.kucoin({ ...credentials, enableRateLimit: false, timeout: 5_000, options });
  // Without it the trade ids are rounded to doubles.
  Object.assign(client, { number: String, quoteJsonNumbers: true });
  const dial = (): net.Socket => net.connect({ port, host: '127.0.0.1' });
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
    override createConnection(): net.Socket {
      return dial();
    }
  })();
  return client;
}

/** The native object behind what ccxt answers. */
export const info = (answer: { readonly info?: unknown }): Record<string, unknown> =>
  answer.info as Record<string, unknown>;

export interface Refused {
  readonly kind: string;
  readonly text: string;
}
export async function refusal(action: Promise<unknown>): Promise<Refused> {
  try {
    await action;
  } catch (error) {
    if (error instanceof Error) return { kind: error.constructor.name, text: error.message };
  }
  throw new Error('was not refused');
}

/** Waits for a condition of the outside world, at most two seconds. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 2_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`it did not happen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
