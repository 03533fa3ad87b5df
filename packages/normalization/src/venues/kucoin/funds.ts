import { requiredDecimal, text } from '../../fields.ts';
import { balance, balancesOnly, entriesOf, record } from '../../funds.ts';
import type { NormalizedFunds } from '../../model.ts';

/**
 * Orders are placed with what is in the trading account: `trade`, or `trade_hf` where the account has the high-frequency
 * one. Which of the two an order may use is the exchange's business; what is in `main` none may.
 */
const TRADING = new Set(['trade', 'trade_hf']);

/** `GET /api/v1/accounts`: `available` and `holds` of each currency in each kind of account. */
export const readFunds = (payload: unknown): NormalizedFunds =>
  balancesOnly(
    entriesOf('kucoin', Array.isArray(payload) ? payload : record('kucoin', payload)['data'])
      .filter((one) => TRADING.has(text(one, 'type')))
      .map((one) =>
        balance('kucoin', text(one, 'currency'), requiredDecimal(one, 'available'), requiredDecimal(one, 'holds')),
      ),
  );
