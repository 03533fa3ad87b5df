import { EXCHANGE_IDS } from '@orderplane/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NormalizationError } from './errors.ts';
import { normalize, normalizeTickers } from './normalize.ts';
import { ORDER as BINANCE_ORDER } from './venues/binance/fixtures.ts';
import { ORDER as COINBASE_ORDER } from './venues/coinbase/fixtures.ts';
import { answer, ORDER as DERIBIT_ORDER } from './venues/deribit/fixtures.ts';
import { ID, ok, ORDER as KRAKEN_ORDER } from './venues/kraken/fixtures.ts';
import { ORDER as KUCOIN_ORDER } from './venues/kucoin/fixtures.ts';
import { ORDER as MEXC_ORDER } from './venues/mexc/fixtures.ts';
import { ok as okxOk, ORDER as OKX_ORDER } from './venues/okx/fixtures.ts';

describe.each(EXCHANGE_IDS)('any JSON from %s', (exchange) => {
  it('is read or refused with a NormalizationError, never anything else', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string(), (payload, method) => {
        for (const read of [
          () => normalize({ exchange, transport: 'rest', method, payload }),
          () => normalizeTickers({ exchange, transport: 'ws', method, payload }, '2026-01-01T00:00:00.000Z'),
        ]) {
          try {
            read();
          } catch (error) {
            expect(error).toBeInstanceOf(NormalizationError);
          }
        }
      }),
    );
  });

  it('survives nesting without end', () => {
    let nested: unknown = [];
    for (let depth = 0; depth < 100_000; depth += 1) nested = [nested];
    expect(() => normalize({ exchange, transport: 'rest', method: '', payload: nested })).toThrow(NormalizationError);
  });
});

it('names an exchange it does not know', () => {
  expect(() => normalize({ exchange: 'nowhere', transport: 'rest', method: '', payload: {} })).toThrow(
    expect.objectContaining({ code: 'UNKNOWN_EXCHANGE' }),
  );
});

/** ccxt keeps the digits of REST answers by quoting every number before it parses them. */
const quoted = (payload: unknown): unknown =>
  JSON.parse(JSON.stringify(payload), (_key, value: unknown) => (typeof value === 'number' ? String(value) : value));

it.each([
  ['binance', BINANCE_ORDER],
  ['kraken', ok({ open: { [ID]: KRAKEN_ORDER } })],
  ['kraken', ok({ count: 1 })],
  ['coinbase', { order: COINBASE_ORDER }],
  ['kucoin', { code: '200000', data: [KUCOIN_ORDER] }],
  ['deribit', answer([DERIBIT_ORDER])],
  ['deribit', answer(3)],
  ['mexc', [MEXC_ORDER]],
  ['okx', okxOk(OKX_ORDER)],
])('reads payloads of %s whose numbers a client library has quoted', (exchange, payload) => {
  const input = { exchange, transport: 'rest', method: '' } as const;
  expect(normalize({ ...input, payload: quoted(payload) })).toEqual(normalize({ ...input, payload }));
});
