import { z } from 'zod';
import { ExchangeIdSchema } from './vocabulary.ts';

const Amount = z.string();

/** One tradable market of one exchange. `symbol` is canonical ("BTC-USD"); steps and minima are exact decimals. */
export const MarketSchema = z.object({
  exchange: ExchangeIdSchema,
  symbol: z.string(),
  base: z.string(),
  quote: z.string(),
  /** The exchange's own id, e.g. "BTCUSDT", "XXBTZUSD". */
  nativeId: z.string(),
  /** ccxt's unified symbol, e.g. "BTC/USDT". */
  unifiedSymbol: z.string(),
  priceStep: Amount,
  sizeStep: Amount,
  minSize: Amount.nullable(),
  maxSize: Amount.nullable(),
  minNotional: Amount.nullable(),
  /** Step of `quoteSize` on market orders by quote amount; null: no step is known. */
  quoteStep: Amount.nullable(),
  /** False while the exchange does not accept new orders in it. */
  active: z.boolean(),
});
export type Market = z.infer<typeof MarketSchema>;
