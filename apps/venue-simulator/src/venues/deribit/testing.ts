import ccxt from 'ccxt';
import WebSocket from 'ws';
import type { SimAccount } from '../protocol.ts';
import { startVenue, VenueRig } from '../testing.ts';
import { deribit } from './index.ts';

export { resultOf } from '../testing.ts';

/** For tests: the simulator with Deribit alone and a clock of its own, and the unmodified ccxt class talking to it. */

export const ACCOUNT: SimAccount = { exchange: 'deribit', apiKey: 'test-key', secret: 'test-secret', passphrase: null };
export const OTHER: SimAccount = { ...ACCOUNT, apiKey: 'other-key', secret: 'other-secret' };
const BALANCES = { USDC: '1000000', USDT: '1000000', BTC: '10', ETH: '100', SOL: '1000' };

export type Deribit = InstanceType<typeof ccxt.pro.deribit>;
export type Info = Readonly<Record<string, unknown>>;

export class Rig extends VenueRig<Deribit> {
  readonly #sockets: WebSocket[] = [];

  /** With `home` the exchange remembers; it is found there again by the next rig. */
  static async start(home?: string): Promise<Rig> {
    return new Rig(await startVenue({ venue: deribit, accounts: [ACCOUNT, OTHER], balances: BALANCES, home }));
  }

  price(symbol: string, price: string, size?: string): Promise<unknown> {
    return this.admin('POST /price', { exchange: 'deribit', symbol, price, ...(size === undefined ? {} : { size }) });
  }

  /** An unmodified ccxt class, markets loaded; its clock is the rig's. */
  async client({ apiKey, secret }: SimAccount = ACCOUNT): Promise<Deribit> {
    const client = new ccxt.pro.deribit({ apiKey, secret, enableRateLimit: false, timeout: 5_000 });
    client.milliseconds = () => this.now();
    return this.connect(client);
  }

  /** A bare connection that keeps everything it is told. */
  async socket(): Promise<BareSocket> {
    const socket = new WebSocket(`ws://127.0.0.1:${this.port}/ws/api/v2`, { headers: { host: 'www.deribit.com' } });
    this.#sockets.push(socket);
    const bare = new BareSocket(socket);
    await new Promise((resolve) => socket.once('open', resolve));
    return bare;
  }

  override async close(): Promise<void> {
    for (const socket of this.#sockets) socket.terminate();
    await super.close();
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
