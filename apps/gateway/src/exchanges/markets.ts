import { ExchangeIdSchema, EXCHANGE_IDS, type ExchangeId } from '@orderplane/domain';
import type { QueryResolvers } from '../schema/types.generated.ts';
import { requestError } from '../server/errors.ts';

const MAX_SYMBOLS = 1_000;

export const markets: NonNullable<QueryResolvers['markets']> = async (_, { exchange: name, symbols }, { ports }) => {
  const exchange = knownExchange(name);
  if ((symbols?.length ?? 0) > MAX_SYMBOLS)
    throw requestError('INVALID_INPUT', `symbols may list ${MAX_SYMBOLS} values at most`, ['symbols']);
  const found = await ports.observations.markets(exchange, symbols ?? undefined);
  const tickers = await ports.prices.tickers(
    exchange,
    found.map(({ symbol }) => symbol),
  );
  return found.map(({ symbol, base, quote, priceStep, sizeStep, minSize, minNotional }, index) => ({
    exchange,
    symbol,
    base,
    quote,
    priceStep,
    sizeStep,
    minSize,
    minNotional,
    lastPrice: tickers[index]?.last ?? null,
  }));
};

/** Throws INVALID_INPUT. */
export function knownExchange(name: string): ExchangeId {
  const parsed = ExchangeIdSchema.safeParse(name);
  if (parsed.success) return parsed.data;
  throw requestError(
    'INVALID_INPUT',
    `there is no exchange "${name.slice(0, 40)}"; there are ${EXCHANGE_IDS.join(', ')}`,
    ['exchange'],
  );
}
