import https from 'node:https';
import net from 'node:net';
import ccxt from 'ccxt';
import type { MatchingEngine } from '../../engine/engine.ts';
import type { SimExchange } from '../../exchange.ts';
import { startSimulator } from '../../simulator.ts';
import type { SimAccount } from '../protocol.ts';
import { kraken } from './index.ts';

/** For tests: the simulator with Kraken alone and a clock of its own, and the unmodified ccxt class talking to it. */

export const ACCOUNT: SimAccount = {
  exchange: 'kraken',
  apiKey: 'test-key',
  secret: Buffer.from('a secret of the simulator').toString('base64'),
  passphrase: null,
};
export const OTHER: SimAccount = { ...ACCOUNT, apiKey: 'other-key' };
const BALANCES = { USD: '1000000', EUR: '1000', BTC: '10', DOGE: '100000' };

export type Kraken = InstanceType<typeof ccxt.pro.kraken>;

export class Rig {
  readonly port: number;
  readonly exchange: SimExchange;
  readonly #close: () => Promise<void>;
  readonly #tick: () => void;
  readonly #clock: { skew: number };
  readonly #clients: Kraken[] = [];

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
      venues: [kraken],
      ...(home === undefined ? {} : { home }),
    });
    const exchange = simulator.exchanges.get('kraken');
    if (exchange === undefined) throw new Error('the simulator has no kraken');
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

  /** An unmodified ccxt class, markets loaded. */
  async client(account: SimAccount = ACCOUNT): Promise<Kraken> {
    const client = await connectCcxt(account, this.port);
    this.#clients.push(client);
    await client.loadMarkets();
    return client;
  }

  async close(): Promise<void> {
    for (const client of this.#clients) await client.close();
    await this.#close();
  }
}

/** The URLs stay genuine; only the sockets lead to the loopback port. */
async function connectCcxt({ apiKey, secret }: SimAccount, port: number): Promise<Kraken> {
  const client = new ccxt.pro.kraken({ apiKey, secret, enableRateLimit: false, timeout: 5000 });
  Object.assign(client, { number: String });
  // Milliseconds repeat when requests are concurrent: microseconds that never stand still.
  let last = 0;
  client.nonce = () => (last = Math.max(last + 1, Date.now() * 1000));
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

/** What a call answered under `result`, as the test expects it to look. */
export async function resultOf<Result>(call: Promise<unknown>): Promise<Result> {
  return ((await call) as { result: Result }).result;
}
