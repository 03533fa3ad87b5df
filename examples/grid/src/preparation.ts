import { Decimal } from 'decimal.js';
import type { Market, Order, OrderplaneClient } from '@orderplane/client';
import type { GridArguments } from './arguments.ts';
import { ANCHOR, centerOf, clientOrderIdOf, priceOf } from './ladder.ts';
import type { Ladder } from './ladder.ts';
import { GridError } from './orders.ts';

/** How long a market that nobody has watched before may take to tell its price. */
const PRICE_WAIT_MS = 15_000;

/** Looks whether the grid can stand here, and where its centre is. Places the anchor at the first start. Throws GridError. */
export async function prepare(client: OrderplaneClient, wish: GridArguments): Promise<Ladder> {
  const account = await client.account(wish.accountId);
  if (account === null)
    throw new GridError(`there is no account ${wish.accountId}: "npx orderplane accounts" lists yours`);
  // The newest order of each rung is what the grid goes on from: it must not be purged.
  if (account.privacy.historyRetentionDays !== null)
    throw new GridError(
      'this account forgets its history (historyRetentionDays), and with it the grid: use another one',
    );
  const [market] = await client.markets({ exchange: account.exchange, symbols: [wish.symbol] });
  if (market === undefined) throw new GridError(`${account.exchange} has no market ${wish.symbol}`);
  const anchorId = clientOrderIdOf(wish.name, ANCHOR);
  const anchor = await client.orderByClientOrderId(wish.accountId, anchorId);
  if (anchor !== null) return ladderOf(wish, anchor);
  const ladder: Ladder = { ...wish, center: wish.center ?? (await lastPrice(client, market)) };
  check(ladder, market);
  return placeAnchor(client, wish, ladder, anchorId);
}

/**
 * The anchor alone first: an id is taken once, so whatever became of earlier tries (of this program or of a copy of it, to
 * other prices), there is one anchor, and with it one centre.
 */
async function placeAnchor(
  client: OrderplaneClient,
  wish: GridArguments,
  ladder: Ladder,
  clientOrderId: string,
): Promise<Ladder> {
  const { accountId, symbol, size } = wish;
  const price = priceOf(ladder, ANCHOR.rung, 'BUY');
  const outcome = await client.placeOrder({
    ...{ accountId, symbol, clientOrderId, size, price },
    ...({ side: 'BUY', type: 'LIMIT', timeInForce: 'GTC' } as const),
  });
  if (outcome.ok) return ladderOf(wish, outcome.order);
  const [{ code, message }] = outcome.userErrors;
  if (code !== 'ALREADY_EXISTS') throw new GridError(`the first order is refused: ${code}: ${message}`);
  const anchor = await client.orderByClientOrderId(accountId, clientOrderId);
  return ladderOf(wish, anchor);
}

function ladderOf(wish: GridArguments, anchor: Order | null): Ladder {
  const { price, size } = anchor ?? {};
  if (price === undefined || price === null || size === undefined || size === null)
    throw new GridError(`the order ${clientOrderIdOf(wish.name, ANCHOR)} can't be read: try again`);
  if (!new Decimal(size).eq(wish.size))
    throw new GridError(`the grid "${wish.name}" has the --size ${size}: give that, or a new grid another --name`);
  const center = centerOf(price, wish.step);
  if (wish.center !== null && !new Decimal(wish.center).eq(center))
    throw new GridError(`the grid "${wish.name}" stands at ${center}, not at ${wish.center}: leave --center out`);
  return { ...wish, center };
}

async function lastPrice(client: OrderplaneClient, market: Market): Promise<string> {
  const { lastPrice: known, priceStep, symbol } = market;
  const last = known ?? (await watchedPrice(client, market));
  if (last === null) throw new GridError(`no price of ${symbol} is known yet: try again, or give --center`);
  return new Decimal(last).div(priceStep).round().times(priceStep).toFixed();
}

/** The service has the prices of those markets that somebody watches: this one asks to. Null: none was told in time. */
async function watchedPrice(client: OrderplaneClient, { exchange, symbol }: Market): Promise<string | null> {
  for await (const { last } of client.ticker(exchange, symbol, { signal: AbortSignal.timeout(PRICE_WAIT_MS) }))
    if (last !== null) return last;
  return null;
}

/** What the market would refuse, told before anything is placed. */
function check(ladder: Ladder, market: Market): void {
  const lowest = priceOf(ladder, -ladder.levels, 'BUY');
  const isOff = (value: string, step: string): boolean => !new Decimal(value).mod(step).isZero();
  if (isOff(ladder.step, market.priceStep) || isOff(ladder.center, market.priceStep))
    throw new GridError(
      `prices in ${market.symbol} are multiples of ${market.priceStep}: choose --step (and --center) so`,
    );
  if (isOff(ladder.size, market.sizeStep))
    throw new GridError(`sizes in ${market.symbol} are multiples of ${market.sizeStep}: choose --size so`);
  if (!new Decimal(lowest).isPositive() || new Decimal(lowest).isZero())
    throw new GridError(`the lowest rung would stand at ${lowest}: choose fewer --levels or a smaller --step`);
  if (market.minSize !== null && new Decimal(ladder.size).lt(market.minSize))
    throw new GridError(`the least size in ${market.symbol} is ${market.minSize}`);
  const worth = new Decimal(lowest).times(ladder.size);
  if (market.minNotional !== null && worth.lt(market.minNotional))
    throw new GridError(
      `the lowest order would be worth ${worth.toFixed()} ${market.quote}, and the least is ${market.minNotional}`,
    );
}
