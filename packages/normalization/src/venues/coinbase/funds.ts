import { UnreadablePayload } from '../../errors.ts';
import { child, requiredDecimal, text } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import { balance, balancesOnly, entriesOf, record } from '../../funds.ts';
import type { NormalizedFunds } from '../../model.ts';

function amount(account: Json, name: string): string {
  const found = child(account, name);
  if (found === null) throw new UnreadablePayload(`coinbase: an account without "${name}"`);
  return requiredDecimal(found, 'value');
}

/** `GET /api/v3/brokerage/accounts`, one page: one account for each currency (or several), `available_balance` and `hold`. */
export const readFunds = (payload: unknown): NormalizedFunds =>
  balancesOnly(
    entriesOf('coinbase', record('coinbase', payload)['accounts']).map((one) =>
      balance('coinbase', text(one, 'currency'), amount(one, 'available_balance'), amount(one, 'hold')),
    ),
  );
