import type { SimMarket } from '../../engine/model.ts';
import { marketOf as engineMarket } from '../market-table.ts';

/** Fees of the first retail tier ("Intro 1"), in the quote currency. */
export const MAKER_FEE = '0.006';
export const TAKER_FEE = '0.012';

/** One spot product. Its id is BASE-QUOTE, the canonical symbol. */
export interface Product {
  readonly engine: SimMarket;
  readonly baseIncrement: string;
  readonly priceIncrement: string;
  readonly quoteIncrement: string;
  readonly baseMaxSize: string;
  readonly quoteMaxSize: string;
}

interface Row {
  readonly baseIncrement: string;
  readonly priceIncrement: string;
  readonly quoteIncrement?: string;
  readonly baseMaxSize: string;
  readonly quoteMinSize?: string;
  readonly startPrice: string;
}

/** Coinbase's smallest base size is one increment; the smallest worth does the rest. */
function product(id: string, row: Row): Product {
  const [base = '', quote = ''] = id.split('-');
  const quoteMinSize = row.quoteMinSize ?? '1';
  return {
    engine: engineMarket({
      base,
      quote,
      nativeId: id,
      priceStep: row.priceIncrement,
      sizeStep: row.baseIncrement,
      minSize: row.baseIncrement,
      maxSize: row.baseMaxSize,
      minNotional: quoteMinSize,
      startPrice: row.startPrice,
    }),
    baseIncrement: row.baseIncrement,
    priceIncrement: row.priceIncrement,
    quoteIncrement: row.quoteIncrement ?? '0.01',
    baseMaxSize: row.baseMaxSize,
    quoteMaxSize: '150000000',
  };
}

const SATOSHI = '0.00000001';
export const PRODUCTS: readonly Product[] = [
  product('BTC-USD', { baseIncrement: SATOSHI, priceIncrement: '0.01', baseMaxSize: '3400', startPrice: '60000' }),
  product('ETH-USD', { baseIncrement: SATOSHI, priceIncrement: '0.01', baseMaxSize: '49000', startPrice: '3000' }),
  product('SOL-USD', { baseIncrement: SATOSHI, priceIncrement: '0.01', baseMaxSize: '350000', startPrice: '150' }),
  product('XRP-USD', {
    baseIncrement: '0.000001',
    priceIncrement: '0.0001',
    baseMaxSize: '9000000',
    startPrice: '2.2',
  }),
  product('ADA-USD', { baseIncrement: SATOSHI, priceIncrement: '0.0001', baseMaxSize: '18000000', startPrice: '0.6' }),
  product('DOGE-USD', { baseIncrement: '0.1', priceIncrement: '0.00001', baseMaxSize: '66000000', startPrice: '0.17' }),
  product('LTC-USD', { baseIncrement: SATOSHI, priceIncrement: '0.01', baseMaxSize: '120000', startPrice: '90' }),
  product('LINK-USD', { baseIncrement: '0.01', priceIncrement: '0.001', baseMaxSize: '680000', startPrice: '14' }),
  product('AVAX-USD', { baseIncrement: SATOSHI, priceIncrement: '0.01', baseMaxSize: '490000', startPrice: '16' }),
  product('DOT-USD', { baseIncrement: SATOSHI, priceIncrement: '0.001', baseMaxSize: '1600000', startPrice: '3.2' }),
  product('BTC-USDT', { baseIncrement: SATOSHI, priceIncrement: '0.01', baseMaxSize: '390', startPrice: '60000' }),
  product('BTC-EUR', {
    baseIncrement: SATOSHI,
    priceIncrement: '0.01',
    baseMaxSize: '290',
    quoteMinSize: '0.84',
    startPrice: '55000',
  }),
  product('ETH-BTC', {
    baseIncrement: SATOSHI,
    priceIncrement: '0.00001',
    quoteIncrement: SATOSHI,
    baseMaxSize: '5200',
    quoteMinSize: '0.000016',
    startPrice: '0.05',
  }),
];

const byId = new Map(PRODUCTS.map((entry) => [entry.engine.nativeId, entry]));

export const productById = (id: string): Product | undefined => byId.get(id);

/** Throws RangeError: a symbol of the engine is always in the table. */
export function productOf(symbol: string): Product {
  const found = byId.get(symbol);
  if (found === undefined) throw new RangeError(`no Coinbase product for ${symbol}`);
  return found;
}

/** Money, as opposed to coins. */
export const FIAT: ReadonlyMap<string, string> = new Map([
  ['USD', 'United States Dollar'],
  ['EUR', 'Euro'],
]);

/** Every currency of the products, coins first in order of their listing. */
export const CURRENCIES: readonly string[] = [
  ...new Set(PRODUCTS.flatMap(({ engine }) => [engine.base, engine.quote])),
];
