import { compare, sum } from '@orderplane/domain';
import type { DecimalString, ExchangeId } from '@orderplane/domain';
import { UnreadablePayload } from './errors.ts';
import { describe, isRecord } from './fields.ts';
import type { Json } from './fields.ts';
import type { NormalizedBalance, NormalizedFunds } from './model.ts';

/** Pieces that the venues' readers of balances share. */

export const balance = (
  exchange: ExchangeId,
  asset: string,
  free: DecimalString,
  held: DecimalString,
): NormalizedBalance => ({ exchange, asset, free, held });

/** An asset that is listed more than once (in several wallets) is owned together; one of which there is nothing is left out. */
export function balancesOnly(listed: readonly NormalizedBalance[]): NormalizedFunds {
  const byAsset = new Map<string, NormalizedBalance>();
  for (const one of listed) {
    const known = byAsset.get(one.asset);
    const free = known === undefined ? one.free : sum([known.free, one.free]);
    const held = known === undefined ? one.held : sum([known.held, one.held]);
    byAsset.set(one.asset, { ...one, free, held });
  }
  const owned = [...byAsset.values()].filter((one) => compare(one.free, '0') !== 0 || compare(one.held, '0') !== 0);
  return { balances: owned, positions: [] };
}

/** The entries of the list, each an object. Throws where there is no such list: no answer is not an empty one. */
export function entriesOf(exchange: ExchangeId, list: unknown): readonly Json[] {
  if (!Array.isArray(list)) throw new UnreadablePayload(`${exchange}: no list of balances: ${describe(list)}`);
  return list.map((entry: unknown) => {
    if (!isRecord(entry)) throw new UnreadablePayload(`${exchange}: not a balance: ${describe(entry)}`);
    return entry;
  });
}

export function record(exchange: ExchangeId, payload: unknown): Json {
  if (isRecord(payload)) return payload;
  throw new UnreadablePayload(`${exchange}: no balances: ${describe(payload)}`);
}
