import { EXCHANGE_IDS, ORDER_STATUSES, ORDER_TYPES } from '@orderplane/domain';
import { describe, expect, it } from 'vitest';
import { statusOf, typeOf, venueOf, VENUES } from './registry.ts';

describe.each(EXCHANGE_IDS)('words of %s', (exchange) => {
  const { tables } = VENUES[exchange];

  it('every native word that we use leads back to its status', () => {
    for (const status of ORDER_STATUSES) {
      const word = tables.nativeStatus[status];
      if (word === null) continue;
      // Where one word stands for several states, it is read as the later one.
      const readBack = statusOf(exchange, word);
      const shared = ORDER_STATUSES.filter((other) => tables.nativeStatus[other] === word);
      expect(shared).toContain(readBack);
    }
  });

  it('every native type leads back to its type', () => {
    for (const type of ORDER_TYPES) {
      const word = tables.nativeType[type];
      if (word !== null) expect(typeOf(exchange, word)).toBe(type);
    }
  });

  it('names unknown words and inherited ones', () => {
    expect(() => statusOf(exchange, 'toString')).toThrow(/unknown order status "toString"/);
    expect(() => typeOf(exchange, 'constructor')).toThrow(/unknown order type "constructor"/);
  });
});

it('holds the words of each exchange', () => {
  expect(VENUES.binance.tables.nativeStatus).toEqual({
    PENDING: 'NEW',
    OPEN: 'NEW',
    FILLED: 'FILLED',
    CANCELLED: 'CANCELED',
    EXPIRED: 'EXPIRED',
    FAILED: 'REJECTED',
  });
  expect(VENUES.kraken.tables.nativeStatus).toEqual({
    PENDING: 'pending',
    OPEN: 'open',
    FILLED: 'closed',
    CANCELLED: 'canceled',
    EXPIRED: 'expired',
    FAILED: null,
  });
  expect(VENUES.coinbase.tables.nativeStatus).toEqual({
    PENDING: 'PENDING',
    OPEN: 'OPEN',
    FILLED: 'FILLED',
    CANCELLED: 'CANCELLED',
    EXPIRED: 'EXPIRED',
    FAILED: 'FAILED',
  });
  expect(VENUES.coinbase.tables.nativeType).toEqual({
    MARKET: 'market_market_ioc',
    LIMIT: 'limit_limit_gtc',
    STOP_LIMIT: 'stop_limit_stop_limit_gtc',
    STOP_MARKET: 'trigger_bracket_gtc',
  });
  expect(VENUES.mexc.tables.nativeStatus).toEqual({
    PENDING: 'NEW',
    OPEN: 'NEW',
    FILLED: 'FILLED',
    CANCELLED: 'CANCELED',
    EXPIRED: 'EXPIRED',
    FAILED: 'REJECTED',
  });
  expect(VENUES.mexc.tables.nativeType).toEqual({
    MARKET: 'MARKET',
    LIMIT: 'LIMIT',
    STOP_LIMIT: null,
    STOP_MARKET: null,
  });
  expect(VENUES.binance.tables.nativeType).toEqual({
    MARKET: 'MARKET',
    LIMIT: 'LIMIT',
    STOP_LIMIT: 'STOP_LOSS_LIMIT',
    STOP_MARKET: 'STOP_LOSS',
  });
  expect(VENUES.kraken.tables.nativeType).toEqual({
    MARKET: 'market',
    LIMIT: 'limit',
    STOP_LIMIT: 'stop-loss-limit',
    STOP_MARKET: 'stop-loss',
  });
  expect(VENUES.deribit.tables.nativeStatus).toEqual({
    PENDING: null,
    OPEN: 'open',
    FILLED: 'filled',
    CANCELLED: 'cancelled',
    EXPIRED: null,
    FAILED: 'rejected',
  });
  expect(VENUES.deribit.tables.nativeType).toEqual({
    MARKET: 'market',
    LIMIT: 'limit',
    STOP_LIMIT: 'stop_limit',
    STOP_MARKET: 'stop_market',
  });
});

it('names an exchange it does not know', () => {
  expect(() => venueOf('nowhere')).toThrow(`unknown exchange "nowhere"; known: ${EXCHANGE_IDS.join(', ')}`);
  expect(() => venueOf('__proto__')).toThrow(/unknown exchange/);
});
