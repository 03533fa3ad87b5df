import { optionalDecimal, requiredDecimal, text } from '../../fields.ts';
import { balance, balancesOnly, entriesOf, record } from '../../funds.ts';
import type { NormalizedFunds } from '../../model.ts';

/**
 * `GET /api/v5/account/balance`: `details` of the currencies that are owned. `availEq` is what may be used in the account
 * modes with margin and is empty in the others, where `availBal` is.
 */
export function readFunds(payload: unknown): NormalizedFunds {
  const accounts = entriesOf('okx', record('okx', payload)['data']);
  return balancesOnly(
    accounts
      .flatMap((account) => entriesOf('okx', account['details']))
      .map((one) =>
        balance(
          'okx',
          text(one, 'ccy'),
          optionalDecimal(one, 'availEq') ?? requiredDecimal(one, 'availBal'),
          optionalDecimal(one, 'frozenBal') ?? '0',
        ),
      ),
  );
}
