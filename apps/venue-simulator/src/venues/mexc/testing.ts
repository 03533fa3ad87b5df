import ccxt from 'ccxt';
import type { SimAccount } from '../protocol.ts';
import { calm, startVenue, VenueRig } from '../testing.ts';
import { mexc } from './index.ts';

export { refusal, until } from '../testing.ts';

/** For tests: the simulator with MEXC alone and a clock of its own, and the unmodified ccxt class talking to it. */

export const ACCOUNT: SimAccount = { exchange: 'mexc', apiKey: 'test-key', secret: 'test-secret', passphrase: null };
export const OTHER: SimAccount = { ...ACCOUNT, apiKey: 'other-key' };

export const SYMBOL = 'BTC-USDT';
export const UNIFIED = 'BTC/USDT';

export type Mexc = InstanceType<typeof ccxt.pro.mexc>;
type Text = Readonly<Record<string, unknown>>;

export class Rig extends VenueRig<Mexc> {
  static async start(): Promise<Rig> {
    return new Rig(await startVenue({ venue: mexc, accounts: [] }));
  }

  /** Empty books, full balances, no faults. */
  async reset(): Promise<void> {
    await this.admin('POST /reset', {});
    calm(this.exchange);
    for (const account of [ACCOUNT, OTHER]) this.exchange.register(account, null);
  }

  setPrice(price: string, size?: string): Promise<unknown> {
    const body = { exchange: 'mexc', symbol: SYMBOL, price };
    return this.admin('POST /price', size === undefined ? body : { ...body, size });
  }

  /** An unmodified ccxt class, markets loaded, with the clock of the exchange. */
  async client({ apiKey, secret }: Pick<SimAccount, 'apiKey' | 'secret'> = ACCOUNT): Promise<Mexc> {
    const client = new ccxt.pro.mexc({ apiKey, secret, enableRateLimit: false, timeout: 5_000 });
    // Fetched with keys alone; the other client may have none that are known.
    client.has['fetchCurrencies'] = false;
    client.milliseconds = () => this.now();
    return this.connect(client);
  }
}

/** The native object that ccxt made its own from. */
export const infoOf = (made: { readonly info: unknown }): Text => made.info as Text;
export const idOf = (order: { readonly id: unknown }): string => String(order.id);
