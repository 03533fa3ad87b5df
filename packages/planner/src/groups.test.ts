import type { DecimalString } from '@orderplane/domain';
import { describe, expect, test } from 'vitest';
import { groupConflict, groupWish, sizeOfCaller, type GroupMember, type GroupView } from './groups.ts';
import { limitSpec, orderAfter } from './testing/machines.ts';

const member = (
  orderId: string,
  filled: DecimalString,
  size: DecimalString = '1',
  symbol = 'BTC-USD',
): GroupMember => ({ orderId, symbol, size, filled, isFilled: filled === size });
const MARKET = { sizeStep: '0.01', minSize: '0.05', minNotional: '10' } as const;
const viewOf = (
  onPartialFill: GroupView['onPartialFill'],
  self: GroupMember,
  ...siblings: GroupMember[]
): GroupView => ({
  groupId: 'g',
  onPartialFill,
  self,
  siblings,
  market: MARKET,
});
const wishOf = (view: GroupView) => {
  const wish = groupWish(view, limitSpec);
  return wish?.kind === 'size' ? wish.atMost : (wish?.kind ?? null);
};

// prettier-ignore
test.each<[GroupView['onPartialFill'], GroupMember, readonly GroupMember[], string | null, string]>([
  ['CANCEL', member('a', '0'),       [member('b', '0')],                              null,   'nothing has happened'],
  ['CANCEL', member('a', '0.5'),     [member('b', '0')],                              null,   'its own fills bind the others, not itself'],
  ['CANCEL', member('a', '0'),       [member('b', '0.1')],                            'end',  'a partial fill'],
  ['CANCEL', member('a', '0.2'),     [member('b', '0.1')],                            'end',  'both partly filled: both end'],
  ['CANCEL', member('a', '0'),       [member('b', '0'), member('c', '1')],            'end',  'one of several'],
  ['REDUCE', member('a', '0.5'),     [member('b', '0')],                              null,   'its own fills take nothing'],
  ['REDUCE', member('a', '0'),       [member('b', '0.3')],                            '0.7',  'as much as was filled'],
  ['REDUCE', member('a', '0'),       [member('b', '0.3'), member('c', '0.2')],        '0.5',  'by all of them'],
  ['REDUCE', member('a', '0.2'),     [member('b', '0.3')],                            '0.7',  'the total, with its own fills'],
  ['REDUCE', member('a', '0.7'),     [member('b', '0.3')],                            'end',  'nothing is left'],
  ['REDUCE', member('a', '0.8'),     [member('b', '0.3')],                            'end',  'too much already'],
  ['REDUCE', member('a', '0'),       [member('b', '0.304')],                          '0.69', 'the rest is rounded down to the step'],
  ['REDUCE', member('a', '0'),       [member('b', '0.96')],                           'end',  'less than the market takes'],
  ['REDUCE', member('a', '0', '0.3'), [member('b', '0.24')],                          'end',  'worth less than the market takes'],
  ['REDUCE', member('a', '0', '2'),  [member('b', '0.5')],                            '1.5',  'the same currency: by the size'],
  ['REDUCE', member('a', '0', '2'),  [member('b', '1')],                              'end',  'a full fill ends also a larger one'],
  ['REDUCE', member('a', '0', '20', 'ETH-USD'), [member('b', '0.25')],                '15',   'another currency: by the part'],
  ['REDUCE', member('a', '0', '1', 'BTC-EUR'),  [member('b', '0.25')],                '0.75', 'another market of the same currency'],
])('%s %j beside %j: %j (%s)', (policy, self, siblings, expected) => {
  expect(wishOf(viewOf(policy, self, ...siblings))).toBe(expected);
});

test('a sibling that ended filled by a smaller wish of its caller is a full fill', () => {
  expect(wishOf(viewOf('REDUCE', member('a', '0'), { ...member('b', '0.4'), isFilled: true }))).toBe('end');
});

test('where the market is not known nothing is rounded', () => {
  expect(wishOf({ ...viewOf('REDUCE', member('a', '0'), member('b', '0.9999')), market: null })).toBe('0.0001');
});

test('a stop without a price is valued at its stop price', () => {
  const view = viewOf('REDUCE', member('a', '0'), member('b', '0.9'));
  expect(groupWish(view, { price: null, stopPrice: '99' })?.kind).toBe('end');
  expect(groupWish(view, { price: null, stopPrice: '100' })?.kind).toBe('size');
  expect(groupWish(view, { price: null, stopPrice: null })?.kind).toBe('size');
});

describe('conflict', () => {
  // prettier-ignore
  test.each<[GroupView['onPartialFill'], readonly GroupMember[], boolean]>([
    ['CANCEL', [member('a', '1'), member('b', '0')],                                   false],
    ['CANCEL', [member('a', '0.1'), member('b', '0.1')],                               true],
    ['REDUCE', [member('a', '1'), member('b', '0')],                                   false],
    ['REDUCE', [member('a', '0.4'), member('b', '0.6')],                               false],
    ['REDUCE', [member('a', '0.4'), member('b', '0.7')],                               true],
    ['REDUCE', [member('a', '0.4'), member('b', '0.3'), member('c', '0.3')],           false],
    ['REDUCE', [member('a', '0.4'), member('b', '0.4'), member('c', '0.3')],           true],
    ['REDUCE', [member('a', '0.5', '2'), member('b', '0.5')],                          false],
    ['REDUCE', [member('a', '1.5', '2'), member('b', '0.6')],                          true],
    ['REDUCE', [member('a', '1', '3'), member('b', '14', '21', 'ETH-USD')],            false],
    ['REDUCE', [member('a', '1', '3'), member('b', '14.01', '21', 'ETH-USD')],         true],
    // 1/3 + 2/3 of sizes that do not divide: what rounding leaves is no conflict.
    ['REDUCE', [member('a', '0.333333333333333333'), member('b', '2', '3', 'ETH-USD')], false],
  ])('%s %j: %j', (policy, members, expected) => {
    expect(groupConflict(policy, members) !== null).toBe(expected);
  });

  test('names orders, sizes and markets', () => {
    expect(groupConflict('CANCEL', [member('a', '0.1'), member('b', '2', '3', 'ETH-USD'), member('c', '0')])).toBe(
      'more was executed than the group allows: 0.1 of 1 BTC-USD by a, 2 of 3 ETH-USD by b',
    );
  });
});

describe('the size that the caller wants', () => {
  const request = (by: 'client' | 'us', size: string, phase: 'applied' | 'refused' | 'wanted' = 'applied') => {
    const [base] = orderAfter('validated', 'sent', 'acked', 'change wanted').requests;
    if (base === undefined) throw new Error('no request');
    return { ...base, by, phase, terms: { size, price: '100', quoteSize: null, stopPrice: null } } as const;
  };
  // prettier-ignore
  test.each([
    ['as placed',                                    [],                                                          '1'],
    ['as changed',                                   [request('client', '2')],                                    '2'],
    ['not what was refused',                         [request('client', '2', 'refused')],                         '1'],
    ['not what the group made of it',                [request('us', '0.6')],                                      '1'],
    ['a change of price carries that along',         [request('us', '0.6'), request('client', '0.6')],            '1'],
    ['also when the group\'s own request was refused', [request('us', '0.6', 'refused'), request('client', '0.6')], '1'],
    ['a change after the group\'s',                  [request('us', '0.6'), request('client', '0.9', 'wanted')],  '0.9'],
  ] as const)('%s', (_name, requests, expected) => {
    expect(sizeOfCaller({ requests }, '1')).toBe(expected);
  });
});
