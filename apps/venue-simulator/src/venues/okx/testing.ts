import https from 'node:https';
import net from 'node:net';
import ccxt from 'ccxt';
import type { MatchingEngine } from '../../engine/engine.ts';
import { fixed } from '../../engine/fixed.ts';
import type { SimExchange } from '../../exchange.ts';
import { startSimulator } from '../../simulator.ts';
import type { SimAccount } from '../protocol.ts';
import { okx } from './index.ts';

/** For tests: the simulator with OKX alone and a clock of its own, and the unmodified ccxt class talking to it. */

export const ACCOUNT: SimAccount = {
  exchange: 'okx',
  apiKey: 'test-key',
  secret: 'a secret of the simulator',
  passphrase: 'open sesame',
};
export const OTHER: SimAccount = { ...ACCOUNT, apiKey: 'other-key' };
export const SYMBOL = 'BTC/USDT';
const BALANCES = { USDT: '1000000', BTC: '10', ETH: '5' };

export type Okx = InstanceType<typeof ccxt.pro.okx>;

/** What ccxt's unified objects carry of OKX's own. */
export interface Native {
  readonly id: string;
  readonly status: string | undefined;
  readonly info: Readonly<Record<string, string>>;
}

export class Rig {
  readonly port: number;
  readonly exchange: SimExchange;
  readonly tick: () => void;
  readonly #close: () => Promise<void>;
  readonly #clock: { skew: number };
  readonly #clients: Okx[] = [];

  private constructor(
    port: number,
    exchange: SimExchange,
    clock: { skew: number },
    run: { tick(): void; close(): Promise<void> },
  ) {
    this.port = port;
    this.exchange = exchange;
    this.#clock = clock;
    this.tick = () => run.tick();
    this.#close = () => run.close();
  }

  static async start(): Promise<Rig> {
    const clock = { skew: 0 };
    const now = () => Date.now() + clock.skew;
    const simulator = await startSimulator({ port: 0, now, timers: false, venues: [okx] });
    const exchange = simulator.exchanges.get('okx');
    if (exchange === undefined) throw new Error('the simulator has no okx');
    for (const account of [ACCOUNT, OTHER]) exchange.register(account, BALANCES);
    exchange.limits = { enabled: false, scale: 1 };
    exchange.engine.setWalk(null, false);
    exchange.engine.setPrice('BTC-USDT', fixed('50000'), null, now());
    return new Rig(simulator.port, exchange, clock, simulator);
  }

  get engine(): MatchingEngine {
    return this.exchange.engine;
  }

  /** Sets the price of BTC-USDT; resting orders fill up to `size` in total. */
  price(price: string, size: string | null = null): void {
    this.engine.setPrice('BTC-USDT', fixed(price), size === null ? null : fixed(size), Date.now() + this.#clock.skew);
  }

  /** Moves the exchange's clock and lets it notice. The clients' clock stays: use a new client, or none. */
  advance(ms: number): void {
    this.#clock.skew += ms;
    this.tick();
  }

  /** An unmodified ccxt class, markets loaded. Its clock is the exchange's. */
  async client(account: SimAccount = ACCOUNT): Promise<Okx> {
    const client = await connectCcxt(account, this.port);
    client.milliseconds = () => Date.now() + this.#clock.skew;
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
async function connectCcxt({ apiKey, secret, passphrase }: SimAccount, port: number): Promise<Okx> {
  const client = new ccxt.pro.okx({
    apiKey,
    secret,
    password: passphrase ?? '',
    enableRateLimit: false,
    timeout: 5_000,
    options: { fetchMarkets: { types: ['spot'] } },
  });
  Object.assign(client, { number: String });
  client.has['fetchCurrencies'] = false;
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
