import { capabilitiesOf } from '@orderplane/exchange/capabilities';
import type { OrderRecord } from '@orderplane/store';
import { expect, it } from 'vitest';
import { plannerCapabilities } from './context.ts';

const amendOf = (exchange: 'kraken' | 'binance' | 'coinbase', type: string, timeInForce: string): string => {
  const record = { intent: { spec: { type, timeInForce } } } as unknown as OrderRecord;
  return plannerCapabilities(capabilitiesOf(exchange), record).amend;
};

it('an order that the native amend does not take is changed in two steps', () => {
  expect(amendOf('coinbase', 'LIMIT', 'GTC')).toBe('sizeAndPrice');
  expect(amendOf('coinbase', 'LIMIT', 'GTT')).toBe('none');
  expect(amendOf('coinbase', 'STOP_LIMIT', 'GTC')).toBe('none');
  expect(amendOf('kraken', 'STOP_LIMIT', 'GTC')).toBe('sizeAndPrice');
  expect(amendOf('binance', 'LIMIT', 'GTC')).toBe('none');
});
