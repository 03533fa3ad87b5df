import ccxt from 'ccxt';
import { startSimulator } from './simulator.ts';
import type { Simulator, SimulatorOptions } from './simulator.ts';
import { leadTo, until } from './venues/testing.ts';

export { until } from './venues/testing.ts';

/** For tests: a simulator without timers whose walks stand still, its operator, and unmodified ccxt clients of it. */

export type Binance = InstanceType<typeof ccxt.pro.binance>;
export const KEY = { exchange: 'binance', apiKey: 'test-key', secret: 'test-secret' } as const;
export const OTHER_KEY = { exchange: 'binance', apiKey: 'other-key', secret: 'other-secret' } as const;
export const SYMBOL = 'BTC-USDT';

export interface Answer {
  readonly status: number;
  // The shapes are asserted by the tests themselves.
  readonly json: Record<string, never> & Record<string, unknown>;
}

export async function admin(port: number, method: string, path: string, body?: unknown): Promise<Answer> {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
  const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
  return { status: response.status, json: (await response.json()) as Answer['json'] };
}

/** Sends everything that a ccxt instance dials to the simulator: URLs, signatures and Host headers stay genuine. */
export async function connectBinance(port: number, key: { apiKey: string; secret: string } = KEY): Promise<Binance> {
  const exchange = new ccxt.pro.binance({
    apiKey: key.apiKey,
    secret: key.secret,
    number: String,
    enableRateLimit: false,
    timeout: 1_000,
    options: {
      fetchMarkets: { types: ['spot'] },
      fetchCurrencies: false,
      fetchMargins: false,
      fetchOpenOrders: { warnWithoutSymbol: false },
      warnOnFetchOpenOrdersWithoutSymbol: false,
    },
  });
  await leadTo(exchange, port);
  return exchange;
}

export interface Rig {
  readonly simulator: Simulator;
  readonly port: number;
  readonly client: Binance;
  admin(method: string, path: string, body?: unknown): Promise<Answer>;
  fault(fault: string, rest?: object): Promise<void>;
  /** Waits until so many private streams are up. */
  streaming(count: number): Promise<void>;
  another(key?: { apiKey: string; secret: string }): Promise<Binance>;
  close(): Promise<void>;
}

/** The walks stand still and the limits are off, so that only what the test does moves anything. */
export async function startRig(options: Partial<SimulatorOptions> = {}): Promise<Rig> {
  const simulator = await startSimulator({ port: 0, timers: false, ...options });
  const { port } = simulator;
  const operate: Rig['admin'] = (method, path, body) => admin(port, method, path, body);
  await operate('POST', '/accounts', KEY);
  await operate('POST', '/accounts', OTHER_KEY);
  await operate('POST', '/walk', { exchange: 'binance', running: false });
  await operate('POST', '/limits', { exchange: 'binance', enabled: false });
  const clients: Binance[] = [];
  const another: Rig['another'] = async (key) => {
    const client = await connectBinance(port, key);
    clients.push(client);
    await client.loadMarkets();
    return client;
  };
  return {
    simulator,
    port,
    client: await another(),
    admin: operate,
    fault: async (fault, rest = {}) => {
      const { status, json } = await operate('POST', '/faults', { exchange: 'binance', fault, ...rest });
      if (status !== 200) throw new Error(JSON.stringify(json));
    },
    streaming: (count) =>
      until(async () => {
        const { json } = await operate('GET', '/streams?exchange=binance');
        return (json['accounts'] as unknown as string[]).length === count;
      }, `${count} streams are up`),
    another,
    close: async () => {
      for (const client of clients) await client.close();
      await simulator.close();
    },
  };
}
