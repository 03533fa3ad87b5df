import { requiredDecimal, text } from '../../fields.ts';
import { balance, balancesOnly, entriesOf, record } from '../../funds.ts';
import type { NormalizedFunds } from '../../model.ts';

/** `GET /api/v3/account`: `balances` of `free` and `locked`, of what is owned only. */
export const readFunds = (payload: unknown): NormalizedFunds =>
  balancesOnly(
    entriesOf('mexc', record('mexc', payload)['balances']).map((one) =>
      balance('mexc', text(one, 'asset'), requiredDecimal(one, 'free'), requiredDecimal(one, 'locked')),
    ),
  );
