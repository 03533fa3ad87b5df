import { add, isZero, type UserError } from '@orderplane/domain';
import type { AccountFunds } from '@orderplane/store';
import type { QueryResolvers } from '../schema/types.generated.ts';
import { linkedAccount } from '../access/roles.ts';
import { askedFor, maxAgeMsOf } from '../orders/sync.ts';
import { requestError } from '../server/errors.ts';

/** Of one answer: assets by name, and as many contracts. */
const MOST_ROWS = 1_000;
const MOST_NAMED = 100;

export const balances: NonNullable<QueryResolvers['balances']> = async (_, args, context) => {
  const maxAgeMs = maxAgeMsOf(args.maxAgeSeconds);
  const assets = args.assets ?? null;
  if (assets !== null && assets.length > MOST_NAMED)
    throw requestError('INVALID_INPUT', `name at most ${MOST_NAMED} assets, or none for all`, ['assets']);
  const account = await linkedAccount(context, args.accountId);
  const { funds, clock, capabilities } = context.ports;
  const { name, showsBalances, showsPositions } = capabilities[account.exchange];
  const answer = (reading: AccountFunds | null, fresh: boolean, ...userErrors: readonly UserError[]) => ({
    ...{ account, ...shown(reading, assets), fresh, userErrors },
  });
  if (!showsBalances && !showsPositions) {
    const message = `${name} does not show what an account owns`;
    return answer(null, false, { code: 'UNSUPPORTED_BY_EXCHANGE', message, field: ['accountId'] });
  }
  const known = await funds.of(account.id);
  const ageMs = clock.now().getTime() - Date.parse(known?.askedAt ?? '');
  // Never read: the age is not a number, and so not small enough.
  if (ageMs <= maxAgeMs && maxAgeMs > 0) return answer(known, true);
  const asked = await askedFor(context, account, { parts: ['funds'], reason: 'on-demand', maxAgeMs }, 'balances');
  const [fresh, errors] = 'code' in asked ? [false, [asked]] : [asked.outcome.fresh, asked.userErrors];
  return answer(await funds.of(account.id), fresh, ...errors);
};

/** Null: it was never read, and nothing is known. */
function shown(reading: AccountFunds | null, assets: readonly string[] | null) {
  const named = assets === null ? null : new Set(assets);
  const owned = (reading?.balances ?? [])
    .filter(({ asset, free, held }) => !(isZero(free) && isZero(held)) && named?.has(asset) !== false)
    .map(({ asset, free, held }) => ({ asset, free, locked: held, total: add(free, held) }))
    .sort((a, b) => (a.asset < b.asset ? -1 : 1));
  const positions = reading?.positions ?? [];
  return {
    balances: owned.slice(0, MOST_ROWS),
    positions: positions.slice(0, MOST_ROWS),
    syncedAt: reading?.askedAt ?? null,
    complete: reading !== null && owned.length <= MOST_ROWS && positions.length <= MOST_ROWS,
  };
}
