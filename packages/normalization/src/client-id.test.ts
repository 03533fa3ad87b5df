import { EXCHANGE_IDS } from '@orderplane/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitClientId, ownsClientId, unfitClientId } from './client-id.ts';
import { VENUES } from './registry.ts';

describe.each(EXCHANGE_IDS)('client ids at %s', (exchange) => {
  it('fit the alphabet and the length, and lead back to the UUID (so no two share one)', () => {
    fc.assert(
      fc.property(fc.uuid(), (uuid) => {
        const id = fitClientId(exchange, uuid);
        expect(id).toMatch(VENUES[exchange].clientId.accepts);
        expect(unfitClientId(exchange, id)).toBe(uuid);
        expect(ownsClientId(exchange, id)).toBe(true);
        expect(fitClientId(exchange, uuid.toUpperCase())).toBe(id);
      }),
    );
  });

  it('refuse what is no UUID', () => {
    for (const text of [
      '',
      'op-1',
      '0123456789abcdef0123456789abcdef',
      `${'0'.repeat(8)}-0000-0000-0000-00000000000g`,
    ]) {
      expect(() => fitClientId(exchange, text)).toThrow(RangeError);
    }
  });

  it('do not claim the ids of others', () => {
    for (const foreign of ['', 'web_1', 'x-TKT5PX2F0123456789', 'op-xyz', '0', 'OP-00000000000000000000000000000000']) {
      expect(ownsClientId(exchange, foreign)).toBe(false);
    }
  });
});

it('writes them as documented', () => {
  const uuid = '0190a3c4-8f21-7b6e-9d10-5a4b3c2d1e0f';
  expect(fitClientId('binance', uuid)).toBe('op-0190a3c48f217b6e9d105a4b3c2d1e0f');
  expect(fitClientId('kraken', uuid)).toBe(uuid);
  expect(fitClientId('coinbase', uuid)).toBe(uuid);
  expect(fitClientId('kucoin', uuid)).toBe('op-0190a3c48f217b6e9d105a4b3c2d1e0f');
  expect(fitClientId('mexc', uuid)).toBe('0190a3c48f217b6e9d105a4b3c2d1e0f');
  expect(fitClientId('okx', uuid)).toBe('0190a3c48f217b6e9d105a4b3c2d1e0f');
});
