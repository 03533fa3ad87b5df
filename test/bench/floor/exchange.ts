import https from 'node:https';
import net from 'node:net';
import ccxt from 'ccxt';
import { given } from './child.ts';

export type Binance = InstanceType<typeof ccxt.pro.binance>;

/** A bare ccxt client of the simulated Binance, with its markets: only its sockets are redirected. */
export async function openExchange(): Promise<Binance> {
  const address = new URL(given('SIMULATOR_URL'));
  const exchange = new ccxt.pro.binance({
    apiKey: given('FLOOR_API_KEY'),
    secret: given('FLOOR_SECRET'),
    number: String,
    enableRateLimit: false,
    options: { fetchMarkets: { types: ['spot'] }, fetchCurrencies: false, fetchMargins: false },
  });
  const dial = (): net.Socket => net.connect({ host: address.hostname, port: Number(address.port), noDelay: true });
  await exchange.loadFetchImplementation();
  const { Agent } = exchange.undiciModule as { Agent: new (options: object) => unknown };
  exchange.fetchDispatcher = new Agent({
    connect: (_options: unknown, done: (error: Error | null, socket: net.Socket | null) => void) => {
      const socket = dial();
      socket.once('connect', () => done(null, socket)).once('error', (error) => done(error, null));
    },
  });
  exchange.agent = new (class extends https.Agent {
    override createConnection(): net.Socket {
      return dial();
    }
  })();
  await exchange.loadMarkets();
  return exchange;
}
