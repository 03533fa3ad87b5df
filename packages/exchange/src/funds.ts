import { endpoint } from './ccxt.ts';
import type { Ask, FundsCall, FundsPart, Link } from './venue.ts';

/** One signed question whose answer holds everything of its kind. */
export async function askedOnce(
  link: Link,
  ask: Ask,
  name: string,
  parameters: Readonly<Record<string, unknown>> = {},
): Promise<FundsPart> {
  const verdict = await ask(() => endpoint(link.instance, name)(parameters));
  if (verdict.kind === 'success') return { ...link.read.funds(name, verdict.payload), pages: 1 };
  const error = verdict.kind === 'failed' ? verdict.message : 'unexpected answer "not found"';
  return { balances: [], positions: [], pages: 0, error };
}

/** Where one answer without pages lists all balances, and there are no contracts. */
export const balancesFrom =
  (name: string, parameters: Readonly<Record<string, unknown>> = {}): FundsCall =>
  (link, ask) =>
    askedOnce(link, ask, name, parameters);
