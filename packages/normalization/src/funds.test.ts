import { describe, expect, it } from 'vitest';
import type { ExchangeId } from '@orderplane/domain';
import { NormalizationError } from './errors.ts';
import { normalizeFunds } from './normalize.ts';
import { symbolTable } from './symbols.ts';

const read = (exchange: ExchangeId, payload: unknown) =>
  normalizeFunds({ exchange, transport: 'rest', method: 'fetchBalance', payload });
const balances = (exchange: ExchangeId, payload: unknown) =>
  Object.fromEntries(read(exchange, payload).balances.map(({ asset, free, held }) => [asset, [free, held]]));

/** One answer of each exchange: 0.5 BTC free and 0.25 held; nothing of ETH. */
const ANSWERS: Readonly<Record<ExchangeId, unknown>> = {
  binance: {
    uid: 1,
    balances: [
      { asset: 'BTC', free: '0.50000000', locked: '0.25000000' },
      { asset: 'ETH', free: '0.00000000', locked: '0.00000000' },
    ],
  },
  mexc: { canTrade: true, balances: [{ asset: 'BTC', free: '0.5', locked: '0.25', available: '0.5' }] },
  kraken: {
    error: [],
    result: {
      XXBT: { balance: '0.7500000000', hold_trade: '0.2500000000' },
      XETH: { balance: '0.0000000000', hold_trade: '0.0000000000' },
    },
  },
  coinbase: {
    accounts: [
      {
        uuid: 'a',
        currency: 'BTC',
        available_balance: { value: '0.5', currency: 'BTC' },
        hold: { value: '0.25', currency: 'BTC' },
      },
      {
        uuid: 'b',
        currency: 'ETH',
        available_balance: { value: '0', currency: 'ETH' },
        hold: { value: '0', currency: 'ETH' },
      },
    ],
    has_next: false,
    cursor: '',
  },
  kucoin: {
    code: '200000',
    data: [
      { id: '1', currency: 'BTC', type: 'trade', balance: '0.75', available: '0.5', holds: '0.25' },
      { id: '2', currency: 'BTC', type: 'main', balance: '9', available: '9', holds: '0' },
    ],
  },
  okx: {
    code: '0',
    data: [{ uTime: '1', details: [{ ccy: 'BTC', eq: '0.75', availEq: '', availBal: '0.5', frozenBal: '0.25' }] }],
  },
  deribit: {
    jsonrpc: '2.0',
    result: {
      summaries: [
        { currency: 'BTC', balance: 0.75, equity: 0.75, available_funds: 0.5 },
        { currency: 'ETH', balance: 0, equity: 0, available_funds: 0 },
      ],
    },
  },
};

describe('balances', () => {
  it.each(Object.keys(ANSWERS) as ExchangeId[])(
    'of %s: what is free and what is held, of what is owned',
    (exchange) => {
      expect(read(exchange, ANSWERS[exchange])).toEqual({
        balances: [{ exchange, asset: 'BTC', free: '0.5', held: '0.25' }],
        positions: [],
      });
    },
  );

  it.each(Object.keys(ANSWERS) as ExchangeId[])('of %s: what is no list of balances is no empty one', (exchange) => {
    for (const nothing of [{}, null, { data: {} }, { balances: 3 }, 'no'])
      if (exchange !== 'kraken' || nothing === null || typeof nothing === 'string')
        expect(() => read(exchange, nothing)).toThrow(NormalizationError);
    expect(() => read('kraken', { error: [], result: { XXBT: '0.1' } })).toThrow(NormalizationError);
  });

  it('an entry that can not be read spoils the whole', () => {
    const broken = {
      balances: [
        { asset: 'BTC', free: '1', locked: '0' },
        { asset: 'ETH', free: 'much', locked: '0' },
      ],
    };
    expect(() => read('binance', broken)).toThrow(/"free"/);
  });

  it('Kraken: credit counts, what earns by itself counts, what is staked does not', () => {
    const result = {
      ZUSD: { balance: '100', hold_trade: '30', credit: '50', credit_used: '10' },
      'USD.F': { balance: '5', hold_trade: '0' },
      'ETH2.S': { balance: '7', hold_trade: '0' },
    };
    expect(balances('kraken', { error: [], result })).toEqual({ USD: ['115', '30'] });
  });

  it('KuCoin: both kinds of trading account count, the main account does not', () => {
    const account = { currency: 'USDT', balance: '3', available: '3', holds: '0' };
    const data = ['main', 'trade', 'trade_hf', 'margin'].map((type) => ({ ...account, id: type, type }));
    expect(balances('kucoin', { code: '200000', data })).toEqual({ USDT: ['6', '0'] });
  });

  it('OKX: what may be used with margin goes before what is in the currency', () => {
    const data = [{ details: [{ ccy: 'USDT', availEq: '80', availBal: '20', frozenBal: '1' }] }];
    expect(balances('okx', { code: '0', data })).toEqual({ USDT: ['80', '1'] });
  });

  it('Deribit: more may be usable than the currency itself holds', () => {
    const summaries = [{ currency: 'USDC', balance: 10, available_funds: 40.5 }];
    expect(balances('deribit', { summaries })).toEqual({ USDC: ['40.5', '0'] });
  });
});

describe('positions', () => {
  const positions = (payload: unknown, symbols?: ReadonlyMap<string, string>) =>
    normalizeFunds(
      { exchange: 'deribit', transport: 'rest', method: 'fetchPositions', payload },
      symbols === undefined ? {} : { symbols },
    ).positions.map(({ symbol, size }) => [symbol, size]);

  it('of our contracts, with their sign; those of other instruments are left out', () => {
    const result = [
      { instrument_name: 'BTC_USDC-PERPETUAL', kind: 'future', direction: 'sell', size: -0.25, size_currency: -0.25 },
      { instrument_name: 'ETH_USDC-PERPETUAL', kind: 'future', direction: 'zero', size: 0 },
      { instrument_name: 'BTC-PERPETUAL', kind: 'future', direction: 'buy', size: 100, size_currency: 0.002 },
      { instrument_name: 'BTC-27MAR26-50000-C', kind: 'option', direction: 'buy', size: 1 },
    ];
    expect(positions({ jsonrpc: '2.0', result })).toEqual([['BTC-USDC-PERPETUAL', '-0.25']]);
    const symbols = symbolTable([{ nativeId: 'BTC_USDC-PERPETUAL', symbol: 'BTC-USDC-PERPETUAL' }]);
    expect(positions(result, symbols)).toEqual([['BTC-USDC-PERPETUAL', '-0.25']]);
  });

  it('a position without a size is no answer', () => {
    expect(() => positions([{ instrument_name: 'BTC_USDC-PERPETUAL' }])).toThrow(/"size"/);
  });
});
