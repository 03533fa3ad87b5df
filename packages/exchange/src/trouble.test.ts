import { expect, test } from 'vitest';
import type { ExchangeId } from '@orderplane/domain';
import type { Answer } from './transport.ts';
import { graver, troubleIn, type Trouble } from './trouble.ts';
import { VENUES } from './registry.ts';

const answer = (over: Partial<Answer>): Answer => ({
  requested: true,
  notConnected: null,
  status: null,
  headers: {},
  body: null,
  json: undefined,
  timedOut: false,
  error: null,
  ...over,
});
const said = (status: number, body: unknown): Answer => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return answer({ status, body: text, ...(typeof body === 'string' ? {} : { json: body }) });
};
const troubleOf = (exchange: ExchangeId, one: Answer): Trouble | null => troubleIn(VENUES[exchange].classifier, one, 0);

// prettier-ignore
test.each<readonly [string, ExchangeId, Answer, Trouble | null]>([
  ['a success',                    'binance', said(200, []),                                                    null],
  ['held back by us',              'binance', answer({ heldBack: { waitMs: 5, detail: 'full' } }),              null],
  ['a limit',                      'binance', said(429, { code: -1003, msg: 'Too many requests.' }),            null],
  ['a refused timestamp',          'binance', said(400, { code: -1021, msg: 'Timestamp' }),                     null],
  ['no connection',                'binance', answer({ notConnected: 'ECONNREFUSED' }),                         'exchange'],
  ['no name',                      'kraken',  answer({ notConnected: 'ENOTFOUND' }),                            'exchange'],
  ['a bad gateway',                'binance', said(502, '<html>'),                                              'exchange'],
  ['a gateway that gave up',       'okx',     said(504, '<html>'),                                              'exchange'],
  ['a proxy without its origin',   'kucoin',  said(521, '<html>'),                                              'exchange'],
  ['maintenance (HTTP)',           'coinbase', said(503, { error: 'UNAVAILABLE', message: 'maintenance' }),     'exchange'],
  ['maintenance (kraken)',         'kraken',  said(200, { error: ['EService:Unavailable'] }),                   'exchange'],
  ['maintenance (okx)',            'okx',     said(200, { code: '50001', msg: 'temporarily unavailable' }),     'exchange'],
  ['maintenance (deribit)',        'deribit', said(400, { error: { code: 11051, message: 'system_maintenance' } }), 'exchange'],
  ['maintenance (mexc)',           'mexc',    said(500, { code: 500, message: 'Under maintenance, please' }),   'exchange'],
  ['an error inside',              'binance', said(500, { code: -1000, msg: 'unknown' }),                       'unclear'],
  ['an error inside (kraken)',     'kraken',  said(200, { error: ['EGeneral:Internal error'] }),                'unclear'],
  ['no whole answer',              'binance', answer({ error: 'reset' }),                                       'unclear'],
  ['too late',                     'binance', answer({ timedOut: true, error: 'no answer within 5 ms' }),       'unclear'],
  ['no JSON',                      'binance', said(200, '<html>'),                                              'unclear'],
  ['no time left to send',         'binance', answer({ requested: false, timedOut: true }),                     'unclear'],
  ['a refused key',                'binance', said(401, { code: -2015, msg: 'Invalid API-key' }),               'account'],
  ['a key that may not',           'kraken',  said(200, { error: ['EGeneral:Permission denied'] }),             'account'],
  ['an unheard-of code',           'binance', said(400, { code: -9999, msg: 'news' }),                          'account'],
  ['a key that nobody can sign with', 'coinbase', answer({ requested: false, error: 'bad PEM' }),               'account'],
])('%s (%s)', (_name, exchange, one, trouble) => {
  expect(troubleOf(exchange, one)).toBe(trouble);
});

test('of several requests the word that reaches furthest counts', () => {
  expect(graver('account', 'exchange')).toBe('exchange');
  expect(graver('exchange', 'unclear')).toBe('exchange');
  expect(graver(null, 'account')).toBe('account');
  expect(graver('unclear', null)).toBe('unclear');
});
