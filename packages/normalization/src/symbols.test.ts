import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalSymbol } from './registry.ts';
import {
  fromUnifiedSymbol,
  isCanonicalSymbol,
  isContractSymbol,
  joinSymbol,
  perpetualOf,
  splitByQuote,
  splitSymbol,
  symbolTable,
  toUnifiedSymbol,
} from './symbols.ts';

const currency = fc.stringMatching(/^[A-Z0-9]{1,10}$/);

describe('canonical symbols', () => {
  it('join and split are inverse, and so are the unified ones', () => {
    fc.assert(
      fc.property(currency, currency, (base, quote) => {
        const symbol = joinSymbol(base, quote);
        expect(splitSymbol(symbol)).toEqual({ base, quote });
        expect(fromUnifiedSymbol(toUnifiedSymbol(symbol))).toBe(symbol);
      }),
    );
  });

  it.each(['BTCUSD', 'BTC-', '-USD', 'A-B-C', 'BTC/USD', 'BTC USD-X', ''])('refuses %j', (text) => {
    expect(isCanonicalSymbol(text)).toBe(false);
    expect(() => splitSymbol(text)).toThrow(RangeError);
  });

  it('knows the perpetual of a pair, and no other contract', () => {
    expect(isContractSymbol('BTC-USDC')).toBe(false);
    expect(isContractSymbol(perpetualOf('BTC-USDC'))).toBe(true);
    expect(splitSymbol('BTC-USDC-PERPETUAL')).toEqual({ base: 'BTC', quote: 'USDC' });
    expect(toUnifiedSymbol('BTC-USDC-PERPETUAL')).toBe('BTC/USDC:USDC');
    expect(fromUnifiedSymbol('BTC/USDC:USDC')).toBe('BTC-USDC-PERPETUAL');
    for (const other of ['BTC/USD:BTC', 'BTC/USDC:USDC-261225', 'BTC/USD/X']) {
      expect(() => fromUnifiedSymbol(other)).toThrow(RangeError);
    }
  });

  it('splits at the longest quote that leaves a base', () => {
    expect(splitByQuote('BTCFDUSD', ['USD', 'FDUSD'])).toEqual({ base: 'BTC', quote: 'FDUSD' });
    expect(splitByQuote('USD', ['USD'])).toBeNull();
  });
});

describe('native ids of Binance', () => {
  it.each([
    ['BTCUSDT', 'BTC-USDT'],
    ['ETHBTC', 'ETH-BTC'],
    ['BTCFDUSD', 'BTC-FDUSD'],
    ['TUSDUSDT', 'TUSD-USDT'],
    ['USDTTRY', 'USDT-TRY'],
    ['1000SATSUSDC', '1000SATS-USDC'],
    ['BNBUSDT', 'BNB-USDT'],
  ])('%s is %s', (native, canonical) => {
    expect(canonicalSymbol('binance', native)).toBe(canonical);
  });

  it('names an id it can not split', () => {
    expect(() => canonicalSymbol('binance', 'WHATEVER')).toThrow(/binance: unknown symbol "WHATEVER"/);
  });

  it('lets the market list decide', () => {
    const table = symbolTable([{ nativeId: 'NEWQQQ', symbol: 'NEW-QQQ' }]);
    expect(canonicalSymbol('binance', 'NEWQQQ', table)).toBe('NEW-QQQ');
    expect(canonicalSymbol('binance', 'BTCUSDT', table)).toBe('BTC-USDT');
  });
});

describe('native ids of Kraken', () => {
  it.each([
    ['XXBTZUSD', 'BTC-USD'],
    ['XBTUSD', 'BTC-USD'],
    ['XBT/USD', 'BTC-USD'],
    ['BTC/USD', 'BTC-USD'],
    ['XETHXXBT', 'ETH-BTC'],
    ['ETHXBT', 'ETH-BTC'],
    ['USDTZUSD', 'USDT-USD'],
    ['XTZUSD', 'XTZ-USD'],
    ['ZRXUSD', 'ZRX-USD'],
    ['XDGUSD', 'DOGE-USD'],
    ['XXDGXXBT', 'DOGE-BTC'],
    ['ZEURZUSD', 'EUR-USD'],
    ['XBTUSDT', 'BTC-USDT'],
    ['SOLUSDC', 'SOL-USDC'],
    ['PYUSDUSD', 'PYUSD-USD'],
  ])('%s is %s', (native, canonical) => {
    expect(canonicalSymbol('kraken', native)).toBe(canonical);
  });

  it('names an id it can not split', () => {
    expect(() => canonicalSymbol('kraken', 'A/B/C')).toThrow(/unknown symbol "A\/B\/C"/);
  });

  it('reads every stream symbol back', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Y]{2,3}[0-9]?$/), fc.constantFrom('USD', 'EUR', 'USDT'), (base, quote) => {
        fc.pre(base !== 'XBT' && base !== 'XDG');
        expect(canonicalSymbol('kraken', `${base}/${quote}`)).toBe(`${base}-${quote}`);
      }),
    );
  });
});

describe('native ids of Coinbase', () => {
  it.each([
    ['BTC-USD', 'BTC-USD'],
    ['ETH-BTC', 'ETH-BTC'],
    ['00-USD', '00-USD'],
    ['CGLD-EUR', 'CELO-EUR'],
  ])('%s is %s', (native, canonical) => {
    expect(canonicalSymbol('coinbase', native)).toBe(canonical);
  });

  it('names an id that is no spot product, and lets the market list decide', () => {
    for (const id of ['BTC', 'BTC-PERP-INTX', 'BIT-28JUN24-CDE', '-USD']) {
      expect(() => canonicalSymbol('coinbase', id)).toThrow(/coinbase: unknown symbol/);
    }
    expect(canonicalSymbol('coinbase', 'OLD-USD', symbolTable([{ nativeId: 'OLD-USD', symbol: 'NEW-USD' }]))).toBe(
      'NEW-USD',
    );
  });
});

describe('native ids of Deribit', () => {
  it.each([
    ['BTC_USDC', 'BTC-USDC'],
    ['ETH_BTC', 'ETH-BTC'],
    ['BTC_USDC-PERPETUAL', 'BTC-USDC-PERPETUAL'],
    // Amounts are US dollars: readable, not traded.
    ['BTC-PERPETUAL', 'BTC-USD-PERPETUAL'],
  ])('%s is %s', (native, canonical) => {
    expect(canonicalSymbol('deribit', native)).toBe(canonical);
  });

  it.each(['BTC', 'BTC-27MAR26', 'BTC_USDC-27MAR26', 'BTC-27MAR26-90000-C', 'BTC-FS-27MAR26_PERP', '__proto__'])(
    'names %s, which is neither a pair nor a perpetual',
    (native) => {
      expect(() => canonicalSymbol('deribit', native)).toThrow(/deribit: unknown symbol/);
    },
  );
});

describe('native ids of MEXC', () => {
  it.each([
    ['BTCUSDT', 'BTC-USDT'],
    ['MXUSDC', 'MX-USDC'],
    ['ETHBTC', 'ETH-BTC'],
    ['BTCUSD1', 'BTC-USD1'],
    ['USDCUSDT', 'USDC-USDT'],
  ])('%s is %s', (native, canonical) => {
    expect(canonicalSymbol('mexc', native)).toBe(canonical);
  });

  it('names an id it can not split', () => {
    expect(() => canonicalSymbol('mexc', 'WHATEVER')).toThrow(/mexc: unknown symbol "WHATEVER"/);
  });
});
