import { subtract, sum } from '@orderplane/domain';
import { optionalDecimal, requiredDecimal } from '../../fields.ts';
import { balance, balancesOnly, record } from '../../funds.ts';
import type { NormalizedFunds } from '../../model.ts';
import { krakenAsset } from './symbols.ts';

/**
 * "USD.F" is money that earns by itself, and whether an order may draw on it is not established: it counts, for nothing
 * may be refused that could be covered. What is staked or locked (".S", ".M", ".B", ".P") can't be traded.
 */
const EARNING = '.F';

/**
 * `BalanceEx`: for each asset `balance`, `hold_trade` and, with a credit line, `credit` and `credit_used`; what is available
 * is balance + credit - credit_used - hold_trade (documentation "Get Extended Balance").
 */
export function readFunds(payload: unknown): NormalizedFunds {
  const answer = record('kraken', payload);
  const assets = record('kraken', answer['result'] ?? answer);
  const listed = Object.entries(assets).flatMap(([code, value]) => {
    const name = code.endsWith(EARNING) ? code.slice(0, -EARNING.length) : code;
    if (name.includes('.')) return [];
    const entry = record('kraken', value);
    const held = optionalDecimal(entry, 'hold_trade') ?? '0';
    const owned = sum([requiredDecimal(entry, 'balance'), optionalDecimal(entry, 'credit') ?? '0']);
    const free = subtract(subtract(owned, optionalDecimal(entry, 'credit_used') ?? '0'), held);
    return [balance('kraken', krakenAsset(name), free, held)];
  });
  return balancesOnly(listed);
}
