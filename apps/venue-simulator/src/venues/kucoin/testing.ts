import ccxt from 'ccxt';
import type { SimAccount } from '../protocol.ts';
import { calm, startVenue, VenueRig } from '../testing.ts';
import { kucoin } from './index.ts';

export { refusal, until } from '../testing.ts';

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

export class Rig extends VenueRig<Kucoin> {
  static async start(): Promise<Rig> {
    return new Rig(await startVenue({ venue: kucoin, accounts: [ACCOUNT, OTHER] }));
  }

  /** An unmodified ccxt class, markets loaded; its clock is the exchange's. */
  async client(account: SimAccount = ACCOUNT, options: object = KNOWN): Promise<Kucoin> {
    const { apiKey, secret, passphrase } = account;
    const credentials = { apiKey, secret, ...(passphrase === null ? {} : { password: passphrase }) };
    const client = new ccxt.pro.kucoin({ ...credentials, enableRateLimit: false, timeout: 5_000, options });
    // Without it the trade ids are rounded to doubles.
    client.quoteJsonNumbers = true;
    client.milliseconds = () => this.now();
    // Lists of margin markets need a good key.
    return this.connect(client, options === KNOWN ? { marginables: false } : {});
  }

  /** No orders, the accounts as in the beginning. */
  reset(): void {
    this.exchange.reset();
    calm(this.exchange);
  }
}

/** The native object behind what ccxt answers. */
export const info = (answer: { readonly info?: unknown }): Record<string, unknown> =>
  answer.info as Record<string, unknown>;
