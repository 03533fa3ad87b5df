import { generateKeyPairSync } from 'node:crypto';
import ccxt from 'ccxt';
import WebSocket from 'ws';
import type { SimAccount } from '../protocol.ts';
import { startVenue, VenueRig } from '../testing.ts';
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

export class Rig extends VenueRig<Coinbase> {
  /** With `home` the exchange remembers; it is found there again by the next rig. */
  static async start(home?: string): Promise<Rig> {
    return new Rig(await startVenue({ venue: coinbase, accounts: [ACCOUNT, OTHER], balances: BALANCES, home }));
  }

  /** An unmodified ccxt class, markets loaded; its clock is the exchange's. */
  async client({ apiKey, secret }: SimAccount = ACCOUNT): Promise<Coinbase> {
    const client = new ccxt.pro.coinbase({ apiKey, secret, enableRateLimit: false, timeout: 5_000 });
    client.seconds = () => Math.floor(this.now() / 1000);
    return this.connect(client);
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
}
