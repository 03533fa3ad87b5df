import ccxt from 'ccxt';
import { fixed } from '../../engine/fixed.ts';
import type { SimAccount } from '../protocol.ts';
import { startVenue, VenueRig } from '../testing.ts';
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

export class Rig extends VenueRig<Okx> {
  static async start(): Promise<Rig> {
    const rig = new Rig(await startVenue({ venue: okx, accounts: [ACCOUNT, OTHER], balances: BALANCES }));
    rig.price('50000');
    return rig;
  }

  /** Sets the price of BTC-USDT; resting orders fill up to `size` in total. */
  price(price: string, size: string | null = null): void {
    this.engine.setPrice('BTC-USDT', fixed(price), size === null ? null : fixed(size), this.now());
  }

  /** An unmodified ccxt class, markets loaded. Its clock is the exchange's. */
  async client({ apiKey, secret, passphrase }: SimAccount = ACCOUNT): Promise<Okx> {
    const client = new ccxt.pro.okx({
      apiKey,
      secret,
      password: passphrase ?? '',
      enableRateLimit: false,
      timeout: 5_000,
      options: { fetchMarkets: { types: ['spot'] } },
    });
    client.has['fetchCurrencies'] = false;
    client.milliseconds = () => this.now();
    return this.connect(client);
  }
}
