import { compare, DEFAULT_DATA_AGE_SECONDS, MAX_DATA_AGE_SECONDS, type UserError } from '@orderplane/domain';
import type { Account, RiskChange } from '@orderplane/store';
import { z } from 'zod';
import { IdSchema, parseInput } from '../orders/input.ts';
import { AmountSchema } from '../orders/values.ts';
import type { MutationResolvers } from '../schema/types.generated.ts';

/** What PostgreSQL's integer and GraphQL's Int hold. */
const MOST_ORDERS = 2_147_483_647;

const RiskSchema = z
  .object({
    accountId: IdSchema,
    maxOrderNotional: AmountSchema.nullable().optional(),
    maxOpenNotional: AmountSchema.nullable().optional(),
    maxOpenOrders: z
      .int()
      .min(1, { message: 'must be at least 1; null is no limit; haltAccount stops all new orders' })
      .max(MOST_ORDERS)
      .nullable()
      .optional(),
    priceCollar: AmountSchema.refine((fraction) => compare(fraction, '1') <= 0, {
      message: 'is a fraction of the last price, at most 1: 5 % is "0.05"',
    })
      .nullable()
      .optional(),
    rejectDuplicates: z.boolean().nullable().optional(),
    maxDataAgeSeconds: z
      .int()
      .refine((seconds) => seconds >= 1 && seconds <= MAX_DATA_AGE_SECONDS, {
        message: `give 1 to ${MAX_DATA_AGE_SECONDS} seconds; null is ${DEFAULT_DATA_AGE_SECONDS}`,
      })
      .nullable()
      .optional(),
    requireFreshData: z.boolean().nullable().optional(),
  })
  .refine(({ accountId: _account, ...limits }) => Object.values(limits).some((limit) => limit !== undefined), {
    message: 'nothing to change: give a limit, or null to take one off',
  });

/** Left out stays as it is; null is no limit. */
function changeOf({
  accountId: _account,
  rejectDuplicates,
  requireFreshData,
  ...given
}: z.infer<typeof RiskSchema>): RiskChange {
  const { maxOrderNotional, maxOpenNotional, maxOpenOrders, priceCollar, maxDataAgeSeconds: age } = given;
  return {
    ...(maxOrderNotional === undefined ? {} : { maxOrderNotional }),
    ...(maxOpenNotional === undefined ? {} : { maxOpenNotional }),
    ...(maxOpenOrders === undefined ? {} : { maxOpenOrders }),
    ...(priceCollar === undefined ? {} : { priceCollar }),
    ...(rejectDuplicates === undefined ? {} : { rejectDuplicates: rejectDuplicates ?? false }),
    ...(age === undefined ? {} : { maxDataAgeSeconds: age ?? DEFAULT_DATA_AGE_SECONDS }),
    ...(requireFreshData === undefined ? {} : { requireFreshData: requireFreshData ?? false }),
  };
}

interface AccountResult {
  readonly account: Account | null;
  readonly userErrors: readonly UserError[];
}

/** Written under the lock that every writer of the account's orders takes: from the answer on nothing is judged by the old ones. */
export const setRiskLimits: NonNullable<MutationResolvers['setRiskLimits']> = async (
  _,
  { input },
  { ports, principal, loaders },
): Promise<AccountResult> => {
  const parsed = parseInput(RiskSchema, input);
  if (!parsed.ok) return { account: null, userErrors: parsed.userErrors };
  const { accountId } = parsed.value;
  const result = await ports.accounts.setRiskLimits(principal.userId, accountId, changeOf(parsed.value));
  if (result.kind === 'notFound') {
    const message = `there is no account ${accountId}`;
    return { account: null, userErrors: [{ code: 'NOT_FOUND', message, field: ['input', 'accountId'] }] };
  }
  loaders.account.clear(accountId);
  return { account: result.account, userErrors: [] };
};
