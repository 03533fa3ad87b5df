import https from 'node:https';
import net from 'node:net';
import ccxt from 'ccxt';
import type { SimExchange } from '../../exchange.ts';
import { startSimulator } from '../../simulator.ts';
import type { SimAccount } from '../protocol.ts';
import { mexc } from './index.ts';

/** For tests: the simulator with MEXC alone and a clock of its own, and the unmodified ccxt class talking to it. */

export const ACCOUNT: SimAccount = { exchange: 'mexc', apiKey: 'test-key', secret: 'test-secret', passphrase: null };
export const OTHER: SimAccount = { ...ACCOUNT, apiKey: 'other-key' };

export const SYMBOL = 'BTC-USDT';
export const UNIFIED = 'BTC/USDT';

export type Mexc = InstanceType<typeof ccxt.pro.mexc>;
type Text = Readonly<Record<string, unknown>>;

export class Rig {
  readonly port: number;
  readonly exchange: SimExchange;
  readonly #clock: { skew: number };
  readonly #tick: () => void;
  readonly #stop: () => Promise<void>;
  readonly #clients: Mexc[] = [];

  private constructor(
    port: number,
    exchange: SimExchange,
    clock: { skew: number },
    tick: () => void,
    stop: () => Promise<void>,
  ) {
    this.port = port;
    this.exchange = exchange;
    this.#clock = clock;
    this.#tick = tick;
    this.#stop = stop;
  }

  /** The walk stands still and the limits are off, so that only what the test does moves anything. */
  static async start(): Promise<Rig> {
    const clock = { skew: 0 };
    const now = (): number => Date.now() + clock.skew;
    const simulator = await startSimulator({ port: 0, now, timers: false, venues: [mexc] });
    const exchange = simulator.exchanges.get('mexc');
    if (exchange === undefined) throw new Error('the simulator has no mexc');
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

  /** Empty books, full balances, no faults. */
  async reset(): Promise<void> {
    await this.admin('POST /reset', {});
    this.exchange.limits = { enabled: false, scale: 1 };
    this.exchange.engine.setWalk(null, false);
    for (const account of [ACCOUNT, OTHER]) this.exchange.register(account, null);
  }

  now(): number {
    return Date.now() + this.#clock.skew;
  }

  /** Moves the clock and lets the exchange notice. */
  advance(ms: number): void {
    this.#clock.skew += ms;
    this.#tick();
  }

  setPrice(price: string, size?: string): Promise<unknown> {
    const body = { exchange: 'mexc', symbol: SYMBOL, price };
    return this.admin('POST /price', size === undefined ? body : { ...body, size });
  }

  async admin(route: string, body?: object): Promise<unknown> {
    const [method = 'GET', path = ''] = route.split(' ');
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
    const answer = await fetch(`http://127.0.0.1:${this.port}${path}`, init);
    if (!answer.ok) throw new Error(`${route}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  /** An unmodified ccxt class, markets loaded, with the clock of the exchange. */
  async client(account: Pick<SimAccount, 'apiKey' | 'secret'> = ACCOUNT): Promise<Mexc> {
    const client = await connectCcxt(account, this.port);
    client.milliseconds = () => this.now();
    this.#clients.push(client);
    await client.loadMarkets();
    return client;
  }

  async close(): Promise<void> {
    for (const client of this.#clients) await client.close();
    await this.#stop();
  }
}

/** The URLs stay genuine; only the sockets lead to the loopback port. */
async function connectCcxt({ apiKey, secret }: Pick<SimAccount, 'apiKey' | 'secret'>, port: number): Promise<Mexc> {
  const client = new ccxt.pro.mexc({ apiKey, secret, enableRateLimit: false, timeout: 5_000 });
  Object.assign(client, { number: String });
  // Fetched with keys alone; the other client may have none that are known.
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

/** The native object that ccxt made its own from. */
export const infoOf = (made: { readonly info: unknown }): Text => made.info as Text;
export const idOf = (order: { readonly id: unknown }): string => String(order.id);

/** What a call is refused with: ccxt's class and the text of the answer. */
export async function refusal(call: Promise<unknown>): Promise<{ readonly kind: string; readonly text: string }> {
  try {
    await call;
  } catch (cause) {
    if (cause instanceof Error) return { kind: cause.constructor.name, text: cause.message };
    throw cause;
  }
  throw new Error('was not refused');
}

/** Waits for a condition of the outside world; the limit is for machines that do other work too. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`it did not happen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
