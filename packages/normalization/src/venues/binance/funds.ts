import { requiredDecimal, text } from '../../fields.ts';
import { balance, balancesOnly, entriesOf, record } from '../../funds.ts';
import type { NormalizedFunds } from '../../model.ts';

/** `GET /api/v3/account`: `balances` of `free` and `locked`. */
export const readFunds = (payload: unknown): NormalizedFunds =>
  balancesOnly(
    entriesOf('binance', record('binance', payload)['balances']).map((one) =>
      balance('binance', text(one, 'asset'), requiredDecimal(one, 'free'), requiredDecimal(one, 'locked')),
    ),
  );
