import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { OrderSpec } from '@orderplane/domain';
import { CAPABILITIES, capabilitiesOf, expiresNatively, unsupported } from './capabilities.ts';
import { VENUES } from './registry.ts';

const limit: OrderSpec = {
  symbol: 'BTC-USD',
  side: 'BUY',
  type: 'LIMIT',
  size: '1',
  quoteSize: null,
  price: '10',
  stopPrice: null,
  timeInForce: 'GTC',
  expiresAt: null,
  postOnly: false,
  reduceOnly: false,
};
const market: OrderSpec = { ...limit, type: 'MARKET', price: null };
const timed: OrderSpec = { ...limit, timeInForce: 'GTT', expiresAt: '2026-01-01T00:00:00.000Z' };
const byQuote: OrderSpec = { ...market, size: null, quoteSize: '100' };

describe('capabilities', () => {
  it('are those of the adapters', () => {
    for (const [exchange, venue] of Object.entries(VENUES)) {
      expect(CAPABILITIES[venue.capabilities.exchange]).toBe(venue.capabilities);
      expect(venue.capabilities.exchange).toBe(exchange);
      expect(venue.orders.amend === null).toBe(venue.capabilities.amend === 'none');
    }
  });

  it.each([
    ['binance', limit, null],
    ['binance', market, null],
    ['binance', timed, null],
    ['binance', byQuote, null],
    ['kraken', byQuote, null],
    ['kraken', { ...byQuote, side: 'SELL' as const }, 'quoteSize'],
    ['binance', { ...limit, quoteSize: '5', size: null }, 'quoteSize'],
    ['binance', { ...market, timeInForce: 'IOC' as const }, 'timeInForce'],
    ['binance', { ...market, timeInForce: 'GTT' as const, expiresAt: timed.expiresAt }, 'timeInForce'],
    ['binance', { ...timed, expiresAt: null }, 'expiresAt'],
    ['binance', { ...limit, expiresAt: timed.expiresAt }, 'expiresAt'],
    ['binance', { ...limit, price: null }, 'price'],
    ['binance', { ...market, price: '1' }, 'price'],
    ['binance', { ...limit, stopPrice: '1' }, 'stopPrice'],
    ['binance', { ...limit, type: 'STOP_LIMIT' as const }, 'stopPrice'],
    ['binance', { ...limit, size: null }, 'size'],
    ['binance', { ...market, quoteSize: '1' }, 'size'],
    ['kraken', { ...limit, type: 'STOP_LIMIT' as const, stopPrice: '9', timeInForce: 'IOC' as const }, 'timeInForce'],
    ['kraken', { ...limit, reduceOnly: true }, 'reduceOnly'],
    ['kucoin', byQuote, null],
    ['kucoin', { ...byQuote, side: 'SELL' as const }, null],
    ['kucoin', timed, null],
    ['kucoin', { ...limit, type: 'STOP_LIMIT' as const, stopPrice: '9', timeInForce: 'IOC' as const }, null],
    ['kucoin', { ...market, type: 'STOP_MARKET' as const, stopPrice: '9', timeInForce: 'IOC' as const }, 'timeInForce'],
    ['kucoin', { ...limit, reduceOnly: true }, 'reduceOnly'],
    ['kucoin', { ...limit, postOnly: true, timeInForce: 'IOC' as const }, 'postOnly'],
    ['deribit', { ...limit, reduceOnly: true }, 'reduceOnly'],
    ['deribit', { ...limit, symbol: 'BTC-USDC-PERPETUAL', reduceOnly: true }, null],
    ['deribit', byQuote, 'quoteSize'],
    ['deribit', timed, null],
    ['deribit', { ...limit, type: 'STOP_LIMIT' as const, stopPrice: '9', timeInForce: 'FOK' as const }, 'timeInForce'],
    ['okx', timed, null],
    ['okx', { ...byQuote, side: 'SELL' as const }, null],
    ['okx', { ...limit, type: 'STOP_LIMIT' as const, stopPrice: '9', timeInForce: 'FOK' as const }, 'timeInForce'],
    ['okx', { ...limit, type: 'STOP_LIMIT' as const, stopPrice: '9', postOnly: true }, 'postOnly'],
    ['okx', { ...limit, reduceOnly: true }, 'reduceOnly'],
    ['binance', { ...limit, postOnly: true }, null],
    ['binance', { ...timed, postOnly: true }, null],
    ['binance', { ...limit, postOnly: true, timeInForce: 'FOK' as const }, 'postOnly'],
    ['kraken', { ...market, postOnly: true }, 'postOnly'],
    ['mexc', limit, null],
    ['mexc', timed, null],
    ['mexc', byQuote, null],
    ['mexc', { ...byQuote, side: 'SELL' as const }, 'quoteSize'],
    ['mexc', { ...limit, type: 'STOP_LIMIT' as const, stopPrice: '9' }, 'type'],
    ['mexc', { ...market, type: 'STOP_MARKET' as const, stopPrice: '9' }, 'type'],
    ['mexc', { ...limit, reduceOnly: true }, 'reduceOnly'],
    ['coinbase', limit, null],
    ['coinbase', timed, null],
    ['coinbase', { ...timed, postOnly: true }, null],
    ['coinbase', byQuote, null],
    ['coinbase', { ...byQuote, side: 'SELL' as const }, 'quoteSize'],
    ['coinbase', { ...limit, type: 'STOP_LIMIT' as const, stopPrice: '9' }, null],
    ['coinbase', { ...timed, type: 'STOP_LIMIT' as const, stopPrice: '9' }, null],
    ['coinbase', { ...limit, type: 'STOP_LIMIT' as const, stopPrice: '9', timeInForce: 'FOK' as const }, 'timeInForce'],
    ['coinbase', { ...market, type: 'STOP_MARKET' as const, stopPrice: '9' }, 'type'],
    ['coinbase', { ...limit, reduceOnly: true }, 'reduceOnly'],
  ] as const)('%s %#', (exchange, spec, field) => {
    expect(unsupported(capabilitiesOf(exchange), spec)?.field ?? null).toBe(field);
  });

  it('tells a native time limit from an emulated one', () => {
    expect(expiresNatively(capabilitiesOf('kraken'), timed)).toBe(true);
    expect(expiresNatively(capabilitiesOf('binance'), timed)).toBe(false);
    expect(expiresNatively(capabilitiesOf('kraken'), { ...timed, type: 'STOP_LIMIT' })).toBe(false);
    expect(expiresNatively(capabilitiesOf('coinbase'), { ...timed, type: 'STOP_LIMIT' })).toBe(true);
    expect(expiresNatively(capabilitiesOf('kucoin'), timed)).toBe(true);
    expect(expiresNatively(capabilitiesOf('kucoin'), { ...timed, type: 'STOP_LIMIT' })).toBe(false);
  });

  it('are readable without loading ccxt', () => {
    const code = `await import('@orderplane/exchange/capabilities');
      process.stdout.write(String(process.memoryUsage().rss < 120e6));`;
    const options = { cwd: import.meta.dirname, encoding: 'utf8' as const };
    expect(execFileSync(process.execPath, ['--input-type=module', '-e', code], options)).toBe('true');
  });
});
