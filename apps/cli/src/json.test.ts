import { expect, it } from 'vitest';
import { parseExactJson } from './json.ts';

it.each([
  ['{"id":7001,"p":0.1}', { id: 7001, p: 0.1 }],
  ['{"id":1234567890123456789}', { id: '1234567890123456789' }],
  // A double that is this number, and its neighbour too: no reader could tell.
  ['{"tradeId":11029373945659392}', { tradeId: '11029373945659392' }],
  ['[100.123456789012345678]', ['100.123456789012345678']],
  ['[1.50, 1e3, -0]', [1.5, 1000, -0]],
  ['[1e400]', ['1e400']],
  ['"1234567890123456789"', '1234567890123456789'],
])('%s', (text, expected) => {
  expect(parseExactJson(text)).toEqual(expected);
});

it('throws on what is no JSON', () => {
  expect(() => parseExactJson('{')).toThrow(SyntaxError);
});
