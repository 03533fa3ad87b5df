import { isZero, maximum, subtract } from '@orderplane/domain';
import { isRecord, requiredDecimal, text } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import { balance, balancesOnly, entriesOf, record } from '../../funds.ts';
import type { NormalizedFunds, NormalizedPosition } from '../../model.ts';
import type { ReadContext } from '../../venue.ts';
import { deribitSymbol } from './symbols.ts';

/**
 * `private/get_account_summaries` (a `summaries` list) or `private/get_positions` (a list). `available_funds` is what a new
 * order may use; with cross collateral it counts all currencies together (documentation), in each of them.
 */
export function readFunds(payload: unknown, context: ReadContext): NormalizedFunds {
  const result = isRecord(payload) && 'result' in payload ? payload['result'] : payload;
  if (Array.isArray(result)) return { balances: [], positions: positionsOf(entriesOf('deribit', result), context) };
  return balancesOnly(
    entriesOf('deribit', record('deribit', result)['summaries']).map((one) => {
      const free = requiredDecimal(one, 'available_funds');
      const held = maximum(subtract(requiredDecimal(one, 'balance'), free), '0');
      return balance('deribit', text(one, 'currency'), free, held);
    }),
  );
}

/**
 * `size_currency` is in the base currency where the instrument's `size` is in another unit; for the contracts of this system
 * (settled in their quote) both are. What is held in other instruments is none of ours, and left out.
 */
const positionsOf = (entries: readonly Json[], context: ReadContext): readonly NormalizedPosition[] =>
  entries.flatMap((one) => {
    const name = text(one, 'instrument_name');
    const listed = context.symbols?.get(name);
    if (listed === undefined && !LINEAR.test(name)) return [];
    const size = requiredDecimal(one, 'size');
    if (isZero(size)) return [];
    return [{ exchange: 'deribit' as const, symbol: listed ?? deribitSymbol(name, null), size }];
  });

const LINEAR = /^[A-Z0-9]+_[A-Z0-9]+-PERPETUAL$/;
