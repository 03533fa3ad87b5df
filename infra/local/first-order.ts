import { divide, multiply } from '@orderplane/domain';
import { z } from 'zod';
import type { RunInfo } from './stack.ts';
import { getJson } from './stack/poll.ts';

const SYMBOL = 'BTC-USDT';
const PricesSchema = z.record(z.string(), z.object({ last: z.string(), bid: z.string(), ask: z.string() }));

/** A little above the best offer: fills at once on the simulated exchange. Whole units of the quote currency. */
async function crossingPrice(admin: string): Promise<string> {
  try {
    const prices = PricesSchema.parse(await getJson(`${admin}/prices?exchange=binance`));
    const ask = prices[SYMBOL]?.ask;
    if (ask !== undefined) return divide(multiply(ask, '1.002'), '1', 0);
  } catch {
    // The hint is not worth a failed start.
  }
  return '60000';
}

/** A first order, ready to paste into a shell; null when there is no account to place it on. */
export async function firstOrder(info: RunInfo): Promise<string | null> {
  const account = info.accounts.find(({ exchange }) => exchange === 'binance');
  if (account === undefined || info.simulator === null) return null;
  const price = await crossingPrice(info.simulator.admin);
  const query =
    'mutation($input: PlaceOrderInput!) { placeOrder(input: $input) { order { id status size filledSize price } userErrors { code message } } }';
  const input = { accountId: account.id, symbol: SYMBOL, side: 'BUY', type: 'LIMIT', size: '0.01', price };
  return [
    `curl -s ${info.gateway.http} \\`,
    `  -H 'content-type: application/json' -H 'authorization: Bearer ${info.traderToken}' \\`,
    `  -d '${JSON.stringify({ query, variables: { input } })}'`,
  ].join('\n');
}
