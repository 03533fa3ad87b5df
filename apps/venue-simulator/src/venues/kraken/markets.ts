import { fixed, fixedText } from '../../engine/fixed.ts';
import type { SimMarket } from '../../engine/model.ts';

/** An asset under its three names: Kraken's id ("XXBT"), Kraken's short name ("XBT") and everyone else's ("BTC"). */
export interface KrakenAsset {
  readonly id: string;
  readonly altname: string;
  readonly code: string;
  /** Decimals of balances. */
  readonly decimals: number;
  readonly displayDecimals: number;
}

const asset = (
  id: string,
  altname: string,
  code: string,
  decimals: number,
  displayDecimals: number,
): [string, KrakenAsset] => [code, { id, altname, code, decimals, displayDecimals }];

/** By code. Assets listed in Kraken's first years carry an X (crypto) or Z (fiat) before their id; later ones do not. */
export const ASSETS: ReadonlyMap<string, KrakenAsset> = new Map([
  asset('XXBT', 'XBT', 'BTC', 10, 5),
  asset('XETH', 'ETH', 'ETH', 10, 5),
  asset('SOL', 'SOL', 'SOL', 10, 5),
  asset('XXRP', 'XRP', 'XRP', 8, 5),
  asset('ADA', 'ADA', 'ADA', 8, 6),
  asset('XXDG', 'XDG', 'DOGE', 8, 2),
  asset('XLTC', 'LTC', 'LTC', 10, 5),
  asset('DOT', 'DOT', 'DOT', 10, 8),
  asset('LINK', 'LINK', 'LINK', 10, 5),
  asset('AVAX', 'AVAX', 'AVAX', 10, 5),
  asset('ZUSD', 'USD', 'USD', 4, 2),
  asset('ZEUR', 'EUR', 'EUR', 4, 2),
]);

/** One pair under its names, with the steps that AssetPairs publishes. */
export interface KrakenMarket {
  /** Canonical, "BTC-USD". */
  readonly symbol: string;
  /** Id in REST answers: "XXBTZUSD". */
  readonly id: string;
  /** Name inside orders: "XBTUSD". */
  readonly altname: string;
  /** "XBT/USD": REST only, whatever its name says. */
  readonly wsname: string;
  /** Name on WebSocket v2: "BTC/USD". */
  readonly v2name: string;
  readonly base: KrakenAsset;
  readonly quote: KrakenAsset;
  readonly priceDecimals: number;
  readonly lotDecimals: number;
  readonly costDecimals: number;
  readonly engine: SimMarket;
}

/** Retail volume tiers, percent: [30-day volume in USD, fee]. Accounts of the simulator stay in the first. */
export const TAKER_FEES = [
  [0, 0.4],
  [10000, 0.35],
  [50000, 0.24],
  [100000, 0.22],
  [250000, 0.2],
  [500000, 0.18],
  [1000000, 0.16],
  [2500000, 0.14],
  [5000000, 0.12],
  [10000000, 0.1],
] as const;
export const MAKER_FEES = [
  [0, 0.25],
  [10000, 0.2],
  [50000, 0.14],
  [100000, 0.12],
  [250000, 0.1],
  [500000, 0.08],
  [1000000, 0.06],
  [2500000, 0.04],
  [5000000, 0.02],
  [10000000, 0],
] as const;

const LOT_DECIMALS = 8;
/** Kraken names no largest size; the engine wants one. */
const NO_MAXIMUM = fixed('1000000000');

function assetOf(code: string): KrakenAsset {
  const found = ASSETS.get(code);
  if (found === undefined) throw new RangeError(`asset without an entry in ASSETS: ${code}`);
  return found;
}

function market(id: string, pair: string, priceDecimals: number, orderMin: string, startPrice: string): KrakenMarket {
  const [baseCode = '', quoteCode = ''] = pair.split('/');
  const base = assetOf(baseCode);
  const quote = assetOf(quoteCode);
  const costMin = quoteCode === 'EUR' ? '0.45' : '0.5';
  return {
    symbol: `${baseCode}-${quoteCode}`,
    id,
    altname: `${base.altname}${quote.altname}`,
    wsname: `${base.altname}/${quote.altname}`,
    v2name: pair,
    base,
    quote,
    priceDecimals,
    lotDecimals: LOT_DECIMALS,
    costDecimals: Math.max(5, priceDecimals),
    engine: {
      symbol: `${baseCode}-${quoteCode}`,
      base: baseCode,
      quote: quoteCode,
      nativeId: id,
      priceStep: step(priceDecimals),
      sizeStep: step(LOT_DECIMALS),
      minSize: fixed(orderMin),
      maxSize: NO_MAXIMUM,
      minNotional: fixed(costMin),
      startPrice: fixed(startPrice),
    },
  };
}

const step = (decimals: number) => 10n ** BigInt(18 - decimals);

export const MARKETS: readonly KrakenMarket[] = [
  market('XXBTZUSD', 'BTC/USD', 1, '0.00005', '60000'),
  market('XETHZUSD', 'ETH/USD', 2, '0.001', '3000'),
  market('SOLUSD', 'SOL/USD', 2, '0.02', '150'),
  market('XXRPZUSD', 'XRP/USD', 5, '1.65', '2.2'),
  market('ADAUSD', 'ADA/USD', 6, '4.4', '0.6'),
  market('XDGUSD', 'DOGE/USD', 7, '13', '0.17'),
  market('XLTCZUSD', 'LTC/USD', 2, '0.04', '90'),
  market('DOTUSD', 'DOT/USD', 4, '1.1', '3.2'),
  market('LINKUSD', 'LINK/USD', 5, '0.22', '14'),
  market('AVAXUSD', 'AVAX/USD', 2, '0.15', '16'),
  market('XXBTZEUR', 'BTC/EUR', 1, '0.00005', '55000'),
  market('XETHZEUR', 'ETH/EUR', 2, '0.001', '2750'),
  market('SOLEUR', 'SOL/EUR', 2, '0.02', '138'),
];

const bySymbol = new Map(MARKETS.map((entry) => [entry.symbol, entry]));
const byV2Name = new Map(MARKETS.map((entry) => [entry.v2name, entry]));
const byAnyName = new Map(
  MARKETS.flatMap((entry): [string, KrakenMarket][] => [
    [entry.id, entry],
    [entry.altname, entry],
    [entry.wsname, entry],
    [entry.v2name, entry],
    [entry.v2name.replace('/', ''), entry],
  ]),
);

/** REST takes a pair under any of its names. */
export const marketByName = (name: string): KrakenMarket | undefined => byAnyName.get(name.toUpperCase());
export const marketByV2Name = (name: string): KrakenMarket | undefined => byV2Name.get(name);
/** Throws RangeError: a symbol of the engine is always in the table. */
export function marketOf(symbol: string): KrakenMarket {
  const found = bySymbol.get(symbol);
  if (found === undefined) throw new RangeError(`no Kraken market for ${symbol}`);
  return found;
}

/** The answer of AssetPairs for one pair. */
export const pairJson = (entry: KrakenMarket): Record<string, unknown> => ({
  altname: entry.altname,
  wsname: entry.wsname,
  aclass_base: 'currency',
  base: entry.base.id,
  aclass_quote: 'currency',
  quote: entry.quote.id,
  lot: 'unit',
  cost_decimals: entry.costDecimals,
  pair_decimals: entry.priceDecimals,
  lot_decimals: entry.lotDecimals,
  lot_multiplier: 1,
  leverage_buy: [],
  leverage_sell: [],
  fees: TAKER_FEES,
  fees_maker: MAKER_FEES,
  fee_volume_currency: 'ZUSD',
  margin_call: 80,
  margin_stop: 40,
  ordermin: fixedText(entry.engine.minSize),
  costmin: fixedText(entry.engine.minNotional),
  tick_size: entry.priceDecimals === 0 ? '1' : `0.${'0'.repeat(entry.priceDecimals - 1)}1`,
  status: 'online',
});

/** The answer of Assets for one asset. */
export const assetJson = (entry: KrakenAsset): Record<string, unknown> => ({
  aclass: 'currency',
  altname: entry.altname,
  decimals: entry.decimals,
  display_decimals: entry.displayDecimals,
  status: 'enabled',
});
