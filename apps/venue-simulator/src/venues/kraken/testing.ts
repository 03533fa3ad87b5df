import ccxt from 'ccxt';
import type { SimAccount } from '../protocol.ts';
import { startVenue, VenueRig } from '../testing.ts';
import { kraken } from './index.ts';

export { resultOf } from '../testing.ts';

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

export class Rig extends VenueRig<Kraken> {
  /** With `home` the exchange remembers; it is found there again by the next rig. */
  static async start(home?: string): Promise<Rig> {
    return new Rig(await startVenue({ venue: kraken, accounts: [ACCOUNT, OTHER], balances: BALANCES, home }));
  }

  /** An unmodified ccxt class, markets loaded. */
  async client({ apiKey, secret }: SimAccount = ACCOUNT): Promise<Kraken> {
    const client = new ccxt.pro.kraken({ apiKey, secret, enableRateLimit: false, timeout: 5_000 });
    // Milliseconds repeat when requests are concurrent: microseconds that never stand still.
    let last = 0;
    client.nonce = () => (last = Math.max(last + 1, Date.now() * 1000));
    return this.connect(client);
  }
}
